// Why a token was refused: for metrics and logs of the operator. The caller learns nothing of it.
#ifndef RAPPORT_COMMON_AUTH_FAILURE_H_
#define RAPPORT_COMMON_AUTH_FAILURE_H_

#include "absl/strings/string_view.h"

namespace rapport::auth {

enum class AuthFailure {
  kNone,         // not refused
  kMissing,      // no token, or not "Bearer <token>"
  kTooLarge,     // more than 8 KiB
  kMalformed,    // segments, base64url, JSON, a name twice
  kAlgorithm,    // not ES256 or RS256, or not the algorithm of the key
  kType,         // typ or cty that is no plain JWT
  kCritical,     // a crit or b64 header
  kKeyId,        // kid missing or unsafe
  kUnknownKey,   // no key with that kid
  kSignature,    // does not verify
  kClaim,        // a claim missing, of the wrong type or out of range
  kIssuer,       // iss is not one of ours
  kAudience,     // aud does not name us
  kExpired,      // exp more than the leeway ago
  kNotYetValid,  // nbf or iat more than the leeway ahead
  kLifetime,     // exp - iat is over one hour or not positive
  kTenant,       // no tenant, or "*" without being a service
  kScope,        // malformed scope
  kService,      // claims to be a service that its key does not belong to
};
inline constexpr int kAuthFailureCount = static_cast<int>(AuthFailure::kService) + 1;

// "unknown_key" for kUnknownKey: the value of a metric label.
absl::string_view AuthFailureName(AuthFailure failure);

}  // namespace rapport::auth

#endif  // RAPPORT_COMMON_AUTH_FAILURE_H_
