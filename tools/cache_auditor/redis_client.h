// A plain client of Redis (RESP2): blocking, one connection, two commands. It shares nothing with
// the services' client but the stream of bytes (plain or TLS), which knows no keys and no replies.
#ifndef RAPPORT_TOOLS_CACHE_AUDITOR_REDIS_CLIENT_H_
#define RAPPORT_TOOLS_CACHE_AUDITOR_REDIS_CLIENT_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "common/cache/boot_clock.h"
#include "common/cache/redis_stream.h"

namespace rapport::auditor {

// Not thread-safe. After an error the connection is of no more use.
class RedisClient {
 public:
  using Value = absl::optional<std::string>;

  // `address` is "unix:PATH", "HOST:PORT" or, for TLS, "rediss://HOST:PORT"; the certificate must
  // name the host, and come from a root of `ca_file` (PEM; empty: the system's). Without a password
  // nobody signs in. Waits for up to a second for each answer.
  static absl::StatusOr<std::unique_ptr<RedisClient>> Dial(const std::string& address,
                                                           const std::string& user,
                                                           const std::string& password,
                                                           const std::string& ca_file = "");
  ~RedisClient() = default;
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;

  // The process that answers.
  const std::string& run_id() const { return run_id_; }
  // The values, in the order of the keys; nothing for a key that is not there.
  absl::StatusOr<std::vector<Value>> Get(absl::Span<const std::string> keys);
  // The answer to one command: a text, an integer as text, or nothing. An error reply is an error.
  absl::StatusOr<Value> Ask(absl::Span<const std::string> words);

 private:
  explicit RedisClient(cache::RedisStream stream) : stream_(std::move(stream)) {}
  absl::Status Send(absl::string_view bytes);
  absl::Status Receive();  // something more
  absl::StatusOr<std::string> Line();
  absl::StatusOr<Value> Reply();

  const cache::SystemBootClock clock_;
  cache::RedisStream stream_;
  std::string run_id_;
  std::string read_;  // not yet used
};

}  // namespace rapport::auditor

#endif  // RAPPORT_TOOLS_CACHE_AUDITOR_REDIS_CLIENT_H_
