#include "common/base/uuid.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <random>

#include "absl/strings/ascii.h"

namespace rapport::base {

std::uint64_t SystemRng::Next() {
  // xoshiro-like quality is not needed; unpredictability per process start is.
  thread_local std::mt19937_64 engine = [] {
    std::uint64_t seed = 0;
    if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) std::abort();
    return std::mt19937_64(seed);
  }();
  return engine();
}

std::string UuidV7(absl::Time time, std::uint64_t random_a, std::uint64_t random_b) {
  const auto ms = static_cast<std::uint64_t>(absl::ToUnixMillis(time));
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  bytes[6] = static_cast<std::uint8_t>(0x70 | ((random_a >> 8) & 0x0f));
  bytes[7] = static_cast<std::uint8_t>(random_a);
  for (std::size_t i = 0; i < 8; ++i)
    bytes[8 + i] = static_cast<std::uint8_t>(random_b >> (56 - 8 * i));
  bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3f));
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(kHex[bytes[i] >> 4]);
    text.push_back(kHex[bytes[i] & 15]);
  }
  return text;
}

std::string NewUuidV7(absl::Time now, Rng& rng) { return UuidV7(now, rng.Next(), rng.Next()); }

bool IsUuid(absl::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return false;
    if (!dash && !absl::ascii_isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

}  // namespace rapport::base
