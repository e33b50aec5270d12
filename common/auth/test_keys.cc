#include "common/auth/test_keys.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <fstream>

#include "absl/strings/string_view.h"
#include "common/auth/base64url.h"

namespace rapport::auth {
namespace {

std::string Number(const EVP_PKEY* key, const char* name, int size = 0) {
  BIGNUM* number = nullptr;
  EXPECT_EQ(EVP_PKEY_get_bn_param(key, name, &number), 1);
  std::string bytes(static_cast<std::size_t>(size > 0 ? size : BN_num_bytes(number)), '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
               static_cast<int>(bytes.size()));
  BN_free(number);
  return Base64UrlEncode(bytes);
}

}  // namespace

TestKey TestKey::Ec(std::string kid) { return {std::move(kid), EVP_EC_gen("P-256"), true}; }

TestKey TestKey::Rsa(std::string kid, unsigned bits) {
  return {std::move(kid), EVP_RSA_gen(bits), false};
}

std::string TestKey::Jwk(absl::string_view members) const {
  std::string jwk = "{" + std::string(members) + "\"kid\":\"" + kid_ + "\",";
  if (ec_) {
    jwk += R"("kty":"EC","crv":"P-256","x":")" + Number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, 32);
    jwk += R"(","y":")" + Number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, 32);
  } else {
    jwk += R"("kty":"RSA","n":")" + Number(key_.get(), OSSL_PKEY_PARAM_RSA_N);
    jwk += R"(","e":")" + Number(key_.get(), OSSL_PKEY_PARAM_RSA_E);
  }
  return jwk + "\"}";
}

std::string TestKey::PublicPem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key_.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string TestKey::Sign(absl::string_view header, absl::string_view payload) const {
  const std::string text = Base64UrlEncode(header) + "." + Base64UrlEncode(payload);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EXPECT_EQ(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_.get()), 1);
  std::array<unsigned char, 1024> buffer;
  std::size_t size = buffer.size();
  EXPECT_EQ(EVP_DigestSign(context, buffer.data(), &size,
                           reinterpret_cast<const unsigned char*>(text.data()), text.size()),
            1);
  EVP_MD_CTX_free(context);
  std::string signature(reinterpret_cast<const char*>(buffer.data()), size);
  if (ec_) {  // DER to the fixed form of RFC 7518, section 3.4
    const unsigned char* der = buffer.data();
    ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size));
    signature.assign(64, '\0');
    auto* bytes = reinterpret_cast<unsigned char*>(signature.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), bytes, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), bytes + 32, 32);
    ECDSA_SIG_free(pair);
  }
  return text + "." + Base64UrlEncode(signature);
}

std::string Jwks(absl::string_view keys) { return "{\"keys\":[" + std::string(keys) + "]}"; }

std::string HmacSha256(absl::string_view key, absl::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> buffer;
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), buffer.data(), &size);
  return {reinterpret_cast<const char*>(buffer.data()), size};
}

std::string WriteFile(const std::string& name, absl::string_view content, unsigned mode) {
  const std::string path =
      ::testing::TempDir() + "/rapport_auth_" + std::to_string(::getpid()) + "_" + name;
  const std::string next = path + ".next";
  {
    std::ofstream out(next, std::ios::binary | std::ios::trunc);
    out << content;
  }
  EXPECT_EQ(::chmod(next.c_str(), mode), 0);
  EXPECT_EQ(std::rename(next.c_str(), path.c_str()), 0);
  return path;
}

}  // namespace rapport::auth
