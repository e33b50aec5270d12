// Who is calling, as the verified token says.
#ifndef RAPPORT_COMMON_AUTH_PRINCIPAL_H_
#define RAPPORT_COMMON_AUTH_PRINCIPAL_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"

namespace rapport::auth {

struct Principal {
  std::string subject;
  std::optional<base::TenantId> tenant;  // nothing: every tenant; only ever for a service
  std::vector<std::string> scopes;       // sorted, each once
  std::string service;                   // name of the calling service, empty for people
  absl::Time expire_time;

  bool is_service() const { return !service.empty(); }
  bool HasScope(absl::string_view scope) const;
  bool MayActFor(const base::TenantId& wanted) const { return !tenant || *tenant == wanted; }
};

using PrincipalPtr = std::shared_ptr<const Principal>;

}  // namespace rapport::auth

#endif  // RAPPORT_COMMON_AUTH_PRINCIPAL_H_
