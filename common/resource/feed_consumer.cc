#include "common/resource/feed_consumer.h"

#include <algorithm>
#include <utility>

#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/status_macros.h"
#include "common/resource/name.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"

namespace rapport::resource {

namespace feed = rapport::feed::v1;

namespace {

constexpr absl::Duration kCursorEvery = absl::Seconds(1);
constexpr absl::Duration kRetry = absl::Milliseconds(200);
// Who opens so many streams in a row that say nothing lets another process try, for so long.
constexpr int kSilentStreams = 3;
constexpr absl::Duration kResigned = absl::Seconds(2);
constexpr absl::Duration kFreshness = absl::Seconds(15);
constexpr std::size_t kMostStrangers = 1000;
// Cursors belong to no tenant.
const char kSystemTenant[] = "system-cursors";

// The name of any resource: field 1 of all of them.
std::string NameOf(const google::protobuf::Any& resource) {
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
          resource.type_url().substr(resource.type_url().rfind('/') + 1));
  if (descriptor == nullptr) return "";
  const auto* field = descriptor->FindFieldByName("name");
  const std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
  if (field == nullptr || !message->ParseFromString(resource.value())) return "";
  return message->GetReflection()->GetString(*message, field);
}

}  // namespace

FeedPositions::FeedPositions() : thread_([this] { Run(); }) {}

FeedPositions::~FeedPositions() {
  {
    base::MutexLock lock(&mu_);
    stopping_ = true;
  }
  changed_.SignalAll();
  thread_.join();
}

void FeedPositions::Follow(const std::string& store_id) {
  base::MutexLock lock(&mu_);
  applied_.try_emplace(store_id, 0);
}

void FeedPositions::Await(const std::string& origin, const std::string& own_store_id) {
  base::MutexLock lock(&mu_);
  awaited_.insert(origin);
  own_store_id_ = own_store_id;
}

void FeedPositions::Heard(const std::string& origin) {
  {
    base::MutexLock lock(&mu_);
    if (awaited_.erase(origin) == 0 || waiters_.empty()) return;
  }
  changed_.SignalAll();
}

void FeedPositions::Advance(const std::string& store_id, std::int64_t sequence) {
  {
    base::MutexLock lock(&mu_);
    std::int64_t& applied = applied_[store_id];
    applied = std::max(applied, sequence);
    if (waiters_.empty()) return;
  }
  changed_.SignalAll();
}

std::int64_t FeedPositions::PositionOf(const std::string& store_id) const {
  base::MutexLock lock(&mu_);
  const auto it = applied_.find(store_id);
  return it == applied_.end() ? 0 : it->second;
}

bool FeedPositions::Reached(const std::vector<rpc::Position>& positions) const {
  for (const auto& position : positions) {
    const auto it = applied_.find(position.store_id);
    if (it == applied_.end()) {
      if (!awaited_.empty() && position.store_id != own_store_id_ &&
          !strangers_.contains(position.store_id)) {
        return false;
      }
    } else if (it->second < position.sequence) {
      return false;
    }
  }
  return true;
}

void FeedPositions::Wait(const std::vector<rpc::Position>& positions, absl::Time deadline,
                         absl::AnyInvocable<void(absl::Status)> then) {
  {
    base::MutexLock lock(&mu_);
    if (!Reached(positions)) {
      // A little earlier than the caller gives up, so that the answer still reaches it.
      waiters_.push_back({positions, deadline - absl::Milliseconds(20), std::move(then)});
      changed_.SignalAll();
      return;
    }
    for (const auto& position : positions) {
      if (!awaited_.empty() || strangers_.size() >= kMostStrangers) break;
      if (!applied_.contains(position.store_id)) strangers_.insert(position.store_id);
    }
  }
  then(absl::OkStatus());
}

