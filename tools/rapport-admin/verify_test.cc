// What a store derives is recomputed and compared, and made anew, on both engines.
#include "tools/rapport-admin/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/resource/feed_consumer.h"
#include "common/store/open_store.h"
#include "common/store/views.h"
#include "google/protobuf/empty.pb.h"
#include "tools/rapport-admin/rebuild.h"
#include "tools/rapport-admin/test_house.h"

namespace rapport::admin {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

enum class Engine { kSqlite, kPostgres };

// A person's age is the number of their notes.
class VerifyTest : public AdminTest, public ::testing::WithParamInterface<Engine> {
 protected:
  resource::Schema Counted() const {
    resource::Schema schema = Things();
    schema.derived = {
        {"age", &people_, [this](store::Tx& tx, const base::CallContext&, const Row& row) {
           return Count(tx, store::AsText(row[0]));
         }}};
    return schema;
  }
  absl::Status Count(store::Tx& tx, const std::string& person) const {
    const std::vector<Value> key{person};
    auto row = tx.Get(people_, key);
    if (!row.ok()) return row.status();
    store::Range notes;
    notes.prefix = {person};
    std::int64_t count = 0;
    const absl::Status scanned = tx.Scan(notes_, notes, [&](Row&) {
      ++count;
      return true;
    });
    if (!scanned.ok()) return scanned;
    Row now = row->has_value() ? **row : Row{person, Value(), Value(), Value(), Value()};
    now[2] = count;
    return tx.Put(people_, std::move(now)).status();
  }
  // As a service does: the note, and what follows from it.
  void Note(store::Store& store, const base::TenantId& tenant, const std::string& person,
            std::int64_t number) const {
    EXPECT_OK(store::TransactAndWait(store, ContextOf(tenant), tenant, [&](store::Tx& tx) {
      const auto put = tx.Put(notes_, Row{person, number, Value(), Value()});
      return put.ok() ? Count(tx, person) : put.status();
    }));
  }
  static Row Aged(const std::string& person, std::int64_t age) {
    return {person, Value(), age, Value(), Value()};
  }
  absl::Status Verified(const std::vector<std::string>& tenants = {}) {
    printed_.clear();
    const Say print = [this](absl::string_view line) { printed_.emplace_back(line); };
    return Verify(Counted(), {address_, {}, tenants}, clock_, print, Lines());
  }
  absl::Status Rebuilt() { return Rebuild(Counted(), {address_}, clock_, Lines()); }

  const std::string address_ =
      GetParam() == Engine::kSqlite ? File("things.db") : Server().CreateDatabase();
  Strings printed_;
};

INSTANTIATE_TEST_SUITE_P(Engines, VerifyTest, ::testing::Values(Engine::kSqlite, Engine::kPostgres),
                         [](const auto& engine) {
                           return engine.param == Engine::kSqlite ? "Sqlite" : "Postgres";
                         });

TEST_P(VerifyTest, WhatDiffersIsNamedAndNothingIsChangedUntilItIsMadeAnew) {
  {
    const auto store = Open(Counted(), address_);
    for (int i = 0; i < 450; ++i) {  // more than one view
      Note(store->store(), Acme(), absl::StrCat("p", 1000 + i), 1);
    }
    Note(store->store(), Bolt(), "b", 1);
    Put(store->store(), Acme(), people_, Aged("p1003", 7));
    Put(store->store(), Acme(), people_, Aged("p1420", 8));
    Put(store->store(), Bolt(), people_, Aged("b", 2));
  }
  EXPECT_THAT(Verified(), StatusIs(absl::StatusCode::kDataLoss, "3 rows differ (age: 3)"));
  EXPECT_THAT(
      printed_,
      ElementsAre("age: table people of tenant acme, key (sha256 6f31406f): column age: stored 7,"
                  " recomputed 1",
                  "age: table people of tenant acme, key (sha256 98f14c9c): column age: stored 8,"
                  " recomputed 1",
                  "age: table people of tenant bolt, key (sha256 3e23e816): column age: stored 2,"
                  " recomputed 1"));
  EXPECT_THAT(Verified({"bolt"}), StatusIs(absl::StatusCode::kDataLoss, "1 rows differ (age: 1)"));
  std::vector<Row> before;
  Strings fed;
  {
    const auto store = Open(Counted(), address_);
    before = RowsOf(store->store(), Acme(), people_);
    fed = FeedOf(store->store(), Acme());
  }
  ASSERT_OK(Rebuilt());
  EXPECT_OK(Verified());
  EXPECT_THAT(printed_, IsEmpty());
  const auto store = Open(Counted(), address_);
  const auto after = RowsOf(store->store(), Acme(), people_);
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (i != 3 && i != 420) {
      EXPECT_EQ(after[i], before[i]);
    }
  }
  // Followers hear of the two rows that were written, and of no other.
  Strings now = FeedOf(store->store(), Acme());
  ASSERT_EQ(now.size(), fed.size());
  EXPECT_EQ(Strings(now.end() - 2, now.end()), (Strings{"people/p1003", "people/p1420"}));
}

