// Signs our own short-lived tokens, so that nothing expires under a running stack.
#ifndef RAPPORT_COMMON_AUTH_TOKEN_SIGNER_H_
#define RAPPORT_COMMON_AUTH_TOKEN_SIGNER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/base/mutex.h"

namespace rapport::auth {

struct SignerOptions {
  std::string key_file;  // a private JWK (P-256), readable by its owner alone
  std::string issuer;
  std::string subject;
  std::vector<std::string> audiences;    // at least one
  std::optional<base::TenantId> tenant;  // nothing: every tenant; only with the key of a service
  std::vector<std::string> scopes;
  absl::Duration lifetime = absl::Minutes(5);  // one minute to one hour
};

// Thread-safe. If the key carries "rapport_service", the tokens speak for that service.
class TokenSigner {
 public:
  // FAILED_PRECONDITION if the file cannot be read, holds no such key, or group or others have any
  // right to it; INVALID_ARGUMENT for options that no verifier would accept.
  static absl::StatusOr<std::unique_ptr<TokenSigner>> Load(SignerOptions options);
  ~TokenSigner();
  TokenSigner(const TokenSigner&) = delete;
  TokenSigner& operator=(const TokenSigner&) = delete;

  // The token in use; signs a new one when less than a fifth of its lifetime is left at `now`.
  absl::StatusOr<std::string> Token(absl::Time now);

 private:
  class Key;
  TokenSigner(SignerOptions options, std::unique_ptr<const Key> key);
  std::string Claims(absl::Time issued, absl::Time expires) const;

  const SignerOptions options_;
  const std::unique_ptr<const Key> key_;
  base::Mutex mu_;
  std::string token_ ABSL_GUARDED_BY(mu_);
  absl::Time issued_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  absl::Time expires_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
};

}  // namespace rapport::auth

#endif  // RAPPORT_COMMON_AUTH_TOKEN_SIGNER_H_
