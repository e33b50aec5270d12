#include "common/cache/coalescer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "common/testing/matchers.h"

namespace rapport::cache {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Reads = Coalescer<std::string, int>;
using Load = Reads::Load;

// Keeps the loads that were started, for the test to go on with.
struct Fixture {
  Fixture() : reads([this](std::unique_ptr<Load> load) { loads.push_back(std::move(load)); }) {}
  ~Fixture() { loads.clear(); }
  // Results are noted as "name=value" or "name=CODE".
  void Get(const std::string& name, absl::Time deadline = absl::InfiniteFuture(),
           const std::string& key = "key") {
    reads.Get(key, deadline, [this, name](const absl::StatusOr<int>& result) {
      results.push_back(name + "=" +
                        (result.ok() ? std::to_string(*result)
                                     : absl::StatusCodeToString(result.status().code())));
    });
  }
  std::vector<std::string> TakeResults() { return std::exchange(results, {}); }

  std::vector<std::string> results;
  Reads reads;
  std::vector<std::unique_ptr<Load>> loads;
};

TEST(Coalescer, WhoComesBeforeTheReadIsSentSharesIt) {
  Fixture f;
  f.Get("a");
  f.Get("b");
  ASSERT_EQ(f.loads.size(), 1);
  EXPECT_EQ(f.loads[0]->key(), "key");
  f.loads[0]->BeginRead();
  f.loads[0]->Finish(7);
  EXPECT_THAT(f.TakeResults(), ElementsAre("a=7", "b=7"));
  EXPECT_EQ(f.reads.keys(), 0);
}

// A write may be acknowledged between the two arrivals; the second must see it.
TEST(Coalescer, WhoComesAfterTheReadWasSentSharesTheNext) {
  Fixture f;
  f.Get("a");
  f.loads[0]->BeginRead();
  f.Get("b");
  f.Get("c");
  EXPECT_EQ(f.loads.size(), 1);  // two loads at most, the second waits
  f.loads[0]->Finish(1);
  EXPECT_THAT(f.TakeResults(), ElementsAre("a=1"));
  ASSERT_EQ(f.loads.size(), 2);
  f.Get("d");
  f.loads[1]->BeginRead();
  f.Get("e");
  f.loads[1]->Finish(2);
  EXPECT_THAT(f.TakeResults(), ElementsAre("b=2", "c=2", "d=2"));
  ASSERT_EQ(f.loads.size(), 3);
  f.loads[2]->Finish(3);
  EXPECT_THAT(f.TakeResults(), ElementsAre("e=3"));
}

TEST(Coalescer, KeysDoNotWaitForEachOther) {
  Fixture f;
  f.Get("a", absl::InfiniteFuture(), "x");
  f.Get("b", absl::InfiniteFuture(), "y");
  ASSERT_EQ(f.loads.size(), 2);
  EXPECT_EQ(f.reads.keys(), 2);
  f.loads[1]->Finish(2);
  EXPECT_THAT(f.TakeResults(), ElementsAre("b=2"));
}

TEST(Coalescer, FailuresAreSharedByThoseWhoShare) {
  Fixture f;
  f.Get("a");
  f.Get("b");
  f.loads[0]->BeginRead();
  f.Get("c");
  f.loads[0]->Finish(absl::UnavailableError("x"));
  EXPECT_THAT(f.TakeResults(), ElementsAre("a=UNAVAILABLE", "b=UNAVAILABLE"));
  f.loads[1]->Finish(3);
  EXPECT_THAT(f.TakeResults(), ElementsAre("c=3"));
}

TEST(Coalescer, ALoadThatIsDroppedFails) {
  Fixture f;
  f.Get("a");
  f.loads.clear();
  EXPECT_THAT(f.TakeResults(), ElementsAre("a=CANCELLED"));
}

TEST(Coalescer, EachWaiterKeepsItsOwnDeadline) {
  const absl::Time now = absl::UnixEpoch();
  Fixture f;
  f.Get("a", now + absl::Milliseconds(10));
  f.Get("b", now + absl::Milliseconds(30));
  EXPECT_EQ(f.loads[0]->BeginRead(), now + absl::Milliseconds(30));  // for the last of them
  f.Get("c", now + absl::Milliseconds(20));
  EXPECT_EQ(f.reads.Expire(now + absl::Milliseconds(9)), now + absl::Milliseconds(10));
  EXPECT_THAT(f.TakeResults(), IsEmpty());
  EXPECT_EQ(f.reads.Expire(now + absl::Milliseconds(20)), now + absl::Milliseconds(30));
  EXPECT_THAT(f.TakeResults(), ElementsAre("a=DEADLINE_EXCEEDED", "c=DEADLINE_EXCEEDED"));
  f.loads[0]->Finish(1);
  EXPECT_THAT(f.TakeResults(), ElementsAre("b=1"));
  EXPECT_EQ(f.loads.size(), 1);  // nobody is left for a second read
  EXPECT_EQ(f.reads.Expire(now), absl::InfiniteFuture());
}

TEST(Coalescer, WhoIsLateHearsTheReasonThatCallersKnow) {
  Fixture f;
  absl::Status heard;
  f.reads.Get("a", absl::UnixEpoch(),
              [&](const absl::StatusOr<int>& result) { heard = result.status(); });
  f.reads.Expire(absl::UnixEpoch());
  EXPECT_EQ(errors::ReasonOf(heard), type::v1::DEADLINE);
  f.loads.clear();
}

TEST(Coalescer, ALoadThatNobodyWaitsForSaysSo) {
  Fixture f;
  f.Get("a", absl::UnixEpoch());
  f.reads.Expire(absl::UnixEpoch());
  EXPECT_EQ(f.loads[0]->BeginRead(), absl::InfinitePast());
  f.loads[0]->Finish(1);
  EXPECT_THAT(f.TakeResults(), ElementsAre("a=DEADLINE_EXCEEDED"));
}

TEST(Coalescer, ACallbackMayAskAgain) {
  Fixture f;
  f.reads.Get("key", absl::InfiniteFuture(), [&f](const absl::StatusOr<int>&) { f.Get("again"); });
  f.loads[0]->Finish(1);
  ASSERT_EQ(f.loads.size(), 2);
  f.loads[1]->Finish(2);
  EXPECT_THAT(f.TakeResults(), ElementsAre("again=2"));
}

// Proves: S07
TEST(Coalescer, AThousandConcurrentMissesReadTwice) {
  Fixture f;
  f.Get("first");
  f.loads[0]->BeginRead();
  std::vector<std::thread> threads;
  threads.reserve(8);
  std::atomic<int> answers{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 125; ++i) {
        f.reads.Get("key", absl::InfiniteFuture(), [&](const absl::StatusOr<int>& result) {
          if (result.ok() && *result == 2) ++answers;
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  f.loads[0]->Finish(1);
  ASSERT_EQ(f.loads.size(), 2);
  f.loads[1]->BeginRead();
  f.loads[1]->Finish(2);
  EXPECT_EQ(answers, 1000);
  EXPECT_EQ(f.loads.size(), 2);
}

// The promise itself, under threads: no reader gets a value older than at its start.
TEST(Coalescer, NobodyGetsAValueFromBeforeItArrived) {
  std::atomic<int> truth{0};
  std::atomic<int> stale{0};
  std::atomic<int> answered{0};
  base::Mutex mu;
  base::CondVar changed;
  std::vector<std::unique_ptr<Load>> queue;
  bool stop = false;
  Reads reads([&](std::unique_ptr<Load> load) {
    base::MutexLock lock(&mu);
    queue.push_back(std::move(load));
    changed.Signal();
  });
  std::thread loader([&] {
    while (true) {
      std::unique_ptr<Load> load;
      {
        base::MutexLock lock(&mu);
        while (queue.empty() && !stop) changed.Wait(&mu);
        if (queue.empty()) return;
        load = std::move(queue.back());
        queue.pop_back();
      }
      load->BeginRead();
      const int value = truth;
      std::this_thread::yield();
      load->Finish(value);
    }
  });
  constexpr int kReaders = 4;
  constexpr int kReads = 5000;
  std::vector<std::thread> threads;
  threads.reserve(kReaders);
  for (int t = 0; t < kReaders; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kReads; ++i) {
        const int at_start = ++truth;  // a write, acknowledged, then a read
        reads.Get("key", absl::InfiniteFuture(), [&, at_start](const absl::StatusOr<int>& result) {
          if (!result.ok() || *result < at_start) ++stale;
          ++answered;
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  {
    base::MutexLock lock(&mu);
    stop = true;
    changed.Signal();
  }
  // What is queued is finished first; each of them may start one more.
  loader.join();
  EXPECT_EQ(stale, 0);
  EXPECT_EQ(answered, kReaders * kReads);
}

}  // namespace
}  // namespace rapport::cache
