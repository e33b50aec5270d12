#include "common/auth/token_verifier.h"

#include <cjose/cjose.h>

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "common/auth/base64url.h"
#include "common/auth/jws.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"

namespace rapport::auth {
namespace {

constexpr std::size_t kMaxTokenBytes = std::size_t{8} * 1024;
constexpr std::size_t kEs256SignatureBytes = 64;

struct Parts {
  std::string header;
  std::string payload;
  std::string signature;
};

std::optional<Parts> Split(absl::string_view token) {
  const std::size_t first = token.find('.');
  if (first == absl::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == absl::string_view::npos) return std::nullopt;
  // A third dot is no character of base64url, so a fourth part fails below.
  auto header = Base64UrlDecode(token.substr(0, first));
  auto payload = Base64UrlDecode(token.substr(first + 1, second - first - 1));
  auto signature = Base64UrlDecode(token.substr(second + 1));
  if (!header || !payload || !signature) return std::nullopt;
  if (header->empty() || payload->empty() || signature->empty()) return std::nullopt;
  return Parts{*std::move(header), *std::move(payload), *std::move(signature)};
}

bool SignatureHolds(absl::string_view token, const PublicKey& key) {
  cjose_err error;
  const Jws jws(cjose_jws_import(token.data(), token.size(), &error));
  return jws != nullptr && cjose_jws_verify(jws.get(), key.jwk.get(), &error);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenVerifier>> TokenVerifier::Create(VerifierOptions options,
                                                                     const time::Clock& clock) {
  ASSIGN_OR_RETURN(std::unique_ptr<JwksFile> file, JwksFile::Open(options.jwks_file, clock.Now()));
  return std::unique_ptr<TokenVerifier>(
      new TokenVerifier(std::move(options), clock, std::move(file)));
}

TokenVerifier::TokenVerifier(VerifierOptions options, const time::Clock& clock,
                             std::unique_ptr<JwksFile> file)
    : expected_{std::move(options.issuers), std::move(options.audience)},
      clock_(clock),
      file_(std::move(file)),
      cache_(options.max_cached_tokens) {}

AuthFailure TokenVerifier::Check(absl::string_view token, const KeySet& keys,
                                 const Expected& expected, absl::Time now, Principal& out) {
  const std::optional<Parts> parts = Split(token);
  if (!parts) return AuthFailure::kMalformed;
  TokenHeader header;
  const AuthFailure failure = ReadHeader(parts->header, header);
  if (failure != AuthFailure::kNone) return failure;
  const PublicKey* key = keys.Find(header.kid);
  if (key == nullptr) return AuthFailure::kUnknownKey;
  if (key->algorithm != header.algorithm) return AuthFailure::kAlgorithm;
  if (header.algorithm == Algorithm::kEs256 && parts->signature.size() != kEs256SignatureBytes) {
    return AuthFailure::kSignature;
  }
  if (!SignatureHolds(token, *key)) return AuthFailure::kSignature;
  return ReadClaims(parts->payload, expected, key->service, now, out);
}

absl::StatusOr<PrincipalPtr> TokenVerifier::Verify(absl::string_view token, AuthFailure* why) {
  AuthFailure ignored = AuthFailure::kNone;
  AuthFailure& failure = why == nullptr ? ignored : *why;
  failure = AuthFailure::kNone;
  if (token.empty()) failure = AuthFailure::kMissing;
  if (token.size() > kMaxTokenBytes) failure = AuthFailure::kTooLarge;
  if (failure != AuthFailure::kNone) return errors::TokenRefused();

  const absl::Time now = clock_.Now();
  const std::uint64_t generation = file_->Refresh(now);
  if (PrincipalPtr known = cache_.Find(token, now, generation); known != nullptr) {
    hits_.fetch_add(1, std::memory_order_relaxed);
    return known;
  }
  misses_.fetch_add(1, std::memory_order_relaxed);
  const JwksFile::Keys keys = file_->Current();
  auto principal = std::make_shared<Principal>();
  failure = Check(token, *keys.set, expected_, now, *principal);
  if (failure != AuthFailure::kNone) return errors::TokenRefused();
  cache_.Insert(token, principal, now, keys.generation);
  return PrincipalPtr(std::move(principal));
}

absl::StatusOr<PrincipalPtr> TokenVerifier::VerifyAuthorization(absl::string_view header,
                                                                AuthFailure* why) {
  constexpr absl::string_view kScheme = "Bearer ";
  if (!absl::StartsWithIgnoreCase(header, "Bearer ")) {
    if (why != nullptr) *why = AuthFailure::kMissing;
    return errors::TokenRefused();
  }
  return Verify(header.substr(kScheme.size()), why);
}

}  // namespace rapport::auth
