#include "common/cache/coherent_reads.h"

#include <algorithm>
#include <utility>

#include "common/cache/jitter.h"
#include "common/cache/read_lane.h"
#include "common/cache/redis_script.h"

namespace rapport::cache {
namespace {

constexpr absl::Duration kShortestCall = absl::Milliseconds(1);  // with less, Redis is not asked
constexpr absl::Duration kFirstWait = absl::Milliseconds(2);
constexpr absl::Duration kLongestWait = absl::Milliseconds(50);
constexpr double kWaitShare = 0.25;  // of what is left until the deadline
constexpr double kWaitJitter = 0.2;
constexpr absl::Duration kExpiryTick = absl::Milliseconds(10);

double UniformAboveZero(base::Rng& rng) {
  return (static_cast<double>(rng.Next() >> 11) + 1.0) / 9007199254740992.0;
}

// What a reply says of the health of Redis. A refusal for want of memory is a prompt answer.
Breaker::Outcome OutcomeOf(const absl::Status& status, bool full_budget) {
  switch (FailureOf(status)) {
    case RedisFailure::kNone:
    case RedisFailure::kOutOfMemory:
      return Breaker::Outcome::kGood;
    case RedisFailure::kDeadline:
      return full_budget ? Breaker::Outcome::kFailed : Breaker::Outcome::kSlow;
    default:
      return Breaker::Outcome::kFailed;
  }
}

}  // namespace

// One read on its way. Steps follow each other; no two run at once.
struct CoherentReads::Call {
  EntityRef entity() const { return {table->kind, tenant, id}; }

