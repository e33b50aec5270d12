// What this process knows of the cache mode of one scope, and for how long it may believe it.
#ifndef RAPPORT_COMMON_CACHE_MODE_LEASE_H_
#define RAPPORT_COMMON_CACHE_MODE_LEASE_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/cache/boot_clock.h"
#include "common/cache/protocol.h"

namespace rapport::cache {

// The row cache_mode of the system of record.
struct ModeRow {
  Mode mode;
  std::string run_id;    // of the Redis process that is trusted
  std::string timeline;  // of the system of record: a restore changes it
  // When it last changed, by the clock of who changed it: for people only, and no part of what the
  // row says.
  absl::Time changed = absl::UnixEpoch();
  friend bool operator==(const ModeRow& a, const ModeRow& b) {
    return a.mode == b.mode && a.run_id == b.run_id && a.timeline == b.timeline;
  }
};

// A copy of the row. Immutable; one request uses one copy for all it does. Times are boot time.
struct ModeCopy {
  ModeRow row;
  absl::Duration read_sent = -absl::InfiniteDuration();    // before the row was read
  absl::Duration valid_until = -absl::InfiniteDuration();  // read_sent + kModeLease
  // While CLOSING: when the cache may be switched OFF, because nobody trusts the epoch any more.
  absl::Duration fence_end = absl::InfiniteDuration();

  // Whether a coherent read that started at `started` may use Redis under row.mode.epoch. A pause
  // after the start does no harm; a look at the clock later than at the start would.
  bool Trusts(absl::Duration started) const {
    return MayTrust(row.mode.state, started, valid_until);
  }
};

// Thread-safe. Until the first news the copy is OFF and trusts nothing; without more of them, it
// runs out.
class ModeLease {
 public:
  // `clock` outlives it.
  explicit ModeLease(const BootClock& clock)
      : clock_(clock), current_(std::make_shared<ModeCopy>()) {}

  // Takes in the row, whichever way it came: read, or because this process changed it. `sent` is a
  // time before the request for it was sent; for a change of one's own, before the transaction
  // began. Call it after the commit. An older news than what is known is dropped.
  void Offer(ModeRow row, absl::Duration sent);

  // Never null.
  std::shared_ptr<const ModeCopy> Current() const;

 private:
  const BootClock& clock_;
  mutable base::Mutex mu_;
  std::shared_ptr<const ModeCopy> current_ ABSL_GUARDED_BY(mu_);
};

// Brings the leases of all scopes the news: reads all rows at once. Thread-safe.
class ModePoll {
 public:
  // Reads the rows, by scope; may block. With `leases` as many.
  using Read = std::function<absl::StatusOr<std::vector<ModeRow>>()>;

  // All outlive it.
  ModePoll(const BootClock& clock, Read read, std::vector<ModeLease*> leases)
      : clock_(clock), read_(std::move(read)), leases_(std::move(leases)) {}
  ~ModePoll() { Stop(); }

  // Reads every kModePoll from now on, on a thread of its own.
  void Start();
  // No more of that; waits for a read that is under way. Once is enough.
  void Stop();
  // Reads once, now.
  absl::Status Refresh();

 private:
  void Run();

  const BootClock& clock_;
  const Read read_;
  const std::vector<ModeLease*> leases_;
  base::Mutex mu_;
  base::CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_MODE_LEASE_H_
