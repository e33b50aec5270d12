// Opens one scope of the cache when its Redis is well, and closes it when what it rests on has
// changed. Writers close it by themselves (cache_guard.h), at once; nobody else opens it.
#ifndef RAPPORT_COMMON_CACHE_CACHE_KEEPER_H_
#define RAPPORT_COMMON_CACHE_CACHE_KEEPER_H_

#include <cstdint>
#include <memory>
#include <thread>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "common/base/mutex.h"
#include "common/cache/cache_scope.h"
#include "common/store/store.h"

namespace rapport::cache {

// Redis must have carried out a mark at every look for so long before it is trusted.
inline constexpr absl::Duration kHealthBeforeOpen = absl::Seconds(2);
// From a close to the next open, doubling from the first to the last; an epoch that lived as long
// as the last starts again. ±20 %.
inline constexpr absl::Duration kFirstReopen = absl::Seconds(2);
inline constexpr absl::Duration kLastReopen = absl::Seconds(60);
// How long this process may be connected to another Redis than the row names before it closes.
inline constexpr absl::Duration kForeignPatience = absl::Seconds(1);

// OFF:     opens, to the Redis it is connected to; of several processes the first one does.
// ON:      closes if this process is connected to another Redis, or the row was written for an
//          earlier state of the store (a restored backup).
// CLOSING: switches OFF after the fence: whoever closed it may have died.
class CacheKeeper {
 public:
  // All outlive the keeper.
  struct Parts {
    const CacheContext* context = nullptr;
    CacheScope* scope = nullptr;  // has an endpoint
    store::Store* store = nullptr;
  };
  explicit CacheKeeper(const Parts& parts)
      : context_(*parts.context), scope_(*parts.scope), store_(*parts.store) {}
  ~CacheKeeper();

  // Looks every kModePoll from now on, on a thread of its own.
  void Start();
  // Waits for a look that is under way. Once is enough.
  void Stop();
  // Looks once, at what the lease knows, and does what is to be done. Blocks. Not beside Start().
  void Look();

 private:
  void Run();
  void CountLateReplies();
  // Keeps the times of opening and closing.
  void Notice(const ModeCopy& copy, absl::Duration now);
  bool IsForeign(const ModeRow& row, absl::Duration now);
  bool IsHealthy(absl::Duration now);
  // One transaction, at once.
  absl::Status Transact(absl::FunctionRef<absl::Status(store::Tx&)> body);

  const CacheContext& context_;
  CacheScope& scope_;
  store::Store& store_;

  // Of the thread that looks.
  std::shared_ptr<RedisConnection> counted_;
  std::int64_t late_replies_ = 0;  // of counted_
  absl::optional<ModeRow> noticed_;
  absl::Duration on_since_ = absl::InfiniteDuration();
  absl::Duration reopen_pause_ = kFirstReopen;
  absl::Duration next_open_ = -absl::InfiniteDuration();
  absl::optional<absl::Duration> foreign_since_;
  std::shared_ptr<RedisConnection> tried_;  // while OFF
  absl::Duration healthy_since_;            // of tried_

  base::Mutex mu_;
  base::CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_CACHE_KEEPER_H_
