// Keys and tokens for tests, made with OpenSSL alone and signed as given, however wrong.
#ifndef RAPPORT_COMMON_AUTH_TEST_KEYS_H_
#define RAPPORT_COMMON_AUTH_TEST_KEYS_H_

#include <openssl/evp.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace rapport::auth {

class TestKey {
 public:
  static TestKey Ec(std::string kid);
  static TestKey Rsa(std::string kid, unsigned bits);

  // The public JWK; `members` is put in as it is, e.g. R"("use":"enc",)".
  std::string Jwk(absl::string_view members = "") const;
  std::string PublicPem() const;

  // header.payload.signature with the algorithm of the key, whatever the header says.
  std::string Sign(absl::string_view header, absl::string_view payload) const;

 private:
  struct Release {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  TestKey(std::string kid, EVP_PKEY* key, bool ec) : kid_(std::move(kid)), key_(key), ec_(ec) {}

  std::string kid_;
  std::unique_ptr<EVP_PKEY, Release> key_;
  bool ec_;
};

std::string Jwks(absl::string_view keys);
std::string HmacSha256(absl::string_view key, absl::string_view text);

// Replaces the file at once, as a careful operator does; returns its path.
std::string WriteFile(const std::string& name, absl::string_view content, unsigned mode = 0600);

}  // namespace rapport::auth

#endif  // RAPPORT_COMMON_AUTH_TEST_KEYS_H_
