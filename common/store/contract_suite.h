// What the contract tests of the store share: engines, tables, and small verbs.
#ifndef RAPPORT_COMMON_STORE_CONTRACT_SUITE_H_
#define RAPPORT_COMMON_STORE_CONTRACT_SUITE_H_

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/store/sqlite_store.h"
#include "common/store/store.h"
#include "common/testing/gate.h"
#include "common/testing/matchers.h"
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

struct OnDisk {
  static void Place(SqliteOptions& options, const TestFolder& folder) {
    options.path = folder.file();
  }
  static constexpr bool kPersistent = true;
};
struct InMemory {
  static void Place(SqliteOptions&, const TestFolder&) {}
  static constexpr bool kPersistent = false;
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

  SqliteOptions Options() {
    SqliteOptions options;
    options.tables = {&People(), &Notes(), &Events()};
    options.clock = &clock_;
    options.on_fatal = [](absl::string_view what) { ADD_FAILURE() << what; };
    Engine::Place(options, folder_);
    return options;
  }
  // Lets `change` alter the options and opens the store (again).
  void Reopen(const std::function<void(SqliteOptions&)>& change) {
    store_.reset();
    SqliteOptions options = Options();
    if (change) change(options);
    auto opened = SqliteStore::Open(std::move(options));
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

  const TestFolder folder_;
  time::FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  std::unique_ptr<SqliteStore> store_;
};

using Engines = ::testing::Types<OnDisk, InMemory>;

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_CONTRACT_SUITE_H_
