// What is particular to the SQLite engine: its files, its settings, its failures.
#include "common/store/sqlite_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/store/contract_suite.h"
#include "common/store/sqlite_connection.h"

namespace {
std::atomic<bool> sync_fails = false;
}  // namespace

// The program's own definitions win over the C library's: a disk whose sync fails on demand.
extern "C" int fdatasync(int fd) {
  if (sync_fails) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}
extern "C" int fsync(int fd) {
  if (sync_fails) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fsync, fd));
}

namespace rapport::store {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class SqliteStoreTest : public ::testing::Test {
 protected:
  using Opened = absl::StatusOr<std::unique_ptr<SqliteStore>>;

  SqliteOptions Options(std::vector<const Table*> tables = {&People(), &Events()}) {
    SqliteOptions options;
    options.path = folder_.file();
    options.tables = std::move(tables);
    options.clock = &clock_;
    options.on_error = [](absl::string_view) {};
    return options;
  }
  absl::Status Put(SqliteStore& store, const Table& table, Row row) {
    return TransactAndWait(store, {}, Acme(), [&](Tx& tx) { return tx.Put(table, row).status(); })
        .status();
  }
  std::vector<std::string> Keys(SqliteStore& store, const Table& table, const Range& range = {}) {
    auto snapshot = store.Read({}, Acme());
    EXPECT_OK(snapshot);
    return Ids(**snapshot, table, range);
  }
  std::string IntegrityCheck(const std::string& file) {
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    sqlite3_stmt* stmt = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, nullptr), SQLITE_OK);
    std::string answer = "no answer";
    if (sqlite3_step(stmt) == SQLITE_ROW) {
      answer = reinterpret_cast<const char*>(sqlite3_column_text(stmt, 0));
    }
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return answer;
  }

  const TestFolder folder_;
  time::FakeClock clock_{absl::FromUnixSeconds(1700000000)};
};

TEST_F(SqliteStoreTest, ConnectionsSyncEveryCommitAndOnlyTheWriterWrites) {
  ASSERT_OK(SqliteStore::Open(Options()));
  ASSERT_OK_AND_ASSIGN(const auto writer, Connection::Open({.path = folder_.file(),
                                                            .role = Connection::Role::kWriter}));
  ASSERT_OK_AND_ASSIGN(const auto reader, Connection::Open({.path = folder_.file(),
                                                            .role = Connection::Role::kReader}));
  for (Connection* connection : {writer.get(), reader.get()}) {
    EXPECT_EQ(*connection->QueryInt("PRAGMA synchronous", -1), 2);
    EXPECT_EQ(*connection->QueryInt("PRAGMA wal_autocheckpoint", -1), 0);
    EXPECT_EQ(*connection->QueryInt("PRAGMA mmap_size", -1), 0);
    EXPECT_EQ(*connection->QueryInt("PRAGMA page_size", -1), 4096);
  }
  EXPECT_OK(writer->Execute("CREATE TABLE t (a)"));
  EXPECT_FALSE(reader->Execute("INSERT INTO t VALUES (1)").ok());
}

TEST_F(SqliteStoreTest, AStatementWithoutItsTenantIsRefused) {
  ASSERT_OK(SqliteStore::Open(Options()));
  ASSERT_OK_AND_ASSIGN(const auto connection, Connection::Open({.path = folder_.file()}));
  EXPECT_THAT(connection->Cached(1, false, [] { return std::string("SELECT * FROM people"); }),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_OK(connection->Cached(
      2, false, [] { return std::string("SELECT * FROM people WHERE tenant=:tenant"); }));
}

TEST_F(SqliteStoreTest, OnlyTheOwnerOfTheProcessMayReadTheFiles) {
  ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(Options()));
  ASSERT_OK(Put(*store, Events(), Event("a")));
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat info {};
    ASSERT_EQ(stat((folder_.file() + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777, 0600U) << suffix;
  }
}

TEST_F(SqliteStoreTest, ClosingLeavesOneFileAndItsLock) {
  {
    ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(Options()));
    ASSERT_OK(Put(*store, Events(), Event("a")));
    EXPECT_THAT(Keys(*store, Events()), ElementsAre("a"));
  }
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    names.insert(entry.path().filename());
  }
  EXPECT_THAT(names, ElementsAre("store.db", "store.db.lock"));
}

