#include "common/testing/certificates.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace rapport::testing {

// Owners of OpenSSL's objects.
template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

namespace {

constexpr long kHour = 3600;  // NOLINT(google-runtime-int): the type of OpenSSL's interface

void Must(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "certificates for tests: cannot %s\n", what);
  std::abort();
}

Key NewKey() {
  Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  Must(key != nullptr, "make a key");
  return key;
}

// A certificate without extensions and without a signature.
X509Ptr NewCertificate(const std::string& name, EVP_PKEY* key) {
  X509Ptr certificate(X509_new());
  const Number serial(BN_new());
  Must(certificate != nullptr && BN_rand(serial.get(), 120, BN_RAND_TOP_ONE, 0) == 1 &&
           BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate.get())) != nullptr,
       "give a serial number");
  Must(X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kHour) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24 * kHour) != nullptr &&
           X509_set_pubkey(certificate.get(), key) == 1 &&
           X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                                      0) == 1,
       "fill a certificate");
  return certificate;
}

void Extend(X509* certificate, int nid, const std::string& value) {
  const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
  Must(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1,
       "extend a certificate");
}

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string PemOf(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  Must(PEM_write_bio_X509(bio.get(), certificate) == 1, "write a certificate");
  return TextOf(bio.get());
}

std::string PemOf(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  Must(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "write a key");
  return TextOf(bio.get());
}

bool IsAddress(const std::string& name) {
  return name.find_first_not_of("0123456789.") == std::string::npos ||
         name.find(':') != std::string::npos;
}

}  // namespace

struct CertificateAuthority::Root {
  Key key;
  X509Ptr certificate;
};

CertificateAuthority::CertificateAuthority(const std::string& name)
    : root_(std::make_unique<Root>()) {
  root_->key = NewKey();
  root_->certificate = NewCertificate(name, root_->key.get());
  X509* const certificate = root_->certificate.get();
  Extend(certificate, NID_basic_constraints, "critical,CA:TRUE");
  Extend(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  Must(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1 &&
           X509_sign(certificate, root_->key.get(), EVP_sha256()) > 0,
       "sign the root");
  root_pem_ = PemOf(certificate);
}

CertificateAuthority::~CertificateAuthority() = default;

Certificate CertificateAuthority::Issue(const std::vector<std::string>& names) const {
  const Key key = NewKey();
  const X509Ptr certificate = NewCertificate("a party of a test", key.get());
  std::string alternatives;
  for (const std::string& name : names) {
    absl::StrAppend(&alternatives, alternatives.empty() ? "" : ",",
                    IsAddress(name) ? "IP:" : "DNS:", name);
  }
  Extend(certificate.get(), NID_subject_alt_name, alternatives);
  Extend(certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  Extend(certificate.get(), NID_ext_key_usage, "serverAuth,clientAuth");
  Must(X509_set_issuer_name(certificate.get(), X509_get_subject_name(root_->certificate.get())) ==
               1 &&
           X509_sign(certificate.get(), root_->key.get(), EVP_sha256()) > 0,
       "sign a certificate");
  return {PemOf(certificate.get()), PemOf(key.get())};
}

}  // namespace rapport::testing