TEST_P(VerifyTest, LooksBesideAServiceThatWrites) {
  const auto owner = Open(Counted(), address_);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (std::int64_t i = 0; !stop; ++i) {
      Note(owner->store(), Acme(), absl::StrCat("p", i % 300), i);
    }
  });
  while (owner->store().committed_sequence() < 300) std::this_thread::yield();
  const std::int64_t begin = owner->store().committed_sequence();
  int looked = 0;
  while (looked < 3 || owner->store().committed_sequence() < begin + 100) {
    EXPECT_OK(Verified());
    ++looked;
  }
  stop = true;
  writer.join();
}

TEST_P(VerifyTest, MakesAnewBesideAServiceThatWritesOnlyWhereItCan) {
  const auto owner = Open(Counted(), address_);
  for (int i = 0; i < 50; ++i) Note(owner->store(), Acme(), absl::StrCat("p", i), 0);
  if (GetParam() == Engine::kSqlite) {
    EXPECT_THAT(Rebuilt(),
                StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("in use by process")));
    return;
  }
  std::atomic<bool> stop = false;
  std::atomic<int> notes = 0;
  std::thread writer([&] {
    for (std::int64_t i = 1; !stop; ++i) {
      Note(owner->store(), Acme(), absl::StrCat("p", i % 50), i);
      ++notes;
    }
  });
  for (int round = 0; round < 2; ++round) {
    const int before = notes;
    while (notes < before + 10) std::this_thread::yield();
    Put(owner->store(), Acme(), people_, Aged("q", 3));
    EXPECT_OK(Rebuilt());
  }
  stop = true;
  writer.join();
  EXPECT_OK(Verified());
  EXPECT_EQ(RowsOf(owner->store(), Acme(), people_).size(), 51U);
}

TEST_P(VerifyTest, NobodyFollowsAnOriginWhileItsCopiesAreMadeAnew) {
  resource::Schema shop = Things();
  shop.service = "shop";
  shop.bodies = {{&people_, &google::protobuf::Empty::default_instance()}};
  const std::string shop_address =
      GetParam() == Engine::kSqlite ? File("shop.db") : Server().CreateDatabase();
  Put(Open(shop, shop_address)->store(), Acme(), people_, Aged("p", 1));
  Open(Things(), address_);

  // A service that starts in the middle of the work.
  const std::string lead = resource::FeedConsumer::LeadOf("shop");
  int applied = 0;
  bool followed = false;
  resource::Schema schema = Things();
  schema.copies = {{.origin = "shop",
                    .original = "people",
                    .table = &people_,
                    .may_go = true,
                    .apply = [&](store::Tx&, const base::CallContext&,
                                 const google::protobuf::Any&) -> absl::Status {
                      ++applied;
                      const auto service = store::OpenStore(OptionsFor(Things(), address_, clock_));
                      followed = followed || (service.ok() && (*service)->TryLead(lead));
                      return absl::OkStatus();
                    }}};
  EXPECT_OK(Rebuild(schema, {address_, {{"shop", {shop, shop_address}}}}, clock_, Lines()));
  EXPECT_GT(applied, 0);
  EXPECT_FALSE(followed);
  EXPECT_TRUE(Open(Things(), address_)->store().TryLead(lead)) << "it is given back";
}