TEST_F(SqliteStoreTest, ASecondOpenerGetsOneClearError) {
  ASSERT_OK_AND_ASSIGN(auto store, SqliteStore::Open(Options()));
  EXPECT_THAT(SqliteStore::Open(Options()),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       absl::StrCat(folder_.file(), " is in use by process ", getpid())));
  store.reset();
  EXPECT_OK(SqliteStore::Open(Options()));
}

TEST_F(SqliteStoreTest, AFileOwnedByAnotherProcessIsRefusedUntilThatProcessEnds) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const Opened store = SqliteStore::Open(Options());
    const char answer = store.ok() ? 'y' : 'n';
    if (write(ready[1], &answer, 1) == 1) pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  EXPECT_THAT(SqliteStore::Open(Options()),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr(absl::StrCat("is in use by process ", child))));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_OK(SqliteStore::Open(Options()));
  close(ready[0]);
  close(ready[1]);
}

TEST_F(SqliteStoreTest, KeepsItsIdThroughRestartsAndCrashes) {
  std::string id;
  for (int opening = 0; opening < 3; ++opening) {
    ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(Options()));
    EXPECT_EQ(store->id(), opening == 0 ? store->id() : id);
    id = store->id();
    ASSERT_OK(Put(*store, Events(), Event("a")));
    EXPECT_THAT(store->former_ids(), IsEmpty());
  }
  const pid_t child = fork();
  if (child == 0) {
    const Opened store = SqliteStore::Open(Options());
    if (store.ok()) Put(**store, Events(), Event("b")).IgnoreError();
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(Options()));
  EXPECT_THAT(Keys(*store, Events()), ElementsAre("a", "b"));
  EXPECT_EQ(store->id(), id);
}

TEST_F(SqliteStoreTest, ACopyInItsPlaceIsAnotherStoreThatKnowsWhoItWas) {
  namespace fs = std::filesystem;
  const std::string backup = folder_.path() + "/backup";
  const std::string fresh = folder_.path() + "/fresh";
  std::vector<std::string> ids;
  const auto open = [&](const std::string& with) {
    SCOPED_TRACE(with);
    const auto store = SqliteStore::Open(Options());
    ASSERT_OK(store);
    ids.push_back((*store)->id());
    EXPECT_OK(Put(**store, Events(), Event(with)));
  };
  open("a");
  fs::copy_file(folder_.file(), backup);
  open("b");
  EXPECT_EQ(ids[1], ids[0]);
  // Into the same file: what was there since is missing.
  fs::copy_file(backup, folder_.file(), fs::copy_options::overwrite_existing);
  open("c");
  EXPECT_NE(ids[2], ids[0]);
  open("d");
  EXPECT_EQ(ids[3], ids[2]);
  // Once more: by now the witness speaks of another store.
  fs::copy_file(backup, folder_.file(), fs::copy_options::overwrite_existing);
  open("e");
  EXPECT_NE(ids[4], ids[0]);
  EXPECT_NE(ids[4], ids[2]);
  // Into another file, that has all.
  fs::copy_file(folder_.file(), fresh);
  fs::rename(fresh, folder_.file());
  open("f");
  EXPECT_NE(ids[5], ids[4]);
  // Without its witness.
  fs::remove(folder_.file() + ".lock");
  ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(Options()));
  EXPECT_NE(store->id(), ids[5]);
  EXPECT_THAT(Keys(*store, Events()), ElementsAre("a", "e", "f"));
  EXPECT_THAT(store->former_ids(), UnorderedElementsAre(ids[0], ids[4], ids[5]));
}

