// AIP-132 and AIP-158, once, over the rows of any resource: pages, filter, order, what is deleted.
#ifndef RAPPORT_COMMON_RESOURCE_LIST_H_
#define RAPPORT_COMMON_RESOURCE_LIST_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/call_context.h"
#include "common/resource/page_token.h"
#include "common/store/store.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace rapport::resource {

// Rows that one page looks at; then it ends short, with a token to go on. No call scans for ever.
inline constexpr int kMaxExamined = 5000;
// Rows of a collection that are sorted for an order that no index gives.
inline constexpr int kMaxSorted = 5000;
// Bytes of stored messages that one page looks at, or that are sorted; or that a BatchGet answers.
inline constexpr std::size_t kMaxExaminedBytes = 16 << 20;

using MessagePtr = std::unique_ptr<google::protobuf::Message>;

// A column that holds a field of the resource: List goes to the rows by it.
struct FieldColumn {
  int position;  // in the table
  const google::protobuf::FieldDescriptor* field;
  std::function<store::Value(const google::protobuf::Message&)> value;
};

// What List needs to know of a resource. (parent, id) are the first two columns, the serialized
// message the last one.
struct Collection {
  const store::Table* table;
  const google::protobuf::Message* prototype;
  std::vector<FieldColumn> columns;
  bool of_tenant;  // the tenant is the parent of all
};

// The first column of what has this parent.
std::string ParentKey(absl::string_view parent);

// Changes what is stored into what callers see now, before it is filtered. Pure.
using View = std::function<void(const base::CallContext&, google::protobuf::Message*)>;

struct Listed {
  std::vector<MessagePtr> items;
  std::string next_token;
};

// `request` has parent, page_size and page_token; show_deleted, filter and order_by if it likes;
// and a field that the resource has too asks for equality, unless it is not set. In the order of
// names, or of the index behind what a filter pins (`house = "x"`), or as order_by says: "name", or
// one field that a column holds, or else a sort of at most kMaxSorted rows and kMaxExaminedBytes.
//   INVALID_ARGUMENT  PAGE_TOKEN, FILTER_SYNTAX, FIELD (order_by: no such field, or too much to
//   sort)
absl::StatusOr<Listed> List(const Collection& collection, const PageTokens& tokens,
                            store::Reader& reader, const base::CallContext& context,
                            const google::protobuf::Message& request, const View& view = {});

// The text of a field of a request; "" if it has none of that name.
const std::string& TextOf(const google::protobuf::Message& request, absl::string_view field);
// Whether a field of a request is there and true.
bool IsTrue(const google::protobuf::Message& request, absl::string_view field);

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_LIST_H_
