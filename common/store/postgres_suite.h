// What the tests of the PostgreSQL engine share: its server, and small verbs.
#ifndef RAPPORT_COMMON_STORE_POSTGRES_SUITE_H_
#define RAPPORT_COMMON_STORE_POSTGRES_SUITE_H_

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/store/contract_suite.h"
#include "common/store/postgres_store.h"

namespace rapport::store {

using Strings = std::vector<std::string>;

class PostgresStoreTest : public ::testing::Test {
 protected:
  PostgresOptions Options() const {
    return place_.Options({.tables = {&People(), &Notes(), &Events()}, .clock = &clock_});
  }
  std::unique_ptr<PostgresStore> Open() const { return Open(Options()); }
  static std::unique_ptr<PostgresStore> Open(PostgresOptions options) {
    auto opened = PostgresStore::Open(std::move(options));
    EXPECT_OK(opened);
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  static testing::PostgresServer& Server() { return OnPostgres::Server(); }
  // Runs statements as a superuser; %s is the schema.
  Strings Sql(std::string sql, const std::string& user = "postgres") const {
    for (std::size_t at; (at = sql.find("%s")) != std::string::npos;) {
      sql.replace(at, 2, place_.schema());
    }
    return Server().Query(Server().uri(user), sql);
  }
  // Waits until the statement answers so.
  void Await(const std::string& sql, const std::string& answer) const {
    const absl::Time limit = absl::Now() + absl::Seconds(20);
    while (Sql(sql) != Strings{answer}) {
      ASSERT_LT(absl::Now(), limit) << sql;
      std::this_thread::yield();
    }
  }
  static absl::StatusOr<std::int64_t> Put(Store& store, const Table& table, Row row,
                                          base::TenantId tenant = Acme()) {
    return TransactAndWait(store, {}, std::move(tenant),
                           [&](Tx& tx) { return tx.Put(table, row).status(); });
  }
  static Strings Keys(Store& store, const Table& table, const Range& range = {},
                      const base::TenantId& tenant = Acme()) {
    auto snapshot = store.Read({}, tenant);
    EXPECT_OK(snapshot);
    return snapshot.ok() ? Ids(**snapshot, table, range) : Strings{"unread"};
  }
  static absl::Status Increment(Tx& tx) {
    const auto row = tx.Get(People(), {{Text("counter")}});
    if (!row.ok()) return row.status();
    const std::int64_t now = row->has_value() ? AsInt((**row)[2]) : 0;
    return tx.Put(People(), Person("counter", kNull, Int(now + 1))).status();
  }
  static std::int64_t Counter(Store& store) {
    const auto snapshot = store.Read({}, Acme());
    EXPECT_OK(snapshot);
    const auto row = (*snapshot)->Get(People(), {{Text("counter")}});
    EXPECT_OK(row);
    return row->has_value() ? AsInt((**row)[2]) : 0;
  }

  const OnPostgres place_;
  time::FakeClock clock_{absl::FromUnixSeconds(1700000000)};
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_POSTGRES_SUITE_H_
