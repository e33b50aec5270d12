// Following a feed: in order, from where one was, past what cannot be applied.
#include "common/resource/feed_consumer.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/store/sqlite_store.h"
#include "common/testing/matchers.h"
#include "common/time/clock.h"
#include "rapport/contact/v1/steward.pb.h"

namespace rapport::resource {
namespace {

using contact::v1::Steward;
using feed::v1::ChangeBatch;
using feed::v1::WatchChangesRequest;
using ::rapport::testing::IsOk;
using ::testing::ElementsAre;

// A service whose feed the test writes. Every stream begins behind its cursor.
class Origin {
 public:
  FeedOpener Opener() {
    return [this](const WatchChangesRequest& cursor) -> std::unique_ptr<FeedStream> {
      base::MutexLock lock(&mu_);
      cursors_.push_back(cursor);
      changed_.SignalAll();
      return std::make_unique<Stream>(this, cursor);
    };
  }
  // One batch with these resources.
  void SendAny(std::int64_t sequence, const std::vector<google::protobuf::Any>& resources) {
    base::MutexLock lock(&mu_);
    ChangeBatch batch;
    for (const auto& resource : resources) *batch.add_changes()->mutable_resource() = resource;
    batch.set_sequence(sequence);
    batch.set_caught_up(true);
    batch.set_store_id("origin-store");
    batches_.push_back(std::move(batch));
    changed_.SignalAll();
  }
  void Send(std::int64_t sequence, const std::vector<std::string>& ids) {
    std::vector<google::protobuf::Any> resources;
    for (const std::string& id : ids) {
      Steward steward;
      steward.set_name("tenants/home/stewards/" + id);
      resources.emplace_back().PackFrom(steward);
    }
    SendAny(sequence, resources);
  }
  // The `n`th request for the feed, once it has come.
  WatchChangesRequest Cursor(std::size_t n) {
    base::MutexLock lock(&mu_);
    while (cursors_.size() <= n) changed_.Wait(&mu_);
    return cursors_[n];
  }

 private:
  class Stream final : public FeedStream {
   public:
    Stream(Origin* origin, const WatchChangesRequest& cursor)
        : origin_(origin), sent_(cursor.after_sequence()) {}
    bool Read(ChangeBatch* batch) override {
      base::MutexLock lock(&origin_->mu_);
      while (!cancelled_) {
        for (const auto& next : origin_->batches_) {
          if (next.sequence() <= sent_) continue;
          sent_ = next.sequence();
          *batch = next;
          return true;
        }
        origin_->changed_.Wait(&origin_->mu_);
      }
      return false;
    }
    void Cancel() override {
      base::MutexLock lock(&origin_->mu_);
      cancelled_ = true;
      origin_->changed_.SignalAll();
    }

   private:
    Origin* const origin_;
    std::int64_t sent_;
    bool cancelled_ = false;
  };

  base::Mutex mu_;
  base::CondVar changed_;
  std::deque<ChangeBatch> batches_ ABSL_GUARDED_BY(mu_);
  std::vector<WatchChangesRequest> cursors_ ABSL_GUARDED_BY(mu_);
};

class FeedConsumerTest : public ::testing::Test {
 protected:
  FeedConsumerTest() {
    store::SqliteOptions options;
    options.tables = {&FeedConsumer::table(), &FeedConsumer::term_table()};
    options.clock = &clock_;
    auto opened = store::SqliteStore::Open(std::move(options));
    EXPECT_OK(opened);
    store_ = *std::move(opened);
    Begin();
  }
  ~FeedConsumerTest() override { consumer_->Stop(); }

