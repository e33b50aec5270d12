// The way to the node of a cluster that has the keys of a scope.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/cache/entry.h"
#include "common/cache/redis_discovery.h"
#include "common/cache/redis_endpoint.h"
#include "common/cache/test_cluster.h"
#include "common/cache/test_redis.h"
#include "common/testing/matchers.h"

namespace rapport::cache {
namespace {

TEST(RedisCluster, SlotsAreThoseOfTheSpecification) {
  EXPECT_EQ(SlotOfTag("123456789"), 0x31c3);  // the specification's own example
  EXPECT_EQ(SlotOfTag(""), 0);
}

TEST(RedisCluster, EachScopeLeadsToTheNodeThatHasItsKeys) {
  ClusterGroup cluster;
  RedisFixture f;
  for (unsigned scope = 0; scope < kMaxScopes; ++scope) {
    SCOPED_TRACE(scope);
    const std::string key = KeyPrefix(scope) + "x";
    EXPECT_EQ(TextOf(cluster.Run(0, {"CLUSTER", "KEYSLOT", key})),
              absl::StrCat(SlotOfTag(TagOfScope(scope))));
    RedisOptions options = cluster.Options();
    options.scope = scope;
    ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
    EXPECT_EQ(TextOf(Ask(*connection, {"SET", key, "v"})), "OK");
    EXPECT_EQ(TextOf(cluster.Run(ClusterGroup::HomeOf(scope), {"GET", key})), "v");
  }
}

TEST(RedisCluster, AMovedSlotIsFollowed) {
  ClusterGroup cluster;
  RedisFixture f;
  base::SystemRng rng;
  Events<std::shared_ptr<RedisConnection>> changes;
  const std::size_t home = ClusterGroup::HomeOf(3);
  const std::size_t other = (home + 1) % ClusterGroup::kNodes;
  RedisOptions options = cluster.Options();
  options.scope = 3;
  RedisEndpoint endpoint(f.loop, f.clock, rng, options,
                         [&](const auto& connection) { changes.Push(connection); });
  const auto before = changes.Next();
  ASSERT_TRUE(before.has_value() && *before != nullptr);
  const std::string key = KeyPrefix(3) + "x";
  EXPECT_EQ(TextOf(Ask(**before, {"SET", key, "v"})), "OK");
  cluster.Move(3, home, other);
  EXPECT_EQ(TextOf(Ask(**before, {"GET", key})), "failure:moved");
  const auto broken = changes.Next();
  ASSERT_TRUE(broken.has_value());
  EXPECT_EQ(*broken, nullptr);
  const auto after = changes.Next();
  ASSERT_TRUE(after.has_value() && *after != nullptr);
  EXPECT_NE((*after)->run_id(), (*before)->run_id());
  EXPECT_EQ((*after)->node().port, absl::StrCat(cluster.port(other)));
  EXPECT_EQ(TextOf(Ask(**after, {"GET", key})), "v");
}

TEST(RedisCluster, ASlotOnItsWayBreaksNothing) {
  ClusterGroup cluster;
  RedisFixture f;
  const std::size_t home = ClusterGroup::HomeOf(0);
  const std::string slot = absl::StrCat(SlotOfTag(TagOfScope(0)));
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(cluster.Options()));
  const std::string id =
      TextOf(cluster.Run((home + 1) % ClusterGroup::kNodes, {"CLUSTER", "MYID"}));
  EXPECT_EQ(TextOf(cluster.Run(home, {"CLUSTER", "SETSLOT", slot, "MIGRATING", id})), "OK");
  EXPECT_EQ(TextOf(Ask(*connection, {"GET", KeyPrefix(0) + "x"})), "failure:migrating");
  EXPECT_EQ(TextOf(cluster.Run(home, {"CLUSTER", "SETSLOT", slot, "STABLE"})), "OK");
  EXPECT_EQ(TextOf(Ask(*connection, {"GET", KeyPrefix(0) + "x"})), "nil");
}

}  // namespace
}  // namespace rapport::cache
