// Backups that are made under load hold one state of the store; and come back as another store.
#include "tools/rapport-admin/backup.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/store/sqlite_backup.h"
#include "tools/rapport-admin/manifest.h"
#include "tools/rapport-admin/test_house.h"

namespace rapport::admin {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kRefused = absl::StatusCode::kFailedPrecondition;

class BackupTest : public AdminTest {
 protected:
  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  absl::Status BackedUp(const std::string& store, const std::string& name) {
    return BackUp(Things(), {.store = store, .file = Path(name)}, clock_, Lines());
  }
  absl::Status Restored(const std::string& name, const std::string& store, bool replace = false) {
    return RestoredAs(Things(), name, store, replace);
  }
  absl::Status RestoredAs(const resource::Schema& schema, const std::string& name,
                          const std::string& store, bool replace) {
    return Restore(schema, {.store = store, .file = Path(name), .replace = replace}, clock_,
                   Lines(), Lines());
  }
  Manifest ManifestOf(const std::string& name) const {
    std::ifstream file(Path(name) + ".manifest");
    std::stringstream text;
    text << file.rdbuf();
    const auto manifest = Manifest::Parse(text.str());
    EXPECT_OK(manifest);
    return manifest.ok() ? *manifest : Manifest();
  }
  // Each transaction writes the same number into two tables, and a photo to fill pages.
  void Write(store::Store& store, std::int64_t number) const {
    PutAll(store, Acme(),
           {{&people_,
             {absl::StrCat("p", number % 400), Value(), number, Value(),
              std::string(3000, static_cast<char>(number))}},
            {&notes_,
             {absl::StrCat("p", number % 400), std::int64_t{0}, absl::StrCat(number), Value()}}});
  }
  void ExpectWhole(const std::string& address) const {
    const auto store = Open(Things(), address);
    const auto people = RowsOf(store->store(), Acme(), people_);
    const auto notes = RowsOf(store->store(), Acme(), notes_);
    ASSERT_EQ(people.size(), notes.size());
    for (std::size_t i = 0; i < people.size(); ++i) {
      EXPECT_EQ(absl::StrCat(store::AsInt(people[i][2])), store::AsText(notes[i][2]));
    }
  }
};

TEST_F(BackupTest, HoldsOneStateOfAStoreThatIsWrittenMeanwhile) {
  const std::string from = File("things.db");
  const auto owner = Open(Things(), from);
  for (int i = 0; i < 400; ++i) Write(owner->store(), i);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (std::int64_t i = 400; !stop; ++i) Write(owner->store(), i);
  });
  for (int round = 0; round < 3; ++round) {
    const std::string name = absl::StrCat("backup", round);
    const std::int64_t before = owner->store().committed_sequence();
    while (owner->store().committed_sequence() < before + 50) std::this_thread::yield();
    const std::int64_t begin = owner->store().committed_sequence();
    EXPECT_OK(BackedUp(from, name));
    EXPECT_GT(owner->store().committed_sequence(), begin) << "nobody wrote meanwhile";
    const Manifest manifest = ManifestOf(name);
    EXPECT_EQ(manifest.service, "things");
    EXPECT_EQ(manifest.store_id, owner->store().id());
    EXPECT_GE(manifest.sequence, begin);
    EXPECT_EQ(manifest.bytes, static_cast<std::int64_t>(std::filesystem::file_size(Path(name))));
    const std::string to = File(absl::StrCat("restored", round, ".db"));
    EXPECT_OK(Restored(name, to));
    ExpectWhole(to);
    // All that was acknowledged before the backup began is there, and nothing of what came later.
    EXPECT_EQ(Open(Things(), to)->store().committed_sequence(), manifest.sequence);
  }
  stop = true;
  writer.join();
  EXPECT_FALSE(std::filesystem::exists(Path("backup0.part")));
}

TEST_F(BackupTest, AStoreThatWasRestoredIsAnother) {
  const std::string address = File("things.db");
  std::string id;
  {
    const auto store = Open(Things(), address);
    id = store->store().id();
    Write(store->store(), 1);
    ASSERT_OK(BackedUp(address, "backup"));
    Write(store->store(), 2);
    EXPECT_THAT(Restored("backup", address, true),
                StatusIs(kRefused, HasSubstr("in use by process")));
    std::filesystem::copy_file(Path("things.db-wal"), Path("log"));
  }
  EXPECT_THAT(Restored("backup", address), StatusIs(kRefused, HasSubstr("is there already")));
  EXPECT_EQ(Open(Things(), address)->store().id(), id);
  // As a process leaves it that was killed.
  std::filesystem::rename(Path("log"), Path("things.db-wal"));
  ASSERT_OK(Restored("backup", address, true));
  EXPECT_FALSE(std::filesystem::exists(Path("things.db.restoring")));
  const auto store = Open(Things(), address);
  EXPECT_NE(store->store().id(), id);
  EXPECT_THAT(store->store().former_ids(), ElementsAre(id));
  EXPECT_EQ(RowsOf(store->store(), Acme(), people_).size(), 1U);
  Write(store->store(), 3);
}