void FeedPositions::Run() {
  while (true) {
    std::vector<std::pair<Waiter, absl::Status>> due;
    {
      base::MutexLock lock(&mu_);
      const absl::Time now = absl::Now();
      absl::Time next = absl::InfiniteFuture();
      for (auto it = waiters_.begin(); it != waiters_.end();) {
        absl::Status status;
        const bool reached = Reached(it->positions);
        if (!reached && it->deadline > now && !stopping_) {
          next = std::min(next, it->deadline);
          ++it;
          continue;
        }
        if (!reached) {
          const auto behind =
              std::find_if(it->positions.begin(), it->positions.end(),
                           [this](const rpc::Position& position)
                               ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return !Reached({position}); });
          const auto known = applied_.find(behind->store_id);
          status = errors::Behind(behind->store_id, known == applied_.end() ? 0 : known->second);
        }
        due.emplace_back(std::move(*it), std::move(status));
        it = waiters_.erase(it);
      }
      if (due.empty()) {
        if (stopping_) return;
        if (next == absl::InfiniteFuture()) {
          changed_.Wait(&mu_);
        } else {
          changed_.WaitWithTimeout(&mu_, next - now);
        }
      }
    }
    for (auto& [waiter, status] : due) waiter.then(std::move(status));
  }
}

FeedConsumer::FeedConsumer(Options options, store::Store* store, FeedPositions* positions,
                           const time::Clock& clock)
    : options_(std::move(options)), store_(store), positions_(positions), clock_(clock) {}

FeedConsumer::~FeedConsumer() { Stop(); }

const store::Table& FeedConsumer::table() {
  static const auto* const table = new store::Table{"cursors",
                                                    {{"origin", store::ColumnType::kText},
                                                     {"store_id", store::ColumnType::kText},
                                                     {"position", store::ColumnType::kInt},
                                                     {"heard_us", store::ColumnType::kInt},
                                                     {"sequence", store::ColumnType::kInt}},
                                                    1,
                                                    {},
                                                    4};
  return *table;
}

base::TenantId FeedConsumer::cursor_tenant() { return base::TenantId::Trusted(kSystemTenant); }

const store::Table& FeedConsumer::term_table() {
  static const auto* const table = new store::Table{
      "feed_terms", {{"origin", store::ColumnType::kText}, {"term", store::ColumnType::kInt}}, 1};
  return *table;
}

void FeedConsumer::Start() {
  positions_->Await(options_.origin, store_->id());
  thread_ = std::thread([this] { Run(); });
}

void FeedConsumer::Stop() {
  {
    base::MutexLock lock(&mu_);
    stopping_ = true;
    if (stream_ != nullptr) stream_->Cancel();
  }
  stop_.SignalAll();
  if (thread_.joinable()) thread_.join();
}

bool FeedConsumer::Fresh() const { return SinceHeard() < kFreshness; }

absl::Duration FeedConsumer::SinceHeard() const {
  if (!caught_up_.load()) return absl::InfiniteDuration();
  return std::max(absl::Now() - absl::FromUnixMicros(last_word_us_.load()), absl::ZeroDuration());
}

store::Tail::Source FeedConsumer::CursorSource() {
  return {&table(), [this](const base::TenantId&, store::Row& row) {
            if (store::AsText(row[0]) == options_.origin) HearCursor(row);
            return absl::OkStatus();
          }};
}

void FeedConsumer::HearCursor(const store::Row& row) {
  const std::string& store_id = store::AsText(row[1]);
  positions_->Follow(store_id);
  // When whoever follows the feed had everything; 0 while they had not: then what was written again
  // lately is still to come, also of what it was earlier.
  const std::int64_t heard_us = store::AsInt(row[3]);
  if (heard_us != 0) positions_->Advance(store_id, store::AsInt(row[2]));
  if (!options_.shared) return;
  const std::int64_t silent_since = silent_since_us_.load();
  if (silent_since == 0 || heard_us > silent_since) positions_->Heard(options_.origin);
  if (heard_us != 0) last_word_us_.store(heard_us);
  caught_up_.store(heard_us != 0);
}

