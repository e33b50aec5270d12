// Many readers of one key, few reads of the system of record.
#ifndef RAPPORT_COMMON_CACHE_COALESCER_H_
#define RAPPORT_COMMON_CACHE_COALESCER_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/cache/protocol.h"

namespace rapport::cache {

// A reader shares the result of a read that was sent after the reader arrived (MayShare), so it
// sees every write acknowledged before it came. Whoever comes later shares the next read, which
// begins when the first one is over: at most two loads per key are under way, one of them waiting.
// Failures are shared like values.
//
// Thread-safe; nothing blocks; no call is made under a lock. The number of waiters is bounded by
// whoever admits calls. Loads end before the coalescer does.
template <class Key, class Value>
class Coalescer {
 public:
  using Result = absl::StatusOr<Value>;
  // Called exactly once, on the thread that finishes the load or calls Expire().
  using Done = absl::AnyInvocable<void(const Result&)>;

  // One read of the system of record. Destroying it unfinished fails it with CANCELLED.
  class Load {
   public:
    Load(Coalescer* owner, Key key) : owner_(owner), key_(std::move(key)) {}
    ~Load() {
      if (owner_ != nullptr) Finish(absl::CancelledError("the read was given up"));
    }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    const Key& key() const { return key_; }
    // Call it right before the read is sent, not when it is queued: from here on nobody joins.
    // Returns the latest deadline of those who share the result; InfinitePast if nobody waits.
    absl::Time BeginRead() { return owner_->BeginRead(key_); }
    // Once, with or without BeginRead().
    void Finish(const Result& result) { std::exchange(owner_, nullptr)->Finish(key_, result); }

   private:
    Coalescer* owner_;
    const Key key_;
  };
  // Starts a load: calls BeginRead() and Finish() some time, on any thread, possibly at once.
  using Loader = std::function<void(std::unique_ptr<Load>)>;

  explicit Coalescer(Loader loader) : loader_(std::move(loader)) {}

  // `deadline` is by the clock of Expire().
  void Get(const Key& key, absl::Time deadline, Done done) {
    {
      base::MutexLock lock(&mu_);
      const auto [at, first] = keys_.try_emplace(key);
      Entry& entry = at->second;
      auto& group = MayShare(++ticks_, entry.read_sent) ? entry.first : entry.next;
      group.push_back({deadline, std::move(done)});
      if (!first) return;
    }
    loader_(std::make_unique<Load>(this, key));
  }

  // Tells those whose deadline has passed so (errors::DeadlinePassed). Returns the earliest
  // deadline left, InfiniteFuture if there is none. To be called by a timer of the owner.
  absl::Time Expire(absl::Time now) {
    std::vector<Waiter> late;
    absl::Time earliest = absl::InfiniteFuture();
    {
      base::MutexLock lock(&mu_);
      for (auto& [key, entry] : keys_) {
        for (std::vector<Waiter>* group : {&entry.first, &entry.next}) {
          const auto split = std::partition(group->begin(), group->end(),
                                            [now](const Waiter& w) { return w.deadline > now; });
          std::move(split, group->end(), std::back_inserter(late));
          group->erase(split, group->end());
          for (const Waiter& waiter : *group) earliest = std::min(earliest, waiter.deadline);
        }
      }
    }
    const Result passed = errors::DeadlinePassed();
    for (Waiter& waiter : late) waiter.done(passed);
    return earliest;
  }

  // Keys with a load under way.
  std::size_t keys() const {
    base::MutexLock lock(&mu_);
    return keys_.size();
  }

 private:
  struct Waiter {
    absl::Time deadline;
    Done done;
  };
  struct Entry {
    std::vector<Waiter> first;  // share the load that the loader has
    std::vector<Waiter> next;   // came after its read was sent
    std::uint64_t read_sent = std::numeric_limits<std::uint64_t>::max();  // tick; not yet
  };

  absl::Time BeginRead(const Key& key) {
    base::MutexLock lock(&mu_);
    Entry& entry = keys_.at(key);
    entry.read_sent = ++ticks_;
    absl::Time latest = absl::InfinitePast();
    for (const Waiter& waiter : entry.first) latest = std::max(latest, waiter.deadline);
    return latest;
  }

  void Finish(const Key& key, const Result& result) {
    std::vector<Waiter> served;
    bool again = false;
    {
      base::MutexLock lock(&mu_);
      const auto at = keys_.find(key);
      Entry& entry = at->second;
      served = std::move(entry.first);
      again = !entry.next.empty();
      if (again) {
        entry = Entry{std::move(entry.next), {}};
      } else {
        keys_.erase(at);
      }
    }
    if (again) loader_(std::make_unique<Load>(this, key));
    for (Waiter& waiter : served) waiter.done(result);
  }

  const Loader loader_;
  mutable base::Mutex mu_;
  absl::flat_hash_map<Key, Entry> keys_ ABSL_GUARDED_BY(mu_);
  std::uint64_t ticks_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_COALESCER_H_
