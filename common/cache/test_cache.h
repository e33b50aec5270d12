// Tools for tests of the whole shared cache: a table of counters, and processes that write and read
// it through stores and a Redis of the test's own.
#ifndef RAPPORT_COMMON_CACHE_TEST_CACHE_H_
#define RAPPORT_COMMON_CACHE_TEST_CACHE_H_

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/cache/mode_table.h"
#include "common/cache/redis_script.h"
#include "common/cache/shared_cache.h"
#include "common/cache/test_redis.h"
#include "common/store/contract_suite.h"
#include "common/testing/matchers.h"
#include "common/testing/redis_server.h"

namespace rapport::cache {

// A row counts its writes; the payload is the count in digits.
inline const store::Table& Counters() {
  static const auto* const table = new store::Table{.name = "counters",
                                                    .columns = {{"id", store::ColumnType::kText},
                                                                {"count", store::ColumnType::kInt},
                                                                {"seq", store::ColumnType::kInt}},
                                                    .sequence_column = 2};
  return *table;
}
inline constexpr const char* kCounterKind = "ct";
inline std::vector<store::Value> CounterKey(const std::string& id) { return {store::Value(id)}; }
inline base::TenantId Acme() { return base::TenantId::Trusted("acme"); }
inline base::TenantId Bolt() { return base::TenantId::Trusted("bolt"); }

// Does pieces of work on threads of its own: the read lane of a service.
class Lane {
 public:
  explicit Lane(int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
  }
  ~Lane() {
    {
      base::MutexLock lock(&mu_);
      stopping_ = true;
      changed_.SignalAll();
    }
    for (auto& thread : threads_) thread.join();
  }
  void Post(absl::AnyInvocable<void()> work) {
    base::MutexLock lock(&mu_);
    work_.push_back(std::move(work));
    changed_.Signal();
  }

 private:
  void Run() {
    while (true) {
      absl::AnyInvocable<void()> work;
      {
        base::MutexLock lock(&mu_);
        while (work_.empty() && !stopping_) changed_.Wait(&mu_);
        if (work_.empty()) return;
        work = std::move(work_.front());
        work_.pop_front();
      }
      work();
    }
  }
  base::Mutex mu_;
  base::CondVar changed_;
  std::deque<absl::AnyInvocable<void()>> work_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

// Sees and opens what the processes share, from outside of them.
class Operator {
 public:
  explicit Operator(const testing::RedisServer& server) : server_(server) {}
  // A connection to the Redis of now.
  std::shared_ptr<RedisConnection> Connect() {
    auto opened = redis_.Open(server_.socket());
    EXPECT_OK(opened);
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  std::string Run(const std::vector<absl::string_view>& words) {
    const auto connection = Connect();
    if (connection == nullptr) return "unreachable";
    const std::string text = TextOf(Ask(*connection, words));
    connection->Close();
    return text;
  }

 private:
  const testing::RedisServer& server_;
  RedisFixture redis_;
};

// Whether Redis must be as quick as in earnest: where a test is not about that, a slow machine must
// not close the cache.
enum class Budget { kOfProtocol, kOfABusyMachine, kGenerous };

// The way to a Redis on this socket; none for an empty path.
inline RedisOptions AtSocket(const std::string& path) {
  RedisOptions options;
  if (!path.empty()) options.address = "unix:" + path;
  return options;
}

// A process of a service.
class Process {
 public:
  Process(store::OpenedStore store, const std::string& socket, Budget budget = Budget::kOfProtocol,
          bool sole_owner = false)
      : Process(std::move(store), AtSocket(socket), budget, sole_owner) {}
  Process(store::OpenedStore store, const RedisOptions& redis, Budget budget = Budget::kOfProtocol,
          bool sole_owner = false, unsigned scopes = 1)
      : store_(*std::move(store)) {
    SharedCache::Options options;
    if (budget == Budget::kOfABusyMachine) options.mark_budget = 3 * kMarkBudget;
    if (budget == Budget::kGenerous) options.read_budget = options.mark_budget = kPatience;
    options.redis = redis;
    options.scopes = scopes;
    options.tables = {{&Counters(), kCounterKind}};
    options.sole_owner = sole_owner;
    options.clock = &clock_;
    options.rng = &rng_;
    options.metrics = &metrics_;
    options.on_event = [](absl::string_view) {};
    auto cache = SharedCache::Create(*store_, std::move(options));
    EXPECT_OK(cache);
    cache_ = *std::move(cache);
  }
  ~Process() {
    cache_->Stop();
    store_.reset();
  }

  // Adds one; the count that was acknowledged.
  absl::StatusOr<std::int64_t> Write(const std::string& id) {
    std::int64_t count = 0;
    RETURN_IF_ERROR(Transact([&](store::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto row, tx.Get(Counters(), CounterKey(id)));
      count = row.has_value() ? store::AsInt((*row)[1]) + 1 : 1;
      return tx.Put(Counters(), {store::Value(id), count, store::Value()}).status();
    }));
    return count;
  }
  absl::Status Transact(store::Store::Body body) {
    return store::TransactAndWait(*store_, {}, Acme(), std::move(body)).status();
  }

