// The shared cache in several scopes, on the nodes of a cluster.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "common/cache/test_cache.h"
#include "common/cache/test_cluster.h"
#include "common/cache/test_ledger.h"

namespace rapport::cache {
namespace {

using store::OnDisk;
using store::OnPostgres;

// A counter in each scope.
std::vector<std::string> IdsByScope(const Process& process, unsigned scopes) {
  std::vector<std::string> ids(scopes);
  unsigned missing = scopes;
  for (int i = 0; missing > 0; ++i) {
    std::string& id = ids[process.ScopeOf(std::to_string(i))];
    if (!id.empty()) continue;
    id = std::to_string(i);
    --missing;
  }
  return ids;
}

// Opens every scope to the Redis that the process is connected to there.
void OpenAll(Process& process) {
  for (unsigned scope = 0; scope < process.cache().scopes(); ++scope) {
    const absl::Time end = absl::Now() + kPatience;
    while (process.cache().Status()[scope].connection == nullptr && absl::Now() < end) {
      std::this_thread::yield();
    }
    const auto connection = process.cache().Status()[scope].connection;
    ASSERT_NE(connection, nullptr);
    ASSERT_OK(process.OpenCache(connection->run_id(), scope));
    ASSERT_TRUE(process.AwaitMode(ModeState::kOn, scope));
  }
}

// Redis may be slow once on a busy machine.
bool HitsSoon(Process& process, const std::string& id) {
  const absl::Time end = absl::Now() + kPatience;
  while (!process.Hits(id)) {
    if (absl::Now() > end) return false;
  }
  return true;
}

absl::Status WriteAll(Process& process, const std::vector<std::string>& ids, std::int64_t count) {
  return process.Transact([&](store::Tx& tx) {
    absl::Status done;
    for (const std::string& id : ids) {
      done.Update(tx.Put(Counters(), {store::Value(id), count, store::Value()}).status());
    }
    return done;
  });
}

TEST(CacheScopes, TheFirstProcessWithRedisSaysHowManyThereAre) {
  OnPostgres place;
  Process without(place.Open(CacheTables()), RedisOptions());
  ASSERT_OK(without.Write("a"));
  const RedisOptions nowhere = AtSocket("/nowhere");
  Process four(place.Open(CacheTables()), nowhere, Budget::kOfProtocol, false, 4);
  EXPECT_EQ(four.cache().scopes(), 4U);
  Process one(place.Open(CacheTables()), nowhere);
  EXPECT_EQ(one.cache().scopes(), 4U);
  // Who does not know them closes whatever is on.
  for (const unsigned scope : {1U, 3U}) ASSERT_OK(four.OpenCache("a Redis", scope));
  ASSERT_OK(without.Write("a"));
  for (const unsigned scope : {1U, 3U}) {
    EXPECT_EQ(four.ModeInStore(scope)->mode.state, ModeState::kOff);
  }
  EXPECT_EQ(without.Counted("rapport_cache_closes_total"), 2U);
}

// Proves: S04, S05, S09
TEST(CacheCluster, ANodeThatDiesClosesItsScopesAndNoOthers) {
  constexpr unsigned kScopes = 16;
  ClusterGroup cluster;
  OnDisk place;
  Process process(place.Open(CacheTables()), cluster.Options(), Budget::kOfABusyMachine, false,
                  kScopes);
  OpenAll(process);
  const auto ids = IdsByScope(process, kScopes);
  // One commit over all scopes and nodes.
  ASSERT_OK(WriteAll(process, ids, 1));
  for (const std::string& id : ids) {
    EXPECT_EQ(process.Read(id), 1);
    EXPECT_TRUE(HitsSoon(process, id)) << id;
  }
  EXPECT_EQ(process.Counted("rapport_cache_marked_commits_total"), 1U);
  for (std::size_t node = 0; node < ClusterGroup::kNodes; ++node) {
    EXPECT_NE(TextOf(cluster.Run(node, {"DBSIZE"})), "0") << "no scope is on node " << node;
  }

  cluster.node(1).Kill();
  // A commit that meets the dead node goes through, and what it changed is nowhere old.
  ASSERT_OK(WriteAll(process, ids, 2));
  for (unsigned scope = 0; scope < kScopes; ++scope) {
    const bool dead = ClusterGroup::HomeOf(scope) == 1;
    ASSERT_OK_AND_ASSIGN(const ModeRow row, process.ModeInStore(scope));
    EXPECT_EQ(row.mode.state, dead ? ModeState::kOff : ModeState::kOn) << scope;
    EXPECT_EQ(process.Read(ids[scope]), 2) << scope;
    EXPECT_TRUE(dead ? !process.Hits(ids[scope]) : HitsSoon(process, ids[scope])) << scope;
  }

  // It comes back, and so do its scopes: by the keepers.
  cluster.node(1).Start();
  for (unsigned scope = 0; scope < kScopes; ++scope) {
    EXPECT_TRUE(process.AwaitMode(ModeState::kOn, scope)) << scope;
    EXPECT_EQ(process.Read(ids[scope]), 2) << scope;
    EXPECT_TRUE(HitsSoon(process, ids[scope])) << scope;
  }
}

// Proves: S04, S05
TEST(CacheCluster, ReplicasAreLinearizableWhileSlotsMoveAndNodesDie) {
  ClusterGroup cluster;
  OnPostgres place;
  Processes processes;
  for (int i = 0; i < 2; ++i) {
    processes.push_back(std::make_unique<Process>(place.Open(CacheTables()), cluster.Options(),
                                                  Budget::kOfABusyMachine, false, 2));
  }
  std::mt19937 random(std::random_device{}());
  Ledger ledger;
  const auto recover = [&] { Recover(processes, ledger.over, absl::Now() + kPatience); };
  {
    Clients clients(ledger, processes, random, 100);
    recover();
    for (const unsigned scope : {0U, 1U}) {
      const std::size_t home = ClusterGroup::HomeOf(scope);
      const std::size_t other = (home + 1) % ClusterGroup::kNodes;
      cluster.Move(scope, home, other);
      recover();
      cluster.Move(scope, other, home);  // with what was written there, under another epoch
      recover();
    }
    cluster.node(ClusterGroup::HomeOf(0)).Kill();
    ledger.over.PassWithin(absl::Seconds(1));
    cluster.node(ClusterGroup::HomeOf(0)).Start();
    recover();
  }
  Audit(ledger, processes, false, "cluster");
}

}  // namespace
}  // namespace rapport::cache
