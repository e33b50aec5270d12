#include "common/base/errors.h"

#include <algorithm>
#include <map>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/any.pb.h"
#include "google/rpc/error_details.pb.h"

namespace rapport::errors {
namespace {

namespace type = rapport::type::v1;

constexpr absl::string_view kTypePrefix = "type.googleapis.com/";
constexpr std::size_t kMaxDetailBytes = 4096;
constexpr std::size_t kMaxViolations = 20;
constexpr std::size_t kMaxDescription = 1000;    // bytes, where there is one violation
constexpr std::size_t kMaxOfDescriptions = 300;  // of each, where there are more
constexpr absl::Duration kDefaultRetry = absl::Milliseconds(200);

using Metadata = std::vector<std::pair<std::string, std::string>>;

template <class M>
void Attach(absl::Status* status, const M& detail) {
  status->SetPayload(absl::StrCat(kTypePrefix, M::descriptor()->full_name()),
                     absl::Cord(detail.SerializeAsString()));
}

template <class M>
bool Find(const absl::Status& status, M* detail) {
  const auto payload = status.GetPayload(absl::StrCat(kTypePrefix, M::descriptor()->full_name()));
  return payload.has_value() && detail->ParseFromString(std::string(*payload));
}

absl::Status Make(absl::StatusCode code, ErrorReason reason, absl::string_view text,
                  const Metadata& metadata = {}) {
  absl::Status status(code, text);
  google::rpc::ErrorInfo info;
  info.set_domain("rapport");
  info.set_reason(type::ErrorReason_Name(reason));
  for (const auto& [key, value] : metadata) {
    (*info.mutable_metadata())[key] = value.substr(0, 256);
  }
  Attach(&status, info);
  return status;
}

absl::Status WithResource(absl::Status status, absl::string_view name) {
  google::rpc::ResourceInfo resource;
  resource.set_resource_name(std::string(name.substr(0, 256)));
  Attach(&status, resource);
  return status;
}

absl::Status WithRetry(absl::Status status, absl::Duration after) {
  google::rpc::RetryInfo retry;
  const std::int64_t ns = absl::ToInt64Nanoseconds(after);
  retry.mutable_retry_delay()->set_seconds(ns / 1000000000);
  retry.mutable_retry_delay()->set_nanos(static_cast<std::int32_t>(ns % 1000000000));
  Attach(&status, retry);
  return status;
}

absl::Status WithPrecondition(absl::Status status, absl::string_view kind,
                              absl::string_view subject, absl::string_view description) {
  google::rpc::PreconditionFailure failure;
  auto* violation = failure.add_violations();
  violation->set_type(std::string(kind));
  violation->set_subject(std::string(subject.substr(0, 256)));
  violation->set_description(std::string(description.substr(0, 512)));
  Attach(&status, failure);
  return status;
}

}  // namespace

absl::Status InvalidFields(std::vector<FieldViolation> violations) {
  google::rpc::BadRequest bad;
  std::size_t bytes = 0;
  std::size_t listed = 0;
  const std::size_t most = violations.size() == 1 ? kMaxDescription : kMaxOfDescriptions;
  for (const auto& violation : violations) {
    bytes += std::min<std::size_t>(violation.field.size(), 200) + violation.description.size() + 8;
    if (listed == kMaxViolations || bytes > 3000) break;
    ++listed;
    auto* out = bad.add_field_violations();
    out->set_field(violation.field.substr(0, 200));
    out->set_description(violation.description.substr(0, most));
  }
  std::string text = "invalid request";
  Metadata metadata;
  if (!violations.empty()) {
    text = absl::StrCat(violations[0].field.substr(0, 200), ": ",
                        violations[0].description.substr(0, most));
    metadata.emplace_back("field", violations[0].field);
    metadata.emplace_back("description", violations[0].description);
    if (violations.size() > 1) {
      absl::StrAppend(&text, " (and ", violations.size() - 1, " more)");
      metadata.emplace_back("violations", absl::StrCat(violations.size()));
    }
  }
  absl::Status status = Make(absl::StatusCode::kInvalidArgument, type::FIELD, text, metadata);
  Attach(&status, bad);
  return status;
}

absl::Status MalformedRequest() {
  return Make(absl::StatusCode::kInvalidArgument, type::MALFORMED_REQUEST,
              "the bytes are not a message of the request type");
}
absl::Status RequestIdReused() {
  return Make(absl::StatusCode::kInvalidArgument, type::REQUEST_ID_REUSED,
              "request_id was used with another request");
}
absl::Status BadPageToken() {
  return Make(absl::StatusCode::kInvalidArgument, type::PAGE_TOKEN,
              "page_token is broken or belongs to other arguments");
}
absl::Status UnknownMaskPath(absl::string_view path) {
  return Make(absl::StatusCode::kInvalidArgument, type::UPDATE_MASK,
              absl::StrCat("update_mask: no such field: ", path.substr(0, 200)),
              {{"path", std::string(path)}});
}
absl::Status BadConsistencyToken() {
  return Make(absl::StatusCode::kInvalidArgument, type::CONSISTENCY_TOKEN,
              "the consistency token is broken, of another installation, or of a state that was "
              "lost when the store was restored");
}
absl::Status FilterSyntax(std::size_t position, absl::string_view problem) {
  const std::string description = absl::StrCat("at byte ", position, ": ", problem);
  absl::Status status =
      Make(absl::StatusCode::kInvalidArgument, type::FILTER_SYNTAX,
           absl::StrCat("filter: ", description),
           {{"position", absl::StrCat(position)}, {"problem", std::string(problem)}});
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field("filter");
  violation->set_description(description.substr(0, kMaxDescription));
  Attach(&status, bad);
  return status;
}
absl::Status ResourceUnknown(absl::string_view name) {
  return WithResource(
      Make(absl::StatusCode::kNotFound, type::RESOURCE_UNKNOWN,
           absl::StrCat("no such resource: ", name.substr(0, 256)), {{"name", std::string(name)}}),
      name);
}
absl::Status ResourceExists(absl::string_view name) {
  return WithResource(
      Make(absl::StatusCode::kAlreadyExists, type::RESOURCE_EXISTS,
           absl::StrCat("the id is taken: ", name.substr(0, 256)), {{"name", std::string(name)}}),
      name);
}
absl::Status ContactPointTaken(absl::string_view field) {
  return Make(absl::StatusCode::kAlreadyExists, type::CONTACT_POINT_TAKEN,
              "another person holds this verified contact point", {{"field", std::string(field)}});
}
absl::Status ExternalIdTaken(absl::string_view field) {
  return Make(absl::StatusCode::kAlreadyExists, type::EXTERNAL_ID_TAKEN,
              "another person holds this external id", {{"field", std::string(field)}});
}
absl::Status RelationshipExists(absl::string_view living_relationship) {
  return WithResource(
      Make(absl::StatusCode::kAlreadyExists, type::RELATIONSHIP_EXISTS,
           absl::StrCat("person and house already have the relationship ", living_relationship),
           {{"relationship", std::string(living_relationship)}}),
      living_relationship);
}
absl::Status EtagMismatch(absl::string_view name) {
  return Make(absl::StatusCode::kAborted, type::ETAG_MISMATCH,
              absl::StrCat("the etag is not the current one of ", name.substr(0, 256)),
              {{"name", std::string(name)}});
}
absl::Status RevisionRace() {
  return Make(absl::StatusCode::kAborted, type::REVISION_RACE,
              "a concurrent write won; nothing was done");
}
absl::Status StateTransition(absl::string_view subject, absl::string_view state,
                             absl::string_view change) {
  return WithPrecondition(Make(absl::StatusCode::kFailedPrecondition, type::STATE_TRANSITION,
                               absl::StrCat(change, " (the state is ", state, ")"),
                               {{"name", std::string(subject)},
                                {"state", std::string(state)},
                                {"change", std::string(change)}}),
                          "STATE_TRANSITION", subject, change);
}
absl::Status Quieted(absl::string_view subject, absl::string_view change) {
  return WithPrecondition(Make(absl::StatusCode::kFailedPrecondition, type::QUIETED,
                               absl::StrCat("the person asked us to stop reaching out: ", change),
                               {{"name", std::string(subject)}, {"change", std::string(change)}}),
                          "QUIETED", subject, change);
}
absl::Status DisclosureMissing() {
  return WithPrecondition(Make(absl::StatusCode::kFailedPrecondition, type::DISCLOSURE_MISSING,
                               "automated outbound contact must disclose that it is automated"),
                          "DISCLOSURE_MISSING", "engagement",
                          "set disclosed, once the message says so");
}
absl::Status PurgePassed(absl::string_view subject) {
  return WithPrecondition(Make(absl::StatusCode::kFailedPrecondition, type::PURGE_PASSED,
                               "the time to undelete has passed", {{"name", std::string(subject)}}),
                          "PURGE_PASSED", subject, "nothing; create it anew");
}
absl::Status HumanRequired(absl::string_view subject, absl::string_view change) {
  return WithPrecondition(Make(absl::StatusCode::kFailedPrecondition, type::HUMAN_REQUIRED,
                               absl::StrCat("only a human may do this: ", change),
                               {{"name", std::string(subject)}, {"change", std::string(change)}}),
                          "HUMAN_REQUIRED", subject, change);
}
absl::Status Rate(absl::Duration retry_after) {
  absl::Status status = WithRetry(
      Make(absl::StatusCode::kResourceExhausted, type::RATE, "the tenant calls too often"),
      retry_after);
  google::rpc::QuotaFailure quota;
  quota.add_violations()->set_subject("tenant");
  Attach(&status, quota);
  return status;
}
absl::Status StoreFull() {
  return WithRetry(Make(absl::StatusCode::kResourceExhausted, type::STORE_FULL,
                        "the store's disk is full; reads go on"),
                   absl::Seconds(30));
}
absl::Status MessageTooLarge() {
  return Make(absl::StatusCode::kResourceExhausted, type::MESSAGE_TOO_LARGE,
              "the message is larger than the service accepts");
}
absl::Status Overloaded(absl::string_view queue) {
  return WithRetry(
      Make(absl::StatusCode::kUnavailable, type::OVERLOADED,
           absl::StrCat("too many calls wait: ", queue), {{"queue", std::string(queue)}}),
      kDefaultRetry);
}
absl::Status Draining() {
  return WithRetry(Make(absl::StatusCode::kUnavailable, type::DRAINING, "the process is draining"),
                   kDefaultRetry);
}
absl::Status StoreUnavailable() {
  return WithRetry(Make(absl::StatusCode::kUnavailable, type::STORE, "the store cannot answer now"),
                   kDefaultRetry);
}
absl::Status Behind(absl::string_view origin, std::int64_t position) {
  return WithRetry(Make(absl::StatusCode::kUnavailable, type::BEHIND,
                        absl::StrCat("changes of ", origin, " are not here yet"),
                        {{"origin", std::string(origin)}, {"position", absl::StrCat(position)}}),
                   kDefaultRetry);
}
absl::Status DependencyUnavailable(absl::string_view service) {
  return WithRetry(Make(absl::StatusCode::kUnavailable, type::DEPENDENCY,
                        absl::StrCat("the ", service, " service does not answer"),
                        {{"service", std::string(service)}}),
                   kDefaultRetry);
}
absl::Status DeadlinePassed() {
  return Make(absl::StatusCode::kDeadlineExceeded, type::DEADLINE,
              "the deadline passed before the work began");
}
absl::Status TokenRefused() {
  return Make(absl::StatusCode::kUnauthenticated, type::TOKEN, "no valid token came with the call");
}
absl::Status ScopeMissing(absl::string_view scope) {
  return Make(absl::StatusCode::kPermissionDenied, type::SCOPE,
              absl::StrCat("the token lacks the scope ", scope), {{"scope", std::string(scope)}});
}
absl::Status Bug() {
  return Make(absl::StatusCode::kInternal, type::BUG, "internal error; report the request id");
}
absl::Status MethodUnknown() {
  return Make(absl::StatusCode::kUnimplemented, type::METHOD_UNKNOWN, "no such method");
}

absl::Status OfItem(absl::string_view item, const absl::Status& status) {
  google::rpc::ErrorInfo info;
  if (status.ok() || !Find(status, &info)) return status;
  google::rpc::BadRequest bad;
  const bool fields = Find(status, &bad);  // then the text begins with one
  absl::Status out(status.code(), fields ? absl::StrCat(item, ".", status.message())
                                         : std::string(status.message()));
  status.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& bytes) { out.SetPayload(url, bytes); });
  (*info.mutable_metadata())["item"] = std::string(item.substr(0, 256));
  Attach(&out, info);
  if (fields) {
    for (auto& violation : *bad.mutable_field_violations()) {
      violation.set_field(absl::StrCat(item, ".", violation.field()));
    }
    Attach(&out, bad);
  }
  return out;
}