  InUse::Token token;
  CacheScope* scope;
  const GuardedTable* table;
  base::TenantId tenant;
  std::string id;
  absl::Time deadline;
  std::shared_ptr<const Load> load;
  Done done;  // null for a refresh behind a hit: nobody waits
  // Of a read that may use Redis.
  std::shared_ptr<RedisConnection> connection = nullptr;  // one for all commands
  std::string key = {};
  std::uint64_t fingerprint = 0;
  std::uint64_t lease = 0;
  absl::Duration wait = absl::ZeroDuration();  // before the next look
  absl::Duration wait_until = absl::ZeroDuration();
  absl::Duration load_began = absl::ZeroDuration();
};

CoherentReads::CoherentReads(const Parts& parts)
    : parts_(parts),
      context_(*parts.context),
      loads_([this](std::unique_ptr<Loading::Loads::Load> load) {
        const std::shared_ptr<const Load> begin = load->key().load;
        (*begin)(std::make_unique<Loading>(in_use_.Take(), std::move(load)));
      }) {}

CoherentReads::~CoherentReads() { in_use_.Await(); }

void CoherentReads::Get(const base::TenantId& tenant, const store::Table& table,
                        absl::Span<const store::Value> key, absl::Time deadline, Load load,
                        Done done) {
  const absl::Duration started = context_.boot_clock->Now();
  const GuardedTable* const guarded = context_.tables->Find(table);
  if (guarded == nullptr) return done(absl::InternalError("rows of this table are not cached"));
  std::string id = RowId(key);
  const unsigned number = ScopeOf(tenant, id, static_cast<unsigned>(parts_.scopes->size()));
  CacheScope& scope = *(*parts_.scopes)[number];
  auto call =
      std::make_shared<Call>(Call{in_use_.Take(), &scope, guarded, tenant, std::move(id), deadline,
                                  std::make_shared<const Load>(std::move(load)), std::move(done)});
  if (scope.endpoint() == nullptr) return GoAround(call, Bypass::kOff);
  const auto mode = scope.lease.Current();
  if (!mode->Trusts(started) || mode->row.timeline != context_.timeline) {
    return GoAround(call, Bypass::kOff);
  }
  if (const ReadLane* const lane = ReadLane::OfThread(context_)) {
    call->connection = lane->To(number, mode->row.run_id);
  }
  if (call->connection == nullptr) call->connection = scope.To(mode->row.run_id);
  if (call->connection == nullptr) return GoAround(call, Bypass::kUnreachable);
  call->key = EncodeKey(number, mode->row.mode.epoch, call->entity());
  call->fingerprint = Fingerprint(call->entity());
  AskRedis(call, Stage::kGet);
}

void CoherentReads::AskRedis(const CallPtr& call, Stage stage) {
  Send(call, {"GET", call->key}, [this, call, stage](absl::StatusOr<RedisReply> reply) {
    if (!reply.ok()) return GoAround(call, Bypass::kFailed);
    if (reply->kind == RedisReply::Kind::kNil) {
      return stage == Stage::kWait ? Wait(call) : AskLease(call);
    }
    OnEntry(call, stage, reply->text);
  });
}

void CoherentReads::OnEntry(const CallPtr& call, Stage stage, absl::string_view bytes) {
  const auto entry = DecodeEntry(bytes);
  const auto check = !entry.ok() || entry->state.kind == EntryKind::kBlank
                         ? TailCheck::kGood
                         : CheckTail(entry->tail, call->fingerprint, call->table->schema, 0);
  if (!entry.ok() || check == TailCheck::kWrongEntity) {
    context_.metrics->wrong_values.Add();
    RunScript(call->connection, DropCommand(call->key, NewHoldId(*context_.rng)),
              parts_.read_budget, [](const absl::StatusOr<RedisReply>&) {});
    return GoAround(call, Bypass::kWrongValue);
  }
  switch (cache::OnGet(entry->state, 0, absl::ToUnixMillis(context_.clock->Now()))) {
    case ReadStep::kHit:
      break;
    case ReadStep::kBypass:
      return GoAround(call, Bypass::kMark);
    case ReadStep::kLease:
      return stage == Stage::kWait ? Wait(call) : AskLease(call);
  }
  if (check == TailCheck::kNotForUs) return GoAround(call, Bypass::kSchema);
  if (call->done == nullptr) return;  // refreshed by another
  context_.metrics->hits.Add();
  const Tail& tail = entry->tail;
  if (RefreshEarly(context_.clock->Now(), tail.soft_expire, tail.fill_cost,
                   UniformAboveZero(*context_.rng))) {
    RefreshBehind(*call);
  }
  call->done(CachedRow{entry->state.kind == EntryKind::kValue, entry->state.version,
                       std::string(tail.payload)});
}

void CoherentReads::AskLease(const CallPtr& call) {
  call->lease = NewHoldId(*context_.rng);
  const bool refresh = call->done == nullptr;
  Send(call, LeaseCommand(call->key, call->lease, kLeaseTtl, refresh),
       [this, call](absl::StatusOr<RedisReply> reply) {
         if (!reply.ok()) return GoAround(call, Bypass::kFailed);
         const auto answer = ParseLeaseReply(reply->text);
         if (!answer.ok()) return GoAround(call, Bypass::kFailed);
         switch (answer->answer) {
           case LeaseAnswer::kHit:
             return OnEntry(call, Stage::kWait, answer->entry);
           case LeaseAnswer::kBypass:
             return GoAround(call, Bypass::kMark);
           case LeaseAnswer::kWait:
             return Wait(call);
           case LeaseAnswer::kGo:
             return LoadAndFill(call);
         }
       });
}

void CoherentReads::Wait(const CallPtr& call) {
  if (call->done == nullptr) return;
  const absl::Duration now = context_.boot_clock->Now();
  if (call->wait == absl::ZeroDuration()) {
    call->wait = kFirstWait;
    call->wait_until =
        now + std::min(kLongestWait, (call->deadline - context_.clock->Now()) * kWaitShare);
  } else {
    call->wait *= 2;
  }
  if (now + call->wait > call->wait_until) return GoAround(call, Bypass::kWait);
  parts_.timer->After(Jittered(call->wait, kWaitJitter, *context_.rng),
                      [this, call] { AskRedis(call, Stage::kWait); });
}

void CoherentReads::RefreshBehind(const Call& hit) {
  auto call = std::make_shared<Call>(Call{hit.token, hit.scope, hit.table, hit.tenant, hit.id,
                                          context_.clock->Now() + kLeaseTtl, hit.load, nullptr,
                                          hit.connection, hit.key, hit.fingerprint});
  AskLease(call);
}

void CoherentReads::GoAround(const CallPtr& call, Bypass why) {
  if (call->done == nullptr) return;
  context_.metrics->Count(why);
  StartLoad(call, std::move(call->done));
}

void CoherentReads::LoadAndFill(const CallPtr& call) {
  if (call->done != nullptr) context_.metrics->misses.Add();
  call->load_began = context_.boot_clock->Now();
  StartLoad(call, [this, call](const absl::StatusOr<CachedRow>& row) {
    if (row.ok()) {
      Fill(call, *row);
    } else {
      Release(*call);
    }
    if (call->done != nullptr) call->done(row);
  });
}

void CoherentReads::Fill(const CallPtr& call, const CachedRow& row) {
  const absl::Duration now = context_.boot_clock->Now();
  const bool keep = row.exists ? row.payload.size() <= kMaxValueBytes
                               : negatives_.Admit(call->tenant, call->fingerprint, now);
  if (!keep) return Release(*call);
  const EntryKind kind = row.exists ? EntryKind::kValue : EntryKind::kNegative;
  const absl::Duration ttl = row.exists ? Jittered(kPositiveTtl, kPositiveJitter, *context_.rng)
                                        : Jittered(kNegativeTtl, kNegativeJitter, *context_.rng);
  Tail tail;
  tail.schema = call->table->schema;
  tail.fill_cost = now - call->load_began;
  tail.soft_expire = context_.clock->Now() + ttl;
  tail.fingerprint = call->fingerprint;
  tail.payload = row.payload;
  // The reader does not wait for it.
  RunScript(call->connection,
            FillCommand(call->key, call->lease, row.version, kind, ttl,
                        EncodeTail(kind, row.version, tail)),
            parts_.read_budget,
            [this, call, exists = row.exists](absl::StatusOr<RedisReply> reply) {
              context_.metrics->Count(FailureOf(reply.status()));
              if (!reply.ok()) return;
              const auto answer = ParseFillReply(reply->text);
              if (!answer.ok()) return;
              context_.metrics->Count(*answer);
              if (exists && *answer == FillAnswer::kStored) {
                negatives_.Stored(call->tenant, context_.boot_clock->Now());
              }
            });
}

void CoherentReads::Release(const Call& call) {
  // A stamp that names no version, of an intent that nobody has: it ends the lease.
  RunScript(call.connection,
            StampCommand({{call.key, 0}}, NewHoldId(*context_.rng), absl::Milliseconds(1)),
            parts_.read_budget, [](const absl::StatusOr<RedisReply>&) {});
}

void CoherentReads::StartLoad(const CallPtr& call, Done done) {
  loads_.Get({EncodeKey(call->scope->number(), 0, call->entity()), call->load}, call->deadline,
             std::move(done));
  ArmExpiry(call->token);
}

void CoherentReads::ArmExpiry(InUse::Token token) {
  if (loads_.keys() == 0 || expiry_armed_.exchange(true)) return;
  parts_.timer->After(kExpiryTick, [this, token = std::move(token)] {
    expiry_armed_ = false;
    loads_.Expire(context_.clock->Now());
    ArmExpiry(token);
  });
}

void CoherentReads::Send(const CallPtr& call, Command command, RedisConnection::Callback callback) {
  const absl::Duration budget =
      std::min(parts_.read_budget, (call->deadline - context_.clock->Now()) * kDeadlineShare);
  if (budget < kShortestCall) return GoAround(call, Bypass::kDeadline);
  const auto permit = call->scope->breaker.Admit();
  if (!permit.has_value()) return GoAround(call, Bypass::kUnreachable);
  RunScript(
      call->connection, std::move(command), budget,
      [this, scope = call->scope, budget, permit = *permit,
       callback = std::move(callback)](absl::StatusOr<RedisReply> reply) mutable {
        context_.metrics->Count(FailureOf(reply.status()));
        scope->breaker.Report(permit, OutcomeOf(reply.status(), budget == parts_.read_budget));
        context_.metrics->breaker.Set(scope->number(), static_cast<int>(scope->breaker.state()));
        callback(std::move(reply));
      });
}

}  // namespace rapport::cache
