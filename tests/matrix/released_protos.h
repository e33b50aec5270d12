// The protos as a program of another day knows them: those of a release, or fewer.
#ifndef RAPPORT_TESTS_MATRIX_RELEASED_PROTOS_H_
#define RAPPORT_TESTS_MATRIX_RELEASED_PROTOS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/message.h"

namespace rapport::tests {

// Independent of the protos that are linked in, but for Google's that they import.
class ReleasedProtos {
 public:
  // Reads a descriptor set; `change`, if given, may alter each file before it is used.
  explicit ReleasedProtos(
      const std::string& path,
      const std::function<void(google::protobuf::FileDescriptorProto*)>& change = {});

  // All methods of all services, by name.
  std::vector<const google::protobuf::MethodDescriptor*> methods() const;
  // A message of that time, filled with what of `newer` it has a place for.
  std::unique_ptr<google::protobuf::Message> AsOldClient(
      const google::protobuf::Message& newer) const;
  // An answer as the old client reads it; the test fails if it cannot.
  std::unique_ptr<google::protobuf::Message> Read(const google::protobuf::Descriptor& type,
                                                  const std::string& bytes) const;
  const google::protobuf::Descriptor* Find(const std::string& message) const {
    return pool_.FindMessageTypeByName(message);
  }

 private:
  void Add(const std::string& file,
           const std::function<void(google::protobuf::FileDescriptorProto*)>& change);

  google::protobuf::FileDescriptorSet set_;
  google::protobuf::DescriptorPool pool_;
  mutable google::protobuf::DynamicMessageFactory factory_{&pool_};
};

// Drops from each message the field that was added last, and from each enum the last value, if a
// client can do without: not what is required, a choice, or part of a request.
void ForgetTheNewest(google::protobuf::FileDescriptorProto* file);

// How many fields in the message, however deep, are of no known number.
int UnknownFieldsIn(const google::protobuf::Message& message);
// Puts two of those into the message and every message inside it.
void AddUnknownFields(google::protobuf::Message* message);

}  // namespace rapport::tests

#endif  // RAPPORT_TESTS_MATRIX_RELEASED_PROTOS_H_
