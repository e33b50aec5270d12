// Stops calling what keeps failing, and finds out carefully whether it works again. One per
// endpoint and class of commands (reads; marks and stamps).
#ifndef RAPPORT_COMMON_CACHE_BREAKER_H_
#define RAPPORT_COMMON_CACHE_BREAKER_H_

#include <cstdint>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "common/base/mutex.h"
#include "common/base/uuid.h"
#include "common/cache/boot_clock.h"

namespace rapport::cache {

// Closed: every call goes; it opens after 5 failures in a row, or if 10 of the last 20 calls were
// bad (failed or slow). Open: none goes, for 1 s, doubling to 10 s each time it opens again without
// having closed, ±20 %. Half-open: one call (a probe) per 100 ms goes; 3 good ones close it, a bad
// one opens it. Thread-safe.
class Breaker {
 public:
  enum class State { kClosed, kOpen, kHalfOpen };
  enum class Outcome { kGood, kSlow, kFailed };
  // What a call was admitted under. Reports of calls from before a change of state do not count.
  using Permit = std::uint64_t;

  Breaker(const BootClock& clock, base::Rng& rng) : clock_(clock), rng_(rng) {}

  // Nothing if the call shall not be made. A call that was admitted is reported once.
  absl::optional<Permit> Admit();
  // Returns the state after it.
  State Report(Permit permit, Outcome outcome);
  // For metrics. An open breaker turns half-open with the first call after its time.
  State state() const;

 private:
  void ReportClosed(Outcome outcome) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ReportProbe(Outcome outcome) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Enter(State state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Open() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const BootClock& clock_;
  base::Rng& rng_;
  mutable base::Mutex mu_;
  State state_ ABSL_GUARDED_BY(mu_) = State::kClosed;
  Permit era_ ABSL_GUARDED_BY(mu_) = 0;              // counts the changes of state
  std::uint32_t last_bad_ ABSL_GUARDED_BY(mu_) = 0;  // closed: a bit per call, newest lowest
  int calls_ ABSL_GUARDED_BY(mu_) = 0;               // closed: up to 20
  int failures_in_a_row_ ABSL_GUARDED_BY(mu_) = 0;   // closed
  int openings_ ABSL_GUARDED_BY(mu_) = 0;            // since it was closed
  int good_probes_ ABSL_GUARDED_BY(mu_) = 0;         // half-open
  absl::Duration next_ ABSL_GUARDED_BY(mu_);         // open: its end; half-open: the next probe
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_BREAKER_H_
