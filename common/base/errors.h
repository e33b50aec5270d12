// Every error that a caller can meet, one constructor each. Codes, reasons and details follow
// protos/rapport/type/v1/error_reason.proto; the details travel as payloads of the absl::Status and
// become google.rpc.Status details once, in the call pipeline. Texts hold no personal data, no SQL,
// no paths.
#ifndef RAPPORT_COMMON_BASE_ERRORS_H_
#define RAPPORT_COMMON_BASE_ERRORS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>
#include "absl/strings/string_view.h"

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/rpc/status.pb.h"
#include "rapport/type/v1/error_reason.pb.h"

namespace rapport::errors {

using rapport::type::v1::ErrorReason;

struct FieldViolation {
  std::string field;        // path, e.g. "engagement.channel"
  std::string description;  // e.g. "must be set"
};

// INVALID_ARGUMENT
absl::Status InvalidFields(std::vector<FieldViolation> violations);
inline absl::Status InvalidField(std::string field, std::string description) {
  return InvalidFields({{std::move(field), std::move(description)}});
}
absl::Status MalformedRequest();
absl::Status RequestIdReused();
absl::Status BadPageToken();
absl::Status UnknownMaskPath(absl::string_view path);
absl::Status BadConsistencyToken();
// `position`: where in the filter, in bytes from 0. `problem` never repeats what the caller wrote.
absl::Status FilterSyntax(std::size_t position, absl::string_view problem);
// NOT_FOUND; also for resources of other tenants.
absl::Status ResourceUnknown(absl::string_view name);
// ALREADY_EXISTS
absl::Status ResourceExists(absl::string_view name);
absl::Status ContactPointTaken(absl::string_view field);
absl::Status ExternalIdTaken(absl::string_view field);
absl::Status RelationshipExists(absl::string_view living_relationship);
// ABORTED
absl::Status EtagMismatch(absl::string_view name);
absl::Status RevisionRace();
// FAILED_PRECONDITION; `change` says what would change the answer.
absl::Status StateTransition(absl::string_view subject, absl::string_view state,
                             absl::string_view change);
absl::Status Quieted(absl::string_view subject, absl::string_view change);
absl::Status DisclosureMissing();
absl::Status PurgePassed(absl::string_view subject);
absl::Status HumanRequired(absl::string_view subject, absl::string_view change);
// RESOURCE_EXHAUSTED
absl::Status Rate(absl::Duration retry_after);
absl::Status StoreFull();
absl::Status MessageTooLarge();
// UNAVAILABLE; nothing was done.
absl::Status Overloaded(absl::string_view queue);
absl::Status Draining();
absl::Status StoreUnavailable();
absl::Status Behind(absl::string_view origin, std::int64_t position);
absl::Status DependencyUnavailable(absl::string_view service);
// DEADLINE_EXCEEDED, UNAUTHENTICATED, PERMISSION_DENIED, INTERNAL, UNIMPLEMENTED
absl::Status DeadlinePassed();
absl::Status TokenRefused();
absl::Status ScopeMissing(absl::string_view scope);
absl::Status Bug();
absl::Status MethodUnknown();

// The error of one item of a request, `item` being its place, e.g. "requests[3]": field paths begin
// with it, and metadata names it. All else stays.
absl::Status OfItem(absl::string_view item, const absl::Status& status);

// The reason of an error made here; ERROR_REASON_UNSPECIFIED for other statuses.
ErrorReason ReasonOf(const absl::Status& status);
// How long a client should wait before it tries again; zero if nothing is said.
absl::Duration RetryAfter(const absl::Status& status);
// All details together; at most 4 KiB.
google::rpc::Status ToProto(const absl::Status& status);
// The inverse, for statuses that came over the wire.
absl::Status FromProto(const google::rpc::Status& status);

}  // namespace rapport::errors

#endif  // RAPPORT_COMMON_BASE_ERRORS_H_