ErrorReason ReasonOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  ErrorReason reason = type::ERROR_REASON_UNSPECIFIED;
  if (Find(status, &info)) type::ErrorReason_Parse(info.reason(), &reason);
  return reason;
}

absl::Duration RetryAfter(const absl::Status& status) {
  google::rpc::RetryInfo retry;
  if (!Find(status, &retry)) return absl::ZeroDuration();
  return absl::Seconds(retry.retry_delay().seconds()) +
         absl::Nanoseconds(retry.retry_delay().nanos());
}

google::rpc::Status ToProto(const absl::Status& status) {
  google::rpc::Status out;
  out.set_code(static_cast<int>(status.code()));
  out.set_message(std::string(status.message()));
  std::map<std::string, std::string> details;  // ordered: equal errors give equal bytes
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& bytes) {
    details.emplace(std::string(url), std::string(bytes));
  });
  std::size_t total = out.message().size();
  for (auto& [url, bytes] : details) {
    total += url.size() + bytes.size() + 8;
    if (total > kMaxDetailBytes) continue;
    auto* any = out.add_details();
    any->set_type_url(url);
    any->set_value(std::move(bytes));
  }
  return out;
}

absl::Status FromProto(const google::rpc::Status& proto) {
  if (proto.code() == 0) return absl::OkStatus();
  absl::Status status(static_cast<absl::StatusCode>(proto.code()), proto.message());
  for (const auto& any : proto.details()) {
    status.SetPayload(any.type_url(), absl::Cord(any.value()));
  }
  return status;
}

}  // namespace rapport::errors
