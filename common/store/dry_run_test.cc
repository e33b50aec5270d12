#include "common/store/dry_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/store/sqlite_store.h"
#include "common/testing/matchers.h"
#include "common/time/clock.h"

namespace rapport::store {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DryRunTest : public ::testing::Test {
 protected:
  DryRunTest() {
    SqliteOptions options;
    options.tables = {&notes_};
    options.clock = &clock_;
    auto opened = SqliteStore::Open(std::move(options));
    EXPECT_OK(opened);
    store_ = *std::move(opened);
    EXPECT_OK(TransactAndWait(*store_, {}, tenant_, [&](Tx& tx) {
      absl::Status done;
      for (const std::string id : {"a", "b"}) {
        done.Update(tx.Put(notes_, Note(id, 1)).status());
      }
      return done;
    }));
    auto view = store_->Read({}, tenant_);
    EXPECT_OK(view);
    view_ = *std::move(view);
  }
  static Row Note(const std::string& id, std::int64_t number) { return {id, number, Value()}; }
  static std::vector<Value> Key(const std::string& id) { return {id}; }
  std::vector<std::string> Ids(Reader& reader) const {
    std::vector<std::string> ids;
    EXPECT_OK(reader.Scan(notes_, Range(), [&](Row& row) {
      ids.push_back(AsText(row[0]) + std::to_string(AsInt(row[1])));
      return true;
    }));
    return ids;
  }

  const Table notes_{.name = "notes",
                     .columns = {{"id", ColumnType::kText},
                                 {"number", ColumnType::kInt},
                                 {"sequence", ColumnType::kInt}},
                     .sequence_column = 2};
  const base::TenantId tenant_ = base::TenantId::Trusted("home");
  const time::SystemClock clock_;
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<Snapshot> view_;
};

TEST_F(DryRunTest, WritesNothingAndSeesWhatItWouldHaveWritten) {
  DryRun dry(view_.get(), tenant_);
  ASSERT_OK(dry.Put(notes_, Note("a", 2)));
  ASSERT_OK(dry.Insert(notes_, Note("c", 3)));
  ASSERT_OK(dry.Delete(notes_, Key("b")));
  EXPECT_THAT(dry.Insert(notes_, Note("a", 4)), StatusIs(absl::StatusCode::kAlreadyExists));
  ASSERT_OK_AND_ASSIGN(const auto made, dry.Get(notes_, Key("c")));
  EXPECT_EQ(AsInt((*made)[1]), 3);
  ASSERT_OK_AND_ASSIGN(const auto gone, dry.Get(notes_, Key("b")));
  EXPECT_FALSE(gone.has_value());
  EXPECT_THAT(Ids(dry), ElementsAre("a2"));  // not what it has made
  EXPECT_THAT(Ids(*view_), ElementsAre("a1", "b1"));
  const auto changes = dry.Changes();
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(AsInt((*changes[0].before)[1]), 1);
  EXPECT_EQ(AsInt((*changes[0].after)[1]), 2);
  EXPECT_FALSE(changes[1].after.has_value());
  EXPECT_FALSE(changes[2].before.has_value());
}

TEST_F(DryRunTest, WhatStaysAsItIsIsNoChange) {
  DryRun dry(view_.get(), tenant_);
  ASSERT_OK(dry.Put(notes_, Note("a", 1)));  // another sequence
  ASSERT_OK(dry.Put(notes_, Note("b", 7)));
  ASSERT_OK(dry.Put(notes_, Note("b", 1)));
  ASSERT_OK(dry.Put(notes_, Note("c", 1)));
  ASSERT_OK(dry.Delete(notes_, Key("c")));
  EXPECT_THAT(dry.Changes(), IsEmpty());
}

}  // namespace
}  // namespace rapport::store
