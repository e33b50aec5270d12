// Enforces the limits that stand in the descriptors (rapport.type.v1.rule, field_behavior,
// resource_reference), from a plan made once per method.
#ifndef RAPPORT_COMMON_RPC_REQUEST_VALIDATOR_H_
#define RAPPORT_COMMON_RPC_REQUEST_VALIDATOR_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace rapport::rpc {

// Immutable after construction; thread-safe.
class RequestValidator {
 public:
  enum class Of {
    kRequest,  // what callers say; output-only fields are ignored (AIP-203)
    kStored    // a resource as it is stored, output-only fields too
  };
  explicit RequestValidator(const google::protobuf::Descriptor* message, Of of = Of::kRequest);
  ~RequestValidator();
  RequestValidator(const RequestValidator&) = delete;
  RequestValidator& operator=(const RequestValidator&) = delete;

  // INVALID_ARGUMENT with all violations (reason FIELD), else NOT_FOUND if a resource name belongs
  // to a tenant other than `tenant`. With an empty `tenant` every tenant may be named.
  absl::Status Check(const google::protobuf::Message& request, absl::string_view tenant) const;

  // The tenant of the first resource name in the request, "" if there is none.
  std::string TenantOf(const google::protobuf::Message& request) const;

 private:
  struct Plan;
  struct Step;
  struct State;
  static std::shared_ptr<const Plan> Compile(
      const google::protobuf::Descriptor* descriptor, Of of,
      std::vector<std::pair<const google::protobuf::Descriptor*, std::shared_ptr<Plan>>>* known);
  static void Run(const Plan& plan, const google::protobuf::Message& message,
                  const std::string& path, State* state);
  static void CheckText(const Step& step, const std::string& text, const std::string& path,
                        State* state);

  // Keeps every plan alive; plans point at each other (messages may contain themselves).
  std::vector<std::pair<const google::protobuf::Descriptor*, std::shared_ptr<Plan>>> plans_;
  std::shared_ptr<const Plan> root_;
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_REQUEST_VALIDATOR_H_
