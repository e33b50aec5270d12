// Moves tenants of a service from one store to another, whatever their engines.
#ifndef RAPPORT_TOOLS_RAPPORT_ADMIN_MOVE_H_
#define RAPPORT_TOOLS_RAPPORT_ADMIN_MOVE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/id.h"
#include "common/resource/schema.h"
#include "tools/rapport-admin/opened.h"

namespace rapport::admin {

struct MoveOptions {
  std::string from, to;              // addresses, see common/store/open_store.h
  std::vector<std::string> tenants;  // ids; empty: all that the source has
};

// Copies all rows of the tenants, in transactions that also say how far it has come: what was
// broken off goes on. Rows of the feeds are written in the order in which the source wrote them,
// and get sequences of the target, so its feeds tell them in that order, to all who follow. What
// speaks of the store and not of a tenant stays (Schema::own_tables). The source is not changed.
//
// Then reads both sides again, and compares. A tenant that was moved so before is passed over. An
// error leaves the target unfinished, to be gone on
// with, or, before the first row was written, untouched:
//   NOT_FOUND            the source has nothing of the tenant
//   FAILED_PRECONDITION  a store is in use or is no store; the target has rows of the tenant that
//                        this source did not send; the target's engine refuses a value
//   DATA_LOSS            the sides differ: somebody wrote meanwhile, or something is wrong
//   UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED  a store cannot go on now
absl::Status Move(const resource::Schema& schema, const MoveOptions& options,
                  const time::Clock& clock, const Say& say);

}  // namespace rapport::admin

#endif  // RAPPORT_TOOLS_RAPPORT_ADMIN_MOVE_H_
