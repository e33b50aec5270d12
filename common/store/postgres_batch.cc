#include "common/store/postgres_batch.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <tuple>
#include <variant>

#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/store/order_key.h"
#include "common/store/postgres_access.h"
#include "common/text/utf8.h"

namespace rapport::store {
namespace {

// So many rows and answers are kept; more begin anew from what the server has.
constexpr std::size_t kMostKept = 65536;
// Rows of one statement.
constexpr std::size_t kMostInStatement = 1024;

absl::Status Missed() { return absl::AbortedError("again, when this is known"); }

absl::Status CheckText(const Value& value, ColumnType type) {
  const auto* const text = std::get_if<std::string>(&value);
  const bool valid = text == nullptr || type != ColumnType::kText || text::IsValidUtf8(*text);
  return valid ? absl::OkStatus() : errors::Bug();
}

absl::Span<const Value> KeyOfRow(const Table& table, const Row& row) {
  return absl::MakeConstSpan(row).first(static_cast<std::size_t>(table.key_columns));
}

Range OneRow(int index, std::vector<Value> values) {
  Range range;
  range.index = index;
  range.prefix = std::move(values);
  range.limit = 1;
  return range;
}

bool HasNull(const std::vector<Value>& values) {
  return std::any_of(values.begin(), values.end(), [](const Value& value) {
    return std::holds_alternative<std::monostate>(value);
  });
}

ColumnType TypeOf(const SqlTable& sql, const SqlOrder& order, std::size_t place) {
  return sql.table->columns[static_cast<std::size_t>(order.columns[place])].type;
}

const Value& ValueAt(const Range& range, std::size_t i) {
  return i < range.prefix.size() ? range.prefix[i] : range.after[i - range.prefix.size()];
}

std::uint64_t KeyOfScan(const SqlTable& sql, StatementKind kind, const Range& range) {
  return sql.Key(kind, range.index + 1, range.prefix.size(), range.after.size(), range.descending);
}

}  // namespace

absl::Status PostgresBatch::Check() const {
  return visiting_ ? errors::Bug() : connection_.status();
}

void PostgresBatch::Begin(const base::TenantId& tenant, Mode mode) {
  tenant_ = tenant.value();
  mode_ = mode;
  missed_ = false;
  large_ = false;
  body_sent_ = false;
  undo_.clear();
}

absl::StatusOr<std::optional<Row>> PostgresBatch::Get(const Table& table,
                                                      absl::Span<const Value> key) {
  RETURN_IF_ERROR(CheckKey(table, key));
  std::optional<Row> found;
  RETURN_IF_ERROR(Scan(table, OneRow(-1, {key.begin(), key.end()}), [&](Row& row) {
    found = std::move(row);
    return false;
  }));
  return found;
}

absl::Status PostgresBatch::Scan(const Table& table, const Range& range,
                                 absl::FunctionRef<bool(Row&)> visit) {
  RETURN_IF_ERROR(Check());
  ASSIGN_OR_RETURN(const SqlTable* const sql, catalog_.Find(table));
  ASSIGN_OR_RETURN(const SqlOrder* const order, CheckRange(*sql, range));
  if (HasNull(range.prefix)) return absl::OkStatus();
  PendingRows* const written = Written(*sql);
  PendingRows::Walk own(written, range);
  Row row;
  int left = range.limit == 0 ? std::numeric_limits<int>::max() : range.limit;
  const auto show = [&] {
    visiting_ = true;
    const bool more = visit(row);
    visiting_ = false;
    return more && --left > 0;
  };
  Range rest = range;
  std::vector<Value> last;
  for (bool first = true;; first = false) {
    rest.limit = ScanPortion(left, first);
    ASSIGN_OR_RETURN(const Answer answer, Ask(*sql, *order, rest));
    for (int i = 0; i < answer.rows; ++i) {
      ReadRow(table, answer.result->get(), answer.first + i, answer.column, row);
      if (i + 1 == rest.limit) {
        last.clear();
        for (std::size_t c = range.prefix.size(); c < order->own; ++c) {
          last.push_back(row[static_cast<std::size_t>(order->columns[c])]);
        }
      }
      if (written != nullptr) {
        const std::string place = PlaceOf(*order, row).value_or("");
        if (!own.done() && own.UpTo(place)) {
          Row theirs = std::move(row);
          do {
            row = own.row();
            own.Next();
            if (!show()) return absl::OkStatus();
          } while (!own.done() && own.UpTo(place));
          row = std::move(theirs);
        }
        if (written->Find(OrderKey(KeyOfRow(*sql->table, row))) != nullptr) continue;
      }
      if (!show()) return absl::OkStatus();
    }
    // Without a further column in the order there is one row at most.
    if (answer.rows < rest.limit || last.empty()) break;
    rest.after = last;
  }
  for (; !own.done(); own.Next()) {
    row = own.row();
    if (!show()) break;
  }
  return absl::OkStatus();
}

std::string PostgresBatch::NameOf(const SqlTable& sql, const Range& range) const {
  std::string name;
  name.reserve(128);
  AppendOrderKey(static_cast<std::int64_t>(KeyOfScan(sql, StatementKind::kScan, range)), &name);
  AppendOrderKey(range.limit, &name);
  name.append(tenant_).push_back('\0');
  for (const Value& value : range.prefix) AppendOrderKey(value, &name);
  for (const Value& value : range.after) AppendOrderKey(value, &name);
  return name;
}

absl::Status PostgresBatch::Note(const SqlTable& sql, const SqlOrder& order, const Range& range,
                                 const std::string& name) {
  for (std::size_t i = 0; i < range.prefix.size() + range.after.size(); ++i) {
    RETURN_IF_ERROR(CheckText(ValueAt(range, i), TypeOf(sql, order, i)));
  }
  if (noted_names_.insert(name).second) noted_.push_back({tenant_, &sql, range, name});
  return absl::OkStatus();
}

absl::StatusOr<PostgresBatch::Answer> PostgresBatch::Ask(const SqlTable& sql, const SqlOrder& order,
                                                         const Range& range) {
  const std::string name = NameOf(sql, range);
  auto known = known_.find(name);
  if (known == known_.end()) {
    RETURN_IF_ERROR(Note(sql, order, range, name));
    if (mode_.gather) {
      missed_ = true;
      return Missed();
    }
    if (known_.size() > kMostKept) known_.clear();
    RETURN_IF_ERROR(Fetch());
    known = known_.find(name);
  }
  Answer answer = known->second;
  // Long answers are read once.
  if (!mode_.gather && answer.rows > 1) known_.erase(known);
  return answer;
}

void PostgresBatch::Expect(const Table& table, const Range& range) {
  const auto sql = catalog_.Find(table);
  if (!sql.ok()) return;
  const auto order = CheckRange(**sql, range);
  if (!order.ok() || HasNull(range.prefix)) return;
  Range first = range;
  first.limit = ScanPortion(range.limit == 0 ? std::numeric_limits<int>::max() : range.limit, true);
  const std::string name = NameOf(**sql, first);
  // What cannot be asked is refused when the body asks.
  if (!known_.contains(name)) Note(**sql, **order, first, name).IgnoreError();
}

absl::Status PostgresBatch::Fetch() {
  const auto kind = [](const Question& q) {
    return std::make_tuple(absl::string_view(q.tenant),
                           KeyOfScan(*q.sql, StatementKind::kScan, q.range), q.range.limit == 1);
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
      params_.Add(ValueAt(shape, i), TypeOf(sql, order, i));
    }
    params_.AddInt(shape.limit);
    connection_.Queue(
        KeyOfScan(sql, StatementKind::kScan, shape),
        [&] { return sql.Scan(order, prefix, after, shape.descending); }, params_, result);
    return;
  }
  for (std::size_t i = 0; i < prefix + after; ++i) {
    params_.BeginArray(TypeOf(sql, order, i), questions.size());
    for (const Question& question : questions) params_.AddElement(ValueAt(question.range, i));
  }
  connection_.Queue(
      KeyOfScan(sql, StatementKind::kScanMany, shape),
      [&] { return sql.ScanMany(order, prefix, after, shape.descending); }, params_, result);
}

