// A PostgreSQL schema is changed while programs of two versions work on it.
#include "common/store/postgres_migration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/store/postgres_suite.h"

namespace rapport::store {
namespace {

using ::rapport::testing::Gate;
using ::rapport::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kRefused = absl::StatusCode::kFailedPrecondition;

class PostgresMigrationTest : public PostgresStoreTest {
 protected:
  PostgresMigrationTest() {
    older_ = {
        .name = "things",
        .columns = {{"id", ColumnType::kText},
                    {"name", ColumnType::kText},
                    {"color", ColumnType::kText},
                    {"sequence", ColumnType::kInt}},
        .indexes = {{.name = "by_name", .columns = {1}}, {.name = "by_color", .columns = {2}}},
        .sequence_column = 3};
    // Two columns come between those that are known, one goes.
    newer_ = {.name = "things",
              .columns = {{"id", ColumnType::kText},
                          {"size", ColumnType::kInt},
                          {"code", ColumnType::kText},
                          {"name", ColumnType::kText},
                          {"sequence", ColumnType::kInt}},
              .indexes = {{.name = "by_name", .columns = {3}},
                          {.name = "by_size", .columns = {1}},
                          {.name = "by_code", .columns = {2}, .unique = true}},
              .sequence_column = 4};
    extras_ = {.name = "extras", .columns = {{"id", ColumnType::kText}}};
  }

  PostgresOptions Version(int version) const {
    PostgresOptions options = Options();
    options.schema_version = version;
    options.tables = {&older_};
    if (version > 1) options.tables = {&newer_, &extras_};
    return options;
  }
  static std::unique_ptr<Migration> Migrate(const PostgresOptions& options) {
    auto migration = OpenPostgresMigration(options);
    EXPECT_OK(migration);
    return migration.ok() ? *std::move(migration) : nullptr;
  }
  static void Quiet(absl::string_view) {}
  static absl::Status Expand(const PostgresOptions& options) {
    return Migrate(options)->Expand(Quiet);
  }
  static absl::Status Contract(const PostgresOptions& options) {
    const auto migration = Migrate(options);
    if (absl::Status shut = migration->ShutOutOlder(); !shut.ok()) return shut;
    return migration->Contract(Quiet);
  }
  static Row Older(const std::string& id, const std::string& name) {
    return {Text(id), Text(name), Text("red"), kNull};
  }
  static Row Newer(const std::string& id, std::int64_t size, const std::string& name) {
    return {Text(id), Int(size), Text("code " + id), Text(name), kNull};
  }
  static Row RowOf(Store& store, const Table& table, const std::string& id) {
    const auto snapshot = store.Read({}, Acme());
    EXPECT_OK(snapshot);
    const auto row = (*snapshot)->Get(table, {{Text(id)}});
    EXPECT_OK(row);
    if (!row.ok() || !row->has_value()) return {};
    Row out = **row;
    out[static_cast<std::size_t>(table.sequence_column)] = kNull;
    return out;
  }
  static Strings Fed(Store& store, const Table& table) {
    Strings ids;
    const auto snapshot = store.Read({}, Acme());
    EXPECT_OK(snapshot);
    EXPECT_OK((*snapshot)->Feed(table, 0, 100, [&](const auto&, std::int64_t, Row& row) {
      ids.push_back(AsText(row[0]));
      return true;
    }));
    return ids;
  }

