// A Redis that speaks TLS, for tests, and what its clients need.
#ifndef RAPPORT_COMMON_CACHE_TEST_TLS_H_
#define RAPPORT_COMMON_CACHE_TEST_TLS_H_

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/cache/redis_dial.h"
#include "common/testing/certificates.h"
#include "common/testing/redis_server.h"

namespace rapport::cache {

// Certificates of one authority, as files.
class TlsFiles {
 public:
  explicit TlsFiles(const std::vector<std::string>& names = {"localhost", "127.0.0.1"}) {
    const char* temporary = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): only read
    folder_ = std::string(temporary == nullptr ? "/tmp" : temporary) + "/rapport_tls_XXXXXX";
    if (mkdtemp(folder_.data()) == nullptr) std::abort();
    const testing::Certificate certificate = authority_.Issue(names);
    std::ofstream(ca()) << authority_.root_pem();
    std::ofstream(cert()) << certificate.chain_pem;
    std::ofstream(key()) << certificate.key_pem;
  }
  ~TlsFiles() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string ca() const { return folder_ + "/ca.pem"; }
  std::string cert() const { return folder_ + "/cert.pem"; }
  std::string key() const { return folder_ + "/key.pem"; }

 private:
  const testing::CertificateAuthority authority_{"an authority of a test"};
  std::string folder_;
};

struct TlsRedis {
  explicit TlsRedis(const std::vector<std::string>& names = {"localhost", "127.0.0.1"},
                    const std::vector<std::string>& more = {})
      : files(names), server(Arguments(more)) {}
  std::vector<std::string> Arguments(const std::vector<std::string>& more) const {
    std::vector<std::string> all = {"--tls-port",     absl::StrCat(port),   "--bind",
                                    "127.0.0.1",      "--tls-cert-file",    files.cert(),
                                    "--tls-key-file", files.key(),          "--tls-ca-cert-file",
                                    files.ca(),       "--tls-auth-clients", "no"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  // For a client that believes the authority of the server.
  RedisOptions Options(const std::string& host = "127.0.0.1") const {
    RedisOptions options;
    options.address = absl::StrCat("rediss://", host, ":", port);
    options.transport.ca_file = files.ca();
    options.open_timeout = absl::Seconds(30);
    return options;
  }

  const TlsFiles files;
  const int port = testing::FreePort();
  testing::RedisServer server;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_TEST_TLS_H_