void PostgresBatch::UseTenant(const std::string& tenant) {
  if (on_server_ == tenant) return;
  on_server_ = tenant;
  QueueTenant(connection_, base::TenantId::Trusted(tenant));
}

PendingRows& PostgresBatch::Pending(const SqlTable& sql) {
  auto& pending = written_[{tenant_, sql.id}];
  if (pending == nullptr) pending = std::make_unique<PendingRows>(&sql);
  return *pending;
}

PendingRows* PostgresBatch::Written(const SqlTable& sql) {
  const auto it = written_.find({tenant_, sql.id});
  return it == written_.end() || it->second->rows().empty() ? nullptr : it->second.get();
}

absl::optional<absl::optional<Row>> PostgresBatch::Known(const SqlTable& sql,
                                                         absl::Span<const Value> values) const {
  const auto known = known_.find(NameOf(sql, OneRow(-1, {values.begin(), values.end()})));
  if (known == known_.end()) return absl::nullopt;
  absl::optional<Row> row;
  const Answer& answer = known->second;
  if (answer.rows > 0) {
    ReadRow(*sql.table, answer.result->get(), answer.first, answer.column, row.emplace());
  }
  return row;
}

absl::Status PostgresBatch::CheckUnique(const SqlTable& sql, const Row& row, const Row* before) {
  const Table& table = *sql.table;
  for (std::size_t i = 0; i < table.indexes.size(); ++i) {
    if (!table.indexes[i].unique) continue;
    const auto values = [&](const Row& of) {
      std::vector<Value> held;
      for (const int c : table.indexes[i].columns) held.push_back(of[static_cast<std::size_t>(c)]);
      return held;
    };
    Range same = OneRow(static_cast<int>(i), values(row));
    if (before != nullptr && values(*before) == same.prefix) continue;  // it has them already
    bool taken = false;
    RETURN_IF_ERROR(Scan(table, same, [&](Row& other) {
      taken = KeyOfRow(table, other) != KeyOfRow(table, row);
      return false;
    }));
    if (taken) return absl::AlreadyExistsError(table.indexes[i].name);
  }
  return absl::OkStatus();
}

