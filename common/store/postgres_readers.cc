#include "common/store/postgres_readers.h"

#include <algorithm>
#include <utility>

#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/store/postgres_access.h"

namespace rapport::store {
namespace {

// A waiting reader looks at the clock at least this often, because the clock may be a fake.
constexpr absl::Duration kLook = absl::Milliseconds(20);

}  // namespace

class PostgresReaders::View final : public Snapshot {
 public:
  View(PostgresReaders& pool, std::unique_ptr<PostgresConnection> connection, base::TenantId tenant,
       PostgresSnapshot snapshot)
      : pool_(pool),
        connection_(std::move(connection)),
        access_(*connection_, pool.catalog_, std::move(tenant)),
        snapshot_(std::move(snapshot)),
        sequence_(pool.commits_.CompleteUpTo(snapshot_)) {}
  ~View() override {
    // The server's answer is taken when the connection is used next.
    connection_->Queue(KeyOf(PostgresCommand::kCommit), "COMMIT");
    connection_->Send();
    pool_.GiveBack(std::move(connection_));
  }
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  absl::StatusOr<std::optional<Row>> Get(const Table& table, absl::Span<const Value> key) override {
    return access_.Get(table, key);
  }
  absl::Status Scan(const Table& table, const Range& range,
                    absl::FunctionRef<bool(Row&)> visit) override {
    return access_.Scan(table, range, visit);
  }
  absl::Status Feed(
      const Table& table, std::int64_t after, int limit,
      absl::FunctionRef<bool(const base::TenantId&, std::int64_t, Row&)> visit) override {
    return access_.Feed(table, after, limit, visit);
  }
  std::int64_t sequence() const override { return sequence_; }
  bool Includes(std::int64_t sequence) const override {
    return pool_.commits_.Includes(snapshot_, sequence);
  }

 private:
  PostgresReaders& pool_;
  std::unique_ptr<PostgresConnection> connection_;
  PostgresAccess access_;
  const PostgresSnapshot snapshot_;
  const std::int64_t sequence_;
};

PostgresReaders::PostgresReaders(PostgresOpener open, std::size_t size, const Catalog& catalog,
                                 const PostgresCommits& commits, const time::Clock& clock)
    : open_(std::move(open)), size_(size), catalog_(catalog), commits_(commits), clock_(clock) {}

absl::StatusOr<std::unique_ptr<Snapshot>> PostgresReaders::Open(const base::CallContext& ctx,
                                                                base::TenantId tenant) {
  ASSIGN_OR_RETURN(auto connection, Take(ctx.deadline));
  auto snapshot = Begin(connection, tenant);
  if (!snapshot.ok()) {
    GiveBack(nullptr);
    return errors::StoreUnavailable();
  }
  const bool behind = ctx.at_least > 0 && !commits_.Includes(*snapshot, ctx.at_least);
  auto view =
      std::make_unique<View>(*this, std::move(connection), std::move(tenant), *std::move(snapshot));
  if (behind) return errors::Behind("store", ctx.at_least);
  return view;
}

absl::StatusOr<PostgresSnapshot> PostgresReaders::Begin(
    std::unique_ptr<PostgresConnection>& connection, const base::TenantId& tenant) {
  for (;;) {
    const bool rested = connection != nullptr;
    if (!rested) {
      ASSIGN_OR_RETURN(connection, open_());
    }
    connection->Queue(KeyOf(PostgresCommand::kBeginRead),
                      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    QueueTenant(*connection, tenant);
    PgResult answer;
    connection->Queue(KeyOf(PostgresCommand::kSnapshot), "SELECT pg_current_snapshot()", &answer);
    const absl::Status begun = connection->Wait();
    if (begun.ok()) return DecodeSnapshot(answer.get(), 0, 0);
    connection.reset();
    // Lost while it rested, as all connections are when the server starts anew: make a fresh one.
    if (!rested) return begun;
  }
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresReaders::Take(absl::Time deadline) {
  base::MutexLock lock(&mu_);
  while (taken_ >= size_) {
    const absl::Duration left = deadline - clock_.Now();
    if (left <= absl::ZeroDuration()) return errors::Overloaded("read");
    freed_.WaitWithTimeout(&mu_, std::min(left, kLook));
  }
  ++taken_;
  std::unique_ptr<PostgresConnection> connection;
  if (!free_.empty()) {
    connection = std::move(free_.back());
    free_.pop_back();
  }
  return connection;
}

void PostgresReaders::GiveBack(std::unique_ptr<PostgresConnection> connection) {
  const bool sound = connection != nullptr && connection->failure() == PostgresFailure::kNone;
  base::MutexLock lock(&mu_);
  if (sound) free_.push_back(std::move(connection));
  --taken_;
  freed_.Signal();
}

}  // namespace rapport::store
