#include "common/store/postgres_readers.h"

#include <utility>

#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/store/postgres_access.h"

namespace rapport::store {

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
    const bool sound = connection_->failure() == PostgresFailure::kNone;
    pool_.connections_.GiveBack(sound ? std::move(connection_) : nullptr);
  }
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  absl::StatusOr<std::optional<Row>> Get(const Table& table, absl::Span<const Value> key) override {
    return access_.Get(table, key);
  }
  absl::Status GetMany(const Table& table, absl::Span<const std::vector<Value>> keys,
                       absl::FunctionRef<void(std::size_t place, Row& row)> visit) override {
    return access_.GetMany(table, keys, visit);
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
    : open_(std::move(open)), catalog_(catalog), commits_(commits), connections_(size, clock) {}

absl::StatusOr<std::unique_ptr<Snapshot>> PostgresReaders::Open(const base::CallContext& ctx,
                                                                base::TenantId tenant) {
  ASSIGN_OR_RETURN(auto connection, connections_.Take(ctx.deadline));
  auto snapshot = Begin(connection, tenant);
  if (!snapshot.ok()) {
    connections_.GiveBack(nullptr);
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

}  // namespace rapport::store
