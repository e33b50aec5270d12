// Makes derived state anew, by the services' own rules.
#ifndef RAPPORT_TOOLS_RAPPORT_ADMIN_REBUILD_H_
#define RAPPORT_TOOLS_RAPPORT_ADMIN_REBUILD_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/resource/schema.h"
#include "common/time/clock.h"
#include "tools/rapport-admin/opened.h"
#include "tools/rapport-admin/origins.h"

namespace rapport::admin {

struct RebuildOptions {
  std::string store;
  // Of the services that this one follows: what it keeps of them is made anew too.
  OriginsOptions origins = {};
  std::vector<std::string> tenants = {};  // ids; empty: all
};

// In transactions of some rows each, which also say how far it has come: what was broken off goes
// on. Only what differs is written, as the service writes it: with the next revision where there is
// one, and in the feeds, so followers and caches hear of it.
//
// On PostgreSQL services may work meanwhile, unless origins are given; then none may work at the
// beginning, and one that starts hears nothing of the origins until this ends. A file has one
// owner.
//   FAILED_PRECONDITION  somebody uses the store; it is of another version; another rebuild works
//   NOT_FOUND            there is no store
//   UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED  a store cannot go on now
absl::Status Rebuild(const resource::Schema& schema, const RebuildOptions& options,
                     const time::Clock& clock, const Say& say);

}  // namespace rapport::admin

#endif  // RAPPORT_TOOLS_RAPPORT_ADMIN_REBUILD_H_
