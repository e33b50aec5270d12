#include "common/cache/shared_cache.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/cache/mode_table.h"
#include "common/cache/redis_script.h"

namespace rapport::cache {
namespace {

constexpr absl::Duration kStartPatience = absl::Seconds(10);  // for the store, at the start

absl::StatusOr<std::vector<ModeRow>> ReadFrom(store::Store& store, const time::Clock& clock) {
  base::CallContext ctx;
  ctx.deadline = clock.Now() + kModeLease;  // later it is worth nothing
  ASSIGN_OR_RETURN(const auto snapshot, store.Read(ctx, ModeTenant()));
  return ReadModes(*snapshot);
}

absl::StatusOr<unsigned> ScopesOf(store::Store& store, const time::Clock& clock, unsigned wish) {
  base::CallContext ctx;
  ctx.deadline = clock.Now() + kStartPatience;
  {
    ASSIGN_OR_RETURN(const auto snapshot, store.Read(ctx, ModeTenant()));
    ASSIGN_OR_RETURN(const auto modes, ReadModes(*snapshot));
    if (!modes.empty()) return static_cast<unsigned>(modes.size());
  }
  unsigned scopes = 0;
  RETURN_IF_ERROR(
      store::TransactAndWait(store, ctx, ModeTenant(), [&](store::Tx& tx) -> absl::Status {
        ASSIGN_OR_RETURN(scopes, FixScopes(tx, wish, clock.Now()));
        return absl::OkStatus();
      }).status());
  return scopes;
}

std::vector<ModeLease*> LeasesOf(const CacheScopes& scopes) {
  std::vector<ModeLease*> leases;
  for (const auto& scope : scopes) leases.push_back(&scope->lease);
  return leases;
}

std::vector<RedisOptions> OptionsByScope(const RedisOptions& redis, unsigned scopes) {
  std::vector<RedisOptions> all;
  if (redis.address.empty()) return all;
  for (unsigned number = 0; number < scopes; ++number) {
    all.push_back(redis);
    all.back().scope = number;
    all.back().setup = LoadScripts();
  }
  return all;
}

void PrintEvent(absl::string_view what) {
  std::fputs(absl::StrCat("cache: ", what, "\n").c_str(), stderr);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SharedCache>> SharedCache::Create(store::Store& store,
                                                                 Options options) {
  ASSIGN_OR_RETURN(GuardedTables tables, GuardedTables::Make(options.tables));
  if (options.on_event == nullptr) options.on_event = PrintEvent;
  if (options.scopes < 1 || options.scopes > kMaxScopes) {
    return absl::InvalidArgumentError("the number of scopes of the cache must be 1 to 16");
  }
  unsigned scopes = kMaxScopes;
  if (!options.redis.address.empty()) {
    ASSIGN_OR_RETURN(scopes, ScopesOf(store, *options.clock, options.scopes));
    if (scopes != options.scopes) {
      options.on_event(absl::StrCat("the store has ", scopes, " scopes, not ", options.scopes));
    }
  }
  return std::unique_ptr<SharedCache>(new SharedCache(store, options, std::move(tables), scopes));
}

SharedCache::SharedCache(store::Store& store, const Options& options, GuardedTables tables,
                         unsigned scopes)
    : tables_(std::move(tables)),
      metrics_(*options.metrics),
      context_{.tables = &tables_,
               .boot_clock = &boot_clock_,
               .clock = options.clock,
               .rng = options.rng,
               .metrics = &metrics_,
               .timeline = store.id(),
               .on_event = options.on_event},
      loop_(boot_clock_),
      timer_(LoopTimer::Make(loop_, boot_clock_)),
      redis_(OptionsByScope(options.redis, scopes)),
      scopes_(MakeScopes(scopes)),
      poll_(
          boot_clock_, [&store, clock = options.clock] { return ReadFrom(store, *clock); },
          LeasesOf(scopes_)),
      guard_({.context = &context_,
              .scopes = &scopes_,
              .sole_owner = options.sole_owner,
              .mark_budget = options.mark_budget}),
      reads_(std::make_unique<CoherentReads>(
          CoherentReads::Parts{.context = &context_,
                               .scopes = &scopes_,
                               .timer = timer_.get(),
                               .read_budget = options.read_budget})),
      near_(options.near_bytes, options.rng, &metrics_),
      bounded_reads_(std::make_unique<BoundedReads>(BoundedReads::Parts{.tables = &tables_,
                                                                        .reads = reads_.get(),
                                                                        .near = &near_,
                                                                        .boot_clock = &boot_clock_,
                                                                        .clock = options.clock,
                                                                        .metrics = &metrics_})) {
  store.SetGuard(&guard_);
  if (options.redis.address.empty()) return;
  poll_.Start();
  for (const auto& scope : scopes_) {
    keepers_.push_back(std::make_unique<CacheKeeper>(
        CacheKeeper::Parts{.context = &context_, .scope = scope.get(), .store = &store}));
    keepers_.back()->Start();
  }
}

CacheScopes SharedCache::MakeScopes(unsigned count) {
  CacheScopes scopes;
  for (unsigned number = 0; number < count; ++number) {
    std::shared_ptr<RedisEndpoint> endpoint;
    if (!redis_.empty()) {
      endpoint = std::make_shared<RedisEndpoint>(loop_, boot_clock_, *context_.rng, redis_[number]);
    }
    scopes.push_back(std::make_unique<CacheScope>(number, context_, std::move(endpoint)));
  }
  return scopes;
}

SharedCache::~SharedCache() { Stop(); }

ReadLane* SharedCache::AddLane() {
  if (redis_.empty()) return nullptr;
  lanes_.push_back(std::make_unique<ReadLane>(context_, loop_, redis_));
  return lanes_.back().get();
}

std::vector<ScopeStatus> SharedCache::Status() const {
  std::vector<ScopeStatus> all;
  const absl::Duration now = boot_clock_.Now();
  for (const auto& scope : scopes_) {
    if (scope->endpoint() == nullptr) continue;
    const auto copy = scope->lease.Current();
    ScopeStatus status;
    status.scope = scope->number();
    status.row = copy->row;
    status.lease_left = std::max(copy->valid_until - now, absl::ZeroDuration());
    status.breaker = scope->breaker.state();
    status.connection = scope->endpoint()->Current();
    status.connection_status = scope->endpoint()->status();
    status.trusted = copy->Trusts(now) && copy->row.timeline == context_.timeline &&
                     scope->To(copy->row.run_id) != nullptr &&
                     status.breaker != Breaker::State::kOpen;
    all.push_back(std::move(status));
  }
  return all;
}

void SharedCache::Stop() {
  reads_ = nullptr;
  lanes_.clear();
  keepers_.clear();
  poll_.Stop();
}

}  // namespace rapport::cache
