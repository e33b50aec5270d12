// The connections that only read, as both engines keep them.
#ifndef RAPPORT_COMMON_STORE_CONNECTION_POOL_H_
#define RAPPORT_COMMON_STORE_CONNECTION_POOL_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/time/clock.h"

namespace rapport::store {

// Thread-safe.
template <class Connection>
class ConnectionPool {
 public:
  // At most `size` are taken at a time. The clock outlives the pool.
  ConnectionPool(std::size_t size, const time::Clock& clock) : size_(size), clock_(clock) {}

  std::size_t size() const { return size_; }

  // A place, and the connection that rests there; null if none does, then the caller opens one.
  // Waits for a place until `deadline`, then UNAVAILABLE.
  absl::StatusOr<std::unique_ptr<Connection>> Take(absl::Time deadline) {
    // A waiting reader looks at the clock at least this often, because the clock may be a fake.
    constexpr absl::Duration kLook = absl::Milliseconds(20);
    base::MutexLock lock(&mu_);
    while (taken_ >= size_) {
      const absl::Duration left = deadline - clock_.Now();
      if (left <= absl::ZeroDuration()) return errors::Overloaded("read");
      freed_.WaitWithTimeout(&mu_, std::min(left, kLook));
    }
    ++taken_;
    std::unique_ptr<Connection> connection;
    if (!resting_.empty()) {
      connection = std::move(resting_.back());
      resting_.pop_back();
    }
    return connection;
  }
  // Frees a place that was taken; null if its connection is lost.
  void GiveBack(std::unique_ptr<Connection> connection) {
    base::MutexLock lock(&mu_);
    if (connection != nullptr) resting_.push_back(std::move(connection));
    --taken_;
    freed_.Signal();
  }
  // One more that rests; before the first is taken.
  void Add(std::unique_ptr<Connection> connection) {
    base::MutexLock lock(&mu_);
    resting_.push_back(std::move(connection));
  }

 private:
  const std::size_t size_;
  const time::Clock& clock_;
  base::Mutex mu_;
  base::CondVar freed_;
  std::vector<std::unique_ptr<Connection>> resting_ ABSL_GUARDED_BY(mu_);
  std::size_t taken_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_CONNECTION_POOL_H_
