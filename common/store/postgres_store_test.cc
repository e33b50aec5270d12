// What is particular to the PostgreSQL engine: replicas, the change feed under overlap, row-level
// security, the schema, the order of text.
#include "common/store/postgres_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/store/commit_guard.h"
#include "common/store/postgres_suite.h"

namespace rapport::store {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(PostgresStoreTest, ReplicasKeepACounterExactUnderConcurrentWrites) {
  constexpr int kThreads = 4;
  constexpr int kEach = 60;
  const auto one = Open();
  const auto two = Open();
  std::atomic<int> acknowledged = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        // Each increment leaves a row that says which value it made.
        const auto done =
            TransactAndWait(t % 2 == 0 ? *one : *two, {}, Acme(), [&](Tx& tx) -> absl::Status {
              if (absl::Status status = Increment(tx); !status.ok()) return status;
              const auto row = tx.Get(People(), {{Text("counter")}});
              if (!row.ok()) return row.status();
              return tx.Insert(Notes(), {Text("made"), (**row)[2], Text(absl::StrCat(t, "/", i))})
                  .status();
            });
        if (done.ok()) {
          ++acknowledged;
        } else {
          EXPECT_THAT(done, StatusIs(absl::StatusCode::kUnavailable));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Counter(*one), acknowledged);
  EXPECT_EQ(acknowledged, kThreads * kEach);
  std::int64_t expected = 1;
  std::set<std::string> makers;
  ASSERT_OK_AND_ASSIGN(const auto snapshot, two->Read({}, Acme()));
  EXPECT_OK(snapshot->Scan(Notes(), {}, [&](Row& row) {
    EXPECT_EQ(AsInt(row[1]), expected++);
    makers.insert(AsText(row[2]));
    return true;
  }));
  EXPECT_EQ(makers.size(), static_cast<std::size_t>(acknowledged));
}

TEST_F(PostgresStoreTest, WhatOneReplicaAcknowledgedTheOtherShowsAtOnceAndItsListenersHear) {
  const auto one = Open();
  const auto two = Open();
  std::atomic<std::int64_t> heard = 0;
  const int handle = two->AddCommitListener([&](std::int64_t sequence) { heard = sequence; });
  for (int i = 0; i < 20; ++i) {
    ASSERT_OK_AND_ASSIGN(const std::int64_t sequence,
                         Put(*one, Events(), Event(std::to_string(i))));
    base::CallContext ctx;
    ctx.at_least = sequence;
    ASSERT_OK_AND_ASSIGN(const auto snapshot, two->Read(ctx, Acme()));
    EXPECT_TRUE(snapshot->Includes(sequence));
    ASSERT_OK_AND_ASSIGN(const auto row, snapshot->Get(Events(), {{Text(std::to_string(i))}}));
    EXPECT_TRUE(row.has_value());
    const absl::Time limit = absl::Now() + absl::Seconds(10);
    while (heard < sequence && absl::Now() < limit) std::this_thread::yield();
    EXPECT_GE(heard, sequence);
  }
  two->RemoveCommitListener(handle);
  EXPECT_EQ(one->id(), two->id());
}

// Follows a feed as its contract says: applies all, goes on from sequence() at most.
class Follower {
 public:
  void Look(Store& store) {
    const auto snapshot = store.Read({}, Acme());
    ASSERT_OK(snapshot);
    std::int64_t last = after_;
    EXPECT_OK((*snapshot)->Feed(Events(), after_, 1 << 20,
                                [&](const base::TenantId&, std::int64_t sequence, Row& row) {
                                  EXPECT_GT(sequence, last);
                                  last = sequence;
                                  if (sequence <= (*snapshot)->sequence()) {
                                    settled_.push_back(AsText(row[0]));
                                  }
                                  state_[AsText(row[0])] = sequence;
                                  return true;
                                }));
    EXPECT_GE((*snapshot)->sequence(), after_);
    after_ = (*snapshot)->sequence();
  }
  std::int64_t after() const { return after_; }
  const std::map<std::string, std::int64_t>& state() const { return state_; }
  const Strings& settled() const { return settled_; }

