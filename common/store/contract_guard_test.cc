// The contract of commit_guard.h, on every engine: a case per sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/store/commit_guard.h"
#include "common/store/contract_suite.h"

namespace rapport::store {
namespace {

using ::rapport::testing::IsOk;
using ::rapport::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Strings = std::vector<std::string>;

// Guards the table of events, notes what it is asked, and answers as it was told.
class FakeGuard final : public CommitGuard {
 public:
  bool Guards(const Table& table) const override { return table.name == Events().name; }
  const base::TenantId& tenant() const override { return tenant_; }

  absl::StatusOr<std::unique_ptr<GuardedCommit>> Announce(
      Tx& tx, absl::Span<const TouchedRow> rows) override {
    std::string announced = "announce";
    for (const TouchedRow& row : rows) {
      absl::StrAppend(&announced, " ", row.tenant.value(), "/", AsText(row.key[0]));
      versions.push_back(row.version);
    }
    calls.push_back(announced);
    EXPECT_EQ(tx.tenant(), tenant_);
    const std::vector<Value> key{Text("seen")};
    EXPECT_THAT(tx.Get(People(), key), IsOk());
    if (refusals > 0) {
      --refusals;
      return absl::UnavailableError("no");
    }
    return std::unique_ptr<GuardedCommit>(new Commit(this));
  }
  absl::Status Mend(Run run) override {
    calls.emplace_back("mend");
    if (!mends) return absl::UnavailableError("the store is away");
    return run([](Tx& tx) { return tx.Put(People(), Person("mended", kNull)).status(); });
  }

  Strings calls;
  std::vector<std::uint64_t> versions;
  int refusals = 0;
  int failures = 0;  // of Finish
  bool mends = true;

 private:
  class Commit final : public GuardedCommit {
   public:
    explicit Commit(FakeGuard* guard) : guard_(*guard) {}
    absl::Status Finish(Outcome outcome) override {
      guard_.calls.emplace_back(outcome == Outcome::kCommitted ? "committed" : "rolled back");
      if (guard_.failures == 0) return absl::OkStatus();
      --guard_.failures;
      return absl::UnavailableError("no");
    }

   private:
    FakeGuard& guard_;
  };
  const base::TenantId tenant_ = base::TenantId::Trusted("guard");
};

template <class Engine>
class StoreGuard : public StoreContract<Engine> {
 protected:
  StoreGuard() { this->store_->SetGuard(&guard_); }
  ~StoreGuard() override { this->store_.reset(); }

  static Store::Body Writes(const std::string& id) {
    return [id](Tx& tx) { return tx.Put(Events(), Event(id)).status(); };
  }

