// Secrets that a store makes for itself once and keeps, such as the key of page tokens.
#ifndef RAPPORT_COMMON_RESOURCE_SECRETS_H_
#define RAPPORT_COMMON_RESOURCE_SECRETS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/store/store.h"

namespace rapport::resource {

const store::Table& SecretsTable();
// 32 random bytes, the same for this store and name ever after. Blocks; for start-up.
absl::StatusOr<std::string> SecretOf(store::Store& store, absl::string_view name);

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_SECRETS_H_
