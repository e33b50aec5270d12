// The public keys of a JWKS document (RFC 7517). Immutable, so thread-safe.
#ifndef RAPPORT_COMMON_AUTH_KEY_SET_H_
#define RAPPORT_COMMON_AUTH_KEY_SET_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct _cjose_jwk_int;  // NOLINT(bugprone-reserved-identifier): cjose's own name

namespace rapport::auth {

// True for 1..64 characters of [A-Za-z0-9._-]: a key id is a look-up key, never a path or query.
bool IsSafeKeyId(absl::string_view kid);

enum class Algorithm { kEs256, kRs256 };

struct JwkRelease {
  void operator()(_cjose_jwk_int* jwk) const;
};

struct PublicKey {
  Algorithm algorithm;
  std::string service;  // the service that signs with it (member "rapport_service"), or empty
  std::unique_ptr<_cjose_jwk_int, JwkRelease> jwk;
};

class KeySet {
 public:
  // Keys of other kinds (symmetric, other curves, RSA below 2048 bits, use "enc", no kid) are left
  // out, as RFC 7517 section 5 asks. INVALID_ARGUMENT if the document is no JWKS, a kid comes
  // twice, a key of a known kind is damaged, or a private key lies in it.
  static absl::StatusOr<std::shared_ptr<const KeySet>> Parse(absl::string_view json);

  // Null if there is none.
  const PublicKey* Find(absl::string_view kid) const;
  std::size_t size() const { return keys_.size(); }

 private:
  KeySet() = default;
  std::map<std::string, PublicKey, std::less<>> keys_;
};

}  // namespace rapport::auth

#endif  // RAPPORT_COMMON_AUTH_KEY_SET_H_
