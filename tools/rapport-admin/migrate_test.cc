// Migrations fill rows; and whoever is killed, anywhere, goes on when started again.
#include "tools/rapport-admin/migrate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/failpoint.h"
#include "common/store/fill.h"
#include "tools/rapport-admin/move.h"
#include "tools/rapport-admin/rebuild.h"
#include "tools/rapport-admin/test_house.h"
#include "tools/rapport-admin/verify.h"

namespace rapport::base {
namespace {
std::atomic<int> failpoints_left = 0;       // in a child
std::atomic<Place> only = Place::kInClose;  // kInClose: all of them count
}  // namespace
// Takes the place of the product's empty one.
void Failpoint(Place place) {
  if (only != Place::kInClose && place != only) return;
  if (--failpoints_left == 0) kill(getpid(), SIGKILL);
}
}  // namespace rapport::base

namespace rapport::admin {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class MigrateTest : public AdminTest {
 protected:
  // Version 2 knows how long the note is, and where it stands by that.
  resource::Schema Grown() {
    resource::Schema schema = Things();
    schema.version = 2;
    schema.tables[1] = &grown_;
    schema.fills = {{2, "length", &grown_, [this](store::Tx& tx, const Row& row) -> absl::Status {
                       Row filled = row;
                       filled[2] = static_cast<std::int64_t>(store::AsText(row[3]).size());
                       if (filled == row) return absl::OkStatus();
                       return tx.Put(grown_, std::move(filled)).status();
                     }}};
    return schema;
  }
  absl::Status Migrated(const resource::Schema& schema, const std::string& address,
                        bool contract = false) {
    return Migrate(schema, {.store = address, .contract = contract}, clock_, Lines());
  }
  static Row Note(const std::string& person, std::int64_t number, std::size_t length) {
    return {person, number, std::string(length, 'x'), Value()};
  }
  // Too many for one transaction of a fill.
  std::vector<std::pair<const Table*, Row>> Notes() const {
    std::vector<std::pair<const Table*, Row>> notes;
    for (int i = 0; i < 450; ++i) notes.emplace_back(&notes_, Note("a", i, 5));
    return notes;
  }
  // Runs `work` in a process that dies at its N-th failpoint, for N = 1, 2, … until it ends by
  // itself; how often it died.
  static int KillEverywhere(const std::function<absl::Status()>& work,
                            base::Place only = base::Place::kInClose) {
    for (int point = 1;; ++point) {
      const pid_t child = fork();
      if (child == 0) {
        base::failpoints_left = point;
        base::only = only;
        const absl::Status status = work();
        if (!status.ok()) std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
        _exit(status.ok() ? 0 : 1);
      }
      int state = 0;
      EXPECT_EQ(waitpid(child, &state, 0), child);
      if (WIFEXITED(state)) {
        EXPECT_EQ(WEXITSTATUS(state), 0) << "after " << point - 1 << " kills";
        return point - 1;
      }
      EXPECT_EQ(WTERMSIG(state), SIGKILL);
      // The server ends the session of the dead, and lets go of its locks, in its own time.
      const absl::Time limit = absl::Now() + absl::Seconds(20);
      while (Server().Query("SELECT count(*) FROM pg_stat_activity WHERE"
                            " application_name='rapport'") != Strings{"0"} &&
             absl::Now() < limit) {
        std::this_thread::yield();
      }
    }
  }

  const Table grown_{.name = "notes",
                     .columns = {{"person", ColumnType::kText},
                                 {"number", ColumnType::kInt},
                                 {"length", ColumnType::kInt},
                                 {"body", ColumnType::kBytes},
                                 {"sequence", ColumnType::kInt}},
                     .key_columns = 2,
                     .indexes = {{.name = "by_length", .columns = {2}}},
                     .sequence_column = 4};
};

TEST_F(MigrateTest, RowsAreFilledAlsoThoseThatOlderProgramsWriteMeanwhile) {
  const std::string database = Server().CreateDatabase();
  auto old = Open(Things(), database);
  PutAll(old->store(), Acme(), Notes());
  Put(old->store(), Bolt(), notes_, Note("b", 1, 7));
  ASSERT_OK(Migrated(Grown(), database));
  EXPECT_THAT(lines_, Contains("fill length: 451 rows in all"));
  {
    const auto young = Open(Grown(), database);
    Put(old->store(), Acme(), notes_, Note("a", 1, 9));
    Put(old->store(), Acme(), notes_, Note("c", 1, 3));
    // Until the contract, what older programs write is not filled.
    const auto rows = RowsOf(young->store(), Acme(), grown_);
    EXPECT_EQ(rows[1][2], Value(std::int64_t{5}));
    EXPECT_EQ(rows.back()[2], Value());
    EXPECT_THAT(Migrated(Grown(), database, true),
                StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("version 1")));
    old.reset();
    ASSERT_OK(Migrated(Grown(), database, true));
  }
  const auto young = Open(Grown(), database);
  for (const auto& tenant : {Acme(), Bolt()}) {
    for (const Row& row : RowsOf(young->store(), tenant, grown_)) {
      EXPECT_EQ(row[2], Value(static_cast<std::int64_t>(store::AsText(row[3]).size())));
    }
  }
}

TEST_F(MigrateTest, AFileIsFilledToo) {
  const std::string file = File("things.db");
  Put(Open(Things(), file)->store(), Acme(), notes_, Note("a", 1, 5));
  ASSERT_OK(Migrate(Grown(), {.store = file, .plan = true}, clock_, Lines()));
  EXPECT_THAT(
      lines_,
      ElementsAre("the store is of version 1, this program knows version 2",
                  "add column done of table admin_fills", "add column key of table admin_fills",
                  "add column length of table notes", "add column name of table admin_fills",
                  "add column pass of table admin_fills", "add column tenant of table admin_fills",
                  "add index notes__by_length of table notes", "add table admin_fills",
                  "fill length"));
  ASSERT_OK(Migrated(Grown(), file, true));
  const auto store = Open(Grown(), file);
  EXPECT_EQ(RowsOf(store->store(), Acme(), grown_)[0][2], Value(std::int64_t{5}));
}