 private:
  std::int64_t after_ = 0;
  std::map<std::string, std::int64_t> state_;
  Strings settled_;
};

TEST_F(PostgresStoreTest, TheFeedHasNoGapUnderManyConcurrentWriters) {
  constexpr int kWriters = 6;
  constexpr int kEach = 80;
  const std::vector<std::unique_ptr<PostgresStore>> stores = [&] {
    std::vector<std::unique_ptr<PostgresStore>> two;
    two.push_back(Open());
    two.push_back(Open());
    return two;
  }();
  std::atomic<int> running = kWriters;
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      const auto tenant = base::TenantId::Trusted(absl::StrCat("tenant-", w));
      for (int i = 0; i < kEach; ++i) {
        EXPECT_OK(Put(*stores[static_cast<std::size_t>(w % 2)], Events(),
                      Event(absl::StrCat(w, "-", i)), tenant));
      }
      --running;
    });
  }
  Follower follower;
  while (running > 0) follower.Look(*stores[0]);
  for (std::thread& thread : threads) thread.join();
  // Once more, so that the last commits are complete by this store's knowledge.
  EXPECT_OK(Put(*stores[0], Events(), Event("last")));
  follower.Look(*stores[0]);
  EXPECT_EQ(follower.settled().size(), static_cast<std::size_t>(kWriters * kEach + 1));
  const std::set<std::string> once(follower.settled().begin(), follower.settled().end());
  EXPECT_EQ(once.size(), follower.settled().size());
}

TEST_F(PostgresStoreTest, TheFeedWaitsForATransactionThatWasOvertaken) {
  const auto one = Open();
  const auto two = Open();
  ASSERT_OK_AND_ASSIGN(const std::int64_t before, Put(*one, Events(), Event("hot", "before")));
  Gate entered;
  Gate gate;
  std::atomic<bool> slow_is_done = false;
  one->Transact(
      {}, Acme(),
      [&](Tx& tx) {
        EXPECT_OK(tx.Put(Events(), Event("slow")));
        // The write is at the server when a read is answered.
        EXPECT_OK(tx.Get(Events(), {{Text("slow")}}));
        entered.Open();
        gate.Pass();
        return absl::OkStatus();
      },
      [&](absl::StatusOr<std::int64_t> done) {
        EXPECT_OK(done);
        slow_is_done = true;
      });
  entered.Pass();
  // Later, and done earlier. It replaces a row that the follower has not seen yet.
  ASSERT_OK_AND_ASSIGN(const std::int64_t fast, Put(*two, Events(), Event("hot", "after"), Acme()));
  Follower follower;
  follower.Look(*two);
  EXPECT_GE(follower.after(), before);
  EXPECT_LT(follower.after(), fast);
  // Nothing that the position promises is missing: the row is there in its later form.
  EXPECT_EQ(follower.state().at("hot"), fast);
  gate.Open();
  while (!slow_is_done) std::this_thread::yield();
  follower.Look(*two);
  EXPECT_GE(follower.after(), fast);
  EXPECT_EQ(follower.state().count("slow"), 1U);
  EXPECT_LT(follower.state().at("slow"), fast);
}

TEST_F(PostgresStoreTest, AConflictWithAnotherReplicaRunsTheBodyAgain) {
  const auto one = Open();
  const auto two = Open();
  std::atomic<int> runs = 0;
  EXPECT_OK(TransactAndWait(*one, {}, Acme(), [&](Tx& tx) -> absl::Status {
    const auto row = tx.Get(People(), {{Text("counter")}});
    if (!row.ok()) return row.status();
    if (++runs == 1) {
      EXPECT_OK(TransactAndWait(*two, {}, Acme(), Increment));
    }
    return Increment(tx);
  }));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Counter(*one), 2);
}

TEST_F(PostgresStoreTest, AUniqueValueTakenMeanwhileIsRefusedAsIfItHadAlwaysBeen) {
  const auto one = Open();
  const auto two = Open();
  bool first = true;
  EXPECT_THAT(
      TransactAndWait(*one, {}, Acme(),
                      [&](Tx& tx) -> absl::Status {
                        EXPECT_OK(tx.Get(People(), {{Text("p1")}}));
                        if (std::exchange(first, false)) {
                          EXPECT_OK(Put(*two, People(), Person("p2", kNull, kNull, Text("a@b.c"))));
                        }
                        return tx.Put(People(), Person("p1", kNull, kNull, Text("a@b.c"))).status();
                      }),
      StatusIs(absl::StatusCode::kAlreadyExists, "by_email"));
  EXPECT_THAT(Keys(*one, People()), ElementsAre("p2"));
}

