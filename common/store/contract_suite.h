// What the contract tests of the store share: engines, tables, and small verbs.
#ifndef RAPPORT_COMMON_STORE_CONTRACT_SUITE_H_
#define RAPPORT_COMMON_STORE_CONTRACT_SUITE_H_

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/store/postgres_store.h"
#include "common/store/sqlite_store.h"
#include "common/store/store.h"
#include "common/testing/gate.h"
#include "common/testing/matchers.h"
#include "common/testing/postgres_server.h"
#include "common/time/clock.h"

namespace rapport::store {

// A folder of its own that ends with the test.
class TestFolder {
 public:
  TestFolder() : path_(::testing::TempDir() + "/store-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  std::string file() const { return path_ + "/store.db"; }

 private:
  std::string path_;
};

// What the tests vary; the same for all engines.
struct EngineOptions {
  std::vector<const Table*> tables;
  const time::Clock* clock = nullptr;
  std::size_t readers = 0;
  std::size_t max_queue = 20000;
  std::int64_t checkpoint_bytes = 16 << 20;
};
using OpenedStore = absl::StatusOr<std::unique_ptr<Store>>;

// An engine is a place for one store. Open opens that store (again).
class OnDisk {
 public:
  OpenedStore Open(const EngineOptions& options) { return OpenFile(options, folder_.file()); }
  static OpenedStore OpenFile(const EngineOptions& options, const std::string& file) {
    SqliteOptions sqlite;
    sqlite.path = file;
    sqlite.tables = options.tables;
    sqlite.clock = options.clock;
    sqlite.readers = options.readers;
    sqlite.max_queue = options.max_queue;
    sqlite.checkpoint_bytes = options.checkpoint_bytes;
    sqlite.on_fatal = [](absl::string_view what) { ADD_FAILURE() << what; };
    return SqliteStore::Open(std::move(sqlite));
  }
  static constexpr bool kPersistent = true;

 private:
  const TestFolder folder_;
};
class InMemory {
 public:
  OpenedStore Open(const EngineOptions& options) { return OnDisk::OpenFile(options, ""); }
  static constexpr bool kPersistent = false;
};
// All stores of a test program share one server; each has its schema.
class OnPostgres {
 public:
  OnPostgres() {
    static std::atomic<int> next = 0;
    schema_ = "s" + std::to_string(++next);
  }
  static testing::PostgresServer& Server() {
    static testing::PostgresServer server;
    return server;
  }
  PostgresOptions Options(const EngineOptions& options) const {
    PostgresOptions postgres;
    postgres.uri = Server().uri();
    postgres.schema = schema_;
    postgres.tables = options.tables;
    postgres.clock = options.clock;
    postgres.readers = options.readers;
    postgres.max_queue = options.max_queue;
    postgres.on_error = [](absl::string_view) {};
    postgres.on_fatal = [](absl::string_view what) { ADD_FAILURE() << what; };
    return postgres;
  }
  OpenedStore Open(const EngineOptions& options) { return PostgresStore::Open(Options(options)); }
  const std::string& schema() const { return schema_; }
  static constexpr bool kPersistent = true;