TEST_F(BackupTest, OfTwoBackupsToOneFileOneIsRefused) {
  const std::string address = File("things.db");
  {
    const auto store = Open(Things(), address);
    for (int i = 0; i < 200; ++i) Write(store->store(), i);
  }
  for (int round = 0; round < 8; ++round) {
    const std::string name = absl::StrCat("backup", round);
    std::vector<absl::Status> ended(3);
    std::vector<std::thread> threads;
    for (absl::Status& status : ended) {
      threads.emplace_back([&] {
        status = BackUp(Things(), {.store = address, .file = Path(name)}, clock_,
                        [](absl::string_view) {});
      });
    }
    for (std::thread& thread : threads) thread.join();
    int made = 0;
    for (const absl::Status& status : ended) {
      if (status.ok()) {
        ++made;
      } else {
        EXPECT_THAT(status, StatusIs(kRefused));
      }
    }
    EXPECT_EQ(made, 1);
    EXPECT_FALSE(std::filesystem::exists(Path(name + ".part")));
    EXPECT_FALSE(std::filesystem::exists(Path(name + ".part.lock")));
    EXPECT_FALSE(std::filesystem::exists(Path(name + ".manifest.part")));
    EXPECT_OK(Restored(name, File(absl::StrCat("restored", round, ".db"))));
  }
}

