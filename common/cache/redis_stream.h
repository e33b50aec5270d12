// A stream of bytes to a Redis: a socket, alone or with TLS on it.
#ifndef RAPPORT_COMMON_CACHE_REDIS_STREAM_H_
#define RAPPORT_COMMON_CACHE_REDIS_STREAM_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/cache/boot_clock.h"
#include "common/cache/redis_address.h"

struct ssl_st;  // NOLINT(readability-identifier-naming): OpenSSL's own name

namespace rapport::cache {

// How to get there.
struct RedisTransport {
  // TLS 1.2 or later; the certificate must name the host, or the IP address, that is dialed.
  bool tls = false;
  // PEM files, read at each opening.
  std::string ca_file;    // roots to believe; empty: the system's
  std::string cert_file;  // this client's chain and key: both or none
  std::string key_file;
  // Allows a TCP address without TLS that is not loopback: where the network itself is trusted.
  bool allow_clear_network = false;
};

// Closes its file descriptor.
class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {}
  ~Socket();
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

// Not thread-safe. Only Open() and Await() block.
class RedisStream {
 public:
  static constexpr std::size_t kReadBytes = std::size_t{16} << 10;

  // Connects and shakes hands until `deadline` (boot time), apart from looking up a host name.
  static absl::StatusOr<RedisStream> Open(const BootClock& clock, const RedisNode& node,
                                          const RedisTransport& transport, absl::Duration deadline);
  RedisStream() = default;  // closed
  ~RedisStream();
  RedisStream(RedisStream&&) noexcept;
  RedisStream& operator=(RedisStream&&) noexcept;

  struct Progress {
    enum class Kind {
      kSome,   // so many bytes
      kLater,  // none now: again when the socket is ready
      kEnd,    // the other side closed it
      kFailed,
    };
    Kind kind = Kind::kLater;
    std::size_t bytes = 0;
    std::string why = {};  // it failed
  };
  // `into` has room for kReadBytes, a whole record of TLS: so nothing is ever left in memory, where
  // nobody who waits for the socket would see it.
  Progress Read(absl::Span<char> into);
  // After kLater, the next call begins with the same bytes.
  Progress Write(absl::string_view bytes);
  // The last Read() waits until the socket takes bytes, not until it has some.
  bool read_wants_write() const { return read_wants_write_; }
  // Waits until the socket is ready, for reading or for writing.
  absl::Status Await(const BootClock& clock, bool write, absl::Duration deadline) const;
  int fd() const { return socket_.fd(); }

 private:
  struct FreeSsl {
    void operator()(ssl_st* ssl) const;
  };
  explicit RedisStream(Socket socket) : socket_(std::move(socket)) {}
  absl::Status ShakeHands(const BootClock& clock, const RedisNode& node,
                          const RedisTransport& transport, absl::Duration deadline);
  Progress TlsProgress(int result, std::size_t bytes);

  Socket socket_;
  std::unique_ptr<ssl_st, FreeSsl> ssl_;  // null: no TLS
  bool read_wants_write_ = false;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_REDIS_STREAM_H_
