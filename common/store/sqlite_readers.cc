#include "common/store/sqlite_readers.h"

#include <algorithm>
#include <utility>

#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/store/sqlite_access.h"

namespace rapport::store {
namespace {

// A waiting reader looks at the clock at least this often, because the clock may be a fake.
constexpr absl::Duration kLook = absl::Milliseconds(20);

}  // namespace

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
  bool Includes(std::int64_t sequence) const override { return sequence <= sequence_; }

 private:
  ReaderPool& pool_;
  std::unique_ptr<Connection> connection_;
  SqliteAccess access_;
  const std::int64_t sequence_;
};

ReaderPool::ReaderPool(Connection::Options connection, std::size_t size, const Catalog& catalog,
                       const time::Clock& clock)
    : connection_(std::move(connection)), size_(size), catalog_(catalog), clock_(clock) {}

absl::Status ReaderPool::OpenAll() {
  for (std::size_t i = 0; i < size_; ++i) {
    ASSIGN_OR_RETURN(auto connection, Connection::Open(connection_));
    // The first read opens the log.
    RETURN_IF_ERROR(connection->QueryInt("SELECT count(*) FROM rapport_meta", 0).status());
    base::MutexLock lock(&mu_);
    free_.push_back(std::move(connection));
    ++open_;
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
    GiveBack(std::move(connection));
    return status;
  }
  return std::make_unique<View>(*this, std::move(connection), std::move(tenant), sequence);
}

absl::StatusOr<std::unique_ptr<Connection>> ReaderPool::Take(absl::Time deadline) {
  {
    base::MutexLock lock(&mu_);
    while (free_.empty() && open_ >= size_) {
      const absl::Duration left = deadline - clock_.Now();
      if (left <= absl::ZeroDuration()) return errors::Overloaded("read");
      freed_.WaitWithTimeout(&mu_, std::min(left, kLook));
    }
    if (!free_.empty()) {
      auto connection = std::move(free_.back());
      free_.pop_back();
      return connection;
    }
    ++open_;
  }
  auto connection = Connection::Open(connection_);
  if (connection.ok()) return connection;
  if (connection_.on_error) connection_.on_error(connection.status().message());
  base::MutexLock lock(&mu_);
  --open_;
  freed_.Signal();
  return errors::StoreUnavailable();
}

void ReaderPool::GiveBack(std::unique_ptr<Connection> connection) {
  base::MutexLock lock(&mu_);
  free_.push_back(std::move(connection));
  freed_.Signal();
}

}  // namespace rapport::store
