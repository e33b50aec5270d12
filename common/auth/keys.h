// Making and arranging keys; for the tools of an operator, not for a running service.
#ifndef RAPPORT_COMMON_AUTH_KEYS_H_
#define RAPPORT_COMMON_AUTH_KEYS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rapport::auth {

struct GeneratedKey {
  std::string private_jwk;  // one JWK with the private part: a secret
  std::string public_jwks;  // a JWKS with the public part alone
};

// A new P-256 key pair for ES256. `kid` must be a safe key id. `service`, if not empty, is the id
// of the service that the key speaks for; only such a key can sign for every tenant.
absl::StatusOr<GeneratedKey> GenerateKey(absl::string_view kid, absl::string_view service = "");

// The keys of both documents; ALREADY_EXISTS if one kid is in both.
absl::StatusOr<std::string> MergeJwks(absl::string_view a, absl::string_view b);

// The document without the key; NOT_FOUND if it is not there.
absl::StatusOr<std::string> RemoveFromJwks(absl::string_view jwks, absl::string_view kid);

}  // namespace rapport::auth

#endif  // RAPPORT_COMMON_AUTH_KEYS_H_
