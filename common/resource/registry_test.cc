// What every resource has of the registry: names, etags, what only the system sets, deletion.
#include "common/resource/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "common/store/commit_guard.h"
#include "common/store/sqlite_store.h"
#include "common/testing/matchers.h"
#include "common/time/clock.h"
#include "rapport/contact/v1/steward.pb.h"

namespace rapport::resource {
namespace {

using contact::v1::Steward;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kAda[] = "tenants/home/stewards/ada";

// Guards everything, and notes the ids of what is announced.
class EveryRowGuard final : public store::CommitGuard {
 public:
  bool Guards(const store::Table&) const override { return true; }
  const base::TenantId& tenant() const override { return tenant_; }
  absl::StatusOr<std::unique_ptr<store::GuardedCommit>> Announce(
      store::Tx&, absl::Span<const store::TouchedRow> rows) override {
    for (const auto& row : rows) announced.push_back(store::AsText(row.key[1]));
    return std::make_unique<Commit>();
  }
  absl::Status Mend(Run) override { return absl::OkStatus(); }

  std::vector<std::string> announced;

 private:
  struct Commit final : store::GuardedCommit {
    absl::Status Finish(Outcome) override { return absl::OkStatus(); }
  };
  const base::TenantId tenant_ = base::TenantId::Trusted("guard");
};

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest()
      : tokens_("0123456789abcdef0123456789abcdef"),
        stewards_({.table = "stewards", .field = "steward"}, &tokens_, &rng_, nullptr) {
    store::SqliteOptions options;
    options.tables = {&stewards_.table()};
    options.clock = &wall_;
    auto opened = store::SqliteStore::Open(std::move(options));
    EXPECT_OK(opened);
    store_ = *std::move(opened);
  }

  using Body =
      absl::FunctionRef<absl::StatusOr<Steward>(store::Tx&, const base::CallContext& context)>;
  absl::StatusOr<Steward> Do(Body body) {
    base::CallContext context;
    context.tenant = base::TenantId::Trusted("home");
    context.deadline = absl::InfiniteFuture();
    context.now = clock_.Now();
    absl::StatusOr<Steward> made;
    const auto done = store::TransactAndWait(*store_, context, context.tenant,
                                             [&](store::Tx& tx) -> absl::Status {
                                               made = body(tx, context);
                                               return made.status();
                                             });
    if (!done.ok()) return done.status();
    return made;
  }
  static Steward Called(const std::string& display_name, const std::string& etag = "") {
    Steward steward;
    steward.set_name(kAda);
    steward.set_etag(etag);
    steward.set_display_name(display_name);
    return steward;
  }
  absl::StatusOr<Steward> Create(const Steward& steward) {
    return Do([&](store::Tx& tx, const base::CallContext& context) {
      return stewards_.Create(tx, context, kAda, steward);
    });
  }
  absl::StatusOr<Steward> Update(const Steward& patch) {
    return Do([&](store::Tx& tx, const base::CallContext& context) {
      return stewards_.Update(tx, context, patch, {});
    });
  }
  absl::StatusOr<Steward> Delete(const std::string& etag = "") {
    return Do([&](store::Tx& tx, const base::CallContext& context) {
      return stewards_.Delete(tx, context, kAda, etag);
    });
  }
  absl::StatusOr<Steward> Undelete(const std::string& etag = "") {
    return Do([&](store::Tx& tx, const base::CallContext& context) {
      return stewards_.Undelete(tx, context, kAda, etag);
    });
  }
  absl::StatusOr<Steward> Get() {
    return Do([&](store::Tx& tx, const base::CallContext&) { return stewards_.Get(tx, kAda); });
  }
  absl::StatusOr<Steward> GetLiving() {
    return Do(
        [&](store::Tx& tx, const base::CallContext&) { return stewards_.GetLiving(tx, kAda); });
  }