TEST_F(SqliteStoreTest, AFileThatIsNoStoreIsRefusedAndLeftAlone) {
  const std::string text(5000, 'x');
  std::ofstream(folder_.file()) << text;
  EXPECT_THAT(SqliteStore::Open(Options()), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(std::filesystem::file_size(folder_.file()), text.size());
}

TEST_F(SqliteStoreTest, AFileOfANewerReleaseIsRefused) {
  SqliteOptions newer = Options();
  newer.schema_version = 2;
  ASSERT_OK(SqliteStore::Open(std::move(newer)));
  EXPECT_THAT(SqliteStore::Open(Options()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("newer release")));
}

// As after a release that is done with a column.
TEST_F(SqliteStoreTest, ColumnsThatAreNotKnownAnyMoreStay) {
  Table wider = Events();
  wider.columns.insert(wider.columns.begin() + 1, {"extra", ColumnType::kText});
  wider.indexes = {};
  wider.sequence_column = 3;
  Table narrower = Events();
  narrower.indexes = {};
  {
    ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(Options({&wider})));
    ASSERT_OK(Put(*store, wider, {Text("a"), Text("kept"), Text("call"), kNull}));
  }
  {
    ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(Options({&narrower})));
    ASSERT_OK(Put(*store, narrower, Event("a", "visit")));
    ASSERT_OK(Put(*store, narrower, Event("b")));
  }
  ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(Options({&wider})));
  ASSERT_OK_AND_ASSIGN(const auto snapshot, store->Read({}, Acme()));
  ASSERT_OK_AND_ASSIGN(const auto row, snapshot->Get(wider, {{Text("a")}}));
  ASSERT_TRUE(row);
  EXPECT_EQ((*row)[1], Text("kept"));
  EXPECT_EQ((*row)[2], Text("visit"));
}

TEST_F(SqliteStoreTest, TablesGrowByColumnsAndIndexesAtTheEnd) {
  Table before{.name = "things",
               .columns = {{"id", ColumnType::kText}, {"name", ColumnType::kText}}};
  {
    ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(Options({&before})));
    ASSERT_OK(Put(*store, before, {Text("1"), Text("b")}));
    ASSERT_OK(Put(*store, before, {Text("2"), Text("a")}));
  }
  Table after = before;
  after.columns.push_back({"size", ColumnType::kInt});
  after.columns.push_back({"sequence", ColumnType::kInt});
  after.indexes = {{.name = "by_name", .columns = {1}}, {.name = "by_size", .columns = {2}}};
  after.sequence_column = 3;
  for (int round = 0; round < 2; ++round) {
    ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(Options({&after})));
    EXPECT_THAT(Keys(*store, after, {.index = 0}), ElementsAre("2", "1"));
    ASSERT_OK(Put(*store, after, {Text("1"), Text("b"), Int(5), kNull}));
    EXPECT_THAT(Keys(*store, after, {.index = 1}), ElementsAre("1"));
    EXPECT_EQ(store->committed_sequence(), round + 1);
  }
}

TEST_F(SqliteStoreTest, TablesThatChangedOtherwiseAreRefused) {
  const Table table{.name = "things",
                    .columns = {{"id", ColumnType::kText}, {"name", ColumnType::kText}},
                    .indexes = {{.name = "by_name", .columns = {1}}}};
  ASSERT_OK(SqliteStore::Open(Options({&table})));
  Table renamed = table;
  renamed.columns[1].name = "title";
  Table retyped = table;
  retyped.columns[1].type = ColumnType::kBytes;
  Table rekeyed = table;
  rekeyed.key_columns = 2;
  Table reindexed = table;
  reindexed.indexes[0].unique = true;
  for (const Table* changed : {&renamed, &retyped, &rekeyed, &reindexed}) {
    EXPECT_THAT(SqliteStore::Open(Options({changed})),
                StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("not what this")));
  }
  EXPECT_OK(SqliteStore::Open(Options({&table})));
}

