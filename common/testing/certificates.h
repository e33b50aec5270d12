// Certificates for tests of TLS, made on the spot: nothing secret stands in the sources, and
// nothing expires.
#ifndef RAPPORT_COMMON_TESTING_CERTIFICATES_H_
#define RAPPORT_COMMON_TESTING_CERTIFICATES_H_

#include <memory>
#include <string>
#include <vector>

namespace rapport::testing {

struct Certificate {
  std::string chain_pem;
  std::string key_pem;
};

// Signs certificates that are valid for a day. Dies if OpenSSL refuses anything.
class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& name);
  ~CertificateAuthority();
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;

  // For a server with these names (host names and IP addresses), or for a client.
  Certificate Issue(const std::vector<std::string>& names) const;
  // What a client must trust to accept them.
  const std::string& root_pem() const { return root_pem_; }

 private:
  struct Root;
  std::unique_ptr<Root> root_;
  std::string root_pem_;
};

}  // namespace rapport::testing

#endif  // RAPPORT_COMMON_TESTING_CERTIFICATES_H_
