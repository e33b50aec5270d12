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

  CoherentReads* reads;
  InUse::Token token;
  CacheScope* scope;
  const GuardedTable* table;
  base::TenantId tenant;
  std::string id;
  absl::Time deadline;
  Load load;
  Done done;  // null for a refresh behind a hit: nobody waits
  // Of a read that may use Redis.
  std::shared_ptr<RedisConnection> connection = nullptr;  // one for all commands
  std::string key = {};
  Stage stage = Stage::kGet;
  // Of the command under way.
  absl::Duration budget = absl::ZeroDuration();
  Breaker::Permit permit = 0;
  // After a miss.
  std::uint64_t lease = 0;
  absl::Duration wait = absl::ZeroDuration();  // before the next look
  absl::Duration wait_until = absl::ZeroDuration();
  absl::Duration load_began = absl::ZeroDuration();
};

CoherentReads::CoherentReads(const Parts& parts)
    : parts_(parts),
      context_(*parts.context),
      loads_([](std::unique_ptr<Loading::Loads::Load> load) {
        const std::shared_ptr<const Load> begin = load->key().load;
        (*begin)(std::make_unique<Loading>(std::move(load)));
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
  const auto call =
      std::make_shared<Call>(Call{this, in_use_.Take(), &scope, guarded, tenant, std::move(id),
                                  deadline, std::move(load), std::move(done)});
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
  AskRedis(call, Stage::kGet);
}

// Hot: a callback that holds no more than the call takes no memory of its own.
void CoherentReads::AskRedis(const CallPtr& call, Stage stage) {
  if (!MaySend(call)) return;
  call->stage = stage;
  call->connection->Get(call->key, call->budget, [call](absl::StatusOr<RedisReply> reply) {
    call->reads->OnReply(call, std::move(reply));
  });
}

void CoherentReads::OnReply(const CallPtr& call, absl::StatusOr<RedisReply> reply) {
  Judge(*call, reply.status());
  if (!reply.ok()) return GoAround(call, Bypass::kFailed);
  if (reply->kind == RedisReply::Kind::kNil) {
    return call->stage == Stage::kWait ? Wait(call) : AskLease(call);
  }
  OnEntry(call, std::move(reply->text));
}

void CoherentReads::OnEntry(const CallPtr& call, std::string bytes) {
  const auto entry = DecodeEntry(bytes);
  const auto check =
      !entry.ok() || entry->state.kind == EntryKind::kBlank
          ? TailCheck::kGood
          : CheckTail(entry->tail, Fingerprint(call->entity()), call->table->schema, 0);
  if (!entry.ok() || check == TailCheck::kWrongEntity) {
    context_.metrics->wrong_values.Add();
    RunScript(call->connection, DropCommand(call->key, NewHoldId(*context_.rng)),
              parts_.read_budget, [](const absl::StatusOr<RedisReply>&) {});
    return GoAround(call, Bypass::kWrongValue);
  }
  const absl::Time now = context_.clock->Now();
  switch (cache::OnGet(entry->state, 0, absl::ToUnixMillis(now))) {
    case ReadStep::kHit:
      break;
    case ReadStep::kBypass:
      return GoAround(call, Bypass::kMark);
    case ReadStep::kLease:
      return call->stage == Stage::kWait ? Wait(call) : AskLease(call);
  }
  if (check == TailCheck::kNotForUs) return GoAround(call, Bypass::kSchema);
  if (call->done == nullptr) return;  // refreshed by another
  context_.metrics->hits.Add();
  const Tail& tail = entry->tail;
  if (now >= tail.soft_expire - kRefreshWindow &&
      RefreshEarly(now, tail.soft_expire, tail.fill_cost, UniformAboveZero(*context_.rng))) {
    RefreshBehind(call);
  }
  CachedRow row;
  row.exists = entry->state.kind == EntryKind::kValue;
  row.version = entry->state.version;
  bytes.erase(0, bytes.size() - tail.payload.size());
  row.payload = std::move(bytes);
  call->done(std::move(row));
}

void CoherentReads::AskLease(const CallPtr& call) {
  if (!MaySend(call)) return;
  call->stage = Stage::kWait;
  call->lease = NewHoldId(*context_.rng);
  const bool refresh = call->done == nullptr;
  RunScript(call->connection, LeaseCommand(call->key, call->lease, kLeaseTtl, refresh),
            call->budget, [this, call](absl::StatusOr<RedisReply> reply) {
              Judge(*call, reply.status());
              if (!reply.ok()) return GoAround(call, Bypass::kFailed);
              const auto answer = ParseLeaseReply(reply->text);
              if (!answer.ok()) return GoAround(call, Bypass::kFailed);
              switch (answer->answer) {
                case LeaseAnswer::kHit:
                  return OnEntry(call, std::string(answer->entry));
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

void CoherentReads::RefreshBehind(const CallPtr& hit) {
  const auto call = std::make_shared<Call>(
      Call{this, hit->token, hit->scope, hit->table, hit->tenant, hit->id,
           context_.clock->Now() + kLeaseTtl,
           [hit](std::unique_ptr<Loading> loading) { hit->load(std::move(loading)); }, nullptr});
  call->connection = hit->connection;
  call->key = hit->key;
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
  const std::uint64_t fingerprint = Fingerprint(call->entity());
  const bool keep = row.exists ? row.payload.size() <= kMaxValueBytes
                               : negatives_.Admit(call->tenant, fingerprint, now);
  if (!keep) return Release(*call);
  const EntryKind kind = row.exists ? EntryKind::kValue : EntryKind::kNegative;
  const absl::Duration ttl = row.exists ? Jittered(kPositiveTtl, kPositiveJitter, *context_.rng)
                                        : Jittered(kNegativeTtl, kNegativeJitter, *context_.rng);
  Tail tail;
  tail.schema = call->table->schema;
  tail.fill_cost = now - call->load_began;
  tail.soft_expire = context_.clock->Now() + ttl;
  tail.fingerprint = fingerprint;
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

void CoherentReads::StartLoad(const CallPtr& call, Loading::Loads::Done done) {
  loads_.Get({EncodeKey(call->scope->number(), 0, call->entity()),
              std::shared_ptr<const Load>(call, &call->load)},
             call->deadline, std::move(done));
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

bool CoherentReads::MaySend(const CallPtr& call) {
  call->budget =
      std::min(parts_.read_budget, (call->deadline - context_.clock->Now()) * kDeadlineShare);
  if (call->budget < kShortestCall) {
    GoAround(call, Bypass::kDeadline);
    return false;
  }
  const auto permit = call->scope->breaker.Admit();
  if (!permit.has_value()) {
    GoAround(call, Bypass::kUnreachable);
    return false;
  }
  call->permit = *permit;
  return true;
}

void CoherentReads::Judge(const Call& call, const absl::Status& status) {
  context_.metrics->Count(FailureOf(status));
  const auto state =
      call.scope->breaker.Report(call.permit, OutcomeOf(status, call.budget == parts_.read_budget));
  context_.metrics->breaker.Set(call.scope->number(), static_cast<int>(state));
}

}  // namespace rapport::cache
