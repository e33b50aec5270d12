// The PostgreSQL engine when connections and servers are lost: nothing acknowledged is lost,
// nothing is done twice, and it recovers by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/store/postgres_suite.h"

namespace rapport::store {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using PostgresFaults = PostgresStoreTest;

TEST_F(PostgresFaults, AConnectionLostInTheMiddleOfABodyIsMadeAnewAndTheBodyRunsAgain) {
  const auto store = Open();
  int runs = 0;
  EXPECT_OK(TransactAndWait(*store, {}, Acme(), [&](Tx& tx) -> absl::Status {
    if (absl::Status status = Increment(tx); !status.ok()) return status;
    if (++runs == 1) {
      EXPECT_OK(tx.Get(People(), {{Text("counter")}}));
      EXPECT_THAT(Sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
                      " state='idle in transaction' AND backend_xid IS NOT NULL"),
                  ElementsAre("t"));
    }
    return tx.Get(People(), {{Text("counter")}}).status();
  }));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Counter(*store), 1);
}

TEST_F(PostgresFaults, ACommitThatFailedWithItsConnectionIsRunAgain) {
  const auto store = Open();
  // Ends its own process at the end of the first transaction that writes an event.
  Sql("CREATE SEQUENCE %s.once; GRANT USAGE ON SEQUENCE %s.once TO rapport_app;"
      "CREATE FUNCTION %s.cut() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
      " IF nextval('%s.once')=1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;"
      " RETURN NULL; END $$;"
      "CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON %s.events DEFERRABLE INITIALLY DEFERRED"
      " FOR EACH ROW EXECUTE FUNCTION %s.cut()");
  int runs = 0;
  EXPECT_OK(TransactAndWait(*store, {}, Acme(), [&](Tx& tx) -> absl::Status {
    ++runs;
    if (absl::Status status = Increment(tx); !status.ok()) return status;
    return tx.Put(Events(), Event("a")).status();
  }));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Counter(*store), 1);
}

TEST_F(PostgresFaults, ACommitWhoseAnswerWasLostIsFoundToHaveHappened) {
  const auto store = Open();
  ASSERT_OK(TransactAndWait(*store, {}, Acme(), Increment));
  // A commit waits for a standby that does not exist, when it is already on disk here.
  Sql("ALTER SYSTEM SET synchronous_standby_names='nobody'");
  Sql("SELECT pg_reload_conf()");
  Await("SHOW synchronous_standby_names", "nobody");
  int runs = 0;
  bool effect = false;
  std::thread caller([&] {
    EXPECT_OK(TransactAndWait(*store, {}, Acme(), [&](Tx& tx) {
      ++runs;
      tx.OnCommit([&](std::int64_t) { effect = true; });
      return Increment(tx);
    }));
  });
  Await("SELECT count(*) FROM pg_stat_activity WHERE wait_event='SyncRep'", "1");
  Sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event='SyncRep'");
  caller.join();
  Sql("ALTER SYSTEM RESET synchronous_standby_names");
  Sql("SELECT pg_reload_conf()");
  Await("SHOW synchronous_standby_names", "");
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(effect);
  EXPECT_EQ(Counter(*store), 2);
  EXPECT_OK(TransactAndWait(*store, {}, Acme(), Increment));
}

