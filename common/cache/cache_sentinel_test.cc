// The shared cache on a Redis that sentinels fail over, under writes. test_ledger.h says what must
// hold.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

#include "common/cache/test_cache.h"
#include "common/cache/test_ledger.h"
#include "common/cache/test_sentinel.h"

namespace rapport::cache {
namespace {

using store::OnPostgres;

// Until every process is connected to another Redis than this, to the same one.
bool AwaitSuccessor(const Processes& processes, const std::string& run_id) {
  const absl::Time end = absl::Now() + kPatience;
  std::string common;
  do {
    common.clear();
    for (const auto& process : processes) {
      const auto connection = process->cache().Status()[0].connection;
      if (connection == nullptr || connection->run_id() == run_id ||
          (!common.empty() && connection->run_id() != common)) {
        common.clear();
        break;
      }
      common = connection->run_id();
    }
    if (!common.empty()) return true;
    std::this_thread::yield();
  } while (absl::Now() < end);
  return false;
}

std::string RunIdOf(const Processes& processes) {
  const auto connection = processes[0]->cache().Status()[0].connection;
  return connection == nullptr ? "" : connection->run_id();
}

// Proves: S04, S05
TEST(CacheSentinel, FailoversThatLoseWhatWasReplicatedLeaveNothingStale) {
  SentinelGroup group;
  OnPostgres place;
  Processes processes;
  for (int i = 0; i < 2; ++i) {
    processes.push_back(std::make_unique<Process>(place.Open(CacheTables()), group.Options(),
                                                  Budget::kOfABusyMachine));
  }
  ASSERT_TRUE(AwaitSuccessor(processes, ""));
  ASSERT_TRUE(AwaitText(group.second->socket(), {"INFO", "replication"}, "master_link_status:up"));
  std::mt19937 random(std::random_device{}());
  Ledger ledger;
  const auto recover = [&](std::uint64_t hits = 200) {
    Recover(processes, ledger.over, absl::Now() + kPatience, hits);
  };
  {
    Clients clients(ledger, processes, random, 100);
    recover();
    // One in good order: the replica has everything.
    const std::string first = RunIdOf(processes);
    EXPECT_EQ(TextOf(RunOn(group.sentinels[1]->socket(), {"SENTINEL", "FAILOVER", "cache"})), "OK");
    EXPECT_TRUE(AwaitSuccessor(processes, first));
    recover();
    EXPECT_TRUE(AwaitText(group.first->socket(), {"INFO", "replication"}, "role:slave"));
    EXPECT_TRUE(AwaitText(group.first->socket(), {"INFO", "replication"}, "master_link_status:up"));
    // One that loses what the new master acknowledged: its replica hears no more of it, while it is
    // written and read, and then it dies.
    const std::string second = RunIdOf(processes);
    EXPECT_EQ(TextOf(RunOn(group.second->socket(),
                           {"ACL", "SETUSER", "default", "-psync", "-sync", "-replconf"})),
              "OK");
    RunOn(group.second->socket(), {"CLIENT", "KILL", "TYPE", "replica"}).status().IgnoreError();
    EXPECT_TRUE(
        AwaitText(group.first->socket(), {"INFO", "replication"}, "master_link_status:down"));
    recover(50);  // soon: sentinels do not promote what has been cut off for long
    group.second->Kill();
    EXPECT_TRUE(AwaitSuccessor(processes, second));
    recover();
  }
  Audit(ledger, processes, false, "sentinels");
}

}  // namespace
}  // namespace rapport::cache
