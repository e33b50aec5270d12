// Views of a store beside whoever owns it and writes there.
#ifndef RAPPORT_COMMON_STORE_VIEWS_H_
#define RAPPORT_COMMON_STORE_VIEWS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/call_context.h"
#include "common/base/id.h"
#include "common/store/open_store.h"
#include "common/store/store.h"

namespace rapport::store {

// Thread-safe; outlives its snapshots. Writes nothing.
class Views {
 public:
  virtual ~Views() = default;
  // What is committed now; Snapshot::sequence() of a SQLite file is 0. A view that is kept holds up
  // those who write: their log, or their feeds, wait for it. UNAVAILABLE as Store::Read.
  virtual absl::StatusOr<std::unique_ptr<Snapshot>> Read(const base::CallContext& context,
                                                         base::TenantId tenant) = 0;
  virtual const std::string& id() const = 0;  // of the store
};

// NOT_FOUND if there is no store; FAILED_PRECONDITION, with a line for the operator, if it is not
// of the version that these options name.
absl::StatusOr<std::unique_ptr<Views>> OpenViews(const OpenOptions& options);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_VIEWS_H_
