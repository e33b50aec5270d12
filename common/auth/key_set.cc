#include "common/auth/key_set.h"

#include <cjose/cjose.h>

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "common/auth/json.h"
#include "common/base/id.h"
#include "common/base/status_macros.h"

namespace rapport::auth {
namespace {

constexpr std::size_t kMaxKeys = 100;
constexpr std::size_t kMinRsaBits = 2048;

absl::Status Bad(absl::string_view why) { return absl::InvalidArgumentError(why); }

std::optional<Algorithm> AlgorithmOf(const json_t* jwk) {
  const auto kty = StringMember(jwk, "kty");
  std::optional<Algorithm> algorithm;
  if (kty == "EC" && StringMember(jwk, "crv") == "P-256") algorithm = Algorithm::kEs256;
  if (kty == "RSA") algorithm = Algorithm::kRs256;
  if (!algorithm) return std::nullopt;
  const auto use = StringMember(jwk, "use");
  if (use && use != "sig") return std::nullopt;
  const auto alg = StringMember(jwk, "alg");
  if (alg && alg != (algorithm == Algorithm::kEs256 ? "ES256" : "RS256")) return std::nullopt;
  return algorithm;
}

absl::StatusOr<std::optional<PublicKey>> ReadKey(json_t* jwk) {
  if (!json_is_object(jwk)) return Bad("a key that is no object");
  if (json_object_get(jwk, "d") != nullptr || json_object_get(jwk, "p") != nullptr) {
    return Bad("a private key among the public ones");
  }
  const std::optional<Algorithm> algorithm = AlgorithmOf(jwk);
  const auto kid = StringMember(jwk, "kid");
  if (!algorithm || !kid) return std::nullopt;
  if (!IsSafeKeyId(*kid)) return Bad("a kid that is no safe key id");
  const std::string text = ToText(jwk);
  cjose_err error;
  PublicKey key{*algorithm, "", nullptr};
  key.jwk.reset(cjose_jwk_import(text.data(), text.size(), &error));
  if (key.jwk == nullptr) return Bad("a damaged key");
  if (*algorithm == Algorithm::kRs256 &&
      cjose_jwk_get_keysize(key.jwk.get(), &error) < kMinRsaBits) {
    return std::nullopt;
  }
  if (json_object_get(jwk, "rapport_service") != nullptr) {
    const auto service = StringMember(jwk, "rapport_service");
    if (!service || !base::IsIdSegment(*service)) return Bad("a malformed rapport_service");
    key.service = std::string(*service);
  }
  return std::optional<PublicKey>(std::move(key));
}

}  // namespace

bool IsSafeKeyId(absl::string_view kid) {
  if (kid.empty() || kid.size() > 64) return false;
  for (char c : kid) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_' && c != '-') {
      return false;
    }
  }
  return true;
}

void JwkRelease::operator()(_cjose_jwk_int* jwk) const { cjose_jwk_release(jwk); }

absl::StatusOr<std::shared_ptr<const KeySet>> KeySet::Parse(absl::string_view json) {
  const Json document = ParseObject(json);
  if (document == nullptr) return Bad("not a JSON object");
  const json_t* keys = json_object_get(document.get(), "keys");
  if (!json_is_array(keys)) return Bad("no keys");
  if (json_array_size(keys) > kMaxKeys) return Bad("more than 100 keys");
  std::shared_ptr<KeySet> set(new KeySet());
  for (std::size_t i = 0; i < json_array_size(keys); ++i) {
    json_t* jwk = json_array_get(keys, i);
    ASSIGN_OR_RETURN(std::optional<PublicKey> key, ReadKey(jwk));
    if (!key) continue;
    std::string kid(*StringMember(jwk, "kid"));
    if (!set->keys_.emplace(std::move(kid), *std::move(key)).second) return Bad("a kid twice");
  }
  return std::shared_ptr<const KeySet>(std::move(set));
}

const PublicKey* KeySet::Find(absl::string_view kid) const {
  const auto it = keys_.find(kid);
  return it == keys_.end() ? nullptr : &it->second;
}

}  // namespace rapport::auth
