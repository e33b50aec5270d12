// What reads of one batch see.
#include "common/resource/batch_view.h"

#include <memory>

#include "common/resource/request_log.h"
#include "common/rpc/executor.h"
#include "common/store/sqlite_store.h"
#include "common/testing/gate.h"
#include "common/testing/matchers.h"
#include "common/time/clock.h"

namespace rapport::resource {
namespace {

constexpr auto kShort = rpc::Executor::Length::kShort;

class BatchViewTest : public ::testing::Test {
 protected:
  BatchViewTest() {
    store::SqliteOptions options;
    options.tables = {&SomeTable()};
    options.clock = &clock_;
    auto opened = store::SqliteStore::Open(std::move(options));
    EXPECT_OK(opened);
    store_ = *std::move(opened);
    home_.tenant = base::TenantId::Trusted("home");
    home_.deadline = absl::InfiniteFuture();
    away_ = home_;
    away_.tenant = base::TenantId::Trusted("away");
  }
  static const store::Table& SomeTable() {
    static const auto* const table = new store::Table{"things",
                                                      {{"id", store::ColumnType::kText},
                                                       {"sequence", store::ColumnType::kInt},
                                                       {"body", store::ColumnType::kText}},
                                                      1,
                                                      {},
                                                      1};
    return *table;
  }
  std::int64_t Write(const char* id) {
    std::int64_t sequence = 0;
    const auto done =
        store::TransactAndWait(*store_, {}, home_.tenant, [&](store::Tx& tx) -> absl::Status {
          auto put = tx.Put(SomeTable(), {std::string(id), std::int64_t{0}, std::string("x")});
          if (put.ok()) sequence = *put;
          return put.status();
        });
    EXPECT_OK(done);
    return sequence;
  }
  bool Sees(const base::CallContext& context, const char* id) {
    const auto view = BatchView::Open(store_.get(), context);
    EXPECT_OK(view);
    const auto row = (*view)->Get(SomeTable(), {store::Value(std::string(id))});
    EXPECT_OK(row);
    return row->has_value();
  }
  void Run(absl::AnyInvocable<void()> work) {
    testing::Gate done;
    executor_.Submit("home", kShort, [&] {
      work();
      rpc::Executor::AtBatchEnd([&] { done.Open(); });
    });
    done.Pass();
  }

  time::SystemClock clock_;
  std::unique_ptr<store::SqliteStore> store_;
  base::CallContext home_;
  base::CallContext away_;
  rpc::Executor executor_{{.threads = 1}};
};

TEST_F(BatchViewTest, ReadsOfOneTenantShareAViewUntilTheBatchEnds) {
  Run([&] {
    const auto first = BatchView::Open(store_.get(), home_);
    const auto again = BatchView::Open(store_.get(), home_);
    EXPECT_EQ(*first, *again);
    Write("later");
    EXPECT_FALSE(Sees(home_, "later"));
  });
  Run([&] { EXPECT_TRUE(Sees(home_, "later")); });
}

TEST_F(BatchViewTest, AnotherTenantGetsItsOwn) {
  Write("ours");
  Run([&] {
    EXPECT_TRUE(Sees(home_, "ours"));
    EXPECT_FALSE(Sees(away_, "ours"));
    EXPECT_TRUE(Sees(home_, "ours"));
  });
}

// Proves: S05
TEST_F(BatchViewTest, AReaderThatKnowsOfALaterWriteSeesIt) {
  Run([&] {
    EXPECT_FALSE(Sees(home_, "mine"));
    base::CallContext knowing = home_;
    knowing.at_least = Write("mine");
    EXPECT_TRUE(Sees(knowing, "mine"));
  });
}

}  // namespace
}  // namespace rapport::resource
