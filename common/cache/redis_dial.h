// The first moments of a connection to Redis: connect, sign in, learn who answers. Blocking.
#ifndef RAPPORT_COMMON_CACHE_REDIS_DIAL_H_
#define RAPPORT_COMMON_CACHE_REDIS_DIAL_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/cache/boot_clock.h"
#include "common/cache/redis_codec.h"

namespace rapport::cache {

struct RedisOptions {
  // "unix:/path/of/socket", "host:port" or "[::1]:port". There is no TLS here: a Redis on another
  // machine is reached through a side-car that listens on a socket or on loopback.
  std::string address;
  // Allows a TCP address that is not loopback: only where the network itself is trusted.
  bool allow_clear_network = false;
  std::string user;           // of the ACL; empty for the default user
  std::string password_file;  // read at each opening; empty for no sign-in
  // Commands to send at each opening (SCRIPT LOAD …); each must succeed.
  std::vector<std::vector<std::string>> setup;
  absl::Duration open_timeout = absl::Seconds(1);
  // A connection breaks if replies are due and nothing has come for so long.
  absl::Duration max_silence = absl::Seconds(5);
  // What may wait: commands without a reply yet, and bytes of commands that are not written yet.
  std::size_t max_commands = 4096;
  std::size_t max_queued_bytes = std::size_t{8} << 20;
  std::size_t max_reply_bytes = std::size_t{8} << 20;
};

// INVALID_ARGUMENT unless it has the form of an address.
absl::Status CheckRedisAddress(absl::string_view address);

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

struct DialedRedis {
  Socket socket;  // non-blocking
  std::string run_id;
};

// Signs in (AUTH), reads run id and role (INFO), sends `setup`. Fails unless the other side is the
// master. Takes at most `open_timeout`, apart from looking up a host name. `reader` is new, and
// reads what comes afterwards.
absl::StatusOr<DialedRedis> DialRedis(const BootClock& clock, const RedisOptions& options,
                                      ReplyReader& reader);

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_REDIS_DIAL_H_
