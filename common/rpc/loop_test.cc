#include "common/rpc/loop.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/mutex.h"
#include "common/rpc/companion.h"
#include "common/rpc/test_server.h"
#include "common/testing/matchers.h"
#include "rapport/contact/v1/steward_service.pb.h"

namespace rapport::rpc {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

// What a companion sees, for as long as the test lasts.
struct Seen {
  // False if it does not come to so many turns.
  bool AwaitTurns(int count) {
    const absl::Time end = absl::Now() + kPatience;
    base::MutexLock lock(&mu);
    while (turns < count && absl::Now() < end) changed.WaitWithTimeout(&mu, end - absl::Now());
    return turns >= count;
  }
  int Turns() {
    base::MutexLock lock(&mu);
    return turns;
  }
  std::function<void()> Wake() {
    base::MutexLock lock(&mu);
    return wake;
  }
  base::Mutex mu;
  base::CondVar changed;
  int turns ABSL_GUARDED_BY(mu) = 0;
  std::function<void()> wake ABSL_GUARDED_BY(mu);
  bool ended ABSL_GUARDED_BY(mu) = false;
};

class Recorder final : public Companion {
 public:
  Recorder(Seen* seen, absl::Duration sleep) : seen_(*seen), sleep_(sleep) {}
  void OnBegin(std::function<void()> wake) override {
    thread_ = std::this_thread::get_id();
    base::MutexLock lock(&seen_.mu);
    seen_.wake = std::move(wake);
  }
  absl::Duration OnTurn() override {
    EXPECT_EQ(std::this_thread::get_id(), thread_);
    base::MutexLock lock(&seen_.mu);
    ++seen_.turns;
    seen_.changed.SignalAll();
    return sleep_;
  }
  void OnEnd() override {
    EXPECT_EQ(std::this_thread::get_id(), thread_);
    base::MutexLock lock(&seen_.mu);
    seen_.ended = true;
  }

 private:
  Seen& seen_;
  const absl::Duration sleep_;
  std::thread::id thread_;
};

TestServerOptions With(Seen* seen, absl::Duration sleep) {
  TestServerOptions options;
  options.server.companion = [seen, sleep] { return std::make_unique<Recorder>(seen, sleep); };
  return options;
}

TEST(Loop, ACompanionHasItsTurnAfterTheCallsAndCanEndTheSleep) {
  Seen seen;
  {
    TestServer server(With(&seen, absl::InfiniteDuration()));
    ASSERT_TRUE(seen.AwaitTurns(1));
    Client client = server.MakeClient();
    contact::v1::GetStewardRequest request;
    request.set_name("tenants/home/stewards/ada");
    const int before = seen.Turns();
    EXPECT_OK(client.Call<contact::v1::Steward>(kGetSteward, request));
    EXPECT_TRUE(seen.AwaitTurns(before + 1));
    for (int i = 0; i < 3; ++i) {
      const int turns = seen.Turns();
      seen.Wake()();
      EXPECT_TRUE(seen.AwaitTurns(turns + 1));
    }
    base::MutexLock lock(&seen.mu);
    EXPECT_FALSE(seen.ended);
  }
  base::MutexLock lock(&seen.mu);
  EXPECT_TRUE(seen.ended);
}

TEST(Loop, ACompanionHasItsTurnWhenTheSleepThatItAskedForIsOver) {
  Seen seen;
  const TestServer server(With(&seen, absl::Milliseconds(1)));
  EXPECT_TRUE(seen.AwaitTurns(20));
}

}  // namespace
}  // namespace rapport::rpc
