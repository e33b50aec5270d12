#include "common/auth/principal.h"

#include <algorithm>

#include "absl/strings/string_view.h"

namespace rapport::auth {

bool Principal::HasScope(absl::string_view scope) const {
  return std::binary_search(scopes.begin(), scopes.end(), scope);
}

}  // namespace rapport::auth
