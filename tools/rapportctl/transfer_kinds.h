// The kinds of resources that a tenant takes along when it moves house, and the files they are in:
// one resource a line, in the JSON of google.protobuf.Any.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_TRANSFER_KINDS_H_
#define RAPPORT_TOOLS_RAPPORTCTL_TRANSFER_KINDS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "tools/rapportctl/connection.h"

namespace rapport::rapportctl {

struct TransferKind {
  const google::protobuf::Descriptor* type;
  const char* file;
  const char* service;  // contact, engagement or recommendation
  bool unclaimed = false;
};

// In the order in which they must be restored: what engagement knows before what contact tells it,
// so that no number moves on the way; what belongs to nobody behind both, so that nobody claims it.
const std::vector<TransferKind>& TransferKinds();

// The kind of a resource; null if this program does not know it.
const TransferKind* KindOf(const google::protobuf::Any& resource);
// The same for a line of a file, before it is read: only its type, the first of its kinds.
const TransferKind* KindOfLine(absl::string_view line);

// Calls rapport.transfer.v1.TransferService of one service.
absl::Status CallTransfer(Connection& connection, absl::string_view service,
                          absl::string_view method, const google::protobuf::Message& request,
                          google::protobuf::Message* response);

// Names in all texts of the message that are no personal data, and in its messages, move from one
// tenant ("tenants/a/") to another ("tenants/b/").
void MoveNames(absl::string_view from, absl::string_view to, google::protobuf::Message* message);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_TRANSFER_KINDS_H_