  // As a process that starts.
  void Begin() {
    if (consumer_) consumer_->Stop();
    consumer_.reset();
    positions_ = std::make_unique<FeedPositions>();
    FeedConsumer::Options options;
    options.origin = "contact";
    options.open = origin_.Opener();
    options.apply = [this](store::Tx& tx, const base::CallContext& context,
                           const google::protobuf::Any& any) -> absl::Status {
      EXPECT_EQ(tx.tenant().value(), "home");
      EXPECT_EQ(context.principal, "feed:contact");
      Steward steward;
      if (!any.UnpackTo(&steward)) return errors::MalformedRequest();
      const std::string id = steward.name().substr(steward.name().rfind('/') + 1);
      base::MutexLock lock(&mu_);
      if (troubles_ > 0) {
        --troubles_;
        return absl::UnavailableError("the store has trouble");
      }
      if (bad_.contains(id)) return errors::InvalidField("name", "cannot be applied");
      applied_.push_back(id);
      return absl::OkStatus();
    };
    options.on_poison = [this](const google::protobuf::Any&, const absl::Status& status) {
      base::MutexLock lock(&mu_);
      EXPECT_EQ(errors::ReasonOf(status), rapport::type::v1::FIELD);
      ++poisoned_;
    };
    consumer_ =
        std::make_unique<FeedConsumer>(std::move(options), store_.get(), positions_.get(), clock_);
  }
  void WaitFor(std::int64_t sequence) {
    base::Mutex mu;
    base::CondVar changed;
    bool reached = false;
    positions_->Wait({{"origin-store", sequence}}, absl::InfiniteFuture(), [&](absl::Status s) {
      EXPECT_OK(s);
      base::MutexLock lock(&mu);
      reached = true;
      changed.SignalAll();
    });
    base::MutexLock lock(&mu);
    while (!reached) changed.Wait(&mu);
  }
  std::vector<std::string> applied() {
    base::MutexLock lock(&mu_);
    return applied_;
  }
  int poisoned() {
    base::MutexLock lock(&mu_);
    return poisoned_;
  }

  const time::SystemClock clock_;
  Origin origin_;
  std::unique_ptr<store::SqliteStore> store_;
  base::Mutex mu_;
  std::vector<std::string> applied_ ABSL_GUARDED_BY(mu_);
  std::set<std::string> bad_;
  int troubles_ ABSL_GUARDED_BY(mu_) = 0;
  int poisoned_ ABSL_GUARDED_BY(mu_) = 0;
  std::unique_ptr<FeedPositions> positions_;
  std::unique_ptr<FeedConsumer> consumer_;
};

TEST_F(FeedConsumerTest, AppliesWhatComesInOrder) {
  EXPECT_FALSE(consumer_->Fresh());
  consumer_->Start();
  origin_.Send(3, {"ada", "ben"});
  origin_.Send(4, {"ada"});
  WaitFor(4);
  EXPECT_THAT(applied(), ElementsAre("ada", "ben", "ada"));
  EXPECT_EQ(positions_->PositionOf("origin-store"), 4);
  EXPECT_EQ(consumer_->applied(), 3);
}

TEST_F(FeedConsumerTest, GoesOnFromItsCursorAfterARestart) {
  consumer_->Start();
  EXPECT_EQ(origin_.Cursor(0).after_sequence(), 0);
  EXPECT_EQ(origin_.Cursor(0).store_id(), "");
  origin_.Send(7, {"ada"});
  WaitFor(7);
  Begin();
  EXPECT_EQ(positions_->PositionOf("origin-store"), 0);
  consumer_->Start();
  EXPECT_EQ(origin_.Cursor(1).after_sequence(), 7);
  EXPECT_EQ(origin_.Cursor(1).store_id(), "origin-store");
  WaitFor(7);  // known from the cursor, before the origin says anything
  origin_.Send(9, {"ben"});
  WaitFor(9);
  EXPECT_THAT(applied(), ElementsAre("ada", "ben"));
}

TEST_F(FeedConsumerTest, PassesOverASingleResourceThatCannotBeApplied) {
  bad_ = {"ben"};
  consumer_->Start();
  origin_.Send(5, {"ada", "ben", "cyd"});
  WaitFor(5);
  EXPECT_EQ(poisoned(), 1);
  // Ada came before Ben in the transaction that was rolled back: effects are idempotent.
  EXPECT_THAT(applied(), ElementsAre("ada", "ada", "cyd"));
}

TEST_F(FeedConsumerTest, BeginsAgainFromItsCursorWhenTheStoreHasTrouble) {
  {
    base::MutexLock lock(&mu_);
    troubles_ = 2;  // the group, and its only resource alone
  }
  consumer_->Start();
  origin_.Send(5, {"ada"});
  EXPECT_EQ(origin_.Cursor(1).after_sequence(), 0);
  WaitFor(5);
  EXPECT_THAT(applied(), ElementsAre("ada"));
  EXPECT_EQ(poisoned(), 0) << "the store is to blame, not the resource";
}

// Proves: P08
TEST_F(FeedConsumerTest, LeavesAloneKindsOfResourcesThatItDoesNotKnow) {
  google::protobuf::Any newer;
  newer.set_type_url("type.googleapis.com/rapport.contact.v9.Household");
  newer.set_value("\x0a\x05hello");
  google::protobuf::Any nameless;  // a type that we know, and no resource
  nameless.PackFrom(WatchChangesRequest());
  google::protobuf::Any known;
  Steward steward;
  steward.set_name("tenants/home/stewards/ada");
  known.PackFrom(steward);
  consumer_->Start();
  origin_.SendAny(6, {newer, nameless, known});
  WaitFor(6);
  EXPECT_THAT(applied(), ElementsAre("ada"));
  EXPECT_EQ(poisoned(), 0);
}

// Two processes that both believe that they follow the feed: the embedded store says so to
// everybody.
class FormerLeaderTest : public FeedConsumerTest {
 protected:
  // Notes in `applied` what it applies.
  std::unique_ptr<FeedConsumer> Follower(Origin* origin, FeedPositions* positions,
                                         std::vector<std::string>* applied) {
    FeedConsumer::Options options;
    options.origin = "contact";
    options.shared = true;
    // Nothing was announced beyond the cursor.
    options.open = [positions, open = origin->Opener()](const WatchChangesRequest& cursor) {
      EXPECT_EQ(positions->PositionOf("origin-store"), cursor.after_sequence());
      return open(cursor);
    };
    options.apply = [this, applied](store::Tx&, const base::CallContext&,
                                    const google::protobuf::Any& any) -> absl::Status {
      Steward steward;
      if (!any.UnpackTo(&steward)) return errors::MalformedRequest();
      base::MutexLock lock(&mu_);
      applied->push_back(steward.name());
      return absl::OkStatus();
    };
    options.on_poison = [](const google::protobuf::Any&, const absl::Status& status) {
      ADD_FAILURE() << status;
    };
    return std::make_unique<FeedConsumer>(std::move(options), store_.get(), positions, clock_);
  }
  static void Send(Origin& origin, std::int64_t sequence, const std::string& name) {
    Steward steward;
    steward.set_name(name);
    google::protobuf::Any any;
    any.PackFrom(steward);
    origin.SendAny(sequence, {any});
  }
  static void WaitFor(FeedPositions& positions, std::int64_t sequence) {
    absl::Notification reached;
    positions.Wait({{"origin-store", sequence}}, absl::InfiniteFuture(),
                   [&](absl::Status) { reached.Notify(); });
    reached.WaitForNotification();
  }
  void SetUp() override {
    former_->Start();
    Send(to_former_, 3, "tenants/home/stewards/ada");
    Send(to_former_, 4, "tenants/away/stewards/ada");
    WaitFor(former_knows_, 4);
    latter_->Start();
    EXPECT_EQ(to_latter_.Cursor(0).after_sequence(), 4);
  }
  void TearDown() override {
    former_->Stop();
    latter_->Stop();
  }

