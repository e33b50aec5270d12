// The lines of a .jsonl file of requests: {"method": "package.Service/Method", "request": {…},
// "save": "KEY"}. Texts in the request may hold placeholders, resolved before it is sent:
//   {tenant}                tenants/…
//   {person:ADDRESS}        name of the person with this mail address or telephone number
//   {relationship:ADDRESS}  name of the relationship with that person
//   {saved:KEY}             the name in the answer to the earlier line with "save": "KEY"
#ifndef RAPPORT_TOOLS_RAPPORTCTL_HOUSE_LINES_H_
#define RAPPORT_TOOLS_RAPPORTCTL_HOUSE_LINES_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"

namespace rapport::rapportctl {

struct HouseLine {
  std::string method;
  google::protobuf::Struct request;
  std::string save;
};

// INVALID_ARGUMENT in plain words.
absl::StatusOr<HouseLine> ReadHouseLine(absl::string_view line);

// True for the lines that found the house: its stewards and settings.
bool IsFoundation(const HouseLine& line);

// What stands for a placeholder ("person:ana@…"), or why nothing does.
using Resolver = std::function<absl::StatusOr<std::string>(absl::string_view placeholder)>;
absl::Status Resolve(const Resolver& resolver, google::protobuf::Struct* object);

struct TypedCall {
  std::unique_ptr<google::protobuf::Message> request;
  std::unique_ptr<google::protobuf::Message> response;  // empty, of the method's type
};

// The messages of the method. A request that has a request_id and states none gets one made of
// `identity`, so that a repeat is known as one. INVALID_ARGUMENT for an unknown or streaming method
// and for a request that does not fit.
absl::StatusOr<TypedCall> TypedCallOf(const HouseLine& line, absl::string_view identity);

// A UUID that is always the same for the same text.
std::string UuidOf(absl::string_view text);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_HOUSE_LINES_H_
