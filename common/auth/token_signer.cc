#include "common/auth/token_signer.h"

#include <cjose/cjose.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "common/auth/json.h"
#include "common/auth/jws.h"
#include "common/auth/key_set.h"
#include "common/base/status_macros.h"

namespace rapport::auth {
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
constexpr std::size_t kMaxKeyFile = std::size_t{16} * 1024;

absl::Status NotUsable(absl::string_view why) {
  return absl::FailedPreconditionError("the private key file is not usable: " + std::string(why));
}

struct HeaderRelease {
  void operator()(cjose_header_t* header) const { cjose_header_release(header); }
};

// Text that is overwritten before its memory goes back.
struct SecretText {
  SecretText() = default;
  ~SecretText() { OPENSSL_cleanse(text.data(), text.size()); }
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  std::string text;
};

absl::Status ReadSecretFile(const std::string& path, std::string& out) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return NotUsable("it cannot be opened");
  struct stat info {};
  absl::Status status;
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    status = NotUsable("no plain file");
  } else if ((info.st_mode & kOthers) != 0) {
    status = NotUsable("group or others have rights to it (chmod 0400)");
  } else if (info.st_size <= 0 || static_cast<std::size_t>(info.st_size) > kMaxKeyFile) {
    status = NotUsable("empty or larger than 16 KiB");
  } else {
    out.resize(static_cast<std::size_t>(info.st_size));
    std::size_t filled = 0;
    while (filled < out.size()) {
      const ssize_t n = ::read(fd, out.data() + filled, out.size() - filled);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      filled += static_cast<std::size_t>(n);
    }
    if (filled != out.size()) status = NotUsable("it cannot be read");
  }
  ::close(fd);
  return status;
}

json_t* NewString(const std::string& text) { return json_stringn(text.data(), text.size()); }

}  // namespace

class TokenSigner::Key {
 public:
  static absl::StatusOr<std::unique_ptr<const Key>> Read(const std::string& path) {
    SecretText file;
    RETURN_IF_ERROR(ReadSecretFile(path, file.text));
    const Json json = ParseObject(file.text);
    if (json == nullptr) return NotUsable("no JWK");
    const auto kid = StringMember(json.get(), "kid");
    if (!kid || !IsSafeKeyId(*kid)) return NotUsable("no safe kid");
    if (StringMember(json.get(), "kty") != "EC" || StringMember(json.get(), "crv") != "P-256" ||
        !StringMember(json.get(), "d")) {
      return NotUsable("no private P-256 key");
    }
    auto key = std::make_unique<Key>();
    cjose_err error;
    key->jwk_.reset(cjose_jwk_import(file.text.data(), file.text.size(), &error));
    if (key->jwk_ == nullptr) return NotUsable("a damaged key");
    key->kid_ = std::string(*kid);
    if (const auto service = StringMember(json.get(), "rapport_service"); service) {
      if (!base::IsIdSegment(*service)) return NotUsable("a malformed rapport_service");
      key->service_ = std::string(*service);
    }
    return std::unique_ptr<const Key>(std::move(key));
  }

  absl::StatusOr<std::string> Sign(const std::string& claims) const {
    absl::Status failed = absl::InternalError("a token could not be signed");
    cjose_err error;
    const std::unique_ptr<cjose_header_t, HeaderRelease> header(cjose_header_new(&error));
    if (header == nullptr || !cjose_header_set(header.get(), "alg", "ES256", &error) ||
        !cjose_header_set(header.get(), "kid", kid_.c_str(), &error) ||
        !cjose_header_set(header.get(), "typ", "JWT", &error)) {
      return failed;
    }
    const Jws jws(cjose_jws_sign(jwk_.get(), header.get(),
                                 reinterpret_cast<const std::uint8_t*>(claims.data()),
                                 claims.size(), &error));
    const char* token = nullptr;
    if (jws == nullptr || !cjose_jws_export(jws.get(), &token, &error)) return failed;
    return std::string(token);
  }

  const std::string& service() const { return service_; }

 private:
  std::unique_ptr<cjose_jwk_t, JwkRelease> jwk_;
  std::string kid_;
  std::string service_;
};

TokenSigner::TokenSigner(SignerOptions options, std::unique_ptr<const Key> key)
    : options_(std::move(options)), key_(std::move(key)) {}
TokenSigner::~TokenSigner() = default;

absl::StatusOr<std::unique_ptr<TokenSigner>> TokenSigner::Load(SignerOptions options) {
  if (options.issuer.empty() || options.subject.empty() || options.audiences.empty()) {
    return absl::InvalidArgumentError("a token needs an issuer, a subject and an audience");
  }
  if (options.lifetime < absl::Minutes(1) || options.lifetime > absl::Hours(1)) {
    return absl::InvalidArgumentError("a token lives from one minute to one hour");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<const Key> key, Key::Read(options.key_file));
  if (!options.tenant && key->service().empty()) {
    return absl::InvalidArgumentError("only the key of a service can sign for every tenant");
  }
  return std::unique_ptr<TokenSigner>(new TokenSigner(std::move(options), std::move(key)));
}

std::string TokenSigner::Claims(absl::Time issued, absl::Time expires) const {
  const Json claims(json_object());
  json_object_set_new(claims.get(), "iss", NewString(options_.issuer));
  json_object_set_new(claims.get(), "sub", NewString(options_.subject));
  if (options_.audiences.size() == 1) {
    json_object_set_new(claims.get(), "aud", NewString(options_.audiences[0]));
  } else {
    json_t* audiences = json_array();
    for (const std::string& audience : options_.audiences) {
      json_array_append_new(audiences, NewString(audience));
    }
    json_object_set_new(claims.get(), "aud", audiences);
  }
  json_object_set_new(claims.get(), "iat", json_integer(absl::ToUnixSeconds(issued)));
  json_object_set_new(claims.get(), "exp", json_integer(absl::ToUnixSeconds(expires)));
  json_object_set_new(claims.get(), "tenant",
                      NewString(options_.tenant ? options_.tenant->value() : "*"));
  json_object_set_new(claims.get(), "scope", NewString(absl::StrJoin(options_.scopes, " ")));
  if (!key_->service().empty()) {
    json_object_set_new(claims.get(), "service", NewString(key_->service()));
  }
  return ToText(claims.get());
}

absl::StatusOr<std::string> TokenSigner::Token(absl::Time now) {
  base::MutexLock lock(&mu_);
  if (now >= issued_ && now < expires_ - options_.lifetime / 5) return token_;
  const absl::Time issued = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
  const absl::Time expires = issued + options_.lifetime;
  ASSIGN_OR_RETURN(std::string token, key_->Sign(Claims(issued, expires)));
  token_ = std::move(token);
  issued_ = issued;
  expires_ = expires;
  return token_;
}

}  // namespace rapport::auth