TEST_F(SqliteStoreTest, MalformedTablesAreRefused) {
  const std::vector<Table> tables = {
      {.name = "Drop table", .columns = {{"id", ColumnType::kText}}},
      {.name = "t", .columns = {{"tenant", ColumnType::kText}}},
      {.name = "t", .columns = {{"id", ColumnType::kText}, {"id", ColumnType::kText}}},
      {.name = "t", .columns = {}},
      {.name = "t", .columns = {{"id", ColumnType::kText}}, .key_columns = 2},
      {.name = "t",
       .columns = {{"id", ColumnType::kText}},
       .indexes = {{.name = "i", .columns = {1}}}},
      {.name = "t",
       .columns = {{"id", ColumnType::kText}, {"s", ColumnType::kText}},
       .sequence_column = 1},
  };
  for (const Table& table : tables) {
    EXPECT_THAT(SqliteStore::Open(Options({&table})), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST_F(SqliteStoreTest, AProgramThatOpensSomeTablesGivesNoSequenceTwice) {
  {
    ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(Options()));
    ASSERT_OK(Put(*store, Events(), Event("a")));
  }
  ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(Options({&People()})));
  EXPECT_EQ(store->committed_sequence(), 1);
}

TEST_F(SqliteStoreTest, AfterAFailedSyncNothingIsAcknowledgedAnyMore) {
  std::vector<std::string> fatal;
  SqliteOptions options = Options();
  options.on_fatal = [&](absl::string_view what) { fatal.emplace_back(what); };
  ASSERT_OK_AND_ASSIGN(auto store, SqliteStore::Open(std::move(options)));
  ASSERT_OK(Put(*store, Events(), Event("kept")));
  sync_fails = true;
  EXPECT_THAT(Put(*store, Events(), Event("refused")), StatusIs(absl::StatusCode::kUnavailable));
  sync_fails = false;
  EXPECT_THAT(Put(*store, Events(), Event("later")), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(fatal, ::testing::SizeIs(1));
  EXPECT_EQ(store->committed_sequence(), 1);
  EXPECT_THAT(Keys(*store, Events()), ElementsAre("kept"));
  store.reset();
  ASSERT_OK_AND_ASSIGN(store, SqliteStore::Open(Options()));
  EXPECT_THAT(Keys(*store, Events()), ::testing::Contains("kept"));
  EXPECT_OK(Put(*store, Events(), Event("anew")));
}

TEST_F(SqliteStoreTest, StopsWhenTheFileIsReplaced) {
  std::atomic<int> fatal = 0;
  SqliteOptions options = Options();
  options.on_fatal = [&](absl::string_view) { ++fatal; };
  ASSERT_OK_AND_ASSIGN(auto store, SqliteStore::Open(std::move(options)));
  ASSERT_OK(Put(*store, Events(), Event("a")));
  std::filesystem::rename(folder_.file(), folder_.file() + ".old");
  EXPECT_THAT(Put(*store, Events(), Event("b")), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(fatal, 1);
}

TEST_F(SqliteStoreTest, AFullDiskRefusesWritesWholeAndRecoversWhenThereIsRoom) {
  const std::string disk = folder_.path() + "/disk";
  ASSERT_EQ(mkdir(disk.c_str(), 0700), 0);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=4m") != 0) {
    GTEST_SKIP() << "NOT TESTED: a full disk needs the right to mount: " << std::strerror(errno);
  }
  const std::unique_ptr<const std::string, void (*)(const std::string*)> mounted(
      &disk, [](const std::string* where) { umount2(where->c_str(), MNT_DETACH); });
  const std::string filler = disk + "/filler";
  {
    std::ofstream(filler) << std::string(2 << 20, 'x');
    SqliteOptions options = Options();
    options.path = disk + "/store.db";
    ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(std::move(options)));
    const auto put = [&](int i) {
      return TransactAndWait(*store, {}, Acme(),
                             [&](Tx& tx) -> absl::Status {
                               const std::string photo(20000, 'x');
                               for (const char* side : {"l", "r"}) {
                                 // A body that overlooks the error must not get half of its work
                                 // committed.
                                 tx.Put(People(), Person(absl::StrCat(i, side), kNull, kNull, kNull,
                                                         Text(photo)))
                                     .IgnoreError();
                               }
                               return absl::OkStatus();
                             })
          .status();
    };
    int acknowledged = 0;
    absl::Status status;
    while (acknowledged < 1000 && (status = put(acknowledged)).ok()) ++acknowledged;
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted));
    EXPECT_GT(acknowledged, 5);
    for (int i = 0; i < 5; ++i) {
      clock_.Advance(absl::Seconds(2));
      EXPECT_THAT(put(5000), StatusIs(absl::StatusCode::kResourceExhausted));
    }
    EXPECT_EQ(Keys(*store, People()).size(), static_cast<std::size_t>(2 * acknowledged));
    unlink(filler.c_str());
    EXPECT_OK(put(6000));
    EXPECT_EQ(Keys(*store, People()).size(), static_cast<std::size_t>(2 * acknowledged + 2));
  }
  EXPECT_EQ(IntegrityCheck(disk + "/store.db"), "ok");
}