TEST_F(PostgresStoreTest, ARowTooLargeForItsIndexIsABugOfItsBodyAlone) {
  const auto store = Open();
  Gate entered;
  Gate gate;
  store->Transact(
      {}, Acme(),
      [&](Tx&) {
        entered.Open();
        gate.Pass();
        return absl::OkStatus();
      },
      [](absl::StatusOr<std::int64_t>) {});
  entered.Pass();
  std::string noise;
  for (std::uint32_t i = 0, x = 1; i < 9000; ++i) {
    x = x * 1664525 + 1013904223;
    noise.push_back(static_cast<char>('!' + (x >> 24) % 90));
  }
  std::vector<absl::StatusOr<std::int64_t>> outcomes(3, absl::UnknownError("not called"));
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    store->Transact(
        {}, Acme(),
        [&noise, i](Tx& tx) {
          return tx.Put(Events(), Event(absl::StrCat(i), i == 1 ? noise : "call")).status();
        },
        [&outcomes, i](absl::StatusOr<std::int64_t> result) { outcomes[i] = std::move(result); });
  }
  gate.Open();
  EXPECT_OK(Put(*store, Events(), Event("last")));
  EXPECT_OK(outcomes[0]);
  EXPECT_THAT(outcomes[1], StatusIs(absl::StatusCode::kInternal));
  EXPECT_OK(outcomes[2]);
  EXPECT_THAT(Keys(*store, Events()), ElementsAre("0", "2", "last"));
}

// Proves: Z3
TEST_F(PostgresStoreTest, TheApplicationsRoleSeesNoRowWithoutATenantAndOnlyItsOwnWithOne) {
  const auto store = Open();
  ASSERT_OK(Put(*store, Events(), Event("a"), Acme()));
  ASSERT_OK(Put(*store, Events(), Event("b"), Bolt()));
  const std::string role = "SET ROLE rapport_app; SET search_path=%s; ";
  EXPECT_THAT(Sql(role + "SELECT id FROM events"), IsEmpty());
  EXPECT_THAT(Sql(role + "INSERT INTO events(tenant,id) VALUES('acme','x')"),
              ElementsAre("error 42501"));
  EXPECT_THAT(Sql(role + "UPDATE events SET kind='x' RETURNING id"), IsEmpty());
  EXPECT_THAT(Sql(role + "DELETE FROM events RETURNING id"), IsEmpty());
  const std::string acme = role + "SET rapport.tenant='acme'; ";
  EXPECT_THAT(Sql(acme + "SELECT id FROM events"), ElementsAre("a"));
  EXPECT_THAT(Sql(acme + "SELECT id FROM events WHERE tenant='bolt'"), IsEmpty());
  EXPECT_THAT(Sql(acme + "INSERT INTO events(tenant,id) VALUES('bolt','x')"),
              ElementsAre("error 42501"));
  EXPECT_THAT(Sql(acme + "UPDATE events SET tenant='bolt'"), ElementsAre("error 42501"));
  EXPECT_THAT(Sql(acme + "UPDATE events SET kind='x' WHERE id='b' RETURNING id"), IsEmpty());
  // The feed may be read by all, and written by nobody.
  const std::string feed = role + "SET rapport.feed='on'; ";
  EXPECT_THAT(Sql(feed + "SELECT id FROM events ORDER BY id"), ElementsAre("a", "b"));
  EXPECT_THAT(Sql(feed + "SELECT id FROM people"), IsEmpty());
  EXPECT_THAT(Sql(feed + "DELETE FROM events RETURNING id"), IsEmpty());
  EXPECT_THAT(Sql(role + "INSERT INTO rapport_meta VALUES('x',1,'')"), ElementsAre("error 42501"));
  EXPECT_THAT(Sql("SELECT 1 FROM pg_roles WHERE rolname='rapport_app' AND (rolsuper OR rolbypassrls"
                  " OR rolcanlogin OR rolcreaterole)"),
              IsEmpty());
}

