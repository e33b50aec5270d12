// What reads of one batch see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/resource/batch_view.h"

#include "common/resource/request_log.h"
#include "common/resource/test_things.h"
#include "common/rpc/executor.h"
#include "common/testing/gate.h"
#include "common/testing/matchers.h"

namespace rapport::resource {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

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

// Asks for a row; `heard` gets its id, "none" or "error" when the batch is over.
class RowsOfABatch : public BatchViewTest {
 protected:
  void Ask(const base::CallContext& context, const std::string& id) {
    BatchView::Get(
        store_.get(), context, Things(), {store::Value(id)},
        [this](absl::StatusOr<BatchView::Found> found) {
          if (!found.ok()) return heard_.push_back("error");
          EXPECT_GE(found->sequence, least_);
          heard_.push_back(found->row == nullptr ? "none" : store::AsText((*found->row)[0]));
        });
    EXPECT_TRUE(heard_.empty());
  }
  std::vector<std::string> heard_;
  std::int64_t least_ = 0;
};

TEST_F(RowsOfABatch, AreReadWhenItsWorkIsDone) {
  least_ = Write("b");
  Run([&] {
    for (const char* id : {"b", "missing", "a"}) Ask(home_, id);
    least_ = Write("a");  // acknowledged before the batch looks
  });
  EXPECT_THAT(heard_, ElementsAre("b", "none", "a"));
  heard_.clear();
  Run([&] { Ask(home_, "a"); });
  EXPECT_THAT(heard_, ElementsAre("a"));
}

TEST_F(RowsOfABatch, AreOfTheTenantWhoAsks) {
  Write("ours");
  Run([&] {
    Ask(home_, "ours");
    Ask(away_, "ours");
    Ask(home_, "ours");
  });
  EXPECT_THAT(heard_, UnorderedElementsAre("ours", "none", "ours"));
}

// Proves: S05
TEST_F(RowsOfABatch, SeeWhatTheReaderKnowsOf) {
  base::CallContext knowing = home_;
  base::CallContext ahead = home_;
  Run([&] {
    EXPECT_FALSE(Sees(home_, "mine"));  // the view of the batch is older than the write
    knowing.at_least = Write("mine");
    ahead.at_least = knowing.at_least + 1000;
    Ask(knowing, "mine");
    Ask(ahead, "mine");  // of a future that this store does not have
  });
  EXPECT_THAT(heard_, UnorderedElementsAre("mine", "error"));
}

}  // namespace
}  // namespace rapport::resource
