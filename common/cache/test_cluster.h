// A Redis Cluster of three masters, for tests. Slots are spread evenly; a node that is away takes
// its slots with it and no others.
#ifndef RAPPORT_COMMON_CACHE_TEST_CLUSTER_H_
#define RAPPORT_COMMON_CACHE_TEST_CLUSTER_H_

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/cache/redis_discovery.h"
#include "common/cache/test_redis.h"
#include "common/testing/matchers.h"
#include "common/testing/redis_server.h"

namespace rapport::cache {

class ClusterGroup {
 public:
  static constexpr std::size_t kNodes = 3;

  ClusterGroup() {
    for (std::size_t i = 0; i < kNodes; ++i) {
      std::vector<std::string> arguments = AclUser({"+cluster|slots"});
      arguments.insert(arguments.end(),
                       {"--port", absl::StrCat(ports_[i]), "--cluster-port",
                        absl::StrCat(buses_[i]), "--bind", "127.0.0.1", "--cluster-enabled", "yes",
                        "--cluster-node-timeout", "3000", "--cluster-require-full-coverage", "no"});
      nodes_[i] = std::make_unique<testing::RedisServer>(arguments);
      ids_[i] = TextOf(Run(i, {"CLUSTER", "MYID"}));
      const auto first = SlotOf(i);
      const auto last = SlotOf(i + 1) - 1;
      EXPECT_EQ(
          TextOf(Run(i, {"CLUSTER", "ADDSLOTSRANGE", absl::StrCat(first), absl::StrCat(last)})),
          "OK");
    }
    for (std::size_t i = 1; i < kNodes; ++i) {
      EXPECT_EQ(TextOf(Run(0, {"CLUSTER", "MEET", "127.0.0.1", absl::StrCat(ports_[i]),
                               absl::StrCat(buses_[i])})),
                "OK");
    }
    for (std::size_t i = 0; i < kNodes; ++i) {
      EXPECT_TRUE(AwaitText(nodes_[i]->socket(), {"CLUSTER", "INFO"}, "cluster_slots_ok:16384"));
      EXPECT_TRUE(AwaitText(nodes_[i]->socket(), {"CLUSTER", "INFO"}, "cluster_state:ok"));
    }
  }
  // The way that clients take. The first node that they are told of is none.
  RedisOptions Options() const {
    RedisOptions options;
    options.address = absl::StrCat("cluster://127.0.0.1:", testing::FreePort());
    for (const int port : ports_) absl::StrAppend(&options.address, ",127.0.0.1:", port);
    SignIn(options, nodes_[0]->folder());
    return options;
  }
  testing::RedisServer& node(std::size_t i) { return *nodes_[i]; }
  int port(std::size_t i) const { return ports_[i]; }
  Reply Run(std::size_t i, const std::vector<std::string>& words) {
    return RunOn(nodes_[i]->socket(), words);
  }
  // The node that had the scope's slot at the beginning.
  static std::size_t HomeOf(unsigned scope) {
    std::size_t i = 0;
    while (SlotOf(i + 1) <= SlotOfTag(TagOfScope(scope))) ++i;
    return i;
  }
  // Moves the scope's slot with all its keys, while it is in use.
  void Move(unsigned scope, std::size_t from, std::size_t to) {
    const std::string slot = absl::StrCat(SlotOfTag(TagOfScope(scope)));
    EXPECT_EQ(TextOf(Run(to, {"CLUSTER", "SETSLOT", slot, "IMPORTING", ids_[from]})), "OK");
    EXPECT_EQ(TextOf(Run(from, {"CLUSTER", "SETSLOT", slot, "MIGRATING", ids_[to]})), "OK");
    const absl::Time end = absl::Now() + kPatience;
    std::string moved;
    while (moved != "OK" && absl::Now() < end) {
      const auto keys = Run(from, {"CLUSTER", "GETKEYSINSLOT", slot, "100"});
      if (keys.ok() && !keys->elements.empty()) {
        std::vector<std::string> migrate = {
            "MIGRATE", "127.0.0.1", absl::StrCat(ports_[to]), "", "0", "5000", "REPLACE", "KEYS"};
        for (const RedisReply& key : keys->elements) migrate.push_back(key.text);
        EXPECT_OK(Run(from, migrate));
        continue;
      }
      EXPECT_EQ(TextOf(Run(to, {"CLUSTER", "SETSLOT", slot, "NODE", ids_[to]})), "OK");
      moved = TextOf(Run(from, {"CLUSTER", "SETSLOT", slot, "NODE", ids_[to]}));
    }
    EXPECT_EQ(moved, "OK");
    for (std::size_t i = 0; i < kNodes; ++i) {
      if (i != from && i != to)
        Run(i, {"CLUSTER", "SETSLOT", slot, "NODE", ids_[to]}).status().IgnoreError();
    }
  }

 private:
  static std::uint32_t SlotOf(std::size_t node) {  // its first
    return static_cast<std::uint32_t>((16384 * node + kNodes - 1) / kNodes);
  }
  static std::array<int, kNodes> FreePorts() {
    std::array<int, kNodes> ports{};
    for (int& port : ports) port = testing::FreePort();
    return ports;
  }

  const std::array<int, kNodes> ports_ = FreePorts();
  const std::array<int, kNodes> buses_ = FreePorts();
  std::array<std::unique_ptr<testing::RedisServer>, kNodes> nodes_;
  std::array<std::string, kNodes> ids_;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_TEST_CLUSTER_H_