// Proves: Z3
TEST_F(PostgresStoreTest, EveryTableWithATenantForcesRowLevelSecurityWithBothHalves) {
  const auto store = Open();
  EXPECT_THAT(
      Sql("SELECT relname FROM pg_class c WHERE relnamespace='%s'::regnamespace AND relkind='r' AND"
          " EXISTS(SELECT FROM pg_attribute WHERE attrelid=c.oid AND attname='tenant') AND"
          " relrowsecurity AND relforcerowsecurity AND EXISTS(SELECT FROM pg_policy WHERE"
          " polrelid=c.oid AND polcmd='*' AND polqual IS NOT NULL AND polwithcheck IS NOT NULL)"
          " ORDER BY relname"),
      ElementsAre("events", "notes", "people"));
  EXPECT_THAT(Sql("SELECT relname FROM pg_class c WHERE relnamespace='%s'::regnamespace AND"
                  " relkind='r' AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname"),
              ElementsAre("rapport_commits", "rapport_meta"));
  // Policies that let more through read only.
  EXPECT_THAT(Sql("SELECT polname FROM pg_policy p JOIN pg_class c ON c.oid=polrelid WHERE"
                  " relnamespace='%s'::regnamespace AND polname<>'rapport_tenant' AND polcmd<>'r'"),
              IsEmpty());
}

TEST_F(PostgresStoreTest, APlainUserFindsTheSchemaReadyOrIsRefused) {
  Sql("CREATE ROLE plain LOGIN");
  PostgresOptions plain = Options();
  plain.uri = Server().uri("plain");
  EXPECT_THAT(PostgresStore::Open(plain),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("owner")));
  const auto owner = Open();
  Sql("GRANT rapport_app TO plain");
  const auto store = Open(plain);
  EXPECT_EQ(store->id(), owner->id());
  EXPECT_OK(Put(*store, Events(), Event("a")));
  EXPECT_THAT(Keys(*store, Events()), ElementsAre("a"));
  Sql("ALTER ROLE plain BYPASSRLS");
  EXPECT_THAT(PostgresStore::Open(plain),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("row-level")));
  Sql("ALTER ROLE plain NOBYPASSRLS");
}

TEST_F(PostgresStoreTest, ASchemaOfANewerReleaseIsRefused) {
  PostgresOptions newer = Options();
  newer.schema_version = 2;
  ASSERT_OK(PostgresStore::Open(newer));
  EXPECT_THAT(PostgresStore::Open(Options()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("newer release")));
}

TEST_F(PostgresStoreTest, ASchemaIsRefusedIfItLacksSomethingOrHasAnotherThingUnderAName) {
  Table table{.name = "things",
              .columns = {{"id", ColumnType::kText}, {"name", ColumnType::kText}},
              .indexes = {{.name = "by_name", .columns = {1}}}};
  PostgresOptions options = Options();
  options.tables = {&table};
  ASSERT_NE(Open(options), nullptr);
  Table grown = table;
  grown.columns.push_back({"size", ColumnType::kInt});
  Table renamed = table;
  renamed.columns[1].name = "title";
  Table retyped = table;
  retyped.columns[1].type = ColumnType::kBytes;
  Table rekeyed = table;
  rekeyed.key_columns = 2;
  Table reindexed = table;
  reindexed.indexes[0].unique = true;
  options.tables = {&grown};
  EXPECT_THAT(PostgresStore::Open(options), StatusIs(absl::StatusCode::kFailedPrecondition,
                                                     HasSubstr("lacks the column size of table")));
  for (const Table* changed : {&renamed, &retyped, &rekeyed, &reindexed}) {
    options.tables = {changed};
    EXPECT_THAT(PostgresStore::Open(options),
                StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("not what this")));
  }
}

TEST_F(PostgresStoreTest, ADumpRestoredIntoAnotherClusterGoesOnAboveItsSequences) {
  std::int64_t before = 0;
  {
    const auto store = Open();
    ASSERT_OK_AND_ASSIGN(before, Put(*store, Events(), Event("a")));
  }
  // As if the other cluster had been a million transactions further.
  Sql("UPDATE %s.rapport_commits SET number=number+1000000");
  Sql("UPDATE %s.events SET sequence=sequence+(1000000::bigint<<20)");
  before += std::int64_t{1000000} << 20;
  const auto store = Open();
  ASSERT_OK_AND_ASSIGN(const std::int64_t after, Put(*store, Events(), Event("b")));
  EXPECT_GT(after, before);
  ASSERT_OK_AND_ASSIGN(const auto snapshot, store->Read({}, Acme()));
  EXPECT_GE(snapshot->sequence(), after);
  EXPECT_TRUE(snapshot->Includes(before));
}

