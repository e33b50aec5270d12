#include "common/cache/mode_lease.h"

#include <gtest/gtest.h>

#include <ctime>

#include "common/testing/matchers.h"

namespace rapport::cache {
namespace {

using ::rapport::testing::StatusIs;

constexpr absl::Duration kMs = absl::Milliseconds(1);

ModeRow Row(ModeState state, std::uint64_t epoch = 1) {
  return ModeRow{{state, epoch}, "run", "file-1"};
}

// A row that the test sets, and a read that takes the time that the test says.
struct Fixture {
  absl::StatusOr<std::vector<ModeRow>> Read() {
    clock.Advance(read_takes);
    if (!row.ok()) return row.status();
    return std::vector<ModeRow>{*row};
  }
  FakeBootClock clock;
  absl::StatusOr<ModeRow> row = Row(ModeState::kOn);
  absl::Duration read_takes;
  ModeLease lease{clock};
  ModePoll poll{clock, [this] { return Read(); }, {&lease}};
};

TEST(ModeLease, TrustsNothingBeforeTheFirstRead) {
  Fixture f;
  EXPECT_EQ(f.lease.Current()->row.mode.state, ModeState::kOff);
  EXPECT_FALSE(f.lease.Current()->Trusts(f.clock.Now()));
}

TEST(ModeLease, TrustsForASecondFromBeforeTheReadWasSent) {
  Fixture f;
  f.read_takes = 300 * kMs;
  ASSERT_OK(f.poll.Refresh());
  const auto copy = f.lease.Current();
  EXPECT_EQ(copy->row.run_id, "run");
  EXPECT_EQ(copy->row.timeline, "file-1");
  EXPECT_TRUE(copy->Trusts(300 * kMs));
  EXPECT_TRUE(copy->Trusts(999 * kMs));
  EXPECT_FALSE(copy->Trusts(1000 * kMs));
}

TEST(ModeLease, AReadThatTakesTooLongGivesNoTrust) {
  Fixture f;
  f.read_takes = 1000 * kMs;
  ASSERT_OK(f.poll.Refresh());
  EXPECT_FALSE(f.lease.Current()->Trusts(f.clock.Now()));
}

// A request that began in time and was then stopped for a minute is concurrent with whatever was
// acknowledged meanwhile.
TEST(ModeLease, TheStartOfTheRequestCounts) {
  Fixture f;
  ASSERT_OK(f.poll.Refresh());
  const auto copy = f.lease.Current();
  const absl::Duration started = f.clock.Now();
  f.clock.Advance(absl::Minutes(1));
  EXPECT_TRUE(copy->Trusts(started));
  EXPECT_FALSE(copy->Trusts(f.clock.Now()));
}

TEST(ModeLease, RunsOutWhenReadsFail) {
  Fixture f;
  ASSERT_OK(f.poll.Refresh());
  f.row = absl::UnavailableError("x");
  f.clock.Advance(999 * kMs);
  EXPECT_THAT(f.poll.Refresh(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(f.lease.Current()->Trusts(f.clock.Now()));
  f.clock.Advance(1 * kMs);
  EXPECT_FALSE(f.lease.Current()->Trusts(f.clock.Now()));
}

TEST(ModeLease, TrustsOnlyWhenOn) {
  for (const ModeState state : {ModeState::kClosing, ModeState::kOff}) {
    Fixture f;
    f.row = Row(state);
    ASSERT_OK(f.poll.Refresh());
    EXPECT_FALSE(f.lease.Current()->Trusts(f.clock.Now()));
  }
}

TEST(ModeLease, NewsSentEarlierDoNotReplaceLaterOnes) {
  Fixture f;
  f.clock.Advance(absl::Seconds(5));
  f.lease.Offer(Row(ModeState::kOn, 2), absl::Seconds(4));
  f.lease.Offer(Row(ModeState::kOn, 1), absl::Seconds(3));
  EXPECT_EQ(f.lease.Current()->row.mode.epoch, 2);
  EXPECT_EQ(f.lease.Current()->valid_until, absl::Seconds(5));
}

TEST(ModeLease, AnEpochNeverGoesBack) {
  Fixture f;
  f.lease.Offer(Row(ModeState::kClosing), 0 * kMs);
  f.lease.Offer(Row(ModeState::kOn), 1 * kMs);
  EXPECT_EQ(f.lease.Current()->row.mode.state, ModeState::kClosing);
  f.lease.Offer(Row(ModeState::kOff), 2 * kMs);
  f.lease.Offer(Row(ModeState::kClosing), 3 * kMs);
  EXPECT_EQ(f.lease.Current()->row.mode.state, ModeState::kOff);
  f.lease.Offer(Row(ModeState::kOn, 2), 4 * kMs);
  EXPECT_TRUE(f.lease.Current()->Trusts(5 * kMs));
}

TEST(ModeLease, TheFenceIsATenthLongerThanTheLeaseFromWhenClosingWasFirstSeen) {
  Fixture f;
  f.row = Row(ModeState::kClosing);
  f.read_takes = 100 * kMs;
  ASSERT_OK(f.poll.Refresh());
  EXPECT_EQ(f.lease.Current()->fence_end, 1200 * kMs);  // not from before the read: it is later
  f.clock.Advance(500 * kMs);
  ASSERT_OK(f.poll.Refresh());  // seen again: the same fence
  EXPECT_EQ(f.lease.Current()->fence_end, 1200 * kMs);
  f.row = Row(ModeState::kOff);
  ASSERT_OK(f.poll.Refresh());
  EXPECT_EQ(f.lease.Current()->fence_end, absl::InfiniteDuration());
}

// Whoever read ON before the fence began has stopped trusting it before the fence ends, even if
// its clock runs a tenth slower.
TEST(ModeLease, NobodyTrustsWhenTheFenceEnds) {
  Fixture reader;
  reader.clock.Advance(absl::Seconds(10));
  ASSERT_OK(reader.poll.Refresh());
  Fixture closer;
  closer.clock.Advance(absl::Seconds(20));
  closer.lease.Offer(Row(ModeState::kClosing), closer.clock.Now());
  const absl::Duration fence = closer.lease.Current()->fence_end - closer.clock.Now();
  reader.clock.Advance(fence / 1.1);
  EXPECT_FALSE(reader.lease.Current()->Trusts(reader.clock.Now()));
}

TEST(ModePoll, BringsEachScopeItsRow) {
  FakeBootClock clock;
  ModeLease first(clock);
  ModeLease second(clock);
  std::vector<ModeRow> rows = {Row(ModeState::kOn, 1), Row(ModeState::kClosing, 2)};
  ModePoll poll(clock, [&]() -> absl::StatusOr<std::vector<ModeRow>> { return rows; },
                {&first, &second});
  ASSERT_OK(poll.Refresh());
  EXPECT_EQ(first.Current()->row, rows[0]);
  EXPECT_EQ(second.Current()->row, rows[1]);
  rows.pop_back();  // somebody meddled with the table
  clock.Advance(kModePoll);
  EXPECT_THAT(poll.Refresh(), StatusIs(absl::StatusCode::kInternal));
  EXPECT_EQ(first.Current()->valid_until, kModeLease);
}

TEST(ModePoll, ReadsAgainAndAgainOnAThreadOfItsOwn) {
  SystemBootClock clock;
  base::Mutex mu;
  base::CondVar changed;
  int reads = 0;
  ModeLease lease(clock);
  ModePoll poll(clock,
                [&]() -> absl::StatusOr<std::vector<ModeRow>> {
                  base::MutexLock lock(&mu);
                  ++reads;
                  changed.SignalAll();
                  return std::vector<ModeRow>{Row(ModeState::kOn)};
                },
                {&lease});
  poll.Start();
  const absl::Duration end = clock.Now() + absl::Seconds(20);
  base::MutexLock lock(&mu);
  while (reads < 3 && clock.Now() < end) changed.WaitWithTimeout(&mu, absl::Seconds(1));
  EXPECT_GE(reads, 3);
}

TEST(BootClock, GoesOnFromTheStartOfTheMachine) {
  SystemBootClock clock;
  timespec monotonic{};
  clock_gettime(CLOCK_MONOTONIC, &monotonic);
  EXPECT_GE(clock.Now(), absl::DurationFromTimespec(monotonic));  // it counts suspensions too
}

}  // namespace
}  // namespace rapport::cache
