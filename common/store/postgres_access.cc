#include "common/store/postgres_access.h"

#include <algorithm>
#include <limits>

#include "common/base/errors.h"
#include "common/base/status_macros.h"

namespace rapport::store {
namespace {

// Rows of the first portion of a range without a limit, and of the later ones.
constexpr int kFirstPortion = 128;
constexpr int kPortion = 1024;

// How many rows to ask for when `left` are still wanted.
int Portion(int left, bool first) { return std::min(left, first ? kFirstPortion : kPortion); }

int AllOr(int limit) { return limit == 0 ? std::numeric_limits<int>::max() : limit; }

}  // namespace

void ReadRow(const Table& table, const PGresult* result, int from, int first_column, Row& row) {
  row.resize(table.columns.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i] = DecodeValue(result, from, first_column + static_cast<int>(i), table.columns[i].type);
  }
}

int ScanPortion(int left, bool first) { return left <= kPortion ? left : Portion(left, first); }

void QueueTenant(PostgresConnection& connection, const base::TenantId& tenant) {
  PostgresParams params;
  params.AddText(tenant.value());
  connection.Queue(
      KeyOf(PostgresCommand::kTenant),
      [] { return std::string("SELECT set_config('rapport.tenant',$1,true)"); }, params);
}

absl::Status PostgresAccess::Check() const {
  return visiting_ ? errors::Bug() : connection_.status();
}

absl::Status PostgresAccess::Bind(const Table& table, absl::Span<const Value> values) {
  params_.Clear();
  params_.AddText(tenant_.value());
  for (std::size_t i = 0; i < values.size(); ++i) params_.Add(values[i], table.columns[i].type);
  return params_.valid() ? absl::OkStatus() : errors::Bug();
}

absl::StatusOr<std::optional<Row>> PostgresAccess::Get(const Table& table,
                                                       absl::Span<const Value> key) {
  RETURN_IF_ERROR(Check());
  ASSIGN_OR_RETURN(const SqlTable* const sql, catalog_.Find(table));
  RETURN_IF_ERROR(CheckKey(table, key));
  RETURN_IF_ERROR(Bind(table, key));
  ASSIGN_OR_RETURN(const PgResult result,
                   connection_.Ask(
                       sql->Key(StatementKind::kGet), [&] { return sql->Get(); }, params_));
  if (PQntuples(result.get()) == 0) return std::nullopt;
  Row row;
  ReadRow(table, result.get(), 0, 0, row);
  return row;
}

