// Any bytes as a token, as its parts and as a set of keys: no crash, and nobody gets in who could
// not have signed. Behind the signature any claims are refused, or make a principal within limits.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/auth/base64url.h"
#include "common/auth/key_set.h"
#include "common/auth/token_claims.h"
#include "common/auth/token_verifier.h"
#include "common/base/errors.h"
#include "common/base/id.h"
#include "common/time/clock.h"

namespace {

using rapport::auth::AuthFailure;
using rapport::auth::Base64UrlDecode;
using rapport::auth::Base64UrlEncode;
using rapport::auth::Principal;
using rapport::auth::TokenVerifier;

// The private key is gone: corpus/token/signed is the only token that it has signed for `kNow`.
constexpr char kKeys[] =
    R"({"keys":[{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":"fuzz",)"
    R"("x":"HLLUBnHdHpy6gD7429A3dTo4OYLr2-804sQMVmNZ8do",)"
    R"("y":"gJJmh7Mq2kXi57e12SWP87MugyJMpf0x986gTUu-ltk"}]})";
constexpr char kHeader[] = R"({"alg":"ES256","typ":"JWT","kid":"fuzz"})";
constexpr char kSignedSubject[] = "mara";
const absl::Time kNow = absl::FromUnixSeconds(1767225600);

void Check(bool holds) {
  if (!holds) std::abort();
}

std::unique_ptr<TokenVerifier> Verifier() {
  static const auto* const clock = new rapport::time::FakeClock(kNow);
  char path[] = "/tmp/rapport-fuzz-keys-XXXXXX";
  const int fd = mkstemp(path);
  Check(fd >= 0);
  close(fd);
  std::ofstream(path) << kKeys;
  auto verifier = TokenVerifier::Create(
      {.jwks_file = path, .issuers = {"https://issuer.example"}, .audience = "rapport"}, *clock);
  unlink(path);
  Check(verifier.ok());
  return *std::move(verifier);
}

bool IsVisible(absl::string_view text) {
  for (const char c : text) {
    if (c < 0x21 || c > 0x7e) return false;
  }
  return true;
}

void CheckPrincipal(const Principal& principal) {
  Check(!principal.subject.empty() && principal.subject.size() <= 128);
  Check(IsVisible(principal.subject));
  Check(principal.tenant.has_value() || principal.is_service());
  if (principal.tenant) Check(rapport::base::IsIdSegment(principal.tenant->value()));
  Check(principal.service.empty() || principal.service == "engagement");
  Check(principal.expire_time >= kNow - absl::Minutes(1));
  Check(principal.expire_time <= kNow + absl::Minutes(61));
  for (std::size_t i = 0; i < principal.scopes.size(); ++i) {
    Check(IsVisible(principal.scopes[i]));
    Check(i == 0 || principal.scopes[i - 1] < principal.scopes[i]);
  }
}

void CheckToken(TokenVerifier& verifier, absl::string_view token) {
  AuthFailure why = AuthFailure::kNone;
  const auto principal = verifier.Verify(token, &why);
  Check(principal.ok() == (why == AuthFailure::kNone));
  if (principal.ok()) {
    CheckPrincipal(**principal);
    Check((*principal)->subject == kSignedSubject);
  } else {
    // Callers cannot tell one reason from another.
    Check(principal.status() == rapport::errors::TokenRefused());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static TokenVerifier& verifier = *Verifier().release();
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  CheckToken(verifier, text);
  const auto direct = verifier.VerifyAuthorization(text);
  const auto bearer = verifier.VerifyAuthorization(absl::StrCat("Bearer ", text));
  Check(!direct.ok() || (*direct)->subject == kSignedSubject);
  Check(bearer.ok() == verifier.Verify(text).ok());
  // What nobody signed, in front of a signature of the right length.
  const std::string none = Base64UrlEncode(std::string(64, '\1'));
  CheckToken(verifier,
             absl::StrCat(Base64UrlEncode(kHeader), ".", Base64UrlEncode(text), ".", none));

  rapport::auth::TokenHeader header;
  if (ReadHeader(text, header) == AuthFailure::kNone) {
    Check(rapport::auth::IsSafeKeyId(header.kid));
  }
  Principal principal;
  if (ReadClaims(text, {{"https://issuer.example"}, "rapport"}, "engagement", kNow, principal) ==
      AuthFailure::kNone) {
    CheckPrincipal(principal);
  }
  if (const auto keys = rapport::auth::KeySet::Parse(text); keys.ok()) {
    Check((*keys)->size() <= size);
  }
  // One text for one meaning: no token has a second spelling.
  if (const auto bytes = Base64UrlDecode(text)) Check(Base64UrlEncode(*bytes) == text);
  return 0;
}
