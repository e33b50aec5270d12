// What reads of one batch see.
#include "common/resource/batch_view.h"

#include "common/resource/request_log.h"
#include "common/resource/test_things.h"
#include "common/rpc/executor.h"
#include "common/testing/gate.h"
#include "common/testing/matchers.h"

namespace rapport::resource {
namespace {

constexpr auto kShort = rpc::Executor::Length::kShort;

class BatchViewTest : public ThingsStore {
 protected:
  BatchViewTest() : away_(home_) { away_.tenant = base::TenantId::Trusted("away"); }
  bool Sees(const base::CallContext& context, const char* id) {
    const auto view = BatchView::Open(store_.get(), context);
    EXPECT_OK(view);
    const auto row = (*view)->Get(Things(), {store::Value(std::string(id))});
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
