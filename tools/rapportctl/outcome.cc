#include "tools/rapportctl/outcome.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "google/rpc/error_details.pb.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

constexpr absl::string_view kIndent = "            ";

template <class Detail>
bool Find(const google::rpc::Status& status, Detail* out) {
  for (const auto& any : status.details()) {
    if (any.Is<Detail>() && any.UnpackTo(out)) return true;
  }
  return false;
}

// "UNAVAILABLE · BEHIND · more"
std::string CodeLine(const absl::Status& status, absl::string_view reason, absl::string_view more) {
  std::string out = absl::StrCat(kIndent, absl::StatusCodeToString(status.code()));
  if (!reason.empty()) absl::StrAppend(&out, " · ", reason);
  if (!more.empty()) absl::StrAppend(&out, " · ", Plain(more));
  return absl::StrCat(out, "\n");
}

}  // namespace

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return kExitUsage;
    case absl::StatusCode::kNotFound:
      return kExitNotFound;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return kExitConflict;
    case absl::StatusCode::kFailedPrecondition:
      return kExitPrecondition;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return kExitNotAllowed;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return kExitUnavailable;
    default:
      return kExitOther;
  }
}

std::string ErrorText(const absl::Status& status) {
  const google::rpc::Status proto = errors::ToProto(status);
  google::rpc::ErrorInfo info;
  const bool has_reason = Find(proto, &info) && !info.reason().empty();
  google::rpc::BadRequest bad;
  if (Find(proto, &bad) && bad.field_violations_size() > 0) {
    std::string out;
    for (const auto& violation : bad.field_violations()) {
      const std::string& field = violation.field();
      const std::string last = field.substr(field.rfind('.') + 1);
      absl::StrAppend(&out, "rapportctl: ", Plain(last), last.empty() ? "" : ": ",
                      Plain(violation.description()), "\n");
      absl::StrAppend(&out, CodeLine(status, info.reason(), field));
    }
    return out;
  }
  std::string out = absl::StrCat("rapportctl: ", Plain(status.message()), "\n");
  google::rpc::PreconditionFailure failure;
  if (Find(proto, &failure)) {
    for (const auto& violation : failure.violations()) {
      if (absl::StrContains(status.message(), violation.description())) continue;
      absl::StrAppend(&out, kIndent, Plain(violation.description()), "\n");
    }
  }
  if (has_reason) absl::StrAppend(&out, CodeLine(status, info.reason(), ""));
  return out;
}

std::string FirstLine(const absl::Status& status) {
  std::string text = ErrorText(status);
  text.erase(std::min(text.find('\n'), text.size()));
  return std::string(absl::StripPrefix(text, "rapportctl: "));
}

}  // namespace rapport::rapportctl