  Table older_, newer_, extras_;
};

// Proves: N20
TEST_F(PostgresMigrationTest, ProgramsOfTwoVersionsWorkOnOneSchemaAndSpareWhatTheyDoNotKnow) {
  auto old = Open(Version(1));
  ASSERT_OK(Put(*old, older_, Older("a", "before")));
  EXPECT_THAT(PostgresStore::Open(Version(2)),
              StatusIs(kRefused, HasSubstr("run rapport-admin migrate --service=")));
  EXPECT_THAT(*Migrate(Version(2))->Plan(false),
              ElementsAre("add column size of table things", "add column code of table things",
                          "add index things__by_size of table things",
                          "add index things__by_code of table things", "add table extras",
                          "add look of the owner at table extras"));
  ASSERT_OK(Expand(Version(2)));
  EXPECT_THAT(*Migrate(Version(2))->Plan(false), IsEmpty());
  ASSERT_OK(Expand(Version(2)));

  const auto young = Open(Version(2));
  EXPECT_EQ(young->id(), old->id());
  EXPECT_EQ(RowOf(*young, newer_, "a"), (Row{Text("a"), kNull, kNull, Text("before"), kNull}));
  ASSERT_OK(Put(*young, newer_, Newer("b", 5, "young")));
  ASSERT_OK(Put(*young, newer_, Newer("a", 7, "grown")));
  EXPECT_EQ(RowOf(*old, older_, "b"), (Row{Text("b"), Text("young"), kNull, kNull}));
  // What the older one does not know stays as it is when it writes; and the other way round.
  ASSERT_OK(Put(*old, older_, Older("b", "old")));
  EXPECT_EQ(RowOf(*young, newer_, "b"),
            (Row{Text("b"), Int(5), Text("code b"), Text("old"), kNull}));
  ASSERT_OK(Put(*young, newer_, Newer("b", 6, "again")));
  EXPECT_EQ(RowOf(*old, older_, "b"), (Row{Text("b"), Text("again"), Text("red"), kNull}));
  EXPECT_THAT(Keys(*young, newer_, {.index = 1}), ElementsAre("b", "a"));
  ASSERT_OK(Put(*old, older_, Older("c", "old")));
  EXPECT_THAT(Fed(*old, older_), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Fed(*young, newer_), ElementsAre("a", "b", "c"));
  // It is started anew meanwhile.
  old = Open(Version(1));
  EXPECT_THAT(Keys(*old, older_, {.index = 0}), ElementsAre("b", "a", "c"));
}

// Proves: N20
TEST_F(PostgresMigrationTest, NothingFailsUnderTrafficAndAStalledReaderHoldsNobodyUp) {
  const auto old = Open(Version(1));
  ASSERT_OK(Put(*old, older_, Older("a", "b")));
  const auto beside = Open(Version(1));
  // Holds a lock on the table, as a long read does.
  Gate entered;
  Gate leave;
  std::thread stalled([&] {
    EXPECT_OK(TransactAndWait(*beside, {}, Bolt(), [&](Tx& tx) -> absl::Status {
      const absl::Status read = tx.Get(older_, {{Text("a")}}).status();
      entered.Open();
      leave.Pass();
      return read;
    }));
  });
  entered.Pass();
  std::atomic<bool> over{false};
  std::atomic<int> writes{0};
  std::thread traffic([&] {
    while (!over) {
      EXPECT_OK(Put(*old, older_, Older(absl::StrCat("w", writes.load()), "b")));
      ++writes;
    }
  });
  absl::Status expanded;
  std::thread migration([&] { expanded = Expand(Version(2)); });
  while (writes < 5) std::this_thread::yield();
  const int before = writes;
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  while (writes < before + 50 && absl::Now() < limit) std::this_thread::yield();
  EXPECT_GE(writes, before + 50);
  leave.Open();
  stalled.join();
  migration.join();
  EXPECT_OK(expanded);
  over = true;
  traffic.join();
  const auto young = Open(Version(2));
  EXPECT_EQ(Keys(*young, newer_).size(), static_cast<std::size_t>(writes) + 1);
}

TEST_F(PostgresMigrationTest, ContractWaitsForTheLastOlderProgramAndShutsThemOut) {
  auto old = Open(Version(1));
  ASSERT_OK(Put(*old, older_, Older("a", "old")));
  ASSERT_OK(Expand(Version(2)));
  auto young = Open(Version(2));
  EXPECT_THAT(Contract(Version(2)), StatusIs(kRefused, HasSubstr("version 1 works on the schema")));
  EXPECT_OK(Put(*old, older_, Older("a", "still")));
  old.reset();
  {
    const auto migration = Migrate(Version(2));
    EXPECT_THAT(*migration->Plan(true), ElementsAre("drop index things__by_color of table things",
                                                    "drop column color of table things"));
    ASSERT_OK(migration->ShutOutOlder());
    EXPECT_THAT(PostgresStore::Open(Version(1)),
                StatusIs(absl::StatusCode::kUnavailable, HasSubstr("being changed")));
    ASSERT_OK(migration->Contract(Quiet));
  }
  EXPECT_THAT(*Migrate(Version(2))->Plan(true), IsEmpty());
  EXPECT_THAT(PostgresStore::Open(Version(1)), StatusIs(kRefused, HasSubstr("newer release")));
  EXPECT_OK(Put(*young, newer_, Newer("a", 1, "young")));
  EXPECT_EQ(RowOf(*young, newer_, "a"),
            (Row{Text("a"), Int(1), Text("code a"), Text("young"), kNull}));
  ASSERT_OK(Contract(Version(2)));
}

TEST_F(PostgresMigrationTest, AnOlderProgramThatWasAwayDuringTheContractEnds) {
  PostgresOptions options = Version(1);
  std::atomic<bool> ended{false};
  options.on_fatal = [&](absl::string_view what) {
    EXPECT_THAT(std::string(what), HasSubstr("newer release"));
    ended = true;
  };
  const auto old = Open(options);
  ASSERT_OK(Put(*old, older_, Older("a", "old")));
  ASSERT_OK(Expand(Version(2)));
  // Cut off, it does not come back before it is asked.
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  Sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name='rapport'");
  absl::Status contracted = Contract(Version(2));
  while (!contracted.ok() && absl::Now() < limit) contracted = Contract(Version(2));
  ASSERT_OK(contracted);
  while (!ended && absl::Now() < limit) {
    EXPECT_FALSE(Put(*old, older_, Older("b", "old")).ok());
  }
  EXPECT_TRUE(ended);
}

TEST_F(PostgresMigrationTest, AUniqueIndexThatOlderProgramsCouldBreakComesWithTheContract) {
  Table unique = older_;
  unique.indexes.push_back({.name = "once", .columns = {1}, .unique = true});
  PostgresOptions second = Version(1);
  second.schema_version = 2;
  second.tables = {&unique};
  auto old = Open(Version(1));
  ASSERT_OK(Expand(second));
  auto young = Open(second);
  ASSERT_OK(Put(*young, unique, Older("a", "same")));
  EXPECT_THAT(Put(*young, unique, Older("b", "same")),
              StatusIs(absl::StatusCode::kAlreadyExists, "once"));
  ASSERT_OK(Put(*old, older_, Older("b", "same")));
  old.reset();
  EXPECT_THAT(Contract(second), StatusIs(kRefused, HasSubstr("must be unique")));
  ASSERT_OK(Put(*young, unique, Older("b", "other")));
  ASSERT_OK(Contract(second));
  EXPECT_THAT(Sql("SELECT indisunique AND indisvalid FROM pg_index WHERE"
                  " indexrelid='%s.things__once'::regclass"),
              ElementsAre("t"));
}

TEST_F(PostgresMigrationTest, AReleaseIsSkippedOnlyIfNobodyOlderWorksThere) {
  auto old = Open(Version(1));
  EXPECT_THAT(Expand(Version(3)), StatusIs(kRefused, HasSubstr("version 1")));
  old.reset();
  ASSERT_OK(Expand(Version(3)));
  EXPECT_THAT(PostgresStore::Open(Version(1)), StatusIs(kRefused, HasSubstr("newer release")));
  EXPECT_OK(PostgresStore::Open(Version(3)));
  EXPECT_THAT(Expand(Version(2)), StatusIs(kRefused, HasSubstr("is of version 3")));
}

TEST_F(PostgresMigrationTest, TwoDoNotMigrateAtOnce) {
  const auto first = Migrate(Version(1));
  EXPECT_THAT(OpenPostgresMigration(Version(1)), StatusIs(kRefused, HasSubstr("already")));
}

// Proves: Z3
TEST_F(PostgresMigrationTest, TheOwnerAloneSeesAllTenants) {
  PostgresOptions options = Version(1);
  options.tables = {&extras_};
  const auto store = Open(options);
  for (const std::string id : {"zoe", "ana", "bob"}) {
    ASSERT_OK(Put(*store, extras_, {Text("x")}, base::TenantId::Trusted(id)));
  }
  // As a user who is no superuser: those see everything anyway.
  Sql("CREATE ROLE keeper LOGIN; GRANT rapport_app TO keeper; ALTER SCHEMA %s OWNER TO keeper;"
      "ALTER TABLE %s.extras OWNER TO keeper; DROP POLICY rapport_owner ON %s.extras;"
      "SET ROLE keeper; CREATE POLICY rapport_owner ON %s.extras FOR SELECT TO CURRENT_USER USING"
      " (current_setting('rapport.owner', true) = 'on')");
  options.uri = Server().uri("keeper");
  ASSERT_OK_AND_ASSIGN(const auto tenants, PostgresTenantsOf(options, extras_));
  ASSERT_EQ(tenants.size(), 3U);
  EXPECT_EQ(tenants[0].value(), "ana");
  EXPECT_EQ(tenants[2].value(), "zoe");
  EXPECT_THAT(Sql("BEGIN; SET LOCAL ROLE rapport_app; SET LOCAL rapport.owner='on';"
                  "SELECT count(*) FROM %s.extras"),
              ElementsAre("0"));
  Sql("CREATE ROLE guest LOGIN; GRANT rapport_app TO guest");
  options.uri = Server().uri("guest");
  EXPECT_THAT(PostgresTenantsOf(options, extras_), StatusIs(kRefused, HasSubstr("owner")));
}

}  // namespace
}  // namespace rapport::store
