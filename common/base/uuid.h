// UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, then random bits. Lower-case text,
// 36 characters, so ids sort by time.
#ifndef RAPPORT_COMMON_BASE_UUID_H_
#define RAPPORT_COMMON_BASE_UUID_H_

#include <cstdint>
#include <string>
#include "absl/strings/string_view.h"

#include "absl/time/time.h"

namespace rapport::base {

// A source of random 64-bit numbers. Passed in, so that tests can repeat what happened.
class Rng {
 public:
  virtual ~Rng() = default;
  virtual std::uint64_t Next() = 0;
};

// Seeded from the kernel; thread-safe.
class SystemRng final : public Rng {
 public:
  std::uint64_t Next() override;
};

// `time` fills the first 48 bits, `random_a` and `random_b` the rest.
std::string UuidV7(absl::Time time, std::uint64_t random_a, std::uint64_t random_b);
std::string NewUuidV7(absl::Time now, Rng& rng);

// True for 8-4-4-4-12 hexadecimal digits in either case.
bool IsUuid(absl::string_view text);

}  // namespace rapport::base

#endif  // RAPPORT_COMMON_BASE_UUID_H_