TEST_F(PostgresFaults, ACommitThatGoesOnWithoutUsIsNotRunAgain) {
  PostgresOptions options = Options();
  options.patience = absl::Milliseconds(50);
  const auto store = Open(options);
  ASSERT_OK(TransactAndWait(*store, {}, Acme(), Increment));
  Sql("ALTER SYSTEM SET synchronous_standby_names='nobody'");
  Sql("SELECT pg_reload_conf()");
  Await("SHOW synchronous_standby_names", "nobody");
  int runs = 0;
  std::atomic<bool> effect{false};
  // Until the lane gives up on a silent server, some seconds; the COMMIT goes on there.
  EXPECT_THAT(TransactAndWait(*store, {}, Acme(),
                              [&](Tx& tx) {
                                ++runs;
                                tx.OnCommit([&](std::int64_t) { effect = true; });
                                return Increment(tx);
                              }),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_FALSE(effect);
  Sql("ALTER SYSTEM RESET synchronous_standby_names");
  Sql("SELECT pg_reload_conf()");
  Await("SHOW synchronous_standby_names", "");
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  while (!effect && absl::Now() < limit) std::this_thread::yield();
  EXPECT_TRUE(effect);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(Counter(*store), 2);
  EXPECT_OK(TransactAndWait(*store, {}, Acme(), Increment));
}

TEST_F(PostgresFaults, WithoutItsServerItRefusesAndGoesOnWhenItIsBack) {
  PostgresOptions options = Options();
  options.patience = absl::Milliseconds(50);
  const auto store = Open(options);
  ASSERT_OK(Put(*store, Events(), Event("before")));
  Server().Kill();
  const auto unavailable = StatusIs(absl::StatusCode::kUnavailable);
  EXPECT_THAT(Put(*store, Events(), Event("lost")), unavailable);
  EXPECT_THAT(Put(*store, Events(), Event("lost")), unavailable);
  EXPECT_THAT(store->Read({}, Acme()), unavailable);
  Server().Start();
  EXPECT_THAT(Keys(*store, Events()), ElementsAre("before"));
  EXPECT_OK(Put(*store, Events(), Event("after")));
  EXPECT_THAT(Keys(*store, Events()), ElementsAre("after", "before"));
}

TEST_F(PostgresFaults, WritesWaitForAServerThatComesBackSoon) {
  PostgresOptions options = Options();
  options.patience = absl::Seconds(30);
  const auto store = Open(options);
  ASSERT_OK(Put(*store, Events(), Event("a")));
  Server().Kill();
  std::thread caller([&] { EXPECT_OK(Put(*store, Events(), Event("b"))); });
  Server().Start();
  caller.join();
  EXPECT_THAT(Keys(*store, Events()), ElementsAre("a", "b"));
}

TEST_F(PostgresFaults, AKilledServerLosesNothingThatWasAcknowledged) {
  const auto store = Open();
  for (int round = 0; round < 3; ++round) {
    std::atomic<bool> stop = false;
    std::atomic<int> acknowledged = 0;
    std::vector<Strings> written(4);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < written.size(); ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; !stop; ++i) {
          const std::string id = absl::StrCat(round, "-", t, "-", i);
          if (Put(*store, Events(), Event(id)).ok()) {
            written[t].push_back(id);
            ++acknowledged;
          }
        }
      });
    }
    while (acknowledged < 20) std::this_thread::yield();
    Server().Kill();
    Server().Start();
    const int before = acknowledged;
    while (acknowledged < before + 20) std::this_thread::yield();
    stop = true;
    for (std::thread& thread : threads) thread.join();
    const Strings keys = Keys(*store, Events());
    const std::set<std::string> found(keys.begin(), keys.end());
    for (const Strings& ids : written) {
      for (const std::string& id : ids) EXPECT_TRUE(found.contains(id)) << id;
    }
  }
}

TEST_F(PostgresFaults, ErrorsCarryNoDataOfRows) {
  std::vector<std::string> heard;
  PostgresOptions options = Options();
  options.on_error = [&](absl::string_view what) { heard.emplace_back(what); };
  const auto store = Open(options);
  Sql("ALTER TABLE %s.events ADD CONSTRAINT no_canary CHECK (kind<>'canary')");
  const auto refused = Put(*store, Events(), Event("secret", "canary"));
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInternal));
  ASSERT_FALSE(heard.empty());
  for (const std::string& what : heard) {
    EXPECT_THAT(what, ::testing::Not(HasSubstr("secret")));
    EXPECT_THAT(what, ::testing::Not(HasSubstr("'canary'")));
  }
}

}  // namespace
}  // namespace rapport::store
