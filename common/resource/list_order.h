// The order of a list (order_by of AIP-132), and what a row's place in it is.
#ifndef RAPPORT_COMMON_RESOURCE_LIST_ORDER_H_
#define RAPPORT_COMMON_RESOURCE_LIST_ORDER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/store/store.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace rapport::resource {

inline constexpr int kMaxOrderFields = 3;

class ListOrder {
 public:
  struct Field {
    std::vector<const google::protobuf::FieldDescriptor*> path;
    bool descending = false;
  };

  // "field [asc|desc], …" with dots into messages; empty: the order of names.
  // INVALID_ARGUMENT (FIELD order_by) for what is no such field, a list, or has no order.
  static absl::StatusOr<ListOrder> Parse(absl::string_view text,
                                         const google::protobuf::Descriptor* message);

  const std::vector<Field>& fields() const { return fields_; }
  // One value for each field: nothing if it is not set (first in every order), texts by their first
  // 200 bytes, times to the microsecond.
  std::vector<store::Value> PlaceOf(const google::protobuf::Message& message) const;
  // Whether a stands before b. Places may go on with more values, which decide last, ascending.
  bool Before(const std::vector<store::Value>& a, const std::vector<store::Value>& b) const;

 private:
  std::vector<Field> fields_;
};

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_LIST_ORDER_H_
