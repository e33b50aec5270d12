// A master, its replica and three sentinels that watch them, for tests.
#ifndef RAPPORT_COMMON_CACHE_TEST_SENTINEL_H_
#define RAPPORT_COMMON_CACHE_TEST_SENTINEL_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/cache/redis_dial.h"
#include "common/cache/test_redis.h"
#include "common/testing/redis_server.h"

namespace rapport::cache {

inline std::vector<std::string> OnPort(int port) {
  return {"--port", absl::StrCat(port), "--bind", "127.0.0.1"};
}

// A data node; `master` 0: it is one itself. Its configuration file keeps what sentinels make of
// it.
inline std::unique_ptr<testing::RedisServer> NewNode(int port, int master) {
  std::vector<std::string> arguments = OnPort(port);
  arguments.insert(arguments.end(), {"--repl-diskless-sync-delay", "0"});
  const std::vector<std::string> user = AclUser();
  arguments.insert(arguments.end(), user.begin(), user.end());
  return std::make_unique<testing::RedisServer>(
      arguments, master == 0 ? "" : absl::StrCat("replicaof 127.0.0.1 ", master, "\n"));
}

// Knows the master "cache", and says that it became it in failover number `epoch`.
inline std::unique_ptr<testing::RedisServer> NewSentinel(int port, int master, int epoch,
                                                         const std::string& more) {
  std::vector<std::string> arguments = OnPort(port);
  arguments.insert(arguments.begin(), "--sentinel");
  return std::make_unique<testing::RedisServer>(
      arguments, absl::StrCat("sentinel monitor cache 127.0.0.1 ", master, " 2\n",
                              "sentinel down-after-milliseconds cache 1000\n",
                              "sentinel failover-timeout cache 4000\n",
                              "sentinel config-epoch cache ", epoch, "\n", more));
}

class SentinelGroup {
 public:
  static constexpr int kSentinels = 3;

  SentinelGroup() {
    first = NewNode(ports_[0], 0);
    second = NewNode(ports_[1], ports_[0]);
    const auto id = [](int i) { return std::string(39, 'a') + std::to_string(i); };
    for (int i = 0; i < kSentinels; ++i) {
      std::string known = absl::StrCat("sentinel myid ", id(i), "\n",
                                       "sentinel known-replica cache 127.0.0.1 ", ports_[1], "\n");
      for (int other = 0; other < kSentinels; ++other) {
        if (other == i) continue;
        absl::StrAppend(&known, "sentinel known-sentinel cache 127.0.0.1 ", Port(other), " ",
                        id(other), "\n");
      }
      sentinels.push_back(NewSentinel(Port(i), ports_[0], 0, known));
    }
  }
  // The way that clients take. The first sentinel that they are told of is none.
  RedisOptions Options() const {
    RedisOptions options;
    options.address = absl::StrCat("sentinel://127.0.0.1:", testing::FreePort());
    for (int i = 0; i < kSentinels; ++i) absl::StrAppend(&options.address, ",127.0.0.1:", Port(i));
    absl::StrAppend(&options.address, "/cache");
    SignIn(options, first->folder());
    return options;
  }

  std::unique_ptr<testing::RedisServer> first;   // the master
  std::unique_ptr<testing::RedisServer> second;  // its replica
  std::vector<std::unique_ptr<testing::RedisServer>> sentinels;

 private:
  int Port(int sentinel) const { return ports_[static_cast<std::size_t>(2 + sentinel)]; }
  const std::vector<int> ports_ = [] {
    std::vector<int> ports;
    for (int i = 0; i < 2 + kSentinels; ++i) ports.push_back(testing::FreePort());
    return ports;
  }();
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_TEST_SENTINEL_H_
