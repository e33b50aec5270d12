#include "common/cache/redis_stream.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/cache/redis_codec.h"

namespace rapport::cache {
namespace {

using Kind = RedisStream::Progress::Kind;

absl::Status Unreachable(absl::string_view why) {
  return RedisError(RedisFailure::kUnreachable, why);
}
absl::Status FailedCall(absl::string_view call) {
  return Unreachable(absl::StrCat(call, ": ", strerrordesc_np(errno)));
}

absl::Status AwaitSocket(const BootClock& clock, int fd, short events, absl::Duration deadline) {
  while (true) {
    const absl::Duration left = deadline - clock.Now();
    if (left <= absl::ZeroDuration()) return Unreachable("no answer in time");
    pollfd polled{fd, events, 0};
    const timespec timeout = absl::ToTimespec(left);
    const int ready = ppoll(&polled, 1, &timeout, nullptr);
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return FailedCall("poll");
  }
}

// --- Sockets ----------------------------------------------------------------------------------

absl::StatusOr<Socket> ConnectTo(const BootClock& clock, const sockaddr* address, socklen_t size,
                                 absl::Duration deadline) {
  Socket made(socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (made.fd() < 0) return FailedCall("socket");
  if (connect(made.fd(), address, size) == 0) return made;
  if (errno != EINPROGRESS) return FailedCall("connect");
  RETURN_IF_ERROR(AwaitSocket(clock, made.fd(), POLLOUT, deadline));
  socklen_t length = sizeof(errno);
  int error = 0;
  if (getsockopt(made.fd(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  errno = error;
  if (error != 0) return FailedCall("connect");
  return made;
}

absl::StatusOr<Socket> ConnectUnix(const BootClock& clock, absl::string_view path,
                                   absl::Duration deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError("the path of the Redis socket is too long");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return ConnectTo(clock, reinterpret_cast<const sockaddr*>(&address), sizeof(address), deadline);
}

bool IsLoopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
  return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

absl::StatusOr<Socket> ConnectTcp(const BootClock& clock, const RedisNode& node, bool anywhere,
                                  absl::Duration deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(node.host.c_str(), node.port.c_str(), &hints, &found);
      error != 0) {
    return Unreachable(absl::StrCat("host name: ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  absl::Status why = Unreachable("the host has no address");
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    if (!anywhere && !IsLoopback(at->ai_addr)) {
      why = absl::FailedPreconditionError("Redis without TLS beyond this machine is not allowed");
      continue;
    }
    auto made = ConnectTo(clock, at->ai_addr, at->ai_addrlen, deadline);
    if (made.ok()) {
      const int on = 1;
      setsockopt(made->fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      return made;
    }
    why = std::move(made).status();
  }
  return why;
}

// --- TLS --------------------------------------------------------------------------------------

// OpenSSL's own way to write to a socket raises SIGPIPE when it is closed; this one does not.
int FdOf(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int SendBytes(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = send(FdOf(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int ReceiveBytes(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = recv(FdOf(bio), bytes, static_cast<std::size_t>(size), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

// NOLINTNEXTLINE(google-runtime-int): the type of OpenSSL's interface
long Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO* NewBio(int fd) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (made != nullptr) {
      BIO_meth_set_write(made, SendBytes);
      BIO_meth_set_read(made, ReceiveBytes);
      BIO_meth_set_ctrl(made, Control);
    }
    return made;
  }();
  BIO* const bio = method == nullptr ? nullptr : BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  return bio;
}

// Why the last call failed. It holds no data of the stream.
std::string TlsError() {
  const char* reason = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  return absl::StrCat("TLS: ", reason == nullptr ? "it failed" : reason);
}

absl::Status BadFile(absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat("Redis: cannot read ", what, "; ", TlsError()));
}

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

absl::StatusOr<Context> NewContext(const RedisTransport& transport) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (context == nullptr) return Unreachable(TlsError());
  SSL_CTX* const ctx = context.get();
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1) return Unreachable(TlsError());
  const bool roots = transport.ca_file.empty()
                         ? SSL_CTX_set_default_verify_paths(ctx) == 1
                         : SSL_CTX_load_verify_file(ctx, transport.ca_file.c_str()) == 1;
  if (!roots) return BadFile("the roots");
  if (transport.cert_file.empty()) return context;
  if (SSL_CTX_use_certificate_chain_file(ctx, transport.cert_file.c_str()) != 1) {
    return BadFile("the client's certificate");
  }
  if (SSL_CTX_use_PrivateKey_file(ctx, transport.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return BadFile("the client's key");
  }
  return context;
}

bool Expect(SSL* ssl, const std::string& host) {
  X509_VERIFY_PARAM* const param = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str()) == 1) return true;
  ERR_clear_error();
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

void RedisStream::FreeSsl::operator()(ssl_st* ssl) const { SSL_free(ssl); }

RedisStream::~RedisStream() = default;
RedisStream::RedisStream(RedisStream&&) noexcept = default;
RedisStream& RedisStream::operator=(RedisStream&&) noexcept = default;

absl::StatusOr<RedisStream> RedisStream::Open(const BootClock& clock, const RedisNode& node,
                                              const RedisTransport& transport,
                                              absl::Duration deadline) {
  auto connected =
      node.path.empty()
          ? ConnectTcp(clock, node, transport.tls || transport.allow_clear_network, deadline)
          : ConnectUnix(clock, node.path, deadline);
  if (!connected.ok()) return std::move(connected).status();
  RedisStream stream(*std::move(connected));
  if (transport.tls) RETURN_IF_ERROR(stream.ShakeHands(clock, node, transport, deadline));
  return stream;
}

absl::Status RedisStream::ShakeHands(const BootClock& clock, const RedisNode& node,
                                     const RedisTransport& transport, absl::Duration deadline) {
  ASSIGN_OR_RETURN(const Context context, NewContext(transport));
  ssl_.reset(SSL_new(context.get()));
  BIO* const bio = ssl_ == nullptr ? nullptr : NewBio(fd());
  if (bio == nullptr) return Unreachable(TlsError());
  SSL_set_bio(ssl_.get(), bio, bio);  // takes it
  if (!Expect(ssl_.get(), node.host)) return Unreachable(TlsError());
  while (true) {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_connect(ssl_.get());
    if (result == 1) return absl::OkStatus();
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
      RETURN_IF_ERROR(Await(clock, error == SSL_ERROR_WANT_WRITE, deadline));
      continue;
    }
    // NOLINTNEXTLINE(google-runtime-int): the type of OpenSSL's interface
    const long verdict = SSL_get_verify_result(ssl_.get());
    if (verdict != X509_V_OK) {
      ERR_clear_error();
      return Unreachable(absl::StrCat("its certificate: ", X509_verify_cert_error_string(verdict)));
    }
    if (error == SSL_ERROR_SSL) return Unreachable(TlsError());
    return errno == 0 ? Unreachable("closed during the TLS handshake") : FailedCall("handshake");
  }
}

RedisStream::Progress RedisStream::TlsProgress(int result, std::size_t bytes) {
  if (result == 1) return {Kind::kSome, bytes};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {Kind::kLater};
    case SSL_ERROR_ZERO_RETURN:
      return {Kind::kEnd};
    case SSL_ERROR_SYSCALL:
      if (errno == 0) return {Kind::kEnd};
      return {Kind::kFailed, 0, strerrordesc_np(errno)};
    default:
      return {Kind::kFailed, 0, TlsError()};
  }
}

RedisStream::Progress RedisStream::Read(absl::Span<char> into) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    errno = 0;
    std::size_t bytes = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
    read_wants_write_ = result != 1 && SSL_want_write(ssl_.get());
    return TlsProgress(result, bytes);
  }
  ssize_t got = 0;
  do {
    got = recv(fd(), into.data(), into.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got > 0) return {Kind::kSome, static_cast<std::size_t>(got)};
  if (got == 0) return {Kind::kEnd};
  if (errno == EAGAIN) return {Kind::kLater};
  return {Kind::kFailed, 0, strerrordesc_np(errno)};
}

RedisStream::Progress RedisStream::Write(absl::string_view bytes) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    errno = 0;
    std::size_t written = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
    return TlsProgress(result, written);
  }
  ssize_t sent = 0;
  do {
    sent = send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return {Kind::kSome, static_cast<std::size_t>(sent)};
  if (errno == EAGAIN) return {Kind::kLater};
  return {Kind::kFailed, 0, strerrordesc_np(errno)};
}

absl::Status RedisStream::Await(const BootClock& clock, bool write, absl::Duration deadline) const {
  return AwaitSocket(clock, fd(), write ? POLLOUT : POLLIN, deadline);
}

}  // namespace rapport::cache
