// A plain client of Redis (RESP2): blocking, one connection, two commands. It shares nothing with
// the services' client.
#ifndef RAPPORT_TOOLS_CACHE_AUDITOR_REDIS_CLIENT_H_
#define RAPPORT_TOOLS_CACHE_AUDITOR_REDIS_CLIENT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"

namespace rapport::auditor {

// Not thread-safe. After an error the connection is of no more use.
class RedisClient {
 public:
  using Value = absl::optional<std::string>;

  // `address` is "unix:PATH" or "HOST:PORT"; without a password nobody signs in. Waits for up to a
  // second for each answer.
  static absl::StatusOr<std::unique_ptr<RedisClient>> Dial(const std::string& address,
                                                           const std::string& user,
                                                           const std::string& password);
  ~RedisClient();
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;

  // The process that answers.
  const std::string& run_id() const { return run_id_; }
  // The values, in the order of the keys; nothing for a key that is not there.
  absl::StatusOr<std::vector<Value>> Get(absl::Span<const std::string> keys);
  // The answer to one command: a text, an integer as text, or nothing. An error reply is an error.
  absl::StatusOr<Value> Ask(absl::Span<const std::string> words);

 private:
  explicit RedisClient(int fd) : fd_(fd) {}
  absl::Status Send(absl::string_view bytes);
  absl::StatusOr<std::string> Line();
  absl::StatusOr<Value> Reply();

  const int fd_;
  std::string run_id_;
  std::string read_;  // not yet used
};

}  // namespace rapport::auditor

#endif  // RAPPORT_TOOLS_CACHE_AUDITOR_REDIS_CLIENT_H_
