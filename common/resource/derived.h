// What of a store follows from the rest of it, or from another service's store, and how the service
// itself makes it: for those who check or mend stores.
#ifndef RAPPORT_COMMON_RESOURCE_DERIVED_H_
#define RAPPORT_COMMON_RESOURCE_DERIVED_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "common/base/call_context.h"
#include "common/store/store.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"

namespace rapport::resource {

// Sums of many decayed terms come out the same whatever the order in which they were added, but for
// the last bits: each addition and each decay rounds, by 1e-16 of the value, and there may be 10^5
// of them. What differs by more than this, of the value or, below 1, absolutely, is another value.
inline constexpr double kSumTolerance = 1e-9;

// Rows that are made from one row of `table` and what belongs to it.
struct Derived {
  std::string name = {};  // its own for ever
  const store::Table* table = nullptr;
  // Writes what follows from the row, whatever is there; idempotent.
  std::function<absl::Status(store::Tx& tx, const base::CallContext& context,
                             const store::Row& row)>
      make = {};
};

// What this service keeps of one table of another service. The rows that come of a row there have
// its key.
struct Copies {
  std::string origin = {};    // the other service
  std::string original = {};  // its table, which is one of its bodies
  const store::Table* table = nullptr;
  // All rows of `table` come from there: one without an original is too much.
  bool all = true;
  // Such a row may be deleted: nothing but what the service derives hangs on it.
  bool may_go = false;
  // What the service does with a change that it hears of; idempotent.
  std::function<absl::Status(store::Tx& tx, const base::CallContext& context,
                             const google::protobuf::Any& resource)>
      apply = {};
};

struct Body {
  const store::Table* table = nullptr;
  const google::protobuf::Message* message = nullptr;  // an empty one
};

// The columns of a resource's row follow from its message. The registry outlives it.
template <class M, template <class> class Registry>
Derived ColumnsOf(const Registry<M>& registry) {
  return {"columns of " + registry.table().name, &registry.table(),
          [&registry](store::Tx& tx, const base::CallContext&, const store::Row& row) {
            return registry.Put(tx, registry.FromRow(row));
          }};
}
template <class M, template <class> class Registry>
Body BodyOf(const Registry<M>& registry) {
  return {&registry.table(), &M::default_instance()};
}

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_DERIVED_H_
