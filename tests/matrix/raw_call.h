// A call whose request is any bytes: what no generated stub would send.
#ifndef RAPPORT_TESTS_MATRIX_RAW_CALL_H_
#define RAPPORT_TESTS_MATRIX_RAW_CALL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/channel.h"

namespace rapport::tests {

// One blocking caller for one address. Works for unary methods and for the first answer of streams.
class RawCaller {
 public:
  explicit RawCaller(const std::string& target);

  // `method` is "rapport.contact.v1.PeopleService/GetPerson". Gives the bytes of the first answer.
  absl::StatusOr<std::string> Call(absl::string_view method, const std::string& request);

 private:
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace rapport::tests

#endif  // RAPPORT_TESTS_MATRIX_RAW_CALL_H_
