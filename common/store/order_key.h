// Values as bytes that compare as the values do, column by column: NULL, then integers, then bytes.
#ifndef RAPPORT_COMMON_STORE_ORDER_KEY_H_
#define RAPPORT_COMMON_STORE_ORDER_KEY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "absl/types/span.h"
#include "common/store/store.h"

namespace rapport::store {

// Behind every key that begins with what it is appended to.
inline constexpr char kBehind = '\xff';

inline void AppendOrderKey(const Value& value, std::string* out) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    const auto bits = static_cast<std::uint64_t>(*number) ^ (std::uint64_t{1} << 63);
    out->push_back('\2');
    for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(bits >> shift));
  } else if (const auto* bytes = std::get_if<std::string>(&value)) {
    out->push_back('\3');
    for (std::size_t at = 0;;) {
      const std::size_t zero = bytes->find('\0', at);
      if (zero == std::string::npos) {
        out->append(*bytes, at);
        break;
      }
      out->append(*bytes, at, zero + 1 - at).push_back('\xff');
      at = zero + 1;
    }
    out->append(2, '\0');  // below every byte that could follow
  } else {
    out->push_back('\1');
  }
}

inline std::string OrderKey(absl::Span<const Value> values) {
  std::string key;
  for (const Value& value : values) AppendOrderKey(value, &key);
  return key;
}

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_ORDER_KEY_H_
