#include "common/auth/principal.h"

#include <algorithm>

namespace rapport::auth {

bool Principal::HasScope(std::string_view scope) const {
  return std::binary_search(scopes.begin(), scopes.end(), scope);
}

}  // namespace rapport::auth
