// The standard methods of one resource (AIP-131 to 135, 164, 231, 233, 234), for whatever its
// message is. Services come to them by Bind of standard_methods.h.
#ifndef RAPPORT_COMMON_RESOURCE_RESOURCE_METHODS_H_
#define RAPPORT_COMMON_RESOURCE_RESOURCE_METHODS_H_

#include <functional>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/resource/list.h"
#include "common/resource/methods.h"

namespace rapport::resource {

// Says whether the parent of a collection is known.
using ParentCheck = std::function<absl::Status(store::Reader&, const std::string& parent)>;

struct ResourceMethods {
  struct Written {
    MessagePtr item;
    bool stirs = false;  // `refresh` is to run
  };
  // Of one request, e.g. a CreateStewardRequest; inside of a batch too.
  using Write = std::function<absl::StatusOr<Written>(store::Tx&, const base::CallContext&,
                                                      const google::protobuf::Message&)>;
  const Collection* collection;
  const PageTokens* tokens;
  std::string field;  // its place in requests, e.g. "contact_point"
  std::function<absl::StatusOr<std::vector<store::Value>>(absl::string_view name)> key_of;
  Write create, update, remove, undelete;
  // Runs once behind all that a call writes, if any of it asks for that.
  std::function<absl::Status(store::Tx&, const base::CallContext&)> refresh = {};
  ParentCheck parent = {};
  View view = {};
  std::set<std::string> own = {};  // methods that the service binds itself
};

// Binds those of Get, List, BatchGet, Create, BatchCreate, Update, BatchUpdate, Delete and Undelete
// that the service declares for the resource and that are not its own; they are found by their
// names. Adding one to the protos is enough. Batches are atomic, of one parent, and keep the order;
// the error of an item names it (errors::OfItem).
void BindResource(Methods* methods, const google::protobuf::ServiceDescriptor& service,
                  ResourceMethods resource);

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_RESOURCE_METHODS_H_