absl::Status PostgresAccess::GetMany(const Table& table, absl::Span<const std::vector<Value>> keys,
                                     absl::FunctionRef<void(std::size_t place, Row& row)> visit) {
  if (keys.size() == 1) {
    ASSIGN_OR_RETURN(std::optional<Row> row, Get(table, keys[0]));
    if (row.has_value()) visit(0, *row);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(Check());
  ASSIGN_OR_RETURN(const SqlTable* const sql, catalog_.Find(table));
  const auto columns = static_cast<std::size_t>(table.key_columns);
  for (const auto& key : keys) RETURN_IF_ERROR(CheckKey(table, key));
  for (std::size_t done = 0; done < keys.size(); done += kPortion) {
    const auto part = keys.subspan(done, kPortion);
    params_.Clear();
    params_.AddText(tenant_.value());
    for (std::size_t c = 0; c < columns; ++c) {
      params_.BeginArray(table.columns[c].type, part.size());
      for (const auto& key : part) params_.AddElement(key[c]);
    }
    if (!params_.valid()) return errors::Bug();
    ASSIGN_OR_RETURN(
        const PgResult result,
        connection_.Ask(
            sql->Key(StatementKind::kScanMany, 0, columns),
            [&] { return sql->ScanMany(sql->orders[0], columns, 0, false); }, params_));
    Row row;
    visiting_ = true;
    for (int i = 0; i < PQntuples(result.get()); ++i) {
      ReadRow(table, result.get(), i, 1, row);
      visit(done + static_cast<std::size_t>(DecodeInt(result.get(), i, 0)) - 1, row);
    }
    visiting_ = false;
  }
  return absl::OkStatus();
}

absl::StatusOr<PgResult> PostgresAccess::AskRange(const SqlTable& sql, const SqlOrder& order,
                                                  const Range& range, int limit) {
  const std::size_t prefix = range.prefix.size();
  const std::size_t after = range.after.size();
  params_.Clear();
  params_.AddText(tenant_.value());
  for (std::size_t i = 0; i < prefix + after; ++i) {
    params_.Add(ValueAt(range, i), sql.TypeAt(order, i));
  }
  params_.AddInt(limit);
  if (!params_.valid()) return errors::Bug();
  return connection_.Ask(
      sql.Key(StatementKind::kScan, range),
      [&] { return sql.Scan(order, prefix, after, range.descending); }, params_);
}

absl::Status PostgresAccess::Scan(const Table& table, const Range& range,
                                  absl::FunctionRef<bool(Row&)> visit) {
  RETURN_IF_ERROR(Check());
  ASSIGN_OR_RETURN(const SqlTable* const sql, catalog_.Find(table));
  ASSIGN_OR_RETURN(const SqlOrder* const order, CheckRange(*sql, range));
  Range rest = range;
  Row row;
  std::vector<Value> last;
  int left = AllOr(range.limit);
  for (bool first = true; left > 0; first = false) {
    const int limit = ScanPortion(left, first);
    ASSIGN_OR_RETURN(const PgResult result, AskRange(*sql, *order, rest, limit));
    const int rows = PQntuples(result.get());
    for (int i = 0; i < rows; ++i) {
      ReadRow(table, result.get(), i, 0, row);
      if (i + 1 == limit) {
        last.clear();
        for (std::size_t c = range.prefix.size(); c < order->own; ++c) {
          last.push_back(row[static_cast<std::size_t>(order->columns[c])]);
        }
      }
      visiting_ = true;
      const bool more = visit(row);
      visiting_ = false;
      if (!more) return absl::OkStatus();
    }
    // Without a further column in the order there is one row at most.
    if (rows < limit || last.empty()) break;
    rest.after = last;
    left -= rows;
  }
  return absl::OkStatus();
}

absl::Status PostgresAccess::Feed(
    const Table& table, std::int64_t after, int limit,
    absl::FunctionRef<bool(const base::TenantId&, std::int64_t, Row&)> visit) {
  RETURN_IF_ERROR(Check());
  ASSIGN_OR_RETURN(const SqlTable* const sql, catalog_.Find(table));
  if (table.sequence_column < 0 || limit < 0) return errors::Bug();
  Row row;
  for (bool first = true; limit > 0; first = false) {
    const int portion = Portion(limit, first);
    params_.Clear();
    params_.AddInt(after);
    params_.AddInt(portion);
    PgResult result;
    connection_.Queue(KeyOf(PostgresCommand::kFeedOn),
                      "SELECT set_config('rapport.feed','on',true)");
    connection_.Queue(
        sql->Key(StatementKind::kFeed), [&] { return sql->Feed(); }, params_, &result);
    connection_.Queue(KeyOf(PostgresCommand::kFeedOff),
                      "SELECT set_config('rapport.feed','',true)");
    RETURN_IF_ERROR(connection_.Wait());
    const int rows = PQntuples(result.get());
    for (int i = 0; i < rows; ++i) {
      const auto tenant = base::TenantId::Trusted(DecodeText(result.get(), i, 0));
      after = DecodeInt(result.get(), i, table.sequence_column + 1);
      ReadRow(table, result.get(), i, 1, row);
      visiting_ = true;
      const bool more = visit(tenant, after, row);
      visiting_ = false;
      if (!more) return absl::OkStatus();
    }
    if (rows < portion) break;
    limit -= rows;
  }
  return absl::OkStatus();
}

}  // namespace rapport::store
