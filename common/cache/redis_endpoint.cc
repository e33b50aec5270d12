#include "common/cache/redis_endpoint.h"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "common/cache/jitter.h"

namespace rapport::cache {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(2);
constexpr double kJitter = 0.2;

// A copy that shares nothing with the original: Debian's absl counts the references of a status out
// of ThreadSanitizer's sight, so no two threads may hold the same one.
absl::Status Copy(const absl::Status& status) {
  absl::Status copy(status.code(), status.message());
  status.ForEachPayload([&copy](absl::string_view name, const absl::Cord& value) {
    copy.SetPayload(name, absl::Cord(std::string(value)));
  });
  return copy;
}

}  // namespace

RedisEndpoint::RedisEndpoint(RedisDriver& loop, const BootClock& clock, base::Rng& rng,
                             RedisOptions options, Listener listener)
    : loop_(loop),
      clock_(clock),
      rng_(rng),
      options_(std::move(options)),
      listener_(std::move(listener)),
      status_(RedisError(RedisFailure::kUnreachable, "not connected yet")) {
  thread_ = std::thread([this] { Run(); });
}

RedisEndpoint::~RedisEndpoint() {
  {
    base::MutexLock lock(&mu_);
    stopping_ = true;
    changed_.SignalAll();
  }
  thread_.join();
}

std::shared_ptr<RedisConnection> RedisEndpoint::Current() const {
  base::MutexLock lock(&mu_);
  return current_;
}

std::shared_ptr<RedisConnection> RedisEndpoint::To(absl::string_view run_id) const {
  auto current = Current();
  return current != nullptr && current->run_id() == run_id ? current : nullptr;
}

absl::Status RedisEndpoint::status() const {
  base::MutexLock lock(&mu_);
  return Copy(status_);
}

bool RedisEndpoint::stopping() const {
  base::MutexLock lock(&mu_);
  return stopping_;
}

void RedisEndpoint::Run() {
  absl::Duration pause = kFirstPause;
  for (std::size_t attempt = 0; !stopping(); ++attempt) {
    auto opened = RedisConnection::Open(
        loop_, clock_, options_,
        [this](absl::Status why) {
          base::MutexLock lock(&mu_);
          current_ = nullptr;
          status_ = std::move(why);
          broken_ = true;
          changed_.SignalAll();
        },
        attempt);
    if (opened.ok()) {
      const absl::Duration opened_at = clock_.Now();
      {
        base::MutexLock lock(&mu_);
        if (!broken_) {
          current_ = *opened;
          status_ = absl::OkStatus();
        }
      }
      if (listener_ != nullptr) listener_(*opened);
      Watch(**opened);
      if (listener_ != nullptr) listener_(nullptr);
      if (clock_.Now() - opened_at > kLongestPause) pause = kFirstPause;
    } else {
      base::MutexLock lock(&mu_);
      status_ = std::move(opened).status();
    }
    if (!Pause(Jittered(pause, kJitter, rng_))) break;
    pause = std::min(2 * pause, kLongestPause);
  }
}

void RedisEndpoint::Watch(RedisConnection& connection) {
  while (Pause(kMasterCheck)) {
    if (HasMoved(clock_, options_, connection.node())) break;
  }
  connection.Close();
  base::MutexLock lock(&mu_);
  while (!broken_) changed_.Wait(&mu_);
  broken_ = false;
}

bool RedisEndpoint::Pause(absl::Duration delay) {
  const absl::Duration until = clock_.Now() + delay;
  base::MutexLock lock(&mu_);
  while (!stopping_ && !broken_) {
    const absl::Duration left = until - clock_.Now();
    if (left <= absl::ZeroDuration()) return true;
    changed_.WaitWithTimeout(&mu_, left);
  }
  return false;
}

}  // namespace rapport::cache
