// A duration with a random share added or taken away, so that many processes do not act as one.
#ifndef RAPPORT_COMMON_CACHE_JITTER_H_
#define RAPPORT_COMMON_CACHE_JITTER_H_

#include "absl/time/time.h"
#include "common/base/uuid.h"

namespace rapport::cache {

// Uniform in d · [1 - share, 1 + share].
inline absl::Duration Jittered(absl::Duration d, double share, base::Rng& rng) {
  const double unit = static_cast<double>(rng.Next() >> 11) / 9007199254740992.0;  // [0, 1)
  return d * (1.0 + share * (2.0 * unit - 1.0));
}

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_JITTER_H_
