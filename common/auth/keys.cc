#include "common/auth/keys.h"

#include <cjose/cjose.h>

#include <cstddef>
#include <cstdlib>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/auth/json.h"
#include "common/auth/key_set.h"
#include "common/base/id.h"
#include "common/base/status_macros.h"

namespace rapport::auth {
namespace {

Json ExportJwk(const cjose_jwk_t* jwk, bool with_private) {
  cjose_err error;
  char* text = cjose_jwk_to_json(jwk, with_private, &error);
  if (text == nullptr) return nullptr;
  Json out = ParseObject(text);
  std::free(text);
  return out;
}

void Describe(json_t* jwk, absl::string_view kid, absl::string_view service) {
  json_object_set_new(jwk, "kid", json_stringn(kid.data(), kid.size()));
  json_object_set_new(jwk, "use", json_string("sig"));
  json_object_set_new(jwk, "alg", json_string("ES256"));
  if (!service.empty()) {
    json_object_set_new(jwk, "rapport_service", json_stringn(service.data(), service.size()));
  }
}

// The document as a value, known to be a JWKS.
absl::StatusOr<Json> ReadJwks(absl::string_view text) {
  RETURN_IF_ERROR(KeySet::Parse(text).status());
  return ParseObject(text);
}

}  // namespace

absl::StatusOr<GeneratedKey> GenerateKey(absl::string_view kid, absl::string_view service) {
  if (!IsSafeKeyId(kid)) return absl::InvalidArgumentError("not a safe key id");
  if (!service.empty() && !base::IsIdSegment(service)) {
    return absl::InvalidArgumentError("not the id of a service");
  }
  cjose_err error;
  const std::unique_ptr<cjose_jwk_t, JwkRelease> jwk(
      cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error));
  if (jwk == nullptr) return absl::InternalError("no key could be made");
  const Json with_private = ExportJwk(jwk.get(), true);
  const Json without = ExportJwk(jwk.get(), false);
  if (with_private == nullptr || without == nullptr) {
    return absl::InternalError("no key could be made");
  }
  Describe(with_private.get(), kid, service);
  Describe(without.get(), kid, service);
  const Json set(json_object());
  json_t* keys = json_array();
  json_array_append(keys, without.get());
  json_object_set_new(set.get(), "keys", keys);
  return GeneratedKey{ToText(with_private.get()) + "\n", ToText(set.get()) + "\n"};
}

absl::StatusOr<std::string> MergeJwks(absl::string_view a, absl::string_view b) {
  ASSIGN_OR_RETURN(const Json first, ReadJwks(a));
  ASSIGN_OR_RETURN(const Json second, ReadJwks(b));
  json_t* keys = json_object_get(first.get(), "keys");
  json_array_extend(keys, json_object_get(second.get(), "keys"));
  std::string merged = ToText(first.get()) + "\n";
  if (!KeySet::Parse(merged).ok()) {
    return absl::AlreadyExistsError("a key with that id is already there");
  }
  return merged;
}

absl::StatusOr<std::string> RemoveFromJwks(absl::string_view jwks, absl::string_view kid) {
  ASSIGN_OR_RETURN(const Json document, ReadJwks(jwks));
  json_t* keys = json_object_get(document.get(), "keys");
  for (std::size_t i = 0; i < json_array_size(keys); ++i) {
    if (StringMember(json_array_get(keys, i), "kid") == kid) {
      json_array_remove(keys, i);
      return ToText(document.get()) + "\n";
    }
  }
  return absl::NotFoundError("no key with that id");
}

}  // namespace rapport::auth
