#include "common/store/sqlite_readers.h"

#include <utility>

#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/store/sqlite_access.h"

namespace rapport::store {

class ReaderPool::View final : public Snapshot {
 public:
  View(ReaderPool& pool, std::unique_ptr<Connection> connection, base::TenantId tenant,
       std::int64_t sequence)
      : pool_(pool),
        connection_(std::move(connection)),
        access_(*connection_, pool.catalog_, std::move(tenant)),
        sequence_(sequence) {}
  ~View() override {
    connection_->Run("COMMIT");
    pool_.connections_.GiveBack(std::move(connection_));
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
  bool Includes(std::int64_t sequence) const override { return sequence <= sequence_; }

 private:
  ReaderPool& pool_;
  std::unique_ptr<Connection> connection_;
  SqliteAccess access_;
  const std::int64_t sequence_;
};

ReaderPool::ReaderPool(Connection::Options connection, std::size_t size, const Catalog& catalog,
                       const time::Clock& clock)
    : connection_(std::move(connection)), catalog_(catalog), connections_(size, clock) {}

absl::Status ReaderPool::OpenAll() {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    ASSIGN_OR_RETURN(auto connection, Connection::Open(connection_));
    // The first read opens the log.
    RETURN_IF_ERROR(connection->QueryInt("SELECT count(*) FROM rapport_meta", 0).status());
    connections_.Add(std::move(connection));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Snapshot>> ReaderPool::Open(
    base::TenantId tenant, absl::Time deadline, absl::FunctionRef<std::int64_t()> committed) {
  ASSIGN_OR_RETURN(auto connection, Take(deadline));
  connection->ForgetFailure();
  const std::int64_t sequence = committed();
  int code = connection->Run("BEGIN");
  // The view begins with its first read.
  if (code == SQLITE_OK) code = connection->Run("SELECT 1 FROM rapport_meta LIMIT 1");
  if (code != SQLITE_OK) {
    absl::Status status = connection->Translate(code);
    if (connection->in_transaction()) connection->Run("ROLLBACK");
    connections_.GiveBack(std::move(connection));
    return status;
  }
  return std::make_unique<View>(*this, std::move(connection), std::move(tenant), sequence);
}

absl::StatusOr<std::unique_ptr<Connection>> ReaderPool::Take(absl::Time deadline) {
  ASSIGN_OR_RETURN(auto rested, connections_.Take(deadline));
  if (rested != nullptr) return rested;
  auto opened = Connection::Open(connection_);
  if (opened.ok()) return opened;
  if (connection_.on_error) connection_.on_error(opened.status().message());
  connections_.GiveBack(nullptr);
  return errors::StoreUnavailable();
}

}  // namespace rapport::store
