#include "common/cache/breaker.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rapport::cache {
namespace {

using Outcome = Breaker::Outcome;
using State = Breaker::State;

// Always the same number: 0 gives the shortest jitter (-20 %), all ones the longest (+20 %).
class FixedRng final : public base::Rng {
 public:
  explicit FixedRng(std::uint64_t value) : value_(value) {}
  std::uint64_t Next() override { return value_; }

 private:
  const std::uint64_t value_;
};
constexpr std::uint64_t kMiddle = std::uint64_t{1} << 63;

struct Fixture {
  explicit Fixture(std::uint64_t random = kMiddle) : rng(random), breaker(clock, rng) {}
  void Run(Outcome outcome, int times = 1) {
    for (int i = 0; i < times; ++i) {
      const auto permit = breaker.Admit();
      ASSERT_TRUE(permit.has_value());
      breaker.Report(*permit, outcome);
    }
  }
  // Opens it, waits, and lets `good` probes succeed.
  void Probe(int good) {
    for (int i = 0; i < good; ++i) {
      Run(Outcome::kGood);
      clock.Advance(absl::Milliseconds(100));
    }
  }
  FakeBootClock clock;
  FixedRng rng;
  Breaker breaker;
};

// g good, s slow, f failed
Outcome Read(char c) {
  return c == 'g' ? Outcome::kGood : c == 's' ? Outcome::kSlow : Outcome::kFailed;
}

TEST(Breaker, OpensByTheTable) {
  const struct {
    std::string calls;
    State end;
  } kCases[] = {
      {"ffff", State::kClosed},
      {"fffff", State::kOpen},
      {"ffffgffff", State::kClosed},            // a good call ends the row
      {"ffffsffff", State::kClosed},            // a slow one too: it is an answer
      {"sssssssssssssssssss", State::kClosed},  // 19: no verdict yet
      {"ssssssssssssssssssss", State::kOpen},
      {"gfgfgfgfgfgfgfgfgfg", State::kClosed},   // 19
      {"gfgfgfgfgfgfgfgfgfgf", State::kOpen},    // 10 of 20
      {"gfgfgfgfgfgfgfgfgfgg", State::kClosed},  // 9 of 20
      {"ggggggggggggggggggggsfsfsfsfs", State::kClosed},
      {"ggggggggggggggggggggsfsfsfsfsf", State::kOpen},    // 10 of the last 20
      {"ssssssssssggggggggggg", State::kOpen},             // half bad with the twentieth
      {"sssssssssgggggggggggssssssssgg", State::kClosed},  // old ones are forgotten: 8 of 20
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.calls);
    Fixture f;
    for (const char call : c.calls) {
      const auto permit = f.breaker.Admit();
      if (!permit.has_value()) break;
      f.breaker.Report(*permit, Read(call));
    }
    EXPECT_EQ(f.breaker.state(), c.end);
  }
}

TEST(Breaker, StaysOpenForASecondThenProbes) {
  Fixture f;
  f.Run(Outcome::kFailed, 5);
  EXPECT_EQ(f.breaker.Admit(), absl::nullopt);
  f.clock.Advance(absl::Milliseconds(999));
  EXPECT_EQ(f.breaker.Admit(), absl::nullopt);
  f.clock.Advance(absl::Milliseconds(1));
  EXPECT_NE(f.breaker.Admit(), absl::nullopt);
  EXPECT_EQ(f.breaker.state(), State::kHalfOpen);
}

TEST(Breaker, ProbesOncePerHundredMilliseconds) {
  Fixture f;
  f.Run(Outcome::kFailed, 5);
  f.clock.Advance(absl::Seconds(1));
  EXPECT_NE(f.breaker.Admit(), absl::nullopt);
  EXPECT_EQ(f.breaker.Admit(), absl::nullopt);
  f.clock.Advance(absl::Milliseconds(99));
  EXPECT_EQ(f.breaker.Admit(), absl::nullopt);
  f.clock.Advance(absl::Milliseconds(1));
  EXPECT_NE(f.breaker.Admit(), absl::nullopt);
}

TEST(Breaker, ClosesAfterThreeGoodProbes) {
  Fixture f;
  f.Run(Outcome::kFailed, 5);
  f.clock.Advance(absl::Seconds(1));
  f.Probe(2);
  EXPECT_EQ(f.breaker.state(), State::kHalfOpen);
  f.Probe(1);
  EXPECT_EQ(f.breaker.state(), State::kClosed);
  f.Run(Outcome::kFailed, 4);  // with a clean record
  EXPECT_EQ(f.breaker.state(), State::kClosed);
}

TEST(Breaker, ABadProbeOpensItForTwiceAsLong) {
  for (const Outcome bad : {Outcome::kFailed, Outcome::kSlow}) {
    Fixture f;
    f.Run(Outcome::kFailed, 5);
    for (const int seconds : {1, 2, 4, 8, 10, 10}) {
      SCOPED_TRACE(seconds);
      f.clock.Advance(absl::Seconds(seconds) - absl::Milliseconds(1));
      EXPECT_EQ(f.breaker.Admit(), absl::nullopt);
      f.clock.Advance(absl::Milliseconds(1));
      f.Run(bad);
      EXPECT_EQ(f.breaker.state(), State::kOpen);
    }
  }
}

TEST(Breaker, StartsAgainAtOneSecondOnceItWasClosed) {
  Fixture f;
  f.Run(Outcome::kFailed, 5);
  f.clock.Advance(absl::Seconds(1));
  f.Run(Outcome::kFailed);
  f.clock.Advance(absl::Seconds(2));
  f.Probe(3);
  f.Run(Outcome::kFailed, 5);
  f.clock.Advance(absl::Seconds(1));
  EXPECT_NE(f.breaker.Admit(), absl::nullopt);
}

TEST(Breaker, JittersByAFifth) {
  for (const auto& [random, length] : std::vector<std::pair<std::uint64_t, absl::Duration>>{
           {0, absl::Milliseconds(800)}, {~std::uint64_t{0}, absl::Milliseconds(1200)}}) {
    Fixture f(random);
    f.Run(Outcome::kFailed, 5);
    f.clock.Advance(length - absl::Milliseconds(2));
    EXPECT_EQ(f.breaker.Admit(), absl::nullopt);
    f.clock.Advance(absl::Milliseconds(2));
    EXPECT_NE(f.breaker.Admit(), absl::nullopt);
  }
}

TEST(Breaker, ReportsFromBeforeAChangeDoNotCount) {
  Fixture f;
  const auto early = f.breaker.Admit();
  f.Run(Outcome::kFailed, 5);
  f.clock.Advance(absl::Seconds(1));
  f.Probe(2);
  f.breaker.Report(*early, Outcome::kGood);  // would be the third
  EXPECT_EQ(f.breaker.state(), State::kHalfOpen);
  f.breaker.Report(*early, Outcome::kFailed);
  EXPECT_EQ(f.breaker.state(), State::kHalfOpen);
}

}  // namespace
}  // namespace rapport::cache