TEST_P(VerifyTest, ARebuildThatLosesItsSessionWritesNothingBesideWhoFollowsTheOriginNow) {
  if (GetParam() == Engine::kSqlite) return;  // a file has one owner
  resource::Schema shop = Things();
  shop.service = "shop";
  shop.bodies = {{&people_, &google::protobuf::Empty::default_instance()}};
  const std::string shop_address = Server().CreateDatabase();
  Put(Open(shop, shop_address)->store(), Acme(), people_, Aged("p", 1));
  const store::OpenOptions service = OptionsFor(Things(), address_, clock_);
  Open(Things(), address_);

  const std::string lead = resource::FeedConsumer::LeadOf("shop");
  std::unique_ptr<store::Store> follower;
  resource::Schema schema = Things();
  schema.copies = {{.origin = "shop",
                    .original = "people",
                    .table = &people_,
                    .apply = [&](store::Tx& tx, const base::CallContext&,
                                 const google::protobuf::Any&) -> absl::Status {
                      if (follower == nullptr) {
                        auto opened = store::OpenStore(service);
                        if (!opened.ok()) return opened.status();
                        follower = *std::move(opened);
                        testing::PostgresServer::Query(
                            address_,
                            absl::StrCat("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE "
                                         "locktype='advisory' AND (classid::bigint<<32|"
                                         "objid::bigint)=hashtextextended('",
                                         service.schema, "/", lead, "',0)"));
                        const absl::Time limit = absl::Now() + absl::Seconds(20);
                        while (!follower->TryLead(lead) && absl::Now() < limit) {
                          std::this_thread::yield();
                        }
                      }
                      return tx.Put(people_, Aged("p", 2)).status();
                    }}};
  EXPECT_THAT(Rebuild(schema, {address_, {{"shop", {shop, shop_address}}}}, clock_, Lines()),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("shop")));
  ASSERT_NE(follower, nullptr);
  EXPECT_TRUE(follower->TryLead(lead));
  EXPECT_THAT(RowsOf(*follower, Acme(), people_), IsEmpty());
}

TEST_P(VerifyTest, AStoreThatIsNotThereIsNotMade) {
  EXPECT_THAT(Verified(), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Rebuilt(), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Verified(), StatusIs(absl::StatusCode::kNotFound));
  Open(Things(), address_);
  resource::Schema newer = Counted();
  newer.version = 2;
  EXPECT_THAT(Verify(newer, {address_}, clock_, Lines(), Lines()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Rebuild(newer, {address_}, clock_, Lines()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Verified({"no/tenant"}), StatusIs(absl::StatusCode::kInvalidArgument));
}

class IndexTest : public AdminTest {
 protected:
  absl::Status Verified() {
    const Say print = [this](absl::string_view line) { printed_.emplace_back(line); };
    return Verify(Things(), {"sqlite:" + file_}, clock_, print, Lines());
  }
  void Run(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &db), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK)
        << sql << ": " << (error == nullptr ? "" : error);
    sqlite3_close(db);
  }
  const std::string file_ = folder_ + "/things.db";
  Strings printed_;
};

TEST_F(IndexTest, ARowThatAnIndexLacksIsFound) {
  for (const std::string id : {"a", "b"}) {
    Put(Open(Things(), "sqlite:" + file_)->store(), Acme(), people_,
        {id, Value(), std::int64_t{1}, Value(), Value()});
  }
  EXPECT_OK(Verified());
  // The row changes while SQLite does not know of the index.
  Run("CREATE TABLE kept AS SELECT * FROM sqlite_schema WHERE name='people__by_age';"
      "PRAGMA writable_schema=ON; DELETE FROM sqlite_schema WHERE name='people__by_age'");
  Run("UPDATE people SET age=3 WHERE id='b'; PRAGMA writable_schema=ON;"
      "INSERT INTO sqlite_schema SELECT * FROM kept; DROP TABLE kept");
  EXPECT_THAT(Verified(), StatusIs(absl::StatusCode::kDataLoss, "1 rows differ (indexes: 1)"));
  EXPECT_THAT(
      printed_,
      ElementsAre("indexes: table people of tenant acme, key (sha256 3e23e816): is not found"
                  " by index by_age"));
}

}  // namespace
}  // namespace rapport::admin