absl::Status PostgresBatch::Put(const Table& table, Row& row, std::int64_t sequence) {
  RETURN_IF_ERROR(Check());
  ASSIGN_OR_RETURN(const SqlTable* const sql, catalog_.Find(table));
  RETURN_IF_ERROR(Complete(table, row, sequence));
  for (std::size_t i = 0; i < row.size(); ++i) {
    RETURN_IF_ERROR(CheckText(row[i], table.columns[i].type));
  }
  const std::string key = OrderKey(KeyOfRow(table, row));
  const PendingRows* const written = Written(*sql);
  const PendingRow* const pending = written == nullptr ? nullptr : written->Find(key);
  PendingRow now;
  if (pending != nullptr) {
    now.fresh = pending->fresh && !pending->sent;
    if (sql->has_unique_index()) {
      RETURN_IF_ERROR(CheckUnique(*sql, row, pending->row.has_value() ? &*pending->row : nullptr));
    }
  } else {
    // Who replaces a row has read it, or knows that nothing is unique in it.
    const auto known = Known(*sql, KeyOfRow(table, row));
    now.fresh = known.has_value() ? !known->has_value() : sql->has_unique_index();
    if (sql->has_unique_index()) {
      RETURN_IF_ERROR(
          CheckUnique(*sql, row, known.has_value() && known->has_value() ? &**known : nullptr));
    }
  }
  if (mode_.most_unsent == 1) now.fresh = false;  // what was taken for new may be why it runs so
  now.row = std::move(row);
  return Write(*sql, key, std::move(now));
}

absl::Status PostgresBatch::Insert(const Table& table, Row& row, std::int64_t sequence) {
  if (row.size() != table.columns.size()) return errors::Bug();
  ASSIGN_OR_RETURN(const auto present, Get(table, KeyOfRow(table, row)));
  if (present) return absl::AlreadyExistsError("primary");
  return Put(table, row, sequence);
}

absl::Status PostgresBatch::Delete(const Table& table, absl::Span<const Value> key) {
  RETURN_IF_ERROR(Check());
  ASSIGN_OR_RETURN(const SqlTable* const sql, catalog_.Find(table));
  RETURN_IF_ERROR(CheckKey(table, key));
  for (std::size_t i = 0; i < key.size(); ++i) {
    RETURN_IF_ERROR(CheckText(key[i], table.columns[i].type));
  }
  PendingRow deleted;
  deleted.key.assign(key.begin(), key.end());
  return Write(*sql, OrderKey(key), std::move(deleted));
}

absl::Status PostgresBatch::Write(const SqlTable& sql, const std::string& key, PendingRow row) {
  PendingRows& pending = Pending(sql);
  auto before = pending.Set(key, std::move(row));
  if (!before.has_value() || before->sent) ++unsent_;
  undo_.push_back({&pending, key, std::move(before)});
  if (unsent_ < mode_.most_unsent) return connection_.status();
  if (mode_.gather) {
    large_ = true;
    missed_ = true;
    return Missed();
  }
  body_sent_ = true;
  undo_.clear();
  Send();
  connection_.Push();
  if (kept_ > kMostKept) {
    kept_ = 0;
    written_.clear();
    known_.clear();
  }
  return connection_.status();
}

bool PostgresBatch::Undo() {
  for (; !undo_.empty(); undo_.pop_back()) {
    Undone& last = undo_.back();
    if (!last.before.has_value() || last.before->sent) --unsent_;
    last.rows->Set(last.key, std::move(last.before));
  }
  return !body_sent_;
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
