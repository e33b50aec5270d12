// Values as bytes: for keys of rows that are kept or sent elsewhere.
#ifndef RAPPORT_COMMON_STORE_VALUES_H_
#define RAPPORT_COMMON_STORE_VALUES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "common/store/store.h"

namespace rapport::store {

// Each value is one byte, 'n' NULL, 'i' integer or 't' bytes; then, but for NULL, eight bytes,
// lowest first: the integer, or the length of the bytes that follow. Different values give
// different bytes.
std::string EncodeValues(absl::Span<const Value> values);
// Nothing for bytes that EncodeValues does not make.
absl::optional<std::vector<Value>> DecodeValues(absl::string_view bytes);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_VALUES_H_