  FakeGuard guard_;
};
TYPED_TEST_SUITE(StoreGuard, Engines);

TYPED_TEST(StoreGuard, HearsOfACommitBeforeAndAfter) {
  ASSERT_OK_AND_ASSIGN(const std::int64_t sequence, this->Try(this->Writes("a")));
  EXPECT_THAT(this->guard_.calls, ElementsAre("announce acme/a", "committed"));
  EXPECT_THAT(this->guard_.versions, ElementsAre(this->store_->VersionOf(sequence)));
  EXPECT_GT(this->guard_.versions[0], 0U);
}

TYPED_TEST(StoreGuard, HearsNothingOfOtherTablesOrOfBodiesThatFail) {
  this->Put(People(), Person("p", Text("Ada")));
  EXPECT_THAT(this->Try([](Tx& tx) {
    EXPECT_OK(tx.Put(Events(), Event("lost")));
    return absl::AbortedError("changed my mind");
  }),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(this->guard_.calls, IsEmpty());
}

TYPED_TEST(StoreGuard, GroupsAreAnnouncedAtOnce) {
  Gate gate;
  this->Hold(gate);
  std::vector<absl::StatusOr<std::int64_t>> outcomes(3);
  for (int i = 0; i < 3; ++i) {
    this->store_->Transact(
        {}, Acme(),
        [i, this](Tx& tx) {
          EXPECT_OK(this->Writes(absl::StrCat(i))(tx));
          return i == 1 ? absl::AbortedError("odd") : absl::OkStatus();
        },
        [&outcomes, i](absl::StatusOr<std::int64_t> outcome) {
          outcomes[static_cast<std::size_t>(i)] = std::move(outcome);
        });
  }
  gate.Open();
  ASSERT_OK(this->Try([](Tx&) { return absl::OkStatus(); }));
  EXPECT_THAT(this->guard_.calls, ElementsAre("announce acme/0 acme/2", "committed"));
  EXPECT_OK(outcomes[0]);
  EXPECT_FALSE(outcomes[1].ok());
  EXPECT_OK(outcomes[2]);
}

TYPED_TEST(StoreGuard, WhatIsRefusedIsMendedAndBeginsAnew) {
  this->guard_.refusals = 10;
  int runs = 0;
  ASSERT_OK(this->Try([&](Tx& tx) {
    ++runs;
    EXPECT_THAT(Ids(tx, Events(), {}), IsEmpty());
    return this->Writes("a")(tx);
  }));
  EXPECT_EQ(runs, 11);
  ASSERT_THAT(this->guard_.calls, SizeIs(22));
  EXPECT_THAT(absl::MakeSpan(this->guard_.calls).last(4),
              ElementsAre("announce acme/a", "mend", "announce acme/a", "committed"));
  EXPECT_THAT(this->Scan(Events(), {}), ElementsAre("a"));
  EXPECT_THAT(this->Scan(People(), {}, this->guard_.tenant()), ElementsAre("mended"));
}

TYPED_TEST(StoreGuard, WhatCannotBeMendedIsNotWritten) {
  this->guard_.refusals = 1;
  this->guard_.mends = false;
  EXPECT_THAT(this->Try(this->Writes("a")), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(this->Scan(Events(), {}), IsEmpty());
  ASSERT_OK(this->Try(this->Writes("b")));
  EXPECT_THAT(this->Scan(Events(), {}), ElementsAre("b"));
}

TYPED_TEST(StoreGuard, ACommitIsAcknowledgedOnlyWhenNoCopyIsOlder) {
  this->guard_.failures = 1;
  ASSERT_OK(this->Try(this->Writes("a")));
  EXPECT_THAT(this->guard_.calls, ElementsAre("announce acme/a", "committed", "mend"));
  this->guard_.failures = 1;
  this->guard_.mends = false;
  int effects = 0;
  EXPECT_THAT(this->Try([&](Tx& tx) {
    tx.OnCommit([&](std::int64_t) { ++effects; });
    return this->Writes("b")(tx);
  }),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_EQ(effects, 1);
  EXPECT_THAT(this->Scan(Events(), {}), ElementsAre("a", "b"));
}

TYPED_TEST(StoreGuard, ARepeatedAnswerTouchesWhatTheFirstOneWrote) {
  ASSERT_OK(this->Try([&](Tx& tx) {
    EXPECT_THAT(tx.touched(), IsEmpty());
    EXPECT_OK(this->Writes("a")(tx));
    EXPECT_OK(tx.Put(People(), Person("p", kNull)));
    EXPECT_THAT(tx.touched(), SizeIs(1));
    return absl::OkStatus();
  }));
  ASSERT_OK(this->Try([](Tx& tx) {
    const std::vector<Value> known{Text("a")};
    const std::vector<Value> missing{Text("missing")};
    EXPECT_OK(tx.Touch("events", known));
    EXPECT_OK(tx.Touch("events", missing));
    EXPECT_OK(tx.Touch("people", known));
    EXPECT_OK(tx.Touch("unheard_of", known));
    return absl::OkStatus();
  }));
  EXPECT_THAT(this->guard_.calls, ElementsAre("announce acme/a", "committed",
                                              "announce acme/a acme/missing", "committed"));
  const auto& versions = this->guard_.versions;
  EXPECT_THAT(versions, ElementsAre(versions[0], versions[0], 0U));
}

TYPED_TEST(StoreGuard, VersionsOfARowRise) {
  std::uint64_t last = 0;
  for (int i = 0; i < 5; ++i) {
    ASSERT_OK(this->Try(this->Writes("a")));
    EXPECT_GT(this->guard_.versions.back(), last);
    last = this->guard_.versions.back();
    EXPECT_LT(last, std::uint64_t{1} << 53);
  }
}

TYPED_TEST(StoreGuard, GuardedRowsAreNeverDeleted) {
  ASSERT_OK(this->Try(this->Writes("a")));
  EXPECT_THAT(this->Try([](Tx& tx) {
    const std::vector<Value> key{Text("a")};
    return tx.Delete(Events(), key);
  }),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(this->Scan(Events(), {}), ElementsAre("a"));
}

TYPED_TEST(StoreGuard, WhoExcludesOthersDoesNotDisturbThem) {
  Gate gate;
  this->Hold(gate);
  std::vector<absl::StatusOr<std::int64_t>> outcomes(3);
  for (int i = 0; i < 3; ++i) {
    this->store_->Transact(
        {}, Acme(),
        [i, this](Tx& tx) -> absl::Status {
          if (i == 1) RETURN_IF_ERROR(tx.Exclude());
          return this->Writes(absl::StrCat(i))(tx);
        },
        [&outcomes, i](absl::StatusOr<std::int64_t> outcome) {
          outcomes[static_cast<std::size_t>(i)] = std::move(outcome);
        });
  }
  gate.Open();
  ASSERT_OK(this->Try([](Tx&) { return absl::OkStatus(); }));
  for (const auto& outcome : outcomes) EXPECT_OK(outcome);
  EXPECT_THAT(this->Scan(Events(), {}), ElementsAre("0", "1", "2"));
}

}  // namespace
}  // namespace rapport::store
