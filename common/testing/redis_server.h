// A Redis server of the test's own, on a unix socket in a folder of its own under TMPDIR. Nothing
// is kept on disk unless asked. It dies with the object, or with the test. Aborts, with a line that
// says why, if Redis is not installed or does not come up.
#ifndef RAPPORT_COMMON_TESTING_REDIS_SERVER_H_
#define RAPPORT_COMMON_TESTING_REDIS_SERVER_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace rapport::testing {

// A TCP port of loopback that nobody listened on a moment ago.
int FreePort();

// Not thread-safe.
class RedisServer {
 public:
  // `arguments` are added to the command line, e.g. {"--maxmemory", "4mb"}. `configuration` is the
  // text of a file that the server may rewrite, as a sentinel does.
  explicit RedisServer(std::vector<std::string> arguments = {},
                       const std::string& configuration = "");
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // For clients.
  const std::string& socket() const { return socket_; }
  // Where the server keeps its files (dump.rdb, redis.log).
  const std::string& folder() const { return folder_; }
  pid_t pid() const { return pid_; }

  void Signal(int signal) const;
  // kill -9, and waits.
  void Kill();
  // After Kill: a new process on the same socket. Returns once it accepts connections.
  void Start();

 private:
  bool Accepts() const;

  const std::vector<std::string> arguments_;
  std::string folder_;
  std::string socket_;
  pid_t pid_ = -1;
};

}  // namespace rapport::testing

#endif  // RAPPORT_COMMON_TESTING_REDIS_SERVER_H_