  const time::SystemClock wall_;
  time::FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  const PageTokens tokens_;
  base::SystemRng rng_;
  const Registry<Steward> stewards_;
  EveryRowGuard guard_;
  std::unique_ptr<store::SqliteStore> store_;
};

type::v1::ErrorReason ReasonOf(const absl::StatusOr<Steward>& answer) {
  return errors::ReasonOf(answer.status());
}

TEST_F(RegistryTest, ANameIsGivenOnce) {
  ASSERT_OK(Create(Called("Ada")));
  EXPECT_EQ(ReasonOf(Create(Called("Grace"))), type::v1::RESOURCE_EXISTS);
  ASSERT_OK(Delete());
  EXPECT_EQ(ReasonOf(Create(Called("Grace"))), type::v1::RESOURCE_EXISTS) << "not even then";
  EXPECT_EQ(Get()->display_name(), "Ada");
}

TEST_F(RegistryTest, WhatOnlyTheSystemSetsIsNotTakenFromTheCaller) {
  Steward said = Called("Ada", "\"7\"");
  said.set_uid("grace");
  said.set_revision(7);
  said.mutable_create_time()->set_seconds(1);
  said.mutable_delete_time()->set_seconds(2);
  said.mutable_purge_time()->set_seconds(3);
  ASSERT_OK_AND_ASSIGN(const Steward made, Create(said));
  EXPECT_EQ(made.uid(), "ada");
  EXPECT_EQ(made.revision(), 1);
  EXPECT_EQ(made.etag(), "\"1\"");
  EXPECT_EQ(made.create_time().seconds(), 1700000000);
  EXPECT_FALSE(made.has_delete_time());
  EXPECT_FALSE(made.has_purge_time());
  EXPECT_OK(GetLiving());
}

TEST_F(RegistryTest, AChangeIsBasedOnTheLatestState) {
  ASSERT_OK(Create(Called("Ada")));
  ASSERT_OK(Update(Called("Ada L.", "\"1\"")));
  EXPECT_EQ(ReasonOf(Update(Called("Ada K.", "\"1\""))), type::v1::ETAG_MISMATCH);
  EXPECT_EQ(ReasonOf(Update(Called("Ada K.", "\"3\""))), type::v1::ETAG_MISMATCH);
  EXPECT_EQ(ReasonOf(Delete("\"1\"")), type::v1::ETAG_MISMATCH);
  ASSERT_OK(Delete("\"2\""));
  EXPECT_EQ(ReasonOf(Undelete("\"2\"")), type::v1::ETAG_MISMATCH);
  EXPECT_EQ(ReasonOf(Undelete("\"4\"")), type::v1::ETAG_MISMATCH);
  ASSERT_OK_AND_ASSIGN(const Steward back, Undelete("\"3\""));
  EXPECT_EQ(back.etag(), "\"4\"");
  EXPECT_EQ(back.display_name(), "Ada L.");
}

TEST_F(RegistryTest, WhatIsDeletedIsReadButNotReferredToOrChanged) {
  ASSERT_OK(Create(Called("Ada")));
  ASSERT_OK(Delete());
  EXPECT_TRUE(Get()->has_delete_time());
  EXPECT_EQ(ReasonOf(GetLiving()), type::v1::RESOURCE_UNKNOWN);
  EXPECT_EQ(ReasonOf(Update(Called("Grace"))), type::v1::RESOURCE_UNKNOWN);
  EXPECT_EQ(ReasonOf(Delete()), type::v1::RESOURCE_UNKNOWN);
}

TEST_F(RegistryTest, WhatIsDeletedComesBackUntilItIsToBePurged) {
  ASSERT_OK(Create(Called("Ada")));
  ASSERT_OK_AND_ASSIGN(const Steward deleted, Delete());
  const absl::Duration kept = time::FromProto(deleted.purge_time()) - clock_.Now();
  EXPECT_EQ(kept, absl::Hours(24 * 30));
  clock_.Advance(kept - absl::Microseconds(1));
  ASSERT_OK(Undelete());
  ASSERT_OK(Delete());
  clock_.Advance(kept);
  EXPECT_EQ(ReasonOf(Undelete()), type::v1::PURGE_PASSED);
}

// Proves: S01
TEST_F(RegistryTest, AnAnswerThatChangesNothingSaysWhichRowItRepeats) {
  ASSERT_OK(Create(Called("Ada")));
  store_->SetGuard(&guard_);
  ASSERT_OK_AND_ASSIGN(const Steward same, Update(Called("Ada")));
  EXPECT_EQ(same.revision(), 1);
  EXPECT_THAT(guard_.announced, ElementsAre("ada"));
  guard_.announced.clear();
  EXPECT_EQ(ReasonOf(Update(Called("Grace", "\"9\""))), type::v1::ETAG_MISMATCH);
  EXPECT_THAT(guard_.announced, IsEmpty());
}

}  // namespace
}  // namespace rapport::resource