TEST_F(PostgresStoreTest, ARestoredStoreHasAnotherIdAndKnowsWhoItWas) {
  Sql("CREATE ROLE looker LOGIN");
  std::string id;
  {
    const auto store = Open();
    id = store->id();
    EXPECT_THAT(store->former_ids(), IsEmpty());
  }
  // What identifies the cluster and its timeline is not ours to change; this is as good.
  Sql("UPDATE %s.rapport_meta SET text='another' WHERE key='store_id'");
  Sql("GRANT rapport_app TO looker");
  PostgresOptions looker = Options();
  looker.uri = Server().uri("looker");
  const auto by_looker = Open(looker);
  EXPECT_NE(by_looker->id(), id);
  EXPECT_THAT(by_looker->former_ids(), ElementsAre(id));
  for (int opening = 0; opening < 2; ++opening) {
    const auto store = Open();
    EXPECT_EQ(store->id(), by_looker->id());
    EXPECT_THAT(store->former_ids(), ElementsAre(id));
  }
}

// Proves: N1
TEST_F(PostgresStoreTest, AServerThatLostAnAcknowledgedCommitStopsTheProcess) {
  PostgresOptions options = Options();
  testing::Gate stopped;
  options.on_fatal = [&](absl::string_view what) {
    EXPECT_THAT(std::string(what), HasSubstr("lost commits"));
    stopped.Open();
  };
  const auto store = Open(options);
  const int handle = store->AddCommitListener([](std::int64_t) {});
  ASSERT_OK(Put(*store, Events(), Event("a")));
  // As if a copy of the day before were there, with the same cluster's name and timeline.
  Sql("UPDATE %s.rapport_commits SET number=number-1");
  EXPECT_TRUE(stopped.PassWithin(absl::Seconds(20)));
  store->RemoveCommitListener(handle);
}

TEST_F(PostgresStoreTest, TextOrdersAsOnSqlite) {
  OnDisk disk;
  const EngineOptions options = {.tables = {&People(), &Notes(), &Events()}, .clock = &clock_};
  ASSERT_OK_AND_ASSIGN(const auto sqlite, disk.Open(options));
  const auto postgres = Open();
  const Strings pieces = {"",           std::string("\0", 1),
                          "\1",         "\2",
                          "a",          "B",
                          "z",          "\x7f",
                          "\u00e9",     "e\u0301",
                          "\u0430",     "\uffff",
                          "\U0001F91D", "\U0002000B"};
  for (Store* store : {static_cast<Store*>(sqlite.get()), static_cast<Store*>(postgres.get())}) {
    EXPECT_OK(TransactAndWait(*store, {}, Acme(), [&](Tx& tx) -> absl::Status {
      for (const std::string& a : pieces) {
        for (const std::string& b : pieces) {
          const auto put = tx.Put(People(), Person(a + b, Text(b + a)));
          if (!put.ok()) return put.status();
        }
      }
      return absl::OkStatus();
    }));
  }
  for (const int index : {-1, 0}) {
    for (const bool descending : {false, true}) {
      EXPECT_EQ(Keys(*postgres, People(), {.index = index, .descending = descending}),
                Keys(*sqlite, People(), {.index = index, .descending = descending}));
    }
  }
  for (const std::string& a : pieces) {
    const Range behind = {.index = -1, .after = {Text(a)}, .limit = 5};
    EXPECT_EQ(Keys(*postgres, People(), behind), Keys(*sqlite, People(), behind));
  }
  EXPECT_THAT(Put(*postgres, People(), Person("\xff", kNull)),
              StatusIs(absl::StatusCode::kInternal));
}

