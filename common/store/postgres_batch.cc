#include "common/store/postgres_batch.h"

#include <algorithm>
#include <iterator>
#include <limits>
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
  AppendOrderKey(static_cast<std::int64_t>(sql.Key(StatementKind::kScan, range)), &name);
  AppendOrderKey(range.limit, &name);
  name.append(tenant_).push_back('\0');
  for (const Value& value : range.prefix) AppendOrderKey(value, &name);
  for (const Value& value : range.after) AppendOrderKey(value, &name);
  return name;
}

absl::Status PostgresBatch::Note(const SqlTable& sql, const SqlOrder& order, const Range& range,
                                 const std::string& name) {
  for (std::size_t i = 0; i < range.prefix.size() + range.after.size(); ++i) {
    RETURN_IF_ERROR(CheckText(ValueAt(range, i), sql.TypeAt(order, i)));
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

}  // namespace rapport::store