  absl::StatusOr<CachedRow> Get(const std::string& id, const base::TenantId& tenant = Acme(),
                                absl::Duration timeout = kPatience) {
    auto answers = std::make_shared<Events<absl::StatusOr<CachedRow>>>();
    cache_->Get(tenant, Counters(), CounterKey(id), absl::Now() + timeout, LoadOf(tenant, id),
                [answers](const absl::StatusOr<CachedRow>& row) { answers->Push(row); });
    auto answer = answers->Next();
    return answer.has_value() ? *std::move(answer) : absl::InternalError("no answer");
  }
  // The same without waiting, for a counter of Acme().
  void Ask(const std::string& id, CoherentReads::Done done,
           absl::Time deadline = absl::Now() + kPatience) {
    cache_->Get(Acme(), Counters(), CounterKey(id), deadline, LoadOf(Acme(), id), std::move(done));
  }
  // The count that a reader sees; 0 without a row, -1 for an error.
  std::int64_t Read(const std::string& id, const base::TenantId& tenant = Acme()) {
    const auto row = Get(id, tenant);
    if (!row.ok()) return -1;
    std::int64_t count = 0;
    return !row->exists || absl::SimpleAtoi(row->payload, &count) ? count : -1;
  }
  // The same, and whether Redis answered.
  bool Hits(const std::string& id) {
    const auto before = Counted("rapport_cache_hits_total");
    return Read(id) >= 0 && Counted("rapport_cache_hits_total") > before;
  }

  // Opens the cache at once, without waiting for health: needs a closed one.
  absl::Status OpenCache(const std::string& run_id, unsigned scope = 0) {
    ModeRow row;
    row.mode = {ModeState::kOn, rng_.Next()};
    row.run_id = run_id;
    row.timeline = store_->id();
    RETURN_IF_ERROR(
        store::TransactAndWait(*store_, {}, ModeTenant(), [&](store::Tx& tx) {
          const absl::Status excluded = tx.Exclude();
          if (!excluded.ok()) return excluded;
          return ChangeMode(tx, scope, absl::Now(),
                            [&](ModeRow at) { return at.mode.state == ModeState::kOff ? row : at; })
              .status();
        }).status());
    return absl::OkStatus();
  }
  absl::StatusOr<ModeRow> ModeInStore(unsigned scope = 0) {
    ASSIGN_OR_RETURN(const auto snapshot, store_->Read({}, ModeTenant()));
    return ReadMode(*snapshot, scope);
  }
  // What this process believes, within the test's patience.
  bool AwaitMode(ModeState state, unsigned scope = 0) {
    const absl::Time end = absl::Now() + kPatience;
    while (cache_->mode(scope)->row.mode.state != state) {
      if (absl::Now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }
  unsigned ScopeOf(const std::string& id, const base::TenantId& tenant = Acme()) const {
    return cache::ScopeOf(tenant, RowId(CounterKey(id)), cache_->scopes());
  }
  // The key of a counter in the epoch that this process believes.
  std::string KeyOf(const std::string& id, const base::TenantId& tenant = Acme()) {
    const unsigned scope = ScopeOf(id, tenant);
    return EncodeKey(scope, cache_->mode(scope)->row.mode.epoch,
                     {kCounterKind, tenant, RowId(CounterKey(id))});
  }
  std::uint64_t Counted(const std::string& name, std::vector<std::string> labels = {}) {
    std::vector<std::string> names;
    if (!labels.empty()) names = {name == "rapport_cache_fills_total" ? "answer" : "reason"};
    return metrics_.AddCounter(name, "", names).With(labels).value();
  }
  store::Store& store() { return *store_; }
  SharedCache& cache() { return *cache_; }

 private:
  Load LoadOf(const base::TenantId& tenant, const std::string& id) {
    return [this, tenant, id](std::unique_ptr<Loading> loading) {
      lane_.Post([this, tenant, id, loading = std::move(loading)] {
        loading->BeginRead();
        loading->Finish(Fetch(tenant, id));
      });
    };
  }
  absl::StatusOr<CachedRow> Fetch(const base::TenantId& tenant, const std::string& id) {
    ASSIGN_OR_RETURN(const auto snapshot, store_->Read({}, tenant));
    ASSIGN_OR_RETURN(const auto row, snapshot->Get(Counters(), CounterKey(id)));
    if (!row.has_value()) return CachedRow{};
    return CachedRow{true, store_->VersionOf(store::AsInt((*row)[2])),
                     absl::StrCat(store::AsInt((*row)[1]))};
  }

  const time::SystemClock clock_;
  base::SystemRng rng_;
  telemetry::Registry metrics_;
  std::unique_ptr<SharedCache> cache_;  // outlives the store
  std::unique_ptr<store::Store> store_;
  Lane lane_{2};
};

inline store::EngineOptions CacheTables() {
  static const time::SystemClock clock;
  store::EngineOptions options;
  options.tables = {&Counters(), &ModeTable()};
  options.clock = &clock;
  return options;
}

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_TEST_CACHE_H_