TEST_F(PostgresStoreTest, WhoExcludesOthersWaitsForThose) {
  const auto writer = Open();
  const auto other = Open();
  testing::Gate inside;
  testing::Gate ends;
  std::atomic<bool> ended{false};
  writer->Transact(
      {}, Acme(),
      [&](Tx& tx) {
        EXPECT_OK(Increment(tx));
        inside.Open();
        ends.Pass();
        ended = true;
        return absl::OkStatus();
      },
      [](absl::StatusOr<std::int64_t> outcome) { EXPECT_OK(outcome); });
  inside.Pass();
  std::thread alone([&] {
    EXPECT_OK(TransactAndWait(*other, {}, Bolt(), [&](Tx& tx) -> absl::Status {
      RETURN_IF_ERROR(tx.Exclude());
      EXPECT_TRUE(ended);
      return tx.Put(People(), Person("alone", kNull)).status();
    }));
  });
  Await("SELECT count(*) FROM pg_locks WHERE NOT granted", "1");
  ends.Open();
  alone.join();
}

TEST_F(PostgresStoreTest, ManyWhoExcludeOthersDoNotWaitForEachOtherInACircle) {
  const auto stores = {Open(), Open(), Open()};
  const auto deadlocks = [&] { return Sql("SELECT sum(deadlocks) FROM pg_stat_database"); };
  const Strings before = deadlocks();
  std::vector<std::thread> threads;
  for (const auto& store : stores) {
    threads.emplace_back([&store = *store] {
      for (int i = 0; i < 20; ++i) {
        EXPECT_OK(TransactAndWait(store, {}, Acme(), [](Tx& tx) -> absl::Status {
          RETURN_IF_ERROR(tx.Exclude());
          return Increment(tx);
        }));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(Counter(**stores.begin()), 60);
  EXPECT_EQ(deadlocks(), before);
}

// Looks at a row, as the guard of the cache does, and lets everything pass.
class LookingGuard final : public CommitGuard {
 public:
  bool Guards(const Table& table) const override { return table.name == Events().name; }
  const base::TenantId& tenant() const override { return tenant_; }
  absl::StatusOr<std::unique_ptr<GuardedCommit>> Announce(Tx& tx,
                                                          absl::Span<const TouchedRow>) override {
    const std::vector<Value> key{Text("mode")};
    RETURN_IF_ERROR(tx.Get(People(), key).status());
    return std::make_unique<Commit>();
  }
  absl::Status Mend(Run) override {
    ++mends;
    return absl::OkStatus();
  }
  std::atomic<int> mends{0};

 private:
  struct Commit final : GuardedCommit {
    absl::Status Finish(Outcome) override { return absl::OkStatus(); }
  };
  const base::TenantId tenant_ = base::TenantId::Trusted("guard");
};

TEST_F(PostgresStoreTest, AConflictIsNoRefusalOfTheGuard) {
  LookingGuard guard;
  const auto stores = {Open(), Open()};
  std::vector<std::thread> threads;
  for (const auto& store : stores) {
    store->SetGuard(&guard);
    threads.emplace_back([&store = *store] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_OK(TransactAndWait(store, {}, Acme(), [](Tx& tx) -> absl::Status {
          RETURN_IF_ERROR(Increment(tx));
          return tx.Put(Events(), Event("counted")).status();
        }));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(Counter(**stores.begin()), 100);
  EXPECT_EQ(guard.mends, 0);
}

TEST_F(PostgresStoreTest, OneOfManyLeadsUntilItIsGone) {
  auto first = Open();
  const auto second = Open();
  EXPECT_TRUE(first->TryLead("feed/contact"));
  EXPECT_TRUE(first->TryLead("feed/contact"));
  EXPECT_FALSE(second->TryLead("feed/contact"));
  EXPECT_TRUE(second->TryLead("feed/engagement"));
  second->Resign("feed/contact");  // which it does not lead
  EXPECT_FALSE(second->TryLead("feed/contact"));
  first->Resign("feed/contact");
  EXPECT_TRUE(second->TryLead("feed/contact"));
  EXPECT_FALSE(first->TryLead("feed/contact"));
  second->Resign("feed/contact");
  EXPECT_TRUE(first->TryLead("feed/contact"));
  first.reset();
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  while (!second->TryLead("feed/contact")) {
    ASSERT_LT(absl::Now(), limit);
    std::this_thread::yield();
  }
}

}  // namespace
}  // namespace rapport::store
