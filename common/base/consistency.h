// How fresh the answer to a read must be. docs/concepts/consistency.md says what each level
// promises and costs.
#ifndef RAPPORT_COMMON_BASE_CONSISTENCY_H_
#define RAPPORT_COMMON_BASE_CONSISTENCY_H_

#include <cstdint>

#include "absl/time/time.h"

namespace rapport::base {

struct Consistency {
  enum class Level : std::uint8_t {
    kCoherent,         // as new as everything that was acknowledged before the call
    kAtLeastAsFresh,   // as new as what the consistency token names, otherwise kMinimizeLatency
    kMinimizeLatency,  // possibly old, and says how old
    kFullyConsistent,  // kCoherent, straight from the system of record
  };
  // What may be given out at all, while there is nothing newer to be had.
  static constexpr absl::Duration kLongestAge = absl::Seconds(60);

  Level level = Level::kCoherent;
  // The answers that may be old are younger than this. Those who say nothing get kLongestAge: it
  // matters only while store and cache are both away; otherwise nothing older than 2 s is given
  // out.
  absl::Duration max_age = kLongestAge;

  bool MayBeOld() const {
    return level == Level::kAtLeastAsFresh || level == Level::kMinimizeLatency;
  }
};

}  // namespace rapport::base

#endif  // RAPPORT_COMMON_BASE_CONSISTENCY_H_
