// Who waits for a position, and when they are told.
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/resource/feed_consumer.h"
#include "common/testing/matchers.h"
#include "google/rpc/error_details.pb.h"

namespace rapport::resource {
namespace {

using ::rapport::testing::IsOk;
using ::rapport::testing::StatusIs;

constexpr char kOwn[] = "own";
const absl::Time kNever = absl::InfiniteFuture();

// What one waiting call was told.
class Told {
 public:
  absl::AnyInvocable<void(absl::Status)> Callback() {
    return [this](absl::Status status) {
      base::MutexLock lock(&mu_);
      EXPECT_FALSE(status_.has_value()) << "told twice";
      status_ = std::move(status);
      changed_.SignalAll();
    };
  }
  bool yet() const {
    base::MutexLock lock(&mu_);
    return status_.has_value();
  }
  absl::Status Wait() {
    base::MutexLock lock(&mu_);
    while (!status_.has_value()) changed_.Wait(&mu_);
    return *status_;
  }

 private:
  mutable base::Mutex mu_;
  base::CondVar changed_;
  std::optional<absl::Status> status_ ABSL_GUARDED_BY(mu_);
};

std::string PositionIn(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo");
  if (payload) info.ParseFromString(std::string(*payload));
  return info.metadata().contains("position") ? info.metadata().at("position") : "";
}

// Proves: S05
TEST(FeedPositions, CallsAtOnceWhoNeedsNotWait) {
  FeedPositions positions;
  Told nothing, reached, not_followed;
  positions.Wait({}, kNever, nothing.Callback());
  EXPECT_TRUE(nothing.yet());
  positions.Advance("contact", 5);
  positions.Wait({{"contact", 5}}, kNever, reached.Callback());
  EXPECT_TRUE(reached.yet());
  positions.Wait({{"stranger", 9}}, kNever, not_followed.Callback());
  EXPECT_TRUE(not_followed.yet());
  EXPECT_OK(nothing.Wait());
  EXPECT_OK(reached.Wait());
  EXPECT_OK(not_followed.Wait());
}

// Proves: S05
TEST(FeedPositions, WaitsUntilEveryPositionIsReached) {
  FeedPositions positions;
  positions.Follow("contact");
  positions.Follow("engagement");
  Told both, one;
  positions.Wait({{"contact", 3}, {"engagement", 2}}, kNever, both.Callback());
  positions.Wait({{"contact", 3}}, kNever, one.Callback());
  EXPECT_FALSE(one.yet());
  positions.Advance("contact", 3);
  EXPECT_OK(one.Wait());
  EXPECT_FALSE(both.yet());
  positions.Advance("engagement", 1);
  EXPECT_FALSE(both.yet());
  positions.Advance("engagement", 2);
  EXPECT_OK(both.Wait());
}

TEST(FeedPositions, NeverGoBack) {
  FeedPositions positions;
  EXPECT_EQ(positions.PositionOf("contact"), 0);
  positions.Advance("contact", 5);
  positions.Advance("contact", 3);
  positions.Follow("contact");
  EXPECT_EQ(positions.PositionOf("contact"), 5);
}

// Proves: S05
TEST(FeedPositions, SayAtTheDeadlineHowFarTheyAre) {
  FeedPositions positions;
  positions.Advance("contact", 4);
  Told late, patient;
  positions.Wait({{"contact", 9}}, kNever, patient.Callback());
  positions.Wait({{"contact", 9}}, absl::Now() - absl::Seconds(1), late.Callback());
  const absl::Status status = late.Wait();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(errors::ReasonOf(status), rapport::type::v1::BEHIND);
  EXPECT_EQ(PositionIn(status), "4");
  EXPECT_FALSE(patient.yet());
  positions.Advance("contact", 9);
  EXPECT_OK(patient.Wait());
}

// Proves: S05
TEST(FeedPositions, WaitForEveryStoreButTheOwnUntilAllOriginsWereHeard) {
  FeedPositions positions;
  positions.Await("contact", kOwn);
  positions.Await("engagement", kOwn);
  Told own, unknown, known;
  positions.Wait({{kOwn, 7}}, kNever, own.Callback());
  EXPECT_TRUE(own.yet());
  positions.Wait({{"stranger", 1}}, kNever, unknown.Callback());
  positions.Wait({{"contact-store", 2}}, kNever, known.Callback());
  EXPECT_FALSE(unknown.yet());
  positions.Follow("contact-store");
  positions.Heard("contact");
  EXPECT_FALSE(unknown.yet()) << "engagement has not said which store is its own";
  positions.Advance("contact-store", 2);
  EXPECT_OK(known.Wait());
  positions.Heard("engagement");
  EXPECT_OK(unknown.Wait());
}

// Proves: S05
TEST(FeedPositions, PassByStrangersWhenAnOriginIsAwaitedAgain) {
  FeedPositions positions;
  positions.Await("contact", kOwn);
  positions.Follow("contact-store");
  positions.Advance("contact-store", 2);
  positions.Heard("contact");
  Told before, stranger, restored;
  positions.Wait({{"stranger", 1}, {"contact-store", 2}}, kNever, before.Callback());
  EXPECT_OK(before.Wait());
  positions.Await("contact", kOwn);  // its stream has ended
  positions.Wait({{"stranger", 5}, {"contact-store", 1}}, kNever, stranger.Callback());
  EXPECT_OK(stranger.Wait());
  positions.Wait({{"contact restored", 1}}, kNever, restored.Callback());
  EXPECT_FALSE(restored.yet());
  positions.Heard("contact");
  EXPECT_OK(restored.Wait());
}

TEST(FeedPositions, AnswerWhoStillWaitsWhenTheyEnd) {
  Told left;
  {
    FeedPositions positions;
    positions.Follow("contact");
    positions.Wait({{"contact", 1}}, kNever, left.Callback());
  }
  ASSERT_TRUE(left.yet());
  EXPECT_EQ(errors::ReasonOf(left.Wait()), rapport::type::v1::BEHIND);
}

}  // namespace
}  // namespace rapport::resource
