#include "common/cache/shared_cache.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/cache/mode_table.h"
#include "common/cache/redis_script.h"

namespace rapport::cache {
namespace {

absl::StatusOr<ModeRow> ReadFrom(store::Store& store, const time::Clock& clock) {
  base::CallContext ctx;
  ctx.deadline = clock.Now() + kModeLease;  // later it is worth nothing
  ASSIGN_OR_RETURN(const auto snapshot, store.Read(ctx, ModeTenant()));
  return ReadMode(*snapshot);
}

void PrintEvent(absl::string_view what) {
  std::fputs(absl::StrCat("cache: ", what, "\n").c_str(), stderr);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SharedCache>> SharedCache::Create(store::Store& store,
                                                                 Options options) {
  ASSIGN_OR_RETURN(GuardedTables tables, GuardedTables::Make(options.tables));
  if (options.on_event == nullptr) options.on_event = PrintEvent;
  return std::unique_ptr<SharedCache>(
      new SharedCache(store, std::move(options), std::move(tables)));
}

SharedCache::SharedCache(store::Store& store, Options options, GuardedTables tables)
    : tables_(std::move(tables)),
      metrics_(*options.metrics),
      loop_(boot_clock_),
      timer_(LoopTimer::Make(loop_, boot_clock_)),
      lease_(boot_clock_, [&store, clock = options.clock] { return ReadFrom(store, *clock); }) {
  if (!options.redis.address.empty()) {
    options.redis.setup = LoadScripts();
    endpoint_ =
        std::make_unique<RedisEndpoint>(loop_, boot_clock_, *options.rng, std::move(options.redis));
  }
  guard_ = std::make_unique<CacheGuard>(CacheGuard::Parts{.tables = &tables_,
                                                          .endpoint = endpoint_.get(),
                                                          .lease = &lease_,
                                                          .boot_clock = &boot_clock_,
                                                          .clock = options.clock,
                                                          .rng = options.rng,
                                                          .metrics = &metrics_,
                                                          .timeline = store.id(),
                                                          .sole_owner = options.sole_owner,
                                                          .mark_budget = options.mark_budget,
                                                          .on_event = options.on_event});
  store.SetGuard(guard_.get());
  reads_ =
      std::make_unique<CoherentReads>(CoherentReads::Parts{.tables = &tables_,
                                                           .endpoint = endpoint_.get(),
                                                           .lease = &lease_,
                                                           .timer = timer_.get(),
                                                           .boot_clock = &boot_clock_,
                                                           .clock = options.clock,
                                                           .rng = options.rng,
                                                           .metrics = &metrics_,
                                                           .timeline = store.id(),
                                                           .read_budget = options.read_budget});
  if (endpoint_ == nullptr) return;
  lease_.Start();
  keeper_ = std::make_unique<CacheKeeper>(
      CacheKeeper::Parts{.store = &store,
                         .endpoint = endpoint_.get(),
                         .lease = &lease_,
                         .boot_clock = &boot_clock_,
                         .clock = options.clock,
                         .rng = options.rng,
                         .metrics = &metrics_,
                         .changed = [guard = guard_.get()] { guard->ModeChanged(); },
                         .on_event = options.on_event});
  keeper_->Start();
}

SharedCache::~SharedCache() { Stop(); }

void SharedCache::Stop() {
  reads_ = nullptr;
  keeper_ = nullptr;
  lease_.Stop();
}

}  // namespace rapport::cache
