// What the tests of rapport-admin share: a small schema with every kind of column, and stores that
// are opened, filled and read.
#ifndef RAPPORT_TOOLS_RAPPORT_ADMIN_TEST_HOUSE_H_
#define RAPPORT_TOOLS_RAPPORT_ADMIN_TEST_HOUSE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/resource/schema.h"
#include "common/store/store.h"
#include "common/testing/matchers.h"
#include "common/testing/postgres_server.h"
#include "common/time/clock.h"
#include "tools/rapport-admin/opened.h"
#include "tools/rapport-admin/rows.h"

namespace rapport::admin {

using store::ColumnType;
using store::Row;
using store::Table;
using store::Value;
using Strings = std::vector<std::string>;

inline base::TenantId Acme() { return base::TenantId::Trusted("acme"); }
inline base::TenantId Bolt() { return base::TenantId::Trusted("bolt"); }

class AdminTest : public ::testing::Test {
 protected:
  AdminTest() : folder_(::testing::TempDir() + "/admin-XXXXXX") {
    if (mkdtemp(folder_.data()) == nullptr) std::abort();
  }
  ~AdminTest() override { std::filesystem::remove_all(folder_); }

  static testing::PostgresServer& Server() {
    static testing::PostgresServer server;
    return server;
  }
  std::string File(const std::string& name) const { return "sqlite:" + folder_ + "/" + name; }
  resource::Schema Things() const {
    return {.service = "things",
            .tables = {&people_, &notes_, &log_, &cursors_},
            .own_tables = {&cursors_},
            .cached = {{&people_, "pe"}}};
  }
  std::unique_ptr<Opened> Open(const resource::Schema& schema, const std::string& address) const {
    auto opened = Opened::Open(schema, OptionsFor(schema, address, clock_));
    EXPECT_OK(opened);
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  // Several rows in one transaction.
  static void PutAll(store::Store& store, const base::TenantId& tenant,
                     const std::vector<std::pair<const Table*, Row>>& rows) {
    EXPECT_OK(store::TransactAndWait(store, ContextOf(tenant), tenant,
                                     [&](store::Tx& tx) -> absl::Status {
                                       for (const auto& [table, row] : rows) {
                                         const absl::Status put = tx.Put(*table, row).status();
                                         if (!put.ok()) return put;
                                       }
                                       return absl::OkStatus();
                                     }));
  }
  static void Put(store::Store& store, const base::TenantId& tenant, const Table& table, Row row) {
    EXPECT_OK(store::TransactAndWait(store, ContextOf(tenant), tenant,
                                     [&](store::Tx& tx) { return tx.Put(table, row).status(); }));
  }
  static std::vector<Row> RowsOf(store::Store& store, const base::TenantId& tenant,
                                 const Table& table) {
    std::vector<Row> all;
    EXPECT_OK(VisitRows(store, tenant, table, {}, [&](std::vector<Row>& rows) {
      for (Row& row : rows) {
        if (table.sequence_column >= 0) {
          row[static_cast<std::size_t>(table.sequence_column)] = Value();
        }
        all.push_back(std::move(row));
      }
      return absl::OkStatus();
    }));
    return all;
  }
  // "table/key" in the order of the feeds.
  Strings FeedOf(store::Store& store, const base::TenantId& tenant) const {
    std::vector<std::pair<std::int64_t, std::string>> fed;
    const auto view = ReadNow(store, tenant);
    EXPECT_OK(view);
    for (const Table* table : {&people_, &notes_}) {
      EXPECT_OK(
          (*view)->Feed(*table, 0, 1'000'000, [&](const auto& of, std::int64_t sequence, Row& row) {
            if (of == tenant) {
              fed.emplace_back(sequence, table->name + "/" + store::AsText(row[0]));
            }
            return true;
          }));
    }
    std::sort(fed.begin(), fed.end());
    Strings names;
    for (auto& [sequence, name] : fed) names.push_back(std::move(name));
    return names;
  }
  Say Lines() {
    return [this](absl::string_view line) { lines_.emplace_back(line); };
  }

  std::string folder_;
  const time::SystemClock clock_;
  Strings lines_;
  const Table people_{.name = "people",
                      .columns = {{"id", ColumnType::kText},
                                  {"email", ColumnType::kText},
                                  {"age", ColumnType::kInt},
                                  {"sequence", ColumnType::kInt},
                                  {"photo", ColumnType::kBytes}},
                      .indexes = {{.name = "by_email", .columns = {1}, .unique = true},
                                  {.name = "by_age", .columns = {2}}},
                      .sequence_column = 3};
  const Table notes_{.name = "notes",
                     .columns = {{"person", ColumnType::kText},
                                 {"number", ColumnType::kInt},
                                 {"body", ColumnType::kBytes},
                                 {"sequence", ColumnType::kInt}},
                     .key_columns = 2,
                     .sequence_column = 3};
  const Table log_{.name = "log",
                   .columns = {{"key", ColumnType::kBytes},
                               {"time", ColumnType::kInt},
                               {"answer", ColumnType::kBytes}},
                   .indexes = {{.name = "by_time", .columns = {1, 0}}}};
  const Table cursors_{.name = "cursors",
                       .columns = {{"origin", ColumnType::kText}, {"position", ColumnType::kInt}}};
};

}  // namespace rapport::admin

#endif  // RAPPORT_TOOLS_RAPPORT_ADMIN_TEST_HOUSE_H_
