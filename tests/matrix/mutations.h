// Everything that can be wrong with a request, read off the descriptors: one thing at a time.
#ifndef RAPPORT_TESTS_MATRIX_MUTATIONS_H_
#define RAPPORT_TESTS_MATRIX_MUTATIONS_H_

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "rapport/type/v1/error_reason.pb.h"
#include "tests/matrix/request_maker.h"

namespace rapport::tests {

struct Mutation {
  std::string what;   // "too long", "unknown enum value", ...
  std::string field;  // path of the field in the request
  MessagePtr request;
  type::v1::ErrorReason reason = type::v1::FIELD;
  // Set where the method answers for each item: the path inside the item.
  bool per_item = false;
  std::string item_field;
};

struct Mutations {
  std::vector<Mutation> cells;
  // Fields that nothing can be wrong with, as full names; flags are left out.
  std::vector<std::string> free_fields;
};

// All single faults of a request to this method, each in an otherwise valid request.
Mutations MutationsOf(const google::protobuf::MethodDescriptor& method, const RequestMaker& maker);

}  // namespace rapport::tests

#endif  // RAPPORT_TESTS_MATRIX_MUTATIONS_H_