TEST_F(BackupTest, WhatAKilledOneLeftIsBegunAnewAndWhatALivingOneMakesIsNotTouched) {
  const std::string address = File("things.db");
  Write(Open(Things(), address)->store(), 1);
  std::ofstream(Path("backup.part")) << "half of a backup";
  std::ofstream(Path("backup.part-shm")) << "and what was beside it";
  const int living = open(Path("backup.part.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(flock(living, LOCK_EX), 0);
  EXPECT_THAT(BackedUp(address, "backup"), StatusIs(kRefused, HasSubstr("another process")));
  EXPECT_EQ(std::filesystem::file_size(Path("backup.part")), 16U);
  EXPECT_FALSE(std::filesystem::exists(Path("backup")));
  close(living);  // as it ends with its process
  EXPECT_OK(BackedUp(address, "backup"));
  for (const char* name : {"backup.part", "backup.part-shm", "backup.part.lock"}) {
    EXPECT_FALSE(std::filesystem::exists(Path(name))) << name;
  }
  EXPECT_OK(Restored("backup", File("restored.db")));
}

TEST_F(BackupTest, AFileThatHasTheNameOfAPartIsNotWrittenTo) {
  using std::filesystem::perms;
  const std::string address = File("things.db");
  Write(Open(Things(), address)->store(), 1);
  std::ofstream(Path("precious")) << "precious";
  const auto precious = [this] {
    std::stringstream text;
    text << std::ifstream(Path("precious")).rdbuf();
    return text.str();
  };
  for (const char* name : {"backup.part", "backup.manifest.part", "to.db.restoring"}) {
    std::filesystem::create_symlink(Path("precious"), Path(name));
  }
  EXPECT_OK(BackedUp(address, "backup"));
  EXPECT_EQ(precious(), "precious");
  EXPECT_OK(Restored("backup", File("to.db")));
  EXPECT_EQ(precious(), "precious");
  for (const char* name : {"backup", "backup.manifest", "to.db"}) {
    const auto status = std::filesystem::symlink_status(Path(name));
    EXPECT_TRUE(std::filesystem::is_regular_file(status)) << name;
  }

  // As another user may leave it, who reads what is written there.
  for (const char* name : {"other.part", "other.manifest.part"}) {
    std::ofstream(Path(name)) << "half";
    std::filesystem::permissions(Path(name), perms(0644));
  }
  EXPECT_OK(BackedUp(address, "other"));
  for (const char* name : {"other", "other.manifest"}) {
    EXPECT_EQ(std::filesystem::status(Path(name)).permissions(), perms(0600)) << name;
  }

  std::filesystem::create_symlink(Path("nothing"), Path("third.part.lock"));
  EXPECT_THAT(BackedUp(address, "third"), StatusIs(kRefused, HasSubstr("third.part.lock")));
  EXPECT_FALSE(std::filesystem::exists(Path("nothing")));
}

TEST_F(BackupTest, TheOldStoreIsWholeUntilTheBackupIsInItsPlace) {
  const std::string address = File("killed.db");
  {
    const auto store = Open(Things(), File("things.db"));
    Write(store->store(), 1);
    ASSERT_OK(BackedUp(File("things.db"), "backup"));
    Write(store->store(), 2);
    // As a process leaves them that is killed: the second row is in the log alone.
    std::filesystem::copy_file(Path("things.db"), Path("killed.db"));
    std::filesystem::copy_file(Path("things.db-wal"), Path("killed.db-wal"));
  }
  {
    const auto place = store::SqlitePlace::Take(Path("killed.db"), true);
    ASSERT_OK(place);
    EXPECT_FALSE((*place)->Put(Path("nothing")).ok());  // broken off before the last step
  }
  EXPECT_EQ(RowsOf(Open(Things(), address)->store(), Acme(), people_).size(), 2U);
  ASSERT_OK(Restored("backup", address, true));
  EXPECT_EQ(RowsOf(Open(Things(), address)->store(), Acme(), people_).size(), 1U);
}

TEST_F(BackupTest, AStoreWhoseLogCannotBeWrittenBackStays) {
  const std::string address = File("killed.db");
  {
    const auto store = Open(Things(), File("things.db"));
    Write(store->store(), 1);
    ASSERT_OK(BackedUp(File("things.db"), "backup"));
    Write(store->store(), 2);
    std::filesystem::copy_file(Path("things.db"), Path("killed.db"));
    std::filesystem::copy_file(Path("things.db-wal"), Path("killed.db-wal"));
  }
  std::filesystem::create_directory(Path("killed.db-shm"));  // SQLite cannot read the log so
  EXPECT_THAT(Restored("backup", address, true),
              StatusIs(kRefused, HasSubstr("cannot be written back")));
  std::filesystem::remove(Path("killed.db-shm"));

  // Somebody who looks at it, as `verify` does.
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(Path("killed.db").c_str(), &db), SQLITE_OK);
  const auto run = [&](const char* sql) {
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sql;
  };
  run("BEGIN; SELECT count(*) FROM people");
  EXPECT_THAT(Restored("backup", address, true), StatusIs(kRefused, HasSubstr("in use")));
  EXPECT_FALSE(std::filesystem::exists(Path("killed.db.restoring")));
  run("SELECT count(*) FROM people; COMMIT");
  sqlite3_close(db);
  EXPECT_EQ(RowsOf(Open(Things(), address)->store(), Acme(), people_).size(), 2U);

  // What is damaged is given up.
  std::ofstream(Path("killed.db")) << std::string(8192, 'x');
  ASSERT_OK(Restored("backup", address, true));
  EXPECT_EQ(RowsOf(Open(Things(), address)->store(), Acme(), people_).size(), 1U);
}

TEST_F(BackupTest, WhatIsNoWholeBackupOfTheServiceChangesNothing) {
  const std::string address = File("things.db");
  Write(Open(Things(), address)->store(), 1);
  ASSERT_OK(BackedUp(address, "backup"));
  EXPECT_THAT(BackedUp(address, "backup"), StatusIs(kRefused, HasSubstr("is there already")));
  EXPECT_THAT(BackedUp(File("none.db"), "other"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(BackedUp("postgres://nobody@nowhere/none", "other"),
              StatusIs(kRefused, HasSubstr("pg_dump")));
  resource::Schema others = Things();
  others.service = "others";
  const Table letters{.name = "letters", .columns = {{"id", ColumnType::kText}}};
  others.tables.push_back(&letters);
  EXPECT_THAT(BackUp(others, {.store = address, .file = Path("other")}, clock_, Lines()),
              StatusIs(kRefused, HasSubstr("no table letters")));
  EXPECT_FALSE(std::filesystem::exists(Path("other")));

  const std::string to = File("to.db");
  EXPECT_THAT(Restored("none", to), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(RestoredAs(others, "backup", to, false),
              StatusIs(kRefused, HasSubstr("of the service things")));
  {
    std::fstream file(Path("backup"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-100, std::ios::end);
    file.put('x');
  }
  EXPECT_THAT(Restored("backup", to), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("damaged")));
  EXPECT_FALSE(std::filesystem::exists(Path("to.db")));
  EXPECT_FALSE(std::filesystem::exists(Path("to.db.restoring")));
  std::filesystem::resize_file(Path("backup.manifest"), 20);
  EXPECT_THAT(Restored("backup", to), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("manifest")));
}

TEST_F(BackupTest, ADamagedStoreIsNotBackedUp) {
  const std::string address = File("things.db");
  {
    const auto store = Open(Things(), address);
    for (int i = 0; i < 100; ++i) Write(store->store(), i);
  }
  // An entry of an index that says something else than its row.
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(Path("things.db").c_str(), &db), SQLITE_OK);
  const auto run = [&](const char* sql) {
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sql;
  };
  run("CREATE TABLE kept AS SELECT * FROM sqlite_schema WHERE name='people__by_age';"
      "PRAGMA writable_schema=ON; DELETE FROM sqlite_schema WHERE name='people__by_age'");
  sqlite3_close(db);
  ASSERT_EQ(sqlite3_open(Path("things.db").c_str(), &db), SQLITE_OK);
  run("UPDATE people SET age=1000 WHERE id='p7'; PRAGMA writable_schema=ON;"
      "INSERT INTO sqlite_schema SELECT * FROM kept; DROP TABLE kept");
  sqlite3_close(db);
  EXPECT_THAT(BackedUp(address, "backup"), StatusIs(absl::StatusCode::kDataLoss));
  for (const char* name : {"backup", "backup.part", "backup.part.lock"}) {
    EXPECT_FALSE(std::filesystem::exists(Path(name))) << name;
  }
}

}  // namespace
}  // namespace rapport::admin