  Origin to_former_;
  Origin to_latter_;
  FeedPositions former_knows_;
  FeedPositions latter_knows_;
  std::vector<std::string> by_former_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> by_latter_ ABSL_GUARDED_BY(mu_);
  const std::unique_ptr<FeedConsumer> former_ = Follower(&to_former_, &former_knows_, &by_former_);
  const std::unique_ptr<FeedConsumer> latter_ = Follower(&to_latter_, &latter_knows_, &by_latter_);
};

// Proves: P05
TEST_F(FormerLeaderTest, WritesNothingOverWhatItsSuccessorWrote) {
  Send(to_latter_, 6, "tenants/home/stewards/ben");
  WaitFor(latter_knows_, 6);
  Send(to_former_, 5, "tenants/home/stewards/an older ben");
  // It begins anew, behind what its successor did.
  EXPECT_EQ(to_former_.Cursor(1).after_sequence(), 6);
  base::MutexLock lock(&mu_);
  EXPECT_THAT(by_former_, ElementsAre("tenants/home/stewards/ada", "tenants/away/stewards/ada"));
}

// Proves: P05
TEST_F(FormerLeaderTest, AnnouncesNothingOfWhatItWroteBeforeItsSuccessorCame) {
  Send(to_former_, 5, "tenants/away/stewards/ben");
  // Its position then is that of the cursor: see Follower.
  EXPECT_EQ(to_former_.Cursor(1).after_sequence(), 4);
}

}  // namespace
}  // namespace rapport::resource
