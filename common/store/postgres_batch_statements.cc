// What a batch asks of the server, and what it sends there.
#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/store/postgres_access.h"
#include "common/store/postgres_batch.h"

namespace rapport::store {
namespace {

// Rows of one statement.
constexpr std::size_t kMostInStatement = 1024;

}  // namespace

absl::Status PostgresBatch::Fetch() {
  const auto kind = [this](const Question& q) {
    // The tenant whose body runs comes last: its rows are what will be written.
    return std::make_tuple(q.tenant == tenant_, absl::string_view(q.tenant),
                           q.sql->Key(StatementKind::kScan, q.range), q.range.limit == 1);
  };
  std::stable_sort(noted_.begin(), noted_.end(),
                   [&](const Question& a, const Question& b) { return kind(a) < kind(b); });
  std::vector<Asked> asked;
  for (std::size_t i = 0, next = 0; i < noted_.size(); i = next) {
    const std::size_t most = noted_[i].range.limit == 1 ? kMostInStatement : 1;
    do ++next;
    while (next < noted_.size() && next - i < most && kind(noted_[next]) == kind(noted_[i]));
    asked.push_back({i, next, std::make_shared<PgResult>()});
    UseTenant(noted_[i].tenant);
    QueueQuestions(absl::MakeConstSpan(noted_).subspan(i, next - i), asked.back().result.get());
  }
  const absl::Status status = connection_.Wait();
  for (const Asked& part : asked) {
    if (!status.ok()) break;
    const int rows = PQntuples(part.result->get());
    if (part.end - part.begin == 1) {
      known_[noted_[part.begin].name] = {part.result, 0, rows, 0};
      continue;
    }
    for (std::size_t i = part.begin; i < part.end; ++i) known_[noted_[i].name] = {};
    for (int row = 0; row < rows; ++row) {
      const auto which = static_cast<std::size_t>(DecodeInt(part.result->get(), row, 0) - 1);
      known_[noted_[part.begin + which].name] = {part.result, row, 1, 1};
    }
  }
  noted_.clear();
  noted_names_.clear();
  return status;
}

void PostgresBatch::QueueQuestions(absl::Span<const Question> questions, PgResult* result) {
  const SqlTable& sql = *questions[0].sql;
  const Range& shape = questions[0].range;
  const SqlOrder& order = sql.orders[static_cast<std::size_t>(shape.index + 1)];
  const std::size_t prefix = shape.prefix.size();
  const std::size_t after = shape.after.size();
  params_.Clear();
  params_.AddText(questions[0].tenant);
  if (questions.size() == 1) {
    for (std::size_t i = 0; i < prefix + after; ++i) {
      params_.Add(ValueAt(shape, i), sql.TypeAt(order, i));
    }
    params_.AddInt(shape.limit);
    connection_.Queue(
        sql.Key(StatementKind::kScan, shape),
        [&] { return sql.Scan(order, prefix, after, shape.descending); }, params_, result);
    return;
  }
  for (std::size_t i = 0; i < prefix + after; ++i) {
    params_.BeginArray(sql.TypeAt(order, i), questions.size());
    for (const Question& question : questions) params_.AddElement(ValueAt(question.range, i));
  }
  connection_.Queue(
      sql.Key(StatementKind::kScanMany, shape),
      [&] { return sql.ScanMany(order, prefix, after, shape.descending); }, params_, result);
}

void PostgresBatch::UseTenant(const std::string& tenant) {
  if (on_server_ == tenant) return;
  on_server_ = tenant;
  QueueTenant(connection_, base::TenantId::Trusted(tenant));
}

void PostgresBatch::Send() {
  if (unsent_ == 0) return;
  for (auto& [place, pending] : written_) SendRows(place.first, *pending);
  wrote_ = true;
  kept_ += unsent_;
  unsent_ = 0;
}

void PostgresBatch::SendRows(const std::string& tenant, PendingRows& pending) {
  const SqlTable& sql = pending.sql();
  const Table& table = *sql.table;
  std::vector<const Row*> fresh;
  std::vector<const Row*> others;
  for (auto& [key, row] : pending.rows()) {
    if (std::exchange(row.sent, true)) continue;
    if (row.row.has_value()) {
      (row.fresh ? fresh : others).push_back(&*row.row);
      continue;
    }
    // Before other rows take what was unique to this one.
    UseTenant(tenant);
    params_.Clear();
    params_.AddText(tenant);
    for (std::size_t i = 0; i < row.key.size(); ++i) {
      params_.Add(row.key[i], table.columns[i].type);
    }
    connection_.Queue(
        sql.Key(StatementKind::kDelete), [&] { return sql.Delete(); }, params_);
  }
  if (fresh.empty() && others.empty()) return;
  UseTenant(tenant);
  QueueRows(sql, tenant, StatementKind::kPutMany, others);
  QueueRows(sql, tenant, StatementKind::kInsertMany, fresh);
}

void PostgresBatch::QueueRows(const SqlTable& sql, const std::string& tenant, StatementKind kind,
                              const std::vector<const Row*>& rows) {
  for (auto left = absl::MakeConstSpan(rows); !left.empty();) {
    const auto part = left.first(std::min(left.size(), kMostInStatement));
    left.remove_prefix(part.size());
    params_.Clear();
    params_.AddText(tenant);
    for (std::size_t c = 0; c < sql.table->columns.size(); ++c) {
      params_.BeginArray(sql.table->columns[c].type, part.size());
      for (const Row* row : part) params_.AddElement((*row)[c]);
    }
    connection_.Queue(
        sql.Key(kind),
        [&] { return kind == StatementKind::kPutMany ? sql.PutMany() : sql.InsertMany(); },
        params_);
  }
}

}  // namespace rapport::store
