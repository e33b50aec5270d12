#include "common/store/values.h"

#include <cstdint>

namespace rapport::store {
namespace {

void AppendInt(std::uint64_t value, std::string* out) {
  for (int shift = 0; shift < 64; shift += 8) out->push_back(static_cast<char>(value >> shift));
}

bool TakeInt(absl::string_view* in, std::uint64_t* value) {
  if (in->size() < 8) return false;
  *value = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    *value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>((*in)[i])) << (8 * i);
  }
  in->remove_prefix(8);
  return true;
}

}  // namespace

std::string EncodeValues(absl::Span<const Value> values) {
  std::string out;
  for (const Value& value : values) {
    if (const auto* i = std::get_if<std::int64_t>(&value)) {
      out.push_back('i');
      AppendInt(static_cast<std::uint64_t>(*i), &out);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      out.push_back('t');
      AppendInt(text->size(), &out);
      out.append(*text);
    } else {
      out.push_back('n');
    }
  }
  return out;
}

absl::optional<std::vector<Value>> DecodeValues(absl::string_view bytes) {
  std::vector<Value> values;
  while (!bytes.empty()) {
    const char kind = bytes[0];
    bytes.remove_prefix(1);
    std::uint64_t number = 0;
    if (kind == 'n') {
      values.emplace_back();
    } else if (!TakeInt(&bytes, &number)) {
      return absl::nullopt;
    } else if (kind == 'i') {
      values.emplace_back(static_cast<std::int64_t>(number));
    } else if (kind == 't' && number <= bytes.size()) {
      values.emplace_back(std::string(bytes.substr(0, number)));
      bytes.remove_prefix(number);
    } else {
      return absl::nullopt;
    }
  }
  return values;
}

}  // namespace rapport::store