absl::Status FeedConsumer::LoadCursor(feed::WatchChangesRequest* cursor) {
  base::CallContext context;
  context.deadline = absl::Now() + absl::Seconds(5);
  ASSIGN_OR_RETURN(auto snapshot, store_->Read(context, base::TenantId::Trusted(kSystemTenant)));
  const std::vector<store::Value> key{options_.origin};
  ASSIGN_OR_RETURN(auto row, snapshot->Get(table(), key));
  if (row) {
    cursor->set_store_id(store::AsText((*row)[1]));
    cursor->set_after_sequence(store::AsInt((*row)[2]));
    positions_->Follow(cursor->store_id());
    if (store::AsInt((*row)[3]) != 0) {
      positions_->Advance(cursor->store_id(), cursor->after_sequence());
    }
  }
  return absl::OkStatus();
}

// Who has lost its lead may not know it yet, and still write what it read before. So each leader
// takes a term before it loads the cursor, and every transaction of a follower checks under which
// term its tenant's rows were written last:
// - what an earlier leader writes before the later one has come to that tenant is behind the
//   cursor from which the later one began, who therefore writes it again, or something newer;
// - what it writes after that is refused;
// - nobody is told of what it wrote, because saving the cursor is refused as well.
absl::Status FeedConsumer::TakeTerm() {
  if (!options_.shared) return absl::OkStatus();
  std::int64_t taken = 0;
  RETURN_IF_ERROR(Commit(kSystemTenant, [&](store::Tx& tx) -> absl::Status {
    const std::vector<store::Value> key{options_.origin};
    ASSIGN_OR_RETURN(const auto row, tx.Get(term_table(), key));
    taken = row ? store::AsInt((*row)[1]) : 0;
    if (taken != 0 && taken == term_) return absl::OkStatus();
    return tx.Put(term_table(), store::Row{options_.origin, ++taken}).status();
  }));
  term_ = taken;
  return absl::OkStatus();
}

absl::Status FeedConsumer::HoldTerm(store::Tx& tx) const {
  if (!options_.shared) return absl::OkStatus();
  const std::vector<store::Value> key{options_.origin};
  ASSIGN_OR_RETURN(const auto row, tx.Get(term_table(), key));
  const std::int64_t held = row ? store::AsInt((*row)[1]) : 0;
  if (held == term_) return absl::OkStatus();
  if (held > term_) return absl::UnavailableError("another process follows this feed");
  return tx.Put(term_table(), store::Row{options_.origin, term_}).status();
}

std::shared_ptr<FeedStream> FeedConsumer::Open() {
  feed::WatchChangesRequest cursor;
  if (!store_->TryLead(Lead()) || !TakeTerm().ok() || !LoadCursor(&cursor).ok()) return nullptr;
  return options_.open(cursor);
}

void FeedConsumer::Run() {
  int silent = 0;
  while (true) {
    const std::shared_ptr<FeedStream> stream = Open();
    {
      base::MutexLock lock(&mu_);
      if (stopping_) return;
      stream_ = stream;
    }
    if (stream != nullptr) ++silent;
    feed::ChangeBatch batch;
    while (stream != nullptr && stream->Read(&batch)) {
      silent = 0;
      positions_->Follow(batch.store_id());
      // If anything fails: from the cursor again.
      if (!Apply(batch).ok()) break;
      if (options_.settle && !options_.settle(committed_).ok()) break;
      if (options_.shared && !store_->TryLead(Lead())) break;
      // Before that, what was written again lately is still to come, also of what it was earlier.
      if (batch.caught_up()) positions_->Advance(batch.store_id(), batch.sequence());
      silent_since_us_.store(0);
      positions_->Heard(options_.origin);
      last_word_us_.store(absl::ToUnixMicros(absl::Now()));
      caught_up_.store(batch.caught_up());
    }
    if (stream != nullptr) stream->Cancel();
    // When it is back, its store may be another (restored, promoted): tokens may name that one.
    if (stream != nullptr) {
      silent_since_us_.store(absl::ToUnixMicros(absl::Now()));
      positions_->Await(options_.origin, store_->id());
    }
    absl::Duration pause = kRetry;
    if (options_.shared && silent >= kSilentStreams) {
      store_->Resign(Lead());
      silent = 0;
      pause = kResigned;
    }
    base::MutexLock lock(&mu_);
    stream_.reset();
    if (!stopping_) stop_.WaitWithTimeout(&mu_, pause);
    if (stopping_) return;
  }
}

