// Whether a store holds what follows from the rest of it: recomputes all derived state, by the
// services' own rules, and compares.
#ifndef RAPPORT_TOOLS_RAPPORT_ADMIN_VERIFY_H_
#define RAPPORT_TOOLS_RAPPORT_ADMIN_VERIFY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/resource/schema.h"
#include "common/time/clock.h"
#include "tools/rapport-admin/opened.h"
#include "tools/rapport-admin/origins.h"

namespace rapport::admin {

struct VerifyOptions {
  std::string store;
  // Of the services that this one follows: what it keeps of them is compared too.
  OriginsOptions origins = {};
  std::vector<std::string> tenants = {};  // ids; empty: all
};

// Reads only, beside services that work. What is compared with each other is read from one view;
// views are short, so that no log and no feed waits for them. Of an origin, what the service cannot
// have heard of yet is passed over. `print` gets a line for each field that differs, `say`
// progress. Memory is bounded by a portion of rows and the journal of one relationship.
//   DATA_LOSS            something differs
//   NOT_FOUND            there is no store, or it has nothing of a tenant
//   FAILED_PRECONDITION, INVALID_ARGUMENT, UNAVAILABLE  it cannot be looked into
absl::Status Verify(const resource::Schema& schema, const VerifyOptions& options,
                    const time::Clock& clock, const Say& print, const Say& say);

}  // namespace rapport::admin

#endif  // RAPPORT_TOOLS_RAPPORT_ADMIN_VERIFY_H_