// Writes until it is killed; every acknowledged key goes to `acknowledged`, 8 bytes each.
[[noreturn]] void WriteUntilKilled(SqliteOptions options, std::uint64_t round, int acknowledged) {
  options.checkpoint_bytes = 1 << 18;
  auto store = SqliteStore::Open(std::move(options));
  if (!store.ok()) _exit(1);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0;; ++i) {
        const std::uint64_t key = (round << 40) | (t << 32) | i;
        const auto result = TransactAndWait(**store, {}, Acme(), [&](Tx& tx) {
          return tx.Put(People(), Person(absl::StrCat(key), Text(std::string(500, 'x')))).status();
        });
        if (!result.ok() || write(acknowledged, &key, sizeof(key)) != sizeof(key)) _exit(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  _exit(1);
}

TEST_F(SqliteStoreTest, AKilledProcessLosesNothingThatItAcknowledged) {
  constexpr std::uint64_t kCycles = 20;
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  std::set<std::string> keys;
  for (std::uint64_t cycle = 0; cycle < kCycles; ++cycle) {
    int acknowledged[2];
    ASSERT_EQ(pipe(acknowledged), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(acknowledged[0]);
      WriteUntilKilled(Options(), cycle, acknowledged[1]);
    }
    close(acknowledged[1]);
    // The cut falls after a random number of acknowledgements, while further writes are under way.
    const std::uint64_t enough = 1 + random() % 150;
    std::uint64_t key = 0;
    for (std::uint64_t i = 0; read(acknowledged[0], &key, sizeof(key)) == sizeof(key); ++i) {
      keys.insert(absl::StrCat(key));
      if (i == enough) kill(child, SIGKILL);
    }
    close(acknowledged[0]);
    int how = 0;
    ASSERT_EQ(waitpid(child, &how, 0), child);
    ASSERT_TRUE(WIFSIGNALED(how)) << "the writer ended by itself";
    {
      ASSERT_OK_AND_ASSIGN(const auto store, SqliteStore::Open(Options()));
      const auto found = Keys(*store, People());
      const std::set<std::string> stored(found.begin(), found.end());
      for (const std::string& acked : keys) ASSERT_TRUE(stored.contains(acked)) << acked;
    }
    ASSERT_EQ(IntegrityCheck(folder_.file()), "ok");
  }
  EXPECT_GE(keys.size(), kCycles);
}

}  // namespace
}  // namespace rapport::store
