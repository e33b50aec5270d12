// Ownership of jansson values. Internal to this folder.
#ifndef RAPPORT_COMMON_AUTH_JSON_H_
#define RAPPORT_COMMON_AUTH_JSON_H_

#include <jansson.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace rapport::auth {

struct JsonRelease {
  void operator()(json_t* value) const { json_decref(value); }
};
using Json = std::unique_ptr<json_t, JsonRelease>;

// Null unless `text` is one JSON object without a name twice, a NUL or a number out of range.
inline Json ParseObject(absl::string_view text) {
  json_error_t error;
  Json value(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, &error));
  if (value == nullptr || !json_is_object(value.get())) return nullptr;
  return value;
}

// The string member `name`; nothing if there is none or it is something else.
inline std::optional<absl::string_view> StringMember(const json_t* object, const char* name) {
  const json_t* value = json_object_get(object, name);
  if (!json_is_string(value)) return std::nullopt;
  return absl::string_view(json_string_value(value), json_string_length(value));
}

inline std::string ToText(const json_t* value) {
  char* text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
  if (text == nullptr) return "";
  std::string out(text);
  std::free(text);
  return out;
}

}  // namespace rapport::auth

#endif  // RAPPORT_COMMON_AUTH_JSON_H_
