#include "common/auth/token_claims.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/auth/json.h"
#include "common/base/id.h"

namespace rapport::auth {
namespace {

constexpr absl::Duration kLeeway = absl::Seconds(60);
constexpr std::int64_t kMaxLifetimeSeconds = 3600;
constexpr std::int64_t kMaxSeconds = 253402300799;  // the end of the year 9999
constexpr std::size_t kMaxSubject = 128;
constexpr std::size_t kMaxScopes = 64;
constexpr std::size_t kMaxScope = 64;

// Visible ASCII without the quotes and the backslash (the scope-token of RFC 6749).
bool IsPlain(absl::string_view text) {
  for (char c : text) {
    if (c < 0x21 || c > 0x7e || c == '"' || c == '\\') return false;
  }
  return true;
}

// Seconds since 1970 as a JSON integer; nothing for a string, a fraction or a negative number.
std::optional<std::int64_t> Seconds(const json_t* value) {
  if (!json_is_integer(value)) return std::nullopt;
  const std::int64_t seconds = json_integer_value(value);
  if (seconds < 0 || seconds > kMaxSeconds) return std::nullopt;
  return seconds;
}

AuthFailure CheckTimes(const json_t* claims, absl::Time now, Principal& out) {
  const auto expires = Seconds(json_object_get(claims, "exp"));
  const auto issued = Seconds(json_object_get(claims, "iat"));
  if (!expires || !issued) return AuthFailure::kClaim;
  const json_t* not_before = json_object_get(claims, "nbf");
  if (not_before != nullptr) {
    const auto seconds = Seconds(not_before);
    if (!seconds) return AuthFailure::kClaim;
    if (absl::FromUnixSeconds(*seconds) > now + kLeeway) return AuthFailure::kNotYetValid;
  }
  if (absl::FromUnixSeconds(*issued) > now + kLeeway) return AuthFailure::kNotYetValid;
  if (absl::FromUnixSeconds(*expires) < now - kLeeway) return AuthFailure::kExpired;
  if (*expires <= *issued || *expires - *issued > kMaxLifetimeSeconds) {
    return AuthFailure::kLifetime;
  }
  out.expire_time = absl::FromUnixSeconds(*expires);
  return AuthFailure::kNone;
}

// A string, or an array of nothing but strings (RFC 7519, section 4.1.3).
AuthFailure CheckAudience(const json_t* claims, const std::string& audience) {
  const json_t* value = json_object_get(claims, "aud");
  if (json_is_string(value)) {
    return StringMember(claims, "aud") == audience ? AuthFailure::kNone : AuthFailure::kAudience;
  }
  if (!json_is_array(value)) return AuthFailure::kAudience;
  bool found = false;
  for (std::size_t i = 0; i < json_array_size(value); ++i) {
    const json_t* item = json_array_get(value, i);
    if (!json_is_string(item)) return AuthFailure::kAudience;
    found =
        found || absl::string_view(json_string_value(item), json_string_length(item)) == audience;
  }
  return found ? AuthFailure::kNone : AuthFailure::kAudience;
}

AuthFailure ReadService(const json_t* claims, absl::string_view key_service, Principal& out) {
  if (json_object_get(claims, "service") == nullptr) return AuthFailure::kNone;
  const auto service = StringMember(claims, "service");
  if (!service || service->empty() || *service != key_service) return AuthFailure::kService;
  out.service = std::string(*service);
  return AuthFailure::kNone;
}

AuthFailure ReadTenant(const json_t* claims, Principal& out) {
  const auto tenant = StringMember(claims, "tenant");
  if (!tenant) return AuthFailure::kTenant;
  if (*tenant == "*") return out.is_service() ? AuthFailure::kNone : AuthFailure::kTenant;
  if (!base::IsIdSegment(*tenant)) return AuthFailure::kTenant;
  out.tenant = base::TenantId::Trusted(std::string(*tenant));
  return AuthFailure::kNone;
}

AuthFailure ReadScopes(const json_t* claims, Principal& out) {
  if (json_object_get(claims, "scope") == nullptr) return AuthFailure::kNone;
  const auto scope = StringMember(claims, "scope");
  if (!scope) return AuthFailure::kScope;
  for (absl::string_view part : absl::StrSplit(*scope, ' ', absl::SkipEmpty())) {
    const absl::string_view text(part.data(), part.size());
    if (text.size() > kMaxScope || !IsPlain(text)) return AuthFailure::kScope;
    out.scopes.emplace_back(text);
  }
  if (out.scopes.size() > kMaxScopes) return AuthFailure::kScope;
  std::sort(out.scopes.begin(), out.scopes.end());
  out.scopes.erase(std::unique(out.scopes.begin(), out.scopes.end()), out.scopes.end());
  return AuthFailure::kNone;
}

bool IsTokenType(absl::string_view type) {
  absl::string_view text(type.data(), type.size());
  if (absl::StartsWithIgnoreCase(text, "application/")) text.remove_prefix(12);
  return absl::EqualsIgnoreCase(text, "JWT") || absl::EqualsIgnoreCase(text, "at+jwt");
}

}  // namespace

AuthFailure ReadHeader(absl::string_view json, TokenHeader& out) {
  const Json header = ParseObject(json);
  if (header == nullptr) return AuthFailure::kMalformed;
  const auto alg = StringMember(header.get(), "alg");
  if (alg == "ES256") {
    out.algorithm = Algorithm::kEs256;
  } else if (alg == "RS256") {
    out.algorithm = Algorithm::kRs256;
  } else {
    return AuthFailure::kAlgorithm;
  }
  if (json_object_get(header.get(), "crit") != nullptr ||
      json_object_get(header.get(), "b64") != nullptr) {
    return AuthFailure::kCritical;
  }
  if (json_object_get(header.get(), "typ") != nullptr) {
    const auto type = StringMember(header.get(), "typ");
    if (!type || !IsTokenType(*type)) return AuthFailure::kType;
  }
  // cty says that the payload is a token in itself: there are none of those here.
  if (json_object_get(header.get(), "cty") != nullptr) return AuthFailure::kType;
  const auto kid = StringMember(header.get(), "kid");
  if (!kid || !IsSafeKeyId(*kid)) return AuthFailure::kKeyId;
  out.kid = std::string(*kid);
  return AuthFailure::kNone;
}

AuthFailure ReadClaims(absl::string_view json, const Expected& expected,
                       absl::string_view key_service, absl::Time now, Principal& out) {
  const Json claims = ParseObject(json);
  if (claims == nullptr) return AuthFailure::kMalformed;
  const auto issuer = StringMember(claims.get(), "iss");
  if (!issuer || std::find(expected.issuers.begin(), expected.issuers.end(), *issuer) ==
                     expected.issuers.end()) {
    return AuthFailure::kIssuer;
  }
  AuthFailure failure = CheckAudience(claims.get(), expected.audience);
  if (failure != AuthFailure::kNone) return failure;
  failure = CheckTimes(claims.get(), now, out);
  if (failure != AuthFailure::kNone) return failure;
  const auto subject = StringMember(claims.get(), "sub");
  if (!subject || subject->empty() || subject->size() > kMaxSubject || !IsPlain(*subject)) {
    return AuthFailure::kClaim;
  }
  out.subject = std::string(*subject);
  failure = ReadService(claims.get(), key_service, out);
  if (failure != AuthFailure::kNone) return failure;
  failure = ReadTenant(claims.get(), out);
  if (failure != AuthFailure::kNone) return failure;
  return ReadScopes(claims.get(), out);
}

}  // namespace rapport::auth