TEST_F(MigrateTest, APlanChangesNothing) {
  const std::string database = Server().CreateDatabase();
  Open(Things(), database);
  ASSERT_OK(Migrate(Grown(), {.store = database, .plan = true}, clock_, Lines()));
  EXPECT_THAT(lines_, Contains("add column length of table notes"));
  EXPECT_THAT(lines_, Contains("fill length"));
  EXPECT_NE(Open(Things(), database), nullptr);
  lines_.clear();
  ASSERT_OK(
      Migrate(Things(), {.store = database, .plan = true, .contract = true}, clock_, Lines()));
  EXPECT_THAT(lines_, ElementsAre("the store is of version 1, this program knows version 1",
                                  "nothing is missing"));
}

// Proves: N20
TEST_F(MigrateTest, WhoIsKilledAnywhereGoesOnWhereItWas) {
  const std::string database = Server().CreateDatabase();
  {
    const auto old = Open(Things(), database);
    PutAll(old->store(), Acme(), Notes());
  }
  EXPECT_GT(KillEverywhere([&] { return Migrated(Grown(), database, true); }), 5);
  const auto young = Open(Grown(), database);
  EXPECT_EQ(RowsOf(young->store(), Acme(), grown_).size(), 450U);
  for (const Row& row : RowsOf(young->store(), Acme(), grown_)) {
    EXPECT_EQ(row[2], Value(std::int64_t{5}));
  }
  EXPECT_THAT(Migrated(Grown(), database, true), ::rapport::testing::IsOk());
}

// Proves: N3
TEST_F(MigrateTest, WhoIsKilledBetweenTwoPortionsOfAFillGoesOnBehindTheLast) {
  const std::string database = Server().CreateDatabase();
  {
    const auto old = Open(Things(), database);
    PutAll(old->store(), Acme(), Notes());
  }
  // Portions of 200, 200 and 50; whoever starts again does not do the first ones again, so that
  // each of the later starts passes the place less often than the one before.
  EXPECT_EQ(KillEverywhere([&] { return Migrated(Grown(), database); }, base::Place::kInFill), 2);
  ASSERT_OK(Migrated(Grown(), database));
  EXPECT_THAT(lines_, Contains("fill length: 0 rows in all"));
  const auto young = Open(Grown(), database);
  for (const Row& row : RowsOf(young->store(), Acme(), grown_)) {
    EXPECT_EQ(row[2], Value(std::int64_t{5}));
  }
}

// Proves: N3
TEST_F(MigrateTest, ARebuildThatIsKilledBetweenTwoPortionsGoesOnBehindTheLast) {
  const std::string file = File("things.db");
  {
    const auto store = Open(Things(), file);
    PutAll(store->store(), Acme(), Notes());
  }
  // A note's body says its number.
  resource::Schema schema = Things();
  schema.derived = {
      {"bodies", &notes_, [this](store::Tx& tx, const base::CallContext&, const Row& row) {
         Row made = row;
         made[2] = absl::StrCat(store::AsInt(row[1]));
         return tx.Put(notes_, std::move(made)).status();
       }}};
  const auto verified = [&] {
    return Verify(
        schema, {file}, clock_, [](absl::string_view) {}, [](absl::string_view) {});
  };
  EXPECT_THAT(verified(), StatusIs(absl::StatusCode::kDataLoss, "450 rows differ (bodies: 450)"));
  EXPECT_GE(KillEverywhere([&] { return Rebuild(schema, {file}, clock_, Lines()); },
                           base::Place::kInFill),
            1);
  EXPECT_OK(verified());
  // The next one begins anew.
  ASSERT_OK(Rebuild(schema, {file}, clock_, Lines()));
  EXPECT_THAT(lines_, Contains("fill rebuild bodies: 450 rows in all"));
}

TEST_F(MigrateTest, AMoveThatIsKilledAnywhereGoesOnWhereItWas) {
  const std::string from = File("from.db");
  const std::string database = Server().CreateDatabase();
  std::vector<Row> notes;
  std::vector<Row> log;
  Strings feed;
  {
    const auto store = Open(Things(), from);
    std::vector<std::pair<const Table*, Row>> acme;
    std::vector<std::pair<const Table*, Row>> bolt;
    for (int i = 0; i < 1200; ++i) {
      (i % 3 == 0 ? bolt : acme).emplace_back(&notes_, Note("a", 1200 - i, 5));
      acme.emplace_back(&log_, Row{absl::StrCat("k", i), std::int64_t{i}, Value()});
    }
    PutAll(store->store(), Acme(), acme);
    PutAll(store->store(), Bolt(), bolt);
    notes = RowsOf(store->store(), Acme(), notes_);
    log = RowsOf(store->store(), Acme(), log_);
    feed = FeedOf(store->store(), Acme());
  }
  EXPECT_GT(KillEverywhere([&] {
              return Move(Things(), {from, database, {}}, clock_, Lines());
            }),
            5);
  const auto after = Open(Things(), database);
  EXPECT_EQ(RowsOf(after->store(), Acme(), notes_), notes);
  EXPECT_EQ(RowsOf(after->store(), Acme(), log_), log);
  EXPECT_EQ(FeedOf(after->store(), Acme()), feed);
}

}  // namespace
}  // namespace rapport::admin
