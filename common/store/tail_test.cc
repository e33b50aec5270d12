// Memory beside a store: every committed row arrives, in order.
#include "common/store/tail.h"

#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/store/contract_suite.h"

namespace rapport::store {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TailTest : public ::testing::Test {
 protected:
  TailTest() {
    SqliteOptions options;
    options.tables = {&Events()};
    options.clock = &clock_;
    auto opened = SqliteStore::Open(std::move(options));
    EXPECT_OK(opened);
    store_ = *std::move(opened);
  }
  std::int64_t Put(const std::string& id, const base::TenantId& tenant = Acme()) {
    auto done = TransactAndWait(*store_, {}, tenant,
                                [&](Tx& tx) { return tx.Put(Events(), Event(id)).status(); });
    EXPECT_OK(done);
    return done.value_or(-1);
  }
  Tail::Source Listening() {
    return {&Events(), [this](const base::TenantId& tenant, Row& row) {
              heard_.push_back(tenant.value() + "/" + AsText(row[0]));
              if (heard_.back() == awaited_) arrived_.Notify();
              return absl::OkStatus();
            }};
  }

  const time::FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  std::unique_ptr<SqliteStore> store_;
  std::vector<std::string> heard_;
  std::string awaited_;
  absl::Notification arrived_;
};

// Proves: S05
TEST_F(TailTest, HearsWhatIsThereThenOnlyWhatIsNew) {
  Put("a");
  Put("b", Bolt());
  std::vector<std::int64_t> reached;
  Tail tail(store_.get(), {Listening()}, [&](std::int64_t to) { reached.push_back(to); });
  EXPECT_THAT(heard_, IsEmpty());
  ASSERT_OK(tail.CatchUp());
  EXPECT_THAT(heard_, ElementsAre("acme/a", "bolt/b"));
  ASSERT_OK(tail.CatchUp());
  EXPECT_EQ(heard_.size(), 2);
  const std::int64_t last = Put("a");
  ASSERT_OK(tail.CatchUpTo(last, absl::InfiniteFuture()));
  EXPECT_THAT(heard_, ElementsAre("acme/a", "bolt/b", "acme/a"));
  EXPECT_THAT(reached, ElementsAre(last - 1, last));
}

// Proves: S05
TEST_F(TailTest, FollowsEveryCommitOnceItIsStarted) {
  awaited_ = "acme/late";
  Tail tail(store_.get(), {Listening()});
  tail.Start();
  Put("early");
  Put("late");
  EXPECT_TRUE(arrived_.WaitForNotificationWithTimeout(absl::Seconds(30)));
  tail.Stop();
  EXPECT_THAT(heard_, ElementsAre("acme/early", "acme/late"));
}

TEST_F(TailTest, GivesUpOnAPositionThatDoesNotCome) {
  const std::int64_t last = Put("a");
  Tail tail(store_.get(), {Listening()});
  EXPECT_THAT(tail.CatchUpTo(last + 1, absl::Now() + absl::Milliseconds(30)),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(heard_, ElementsAre("acme/a"));
}

TEST_F(TailTest, BringsRowsAgainThatCouldNotBeApplied) {
  Put("a");
  Put("b");
  bool bad = true;
  std::vector<std::int64_t> reached;
  const auto listening = Listening();
  Tail tail(store_.get(),
            {{&Events(),
              [&](const base::TenantId& tenant, Row& row) -> absl::Status {
                if (bad && AsText(row[0]) == "b") return absl::InternalError("not now");
                return listening.apply(tenant, row);
              }}},
            [&](std::int64_t to) { reached.push_back(to); });
  EXPECT_THAT(tail.CatchUp(), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(reached, IsEmpty());
  bad = false;
  ASSERT_OK(tail.CatchUp());
  EXPECT_THAT(heard_, ElementsAre("acme/a", "acme/a", "acme/b"));
  EXPECT_EQ(reached.size(), 1);
}

// Proves: S05
TEST_F(TailTest, ServesItsSourcesInOrder) {
  Put("a");
  std::vector<int> order;
  const auto source = [&](int number) {
    return Tail::Source{&Events(), [&order, number](const base::TenantId&, Row&) {
                          order.push_back(number);
                          return absl::OkStatus();
                        }};
  };
  Tail tail(store_.get(), {source(1), source(2)});
  ASSERT_OK(tail.CatchUp());
  EXPECT_THAT(order, ElementsAre(1, 2));
}

}  // namespace
}  // namespace rapport::store
