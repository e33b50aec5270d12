// Checks the tokens of callers: JWTs (RFC 7519) signed with ES256 or with RS256 and at least 2048
// bits, by a key of the JWKS file.
#ifndef RAPPORT_COMMON_AUTH_TOKEN_VERIFIER_H_
#define RAPPORT_COMMON_AUTH_TOKEN_VERIFIER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/auth/failure.h"
#include "common/auth/jwks_file.h"
#include "common/auth/principal.h"
#include "common/auth/token_cache.h"
#include "common/auth/token_claims.h"
#include "common/time/clock.h"

namespace rapport::auth {

struct VerifierOptions {
  std::string jwks_file;             // looked at for changes at most once a second
  std::vector<std::string> issuers;  // iss must be one of them
  std::string audience;              // aud must be it or hold it
  std::size_t max_cached_tokens = 10000;
};

// What must hold: at most 8 KiB; three canonical base64url parts; no JSON name twice; typ JWT,
// at+jwt or absent; no crit, no cty; a safe kid of a known key of the same algorithm; the
// signature; iss, aud; exp and iat, and nbf if there, JSON integers, with 60 s of leeway and at
// most one hour apart; sub of 1..128 visible ASCII characters; tenant an id, or "*" for services;
// scope, if there, words with spaces between them. A token is of a service if its claim "service"
// is the "rapport_service" of its key. jku, x5u and jwk are ignored.
//
// A key that leaves the file stops verifying at the next look at it. Thread-safe. Blocks only to
// read the key file when it has changed.
class TokenVerifier {
 public:
  // `clock` must outlive the verifier. FAILED_PRECONDITION if the key file is not usable.
  static absl::StatusOr<std::unique_ptr<TokenVerifier>> Create(VerifierOptions options,
                                                               const time::Clock& clock);

  // Every failure is the same status, errors::TokenRefused(); `why`, if given, gets the true
  // reason.
  absl::StatusOr<PrincipalPtr> Verify(absl::string_view token, AuthFailure* why = nullptr);

  // The same for the value of an authorization header: "Bearer <token>".
  absl::StatusOr<PrincipalPtr> VerifyAuthorization(absl::string_view header,
                                                   AuthFailure* why = nullptr);

  std::int64_t key_reloads() const { return file_->reloads(); }
  std::int64_t failed_key_reloads() const { return file_->failed_reloads(); }
  std::int64_t cache_hits() const { return hits_.load(std::memory_order_relaxed); }
  std::int64_t cache_misses() const { return misses_.load(std::memory_order_relaxed); }

 private:
  TokenVerifier(VerifierOptions options, const time::Clock& clock, std::unique_ptr<JwksFile> file);
  static AuthFailure Check(absl::string_view token, const KeySet& keys, const Expected& expected,
                           absl::Time now, Principal& out);

  const Expected expected_;
  const time::Clock& clock_;
  const std::unique_ptr<JwksFile> file_;
  TokenCache cache_;
  std::atomic<std::int64_t> hits_{0};
  std::atomic<std::int64_t> misses_{0};
};

}  // namespace rapport::auth

#endif  // RAPPORT_COMMON_AUTH_TOKEN_VERIFIER_H_
