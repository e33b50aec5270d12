#include "tools/rapport-admin/rows.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/base/digest.h"
#include "common/base/status_macros.h"
#include "common/base/uuid.h"
#include "common/text/utf8.h"

namespace rapport::admin {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(1);
constexpr int kPortion = 500;
// See store::Value.
constexpr std::size_t kIndexBytes = 2600;

std::string ValueText(const store::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return absl::StrCat(*number);
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return "NULL";
  const bool plain = std::all_of(text->begin(), text->end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
  if (plain && text::IsValidUtf8(*text)) return absl::StrCat("\"", *text, "\"");
  return absl::StrCat("0x", absl::BytesToHexString(*text));
}

std::string WhereWith(const base::TenantId& tenant, const store::Table& table,
                      const store::Row& row,
                      absl::FunctionRef<std::string(const store::Value&)> text) {
  return absl::StrCat("table ", table.name, " of tenant ", tenant.value(), ", key (",
                      absl::StrJoin(KeyOf(table, row), ", ",
                                    [&](std::string* out, const store::Value& value) {
                                      absl::StrAppend(out, text(value));
                                    }),
                      ")");
}

// As PostgreSQL keeps it: NUL and its escape take two bytes (postgres_values.h).
std::size_t StoredSize(const store::Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return sizeof(std::int64_t);
  return text->size() + static_cast<std::size_t>(std::count_if(
                            text->begin(), text->end(), [](char c) { return c == 0 || c == 1; }));
}

absl::Status CheckIndex(const base::TenantId& tenant, const store::Table& table,
                        const store::Row& row, const std::vector<int>& columns,
                        const std::string& what) {
  std::size_t size = tenant.value().size();
  for (const int c : columns) {
    const store::Value& value = row[static_cast<std::size_t>(c)];
    if (std::holds_alternative<std::monostate>(value)) return absl::OkStatus();  // not indexed
    size += StoredSize(value);
  }
  if (size <= kIndexBytes) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(Where(tenant, table, row), ": the ", what,
                                                    " has ", size, " bytes, and PostgreSQL takes ",
                                                    kIndexBytes));
}

}  // namespace

base::CallContext ContextOf(const base::TenantId& tenant) {
  base::CallContext context;
  context.tenant = tenant;
  context.deadline = absl::Now() + kPatience;
  return context;
}

absl::StatusOr<std::unique_ptr<store::Snapshot>> ReadNow(store::Store& store,
                                                         const base::TenantId& tenant) {
  return store.Read(ContextOf(tenant), tenant);
}

absl::Status VisitRows(store::Store& store, const base::TenantId& tenant, const store::Table& table,
                       std::vector<store::Value> after,
                       absl::FunctionRef<absl::Status(std::vector<store::Row>&)> visit) {
  for (;;) {
    std::vector<store::Row> rows;
    {
      ASSIGN_OR_RETURN(const auto view, ReadNow(store, tenant));
      ASSIGN_OR_RETURN(rows, RowsBehind(*view, table, after, kPortion));
    }
    if (rows.empty()) return absl::OkStatus();
    const bool more = rows.size() == kPortion;
    after = KeyOf(table, rows.back());
    RETURN_IF_ERROR(visit(rows));
    if (!more) return absl::OkStatus();
  }
}

absl::StatusOr<std::vector<store::Row>> RowsBehind(store::Reader& reader, const store::Table& table,
                                                   const std::vector<store::Value>& after,
                                                   int limit) {
  store::Range range;
  range.after = after;
  range.limit = limit;
  std::vector<store::Row> rows;
  RETURN_IF_ERROR(reader.Scan(table, range, [&](store::Row& row) {
    rows.push_back(std::move(row));
    return true;
  }));
  return rows;
}

absl::StatusOr<base::TenantId> TenantNamed(const std::string& id) {
  auto tenant = base::TenantId::Parse(id);
  if (tenant.ok()) return tenant;
  return absl::InvalidArgumentError(absl::StrCat("--tenant: ", id, " is no id of a tenant"));
}

absl::Status CheckExists(const std::string& address) {
  absl::string_view path = address;
  std::error_code ignored;
  if (!absl::ConsumePrefix(&path, "sqlite:") ||
      std::filesystem::exists(std::string(path), ignored)) {
    return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat("there is no file ", path));
}

bool IsOfTheStore(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || absl::IsDataLoss(status) || absl::IsAborted(status);
}

std::size_t SizeOf(const store::Row& row) {
  std::size_t size = 0;
  for (const store::Value& value : row) size += 16 + store::AsText(value).size();
  return size;
}

std::vector<store::Value> KeyOf(const store::Table& table, const store::Row& row) {
  return {row.begin(), row.begin() + table.key_columns};
}

std::string Where(const base::TenantId& tenant, const store::Table& table, const store::Row& row) {
  return WhereWith(tenant, table, row, ValueText);
}

std::string MaskedWhere(const base::TenantId& tenant, const store::Table& table,
                        const store::Row& row) {
  return WhereWith(tenant, table, row, [](const store::Value& value) {
    const std::string& text = store::AsText(value);
    if (!std::holds_alternative<std::string>(value) || base::IsUuid(text)) return ValueText(value);
    return absl::StrCat("sha256 ", absl::BytesToHexString(base::Sha256(text).substr(0, 4)));
  });
}

absl::Status FitsPostgres(const base::TenantId& tenant, const store::Table& table,
                          const store::Row& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (table.columns[i].type != store::ColumnType::kText) continue;
    if (text::IsValidUtf8(store::AsText(row[i]))) continue;
    return absl::FailedPreconditionError(absl::StrCat(Where(tenant, table, row), ": column ",
                                                      table.columns[i].name, " is not UTF-8"));
  }
  std::vector<int> key;
  for (int c = 0; c < table.key_columns; ++c) key.push_back(c);
  RETURN_IF_ERROR(CheckIndex(tenant, table, row, key, "key"));
  for (const store::Index& index : table.indexes) {
    // The entry holds the rest of the key too, unless the index is unique.
    std::vector<int> columns = index.columns;
    for (const int c : key) {
      const bool there = std::find(columns.begin(), columns.end(), c) != columns.end();
      if (!index.unique && !there) columns.push_back(c);
    }
    RETURN_IF_ERROR(CheckIndex(tenant, table, row, columns, "entry in index " + index.name));
  }
  return absl::OkStatus();
}

}  // namespace rapport::admin
