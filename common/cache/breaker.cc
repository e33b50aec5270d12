#include "common/cache/breaker.h"

#include <algorithm>
#include <bit>

#include "common/cache/jitter.h"

namespace rapport::cache {
namespace {

constexpr int kFailuresInARow = 5;
constexpr int kWindow = 20;
constexpr int kBadInWindow = 10;
constexpr absl::Duration kFirstOpen = absl::Seconds(1);
constexpr absl::Duration kLongestOpen = absl::Seconds(10);
constexpr double kJitter = 0.2;
constexpr absl::Duration kProbeInterval = absl::Milliseconds(100);
constexpr int kGoodProbes = 3;

}  // namespace

absl::optional<Breaker::Permit> Breaker::Admit() {
  base::MutexLock lock(&mu_);
  if (state_ == State::kClosed) return era_;
  const absl::Duration now = clock_.Now();
  if (now < next_) return absl::nullopt;
  if (state_ == State::kOpen) Enter(State::kHalfOpen);
  next_ = now + kProbeInterval;
  return era_;
}

Breaker::State Breaker::Report(Permit permit, Outcome outcome) {
  base::MutexLock lock(&mu_);
  if (permit == era_ && state_ == State::kClosed) {
    ReportClosed(outcome);
  } else if (permit == era_) {
    ReportProbe(outcome);
  }
  return state_;
}

Breaker::State Breaker::state() const {
  base::MutexLock lock(&mu_);
  return state_;
}

void Breaker::ReportClosed(Outcome outcome) {
  const std::uint32_t bad = outcome == Outcome::kGood ? 0 : 1;
  last_bad_ = (last_bad_ << 1 | bad) & ((1U << kWindow) - 1);
  calls_ = std::min(calls_ + 1, kWindow);
  failures_in_a_row_ = outcome == Outcome::kFailed ? failures_in_a_row_ + 1 : 0;
  const bool half_bad = calls_ == kWindow && std::popcount(last_bad_) >= kBadInWindow;
  if (failures_in_a_row_ >= kFailuresInARow || half_bad) Open();
}

void Breaker::ReportProbe(Outcome outcome) {
  if (outcome != Outcome::kGood) {
    Open();
  } else if (++good_probes_ >= kGoodProbes) {
    openings_ = 0;
    Enter(State::kClosed);
  }
}

void Breaker::Enter(State state) {
  state_ = state;
  ++era_;
  last_bad_ = 0;
  calls_ = 0;
  failures_in_a_row_ = 0;
  good_probes_ = 0;
}

void Breaker::Open() {
  Enter(State::kOpen);
  absl::Duration length = kFirstOpen;
  for (int i = 0; i < openings_ && length < kLongestOpen; ++i) length *= 2;
  ++openings_;
  next_ = clock_.Now() + Jittered(std::min(length, kLongestOpen), kJitter, rng_);
}

}  // namespace rapport::cache