absl::Status FeedConsumer::Apply(const feed::ChangeBatch& batch) {
  // One transaction per tenant. The cursor follows once a second: a crash repeats some changes,
  // which is harmless, because a change is the latest state of a resource.
  std::vector<std::pair<std::string, std::vector<const google::protobuf::Any*>>> groups;
  for (const auto& change : batch.changes()) {
    const std::string name = NameOf(change.resource());
    const std::string tenant(TenantOfName(name));
    if (tenant.empty()) continue;  // a kind of resource that this version does not know
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const auto& g) { return g.first == tenant; });
    if (group == groups.end()) group = groups.insert(groups.end(), {tenant, {}});
    group->second.push_back(&change.resource());
  }
  for (const auto& [tenant, group] : groups) {
    if (ApplyGroup(tenant, group).ok()) continue;
    // One by one, so that a single bad resource stops nothing else.
    for (const auto* resource : group) {
      absl::Status alone = ApplyGroup(tenant, {resource});
      if (alone.ok()) continue;
      if (absl::IsUnavailable(alone) || absl::IsResourceExhausted(alone) ||
          absl::IsDeadlineExceeded(alone)) {
        return alone;  // the store, not the resource
      }
      if (options_.on_poison) options_.on_poison(*resource, alone);
    }
  }
  if (batch.changes_size() > 0) dirty_ = true;
  if (batch.changes_size() > 0) base::Failpoint(base::Place::kInFeedApply);
  // Other processes hear of changes at once. Of a mere step of the position they hear at most once
  // a second: two services that follow each other would answer one step with another for ever.
  const bool due = absl::Now() - cursor_time_ >= kCursorEvery;
  if (options_.shared ? due || batch.changes_size() > 0 : due && dirty_) {
    RETURN_IF_ERROR(SaveCursor(batch));
    dirty_ = false;
    cursor_time_ = absl::Now();
  }
  applied_.fetch_add(batch.changes_size());
  return absl::OkStatus();
}

absl::Status FeedConsumer::Commit(const std::string& tenant, store::Store::Body body) {
  base::CallContext context;
  context.tenant = base::TenantId::Trusted(tenant);
  context.deadline = absl::Now() + absl::Seconds(30);
  ASSIGN_OR_RETURN(committed_,
                   store::TransactAndWait(*store_, context, context.tenant, std::move(body)));
  return absl::OkStatus();
}

absl::Status FeedConsumer::ApplyGroup(const std::string& tenant,
                                      const std::vector<const google::protobuf::Any*>& group) {
  base::CallContext context;
  context.tenant = base::TenantId::Trusted(tenant);
  context.principal = "feed:" + options_.origin;
  context.now = clock_.Now();
  return Commit(tenant, [&, context](store::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(HoldTerm(tx));
    for (const auto* resource : group) RETURN_IF_ERROR(options_.apply(tx, context, *resource));
    return absl::OkStatus();
  });
}

absl::Status FeedConsumer::SaveCursor(const feed::ChangeBatch& batch) {
  return Commit(kSystemTenant, [&](store::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(HoldTerm(tx));
    return tx
        .Put(table(),
             store::Row{options_.origin, batch.store_id(), batch.sequence(),
                        batch.caught_up() ? absl::ToUnixMicros(absl::Now()) : 0, std::int64_t{0}})
        .status();
  });
}

}  // namespace rapport::resource
