// What every call carries from the pipeline to the store: who asks, for which tenant, until when.
#ifndef RAPPORT_COMMON_BASE_CALL_CONTEXT_H_
#define RAPPORT_COMMON_BASE_CALL_CONTEXT_H_

#include <cstdint>
#include <string>
#include "absl/strings/string_view.h"

#include "absl/time/time.h"
#include "common/base/consistency.h"
#include "common/base/id.h"

namespace rapport::base {

struct CallContext {
  // Tenant of the verified token (or the fixed tenant). Services that act for all tenants hold "*"
  // in `all_tenants` and the tenant of the resource in `tenant`.
  TenantId tenant = TenantId::Trusted("unset");
  bool all_tenants = false;
  // Subject of the token.
  std::string principal;
  // The token speaks for a service of the house, not for a person.
  bool is_service = false;
  // Identifies the call in logs and INTERNAL errors; from x-request-id or made by the pipeline.
  std::string request_id;
  // Full method name without the leading slash: "rapport.contact.v1.PeopleService/GetPerson".
  absl::string_view method;
  // Wall-clock instant at which the caller stops waiting.
  absl::Time deadline = absl::InfiniteFuture();
  // The instant at which the call began, by the service's clock.
  absl::Time now;
  // The store sequence that the answer must include (consistency token), 0 if none.
  std::int64_t at_least = 0;
  // How fresh the answer must be; of reads only.
  Consistency consistency;
};

}  // namespace rapport::base

#endif  // RAPPORT_COMMON_BASE_CALL_CONTEXT_H_
