// How the bodies of a transaction, and its guard, come to their reads in few round trips.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/store/commit_guard.h"
#include "common/store/postgres_suite.h"

namespace rapport::store {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::SizeIs;

Range OneRow(const std::string& id) {
  Range range;
  range.prefix = {Text(id)};
  range.limit = 1;
  return range;
}

class PostgresBatchTest : public PostgresStoreTest {
 protected:
  // Bodies that wait for a gate, so that those queued meanwhile share a group.
  static void Hold(Store& store, Gate& gate) {
    Gate entered;
    store.Transact(
        {}, Acme(),
        [&](Tx&) {
          entered.Open();
          gate.Pass();
          return absl::OkStatus();
        },
        [](absl::StatusOr<std::int64_t>) {});
    entered.Pass();
  }
};

TEST_F(PostgresBatchTest, ABodyIsToNameItsReadsInItsFirstRunAlone) {
  const auto store = Open();
  Gate gate;
  Hold(*store, gate);
  std::vector<std::vector<bool>> asked(3);
  std::vector<absl::StatusOr<std::int64_t>> outcomes(3);
  for (std::size_t i = 0; i < 3; ++i) {
    store->Transact(
        {}, Acme(),
        [i, &asked](Tx& tx) -> absl::Status {
          const std::string id = absl::StrCat("p", i);
          asked[i].push_back(tx.Expecting());
          if (tx.Expecting()) tx.Expect(People(), OneRow(id));
          const std::vector<Value> key{Text(id)};
          ASSIGN_OR_RETURN(const auto row, tx.Get(People(), key));
          EXPECT_FALSE(row.has_value());
          return tx.Put(People(), Person(id, kNull)).status();
        },
        [&outcomes, i](absl::StatusOr<std::int64_t> outcome) { outcomes[i] = std::move(outcome); });
  }
  gate.Open();
  ASSERT_OK(TransactAndWait(*store, {}, Acme(), [](Tx&) { return absl::OkStatus(); }));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_OK(outcomes[i]);
    ASSERT_THAT(asked[i], SizeIs(Gt(1)));
    EXPECT_TRUE(asked[i][0]);
    asked[i].erase(asked[i].begin());
    EXPECT_THAT(asked[i], Each(false));
  }
  EXPECT_EQ(Keys(*store, People()), (Strings{"p0", "p1", "p2"}));
}

// Reads a row of its own, which it has named.
class ReadingGuard final : public CommitGuard {
 public:
  bool Guards(const Table& table) const override { return table.name == Events().name; }
  const base::TenantId& tenant() const override { return tenant_; }
  void Expect(Tx& tx) override {
    ++expected;
    EXPECT_EQ(tx.tenant(), tenant_);
    tx.Expect(People(), OneRow("mode"));
  }
  absl::StatusOr<std::unique_ptr<GuardedCommit>> Announce(Tx& tx,
                                                          absl::Span<const TouchedRow>) override {
    const std::vector<Value> key{Text("mode")};
    ASSIGN_OR_RETURN(const auto row, tx.Get(People(), key));
    seen.push_back(row.has_value() ? AsText((*row)[1]) : "none");
    return std::unique_ptr<GuardedCommit>(new Done);
  }
  absl::Status Mend(Run) override { return absl::OkStatus(); }

  int expected = 0;
  std::vector<std::string> seen;

 private:
  class Done final : public GuardedCommit {
    absl::Status Finish(Outcome) override { return absl::OkStatus(); }
  };
  const base::TenantId tenant_ = base::TenantId::Trusted("guard");
};

TEST_F(PostgresBatchTest, WhatTheGuardReadsComesWithWhatTheBodiesRead) {
  ReadingGuard guard;
  const auto store = Open();
  store->SetGuard(&guard);
  ASSERT_OK(Put(*store, People(), Person("mode", Text("on")), guard.tenant()));
  // The guard's row is another tenant's than the body's: both see their own alone.
  ASSERT_OK(TransactAndWait(*store, {}, Acme(), [](Tx& tx) -> absl::Status {
    const std::vector<Value> key{Text("mode")};
    ASSIGN_OR_RETURN(const auto row, tx.Get(People(), key));
    EXPECT_FALSE(row.has_value());
    return tx.Put(Events(), Event("first")).status();
  }));
  EXPECT_THAT(guard.seen, ElementsAre("on"));
  EXPECT_EQ(guard.expected, 2);  // once a transaction
  // What a transaction of the guard's tenant has written itself is seen by the guard.
  ASSERT_OK(TransactAndWait(*store, {}, guard.tenant(), [](Tx& tx) -> absl::Status {
    const std::vector<Value> key{Text("mode")};
    RETURN_IF_ERROR(tx.Get(People(), key).status());
    RETURN_IF_ERROR(tx.Put(People(), Person("mode", Text("off"))).status());
    return tx.Put(Events(), Event("second")).status();
  }));
  EXPECT_THAT(guard.seen, ElementsAre("on", "off"));
  EXPECT_EQ(Keys(*store, Events()), Strings{"first"});
}

}  // namespace
}  // namespace rapport::store
