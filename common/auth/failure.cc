#include "common/auth/failure.h"

#include "absl/strings/string_view.h"

namespace rapport::auth {

absl::string_view AuthFailureName(AuthFailure failure) {
  switch (failure) {
    case AuthFailure::kNone:
      return "none";
    case AuthFailure::kMissing:
      return "missing";
    case AuthFailure::kTooLarge:
      return "too_large";
    case AuthFailure::kMalformed:
      return "malformed";
    case AuthFailure::kAlgorithm:
      return "algorithm";
    case AuthFailure::kType:
      return "type";
    case AuthFailure::kCritical:
      return "critical";
    case AuthFailure::kKeyId:
      return "key_id";
    case AuthFailure::kUnknownKey:
      return "unknown_key";
    case AuthFailure::kSignature:
      return "signature";
    case AuthFailure::kClaim:
      return "claim";
    case AuthFailure::kIssuer:
      return "issuer";
    case AuthFailure::kAudience:
      return "audience";
    case AuthFailure::kExpired:
      return "expired";
    case AuthFailure::kNotYetValid:
      return "not_yet_valid";
    case AuthFailure::kLifetime:
      return "lifetime";
    case AuthFailure::kTenant:
      return "tenant";
    case AuthFailure::kScope:
      return "scope";
    case AuthFailure::kService:
      return "service";
  }
  return "none";
}

}  // namespace rapport::auth