 private:
  std::string schema_;
};

using testing::Gate;

inline const Table& People() {
  static const Table* const table =
      new Table{.name = "people",
                .columns = {{"id", ColumnType::kText},
                            {"name", ColumnType::kText},
                            {"age", ColumnType::kInt},
                            {"email", ColumnType::kText},
                            {"photo", ColumnType::kBytes}},
                .key_columns = 1,
                .indexes = {{.name = "by_name", .columns = {1}},
                            {.name = "by_age_name", .columns = {2, 1}},
                            {.name = "by_email", .columns = {3}, .unique = true}}};
  return *table;
}
inline const Table& Notes() {
  static const Table* const table = new Table{.name = "notes",
                                              .columns = {{"person", ColumnType::kText},
                                                          {"number", ColumnType::kInt},
                                                          {"body", ColumnType::kBytes}},
                                              .key_columns = 2};
  return *table;
}
inline const Table& Events() {
  static const Table* const table = new Table{.name = "events",
                                              .columns = {{"id", ColumnType::kText},
                                                          {"kind", ColumnType::kText},
                                                          {"sequence", ColumnType::kInt}},
                                              .key_columns = 1,
                                              .indexes = {{.name = "by_kind", .columns = {1}}},
                                              .sequence_column = 2};
  return *table;
}

inline const Value kNull = std::monostate();
inline Value Int(std::int64_t v) { return v; }
inline Value Text(std::string v) { return v; }
inline Row Person(const std::string& id, Value name, Value age = kNull, Value email = kNull,
                  Value photo = kNull) {
  return {Text(id), std::move(name), std::move(age), std::move(email), std::move(photo)};
}
inline Row Event(const std::string& id, const std::string& kind = "call") {
  return {Text(id), Text(kind), kNull};
}

inline base::TenantId Acme() { return base::TenantId::Trusted("acme"); }
inline base::TenantId Bolt() { return base::TenantId::Trusted("bolt"); }

// The first column of every row of the range, in order.
inline std::vector<std::string> Ids(Reader& reader, const Table& table, const Range& range) {
  std::vector<std::string> ids;
  EXPECT_OK(reader.Scan(table, range, [&](Row& row) {
    ids.push_back(AsText(row[0]));
    return true;
  }));
  return ids;
}

template <class Engine>
class StoreContract : public ::testing::Test {
 protected:
  StoreContract() { Reopen({}); }

  EngineOptions Options() {
    EngineOptions options;
    options.tables = {&People(), &Notes(), &Events()};
    options.clock = &clock_;
    return options;
  }
  // Lets `change` alter the options and opens the store (again).
  void Reopen(const std::function<void(EngineOptions&)>& change) {
    store_.reset();
    EngineOptions options = Options();
    if (change) change(options);
    auto opened = engine_.Open(options);
    ASSERT_OK(opened);
    store_ = *std::move(opened);
  }

  absl::StatusOr<std::int64_t> Try(Store::Body body, base::TenantId tenant = Acme()) {
    return TransactAndWait(*store_, {}, std::move(tenant), std::move(body));
  }
  std::int64_t Put(const Table& table, Row row, const base::TenantId& tenant = Acme()) {
    auto result = Try([&](Tx& tx) { return tx.Put(table, row).status(); }, tenant);
    EXPECT_OK(result);
    return result.value_or(-1);
  }
  void Delete(const Table& table, std::vector<Value> key, const base::TenantId& tenant = Acme()) {
    EXPECT_OK(Try([&](Tx& tx) { return tx.Delete(table, key); }, tenant));
  }
  std::unique_ptr<Snapshot> Snap(const base::TenantId& tenant = Acme()) {
    auto snapshot = store_->Read({}, tenant);
    EXPECT_OK(snapshot);
    return *std::move(snapshot);
  }
  std::optional<Row> Get(const Table& table, std::vector<Value> key,
                         const base::TenantId& tenant = Acme()) {
    auto row = Snap(tenant)->Get(table, key);
    EXPECT_OK(row);
    return *std::move(row);
  }
  std::vector<std::string> Scan(const Table& table, const Range& range,
                                const base::TenantId& tenant = Acme()) {
    return Ids(*Snap(tenant), table, range);
  }

  // Holds the write thread inside a body, until the gate opens, so that what is queued meanwhile
  // shares one group.
  void Hold(Gate& gate) {
    Gate entered;
    store_->Transact(
        {}, Acme(),
        [&](Tx&) {
          entered.Open();
          gate.Pass();
          return absl::OkStatus();
        },
        [](absl::StatusOr<std::int64_t>) {});
    entered.Pass();
  }

  Engine engine_;
  time::FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  std::unique_ptr<Store> store_;
};

using Engines = ::testing::Types<OnDisk, InMemory, OnPostgres>;

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_CONTRACT_SUITE_H_
