// A store with one sequenced table, for the tests of what stands on it.
#ifndef RAPPORT_COMMON_RESOURCE_TEST_THINGS_H_
#define RAPPORT_COMMON_RESOURCE_TEST_THINGS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "common/store/sqlite_store.h"
#include "common/testing/matchers.h"
#include "common/time/clock.h"

namespace rapport::resource {

class ThingsStore : public ::testing::Test {
 protected:
  ThingsStore() {
    store::SqliteOptions options;
    options.tables = {&Things()};
    options.clock = &clock_;
    auto opened = store::SqliteStore::Open(std::move(options));
    EXPECT_OK(opened);
    store_ = *std::move(opened);
    home_.tenant = base::TenantId::Trusted("home");
    home_.deadline = absl::InfiniteFuture();
  }
  static const store::Table& Things() {
    static const auto* const table = new store::Table{"things",
                                                      {{"id", store::ColumnType::kText},
                                                       {"sequence", store::ColumnType::kInt},
                                                       {"body", store::ColumnType::kText}},
                                                      1,
                                                      {},
                                                      1};
    return *table;
  }
  // Returns the sequence.
  std::int64_t Write(const char* id) {
    std::int64_t sequence = 0;
    EXPECT_OK(store::TransactAndWait(*store_, {}, home_.tenant, [&](store::Tx& tx) -> absl::Status {
      auto put = tx.Put(Things(), {std::string(id), std::int64_t{0}, std::string("x")});
      if (put.ok()) sequence = *put;
      return put.status();
    }));
    return sequence;
  }

  const time::SystemClock clock_;
  std::unique_ptr<store::SqliteStore> store_;
  base::CallContext home_;
};

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_TEST_THINGS_H_
