// Valid requests, made from descriptors alone.
#ifndef RAPPORT_TESTS_MATRIX_REQUEST_MAKER_H_
#define RAPPORT_TESTS_MATRIX_REQUEST_MAKER_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "tests/matrix/house_world.h"

namespace rapport::tests {

using MessagePtr = std::unique_ptr<google::protobuf::Message>;

// "rapport.contact.v1.PeopleService/GetPerson"
std::string PathOf(const google::protobuf::MethodDescriptor& method);
// The field is ignored on input.
bool IsOutputOnly(const google::protobuf::FieldDescriptor& field);
bool IsRequired(const google::protobuf::FieldDescriptor& field);
// UpdateX, BatchUpdateX and AmendX: the request holds the resource under its own name.
bool IsUpdate(const google::protobuf::MethodDescriptor& method);
// The resource inside a request to create or update one; null for other methods.
const google::protobuf::FieldDescriptor* ResourceField(
    const google::protobuf::MethodDescriptor& method);
// A new message of this type.
MessagePtr NewMessage(const google::protobuf::Descriptor& descriptor);

class RequestMaker {
 public:
  explicit RequestMaker(const World* world) : world_(*world) {}

  // The smallest request that the method accepts in this world.
  MessagePtr Valid(const google::protobuf::MethodDescriptor& method) const;
  // Fills what a message of this type needs.
  void Fill(const google::protobuf::MethodDescriptor& method,
            google::protobuf::Message* message) const;
  // A value that the field accepts: sets it, or appends one to it.
  void Put(const google::protobuf::MethodDescriptor& method,
           const google::protobuf::FieldDescriptor& field,
           google::protobuf::Message* message) const;
  // The name that a reference field needs here; "" if the field is no name.
  std::string NameIn(const google::protobuf::MethodDescriptor& method,
                     const google::protobuf::FieldDescriptor& field) const;

 private:
  const World& world_;
};

}  // namespace rapport::tests

#endif  // RAPPORT_TESTS_MATRIX_REQUEST_MAKER_H_
