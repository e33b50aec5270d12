// A transaction that writes nothing: what a body would change is only remembered.
#ifndef RAPPORT_COMMON_STORE_DRY_RUN_H_
#define RAPPORT_COMMON_STORE_DRY_RUN_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/base/id.h"
#include "common/store/store.h"

namespace rapport::store {

// Not thread-safe. Sequences are not given, unique indexes not looked at, and effects do not run. A
// body sees what it has written by key; in a scan it sees rows of the view as it has left them, and
// not those that it has made.
class DryRun final : public Tx {
 public:
  struct Change {
    const Table* table = nullptr;
    std::vector<Value> key = {};
    std::optional<Row> before = {};
    std::optional<Row> after = {};
  };

  // The view outlives it: a snapshot, or another transaction of the tenant.
  DryRun(Reader* view, base::TenantId tenant) : view_(*view), tenant_(std::move(tenant)) {}

  // The rows that would be others than they are, sequences aside, by table and key.
  std::vector<Change> Changes() const;

  absl::StatusOr<std::optional<Row>> Get(const Table& table, absl::Span<const Value> key) override;
  absl::Status Scan(const Table& table, const Range& range,
                    absl::FunctionRef<bool(Row&)> visit) override;
  absl::StatusOr<std::int64_t> Put(const Table& table, Row row) override;
  absl::StatusOr<std::int64_t> Insert(const Table& table, Row row) override;
  absl::Status Delete(const Table& table, absl::Span<const Value> key) override;
  void OnCommit(absl::AnyInvocable<void(std::int64_t)>) override {}
  const base::TenantId& tenant() const override { return tenant_; }
  absl::Status Touch(absl::string_view, absl::Span<const Value>) override {
    return absl::OkStatus();
  }
  absl::Span<const TouchedRow> touched() const override { return {}; }
  absl::Status Exclude() override { return absl::OkStatus(); }

 private:
  absl::Status Write(const Table& table, absl::Span<const Value> key, std::optional<Row> row);

  Reader& view_;
  const base::TenantId tenant_;
  std::map<std::pair<std::string, std::string>, Change> written_;  // by table and OrderKey
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_DRY_RUN_H_
