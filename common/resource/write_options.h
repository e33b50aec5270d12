// What every request to write may carry, and the bytes of what it is answered with; for requests
// whose type is known and for those that are met through their descriptors.
#ifndef RAPPORT_COMMON_RESOURCE_WRITE_OPTIONS_H_
#define RAPPORT_COMMON_RESOURCE_WRITE_OPTIONS_H_

#include <memory>
#include <string>
#include <type_traits>

#include "common/resource/list.h"
#include "google/protobuf/message.h"

namespace rapport::resource {

// "" if the request has none.
template <class Request>
const std::string& RequestIdOf(const Request& request) {
  if constexpr (requires { request.request_id(); }) {
    return request.request_id();
  } else if constexpr (std::is_same_v<Request, google::protobuf::Message>) {
    return TextOf(request, "request_id");
  } else {
    static const auto* const kNone = new std::string;
    return *kNone;
  }
}

template <class Request>
bool ValidatesOnly(const Request& request) {
  if constexpr (requires { request.validate_only(); }) {
    return request.validate_only();
  } else if constexpr (std::is_same_v<Request, google::protobuf::Message>) {
    return IsTrue(request, "validate_only");
  } else {
    return false;
  }
}

template <class Response>
const google::protobuf::Message& AnswerOf(const Response& response) {
  if constexpr (std::is_same_v<Response, MessagePtr>) {
    return *response;
  } else {
    return response;
  }
}

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_WRITE_OPTIONS_H_
