// The read lane: every piece once, tenants in turn, long work alone.
#include "common/rpc/executor.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/blocking_counter.h"
#include "common/base/mutex.h"
#include "common/testing/gate.h"
#include "common/testing/matchers.h"

namespace rapport::rpc {
namespace {

using ::testing::ElementsAre;

constexpr auto kShort = Executor::Length::kShort;
constexpr auto kLong = Executor::Length::kLong;

// What happened, in order.
class Diary {
 public:
  void Note(std::string what) {
    base::MutexLock lock(&mu_);
    lines_.push_back(std::move(what));
  }
  std::vector<std::string> lines() {
    base::MutexLock lock(&mu_);
    return lines_;
  }

 private:
  base::Mutex mu_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mu_);
};

// An executor whose only thread waits until the test has queued its work.
struct Held {
  explicit Held(std::size_t max_queued = 4096)
      : executor(
            std::make_unique<Executor>(Executor::Options{.threads = 1, .max_queued = max_queued})) {
    testing::Gate begun;
    executor->Submit("first", kLong, [this, &begun] {
      begun.Open();
      go.Pass();
    });
    begun.Pass();
  }
  // Runs what is queued, to the end.
  void Release() {
    go.Open();
    executor.reset();
  }
  testing::Gate go;
  std::unique_ptr<Executor> executor;
};

// Proves: P05
TEST(Executor, TenantsTakeTurns) {
  Diary diary;
  Held held;
  for (const char* piece : {"a1", "a2", "a3"}) {
    held.executor->Submit("a", kShort, [&diary, piece] { diary.Note(piece); });
  }
  held.executor->Submit("b", kShort, [&diary] { diary.Note("b1"); });
  held.Release();
  EXPECT_THAT(diary.lines(), ElementsAre("a1", "b1", "a2", "a3"));
}

TEST(Executor, ShortWorkSharesABatchAndLongWorkDoesNot) {
  Diary diary;
  Held held;
  const auto submit = [&](const std::string& name, Executor::Length length) {
    held.executor->Submit("a", length, [&diary, name] {
      diary.Note(name);
      Executor::AtBatchEnd([&diary, name] { diary.Note("end of " + name); });
    });
  };
  submit("s1", kShort);
  submit("s2", kShort);
  submit("l1", kLong);
  submit("s3", kShort);
  held.Release();
  EXPECT_THAT(diary.lines(), ElementsAre("s1", "s2", "end of s1", "end of s2", "l1", "end of l1",
                                         "s3", "end of s3"));
}

TEST(Executor, WorkThatWaitsForEachOtherFindsAThreadEach) {
  constexpr int kThreads = 4;
  Executor executor({.threads = kThreads});
  for (int round = 0; round < 50; ++round) {
    auto* const barrier = new absl::Barrier(kThreads);
    absl::BlockingCounter done(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      executor.Submit("a", kLong, [barrier, &done] {
        if (barrier->Block()) delete barrier;
        done.DecrementCount();
      });
    }
    done.Wait();
  }
}

TEST(Executor, RunsEveryPieceOnceThoughManyThreadsSubmit) {
  constexpr int kSubmitters = 4;
  constexpr int kEach = 2000;
  std::vector<std::atomic<int>> runs(kSubmitters * kEach);
  {
    Executor executor({.threads = 3, .max_queued = kSubmitters * kEach});
    std::vector<std::thread> submitters;
    for (int s = 0; s < kSubmitters; ++s) {
      submitters.emplace_back([&, s] {
        for (int i = 0; i < kEach; ++i) {
          const auto n = static_cast<std::size_t>(s * kEach + i);
          executor.Submit(s % 2 == 0 ? "a" : "b", i % 7 == 0 ? kLong : kShort,
                          [&runs, n] { ++runs[n]; });
        }
      });
    }
    for (auto& submitter : submitters) submitter.join();
  }
  for (const auto& count : runs) EXPECT_EQ(count, 1);
}

TEST(Executor, RefusesWhatDoesNotFitIntoTheQueue) {
  Held held(2);
  EXPECT_TRUE(held.executor->Submit("a", kShort, [] {}));
  EXPECT_TRUE(held.executor->Submit("b", kShort, [] {}));
  EXPECT_FALSE(held.executor->Submit("c", kShort, [] {}));
  EXPECT_EQ(held.executor->queued(), 2U);
  held.Release();
}

}  // namespace
}  // namespace rapport::rpc
