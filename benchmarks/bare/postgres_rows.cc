#include "benchmarks/bare/postgres_rows.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace rapport::benchmarks {
namespace {

// Types of the engine's tables, and their arrays, as pg_type numbers them.
constexpr Oid kInt8 = 20;
constexpr Oid kInt8Array = 1016;
constexpr Oid kText = 25;
constexpr Oid kTextArray = 1009;
constexpr Oid kBytea = 17;
constexpr Oid kByteaArray = 1001;

constexpr char kInsert[] = "insert";
constexpr char kUpdate[] = "update";

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "rapport_bare: postgresql: %s\n", why.c_str());
  std::exit(1);
}

Oid ArrayOf(Oid type) {
  if (type == kInt8) return kInt8Array;
  if (type == kText) return kTextArray;
  if (type == kBytea) return kByteaArray;
  Die(absl::StrCat("a column of type ", type));
}

template <class Number>
void Append(Number number, std::string* out) {
  for (int shift = (static_cast<int>(sizeof number) - 1) * 8; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> shift));
  }
}

void AppendCell(const PostgresCell& cell, std::string* out) {
  Append(cell ? static_cast<std::int32_t>(cell->size()) : std::int32_t{-1}, out);
  if (cell) out->append(*cell);
}

std::string Quoted(const std::string& name) { return absl::StrCat("\"", name, "\""); }

// unnest($1,$2,…)
std::string Unnest(const PostgresTable& table) {
  std::vector<std::string> marks;
  for (std::size_t i = 1; i <= table.columns.size(); ++i) marks.push_back(absl::StrCat("$", i));
  return absl::StrCat("unnest(", absl::StrJoin(marks, ","), ")");
}

}  // namespace

std::string EncodeNumber(std::int64_t number) {
  std::string bytes;
  Append(number, &bytes);
  return bytes;
}

std::int64_t DecodeNumber(const std::string& bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(number);
}

std::size_t PostgresTable::PlaceOf(const std::string& column) const {
  const auto it = std::find(columns.begin(), columns.end(), column);
  if (it == columns.end()) Die(absl::StrCat(name, " has no column ", column));
  return static_cast<std::size_t>(it - columns.begin());
}

PostgresDatabase::PostgresDatabase(const std::string& uri) : conn_(PQconnectdb(uri.c_str())) {
  if (PQstatus(conn_) != CONNECTION_OK) Die(PQerrorMessage(conn_));
  // Plans are made once, for few rows: with indexes.
  PQclear(Check(PQexec(conn_,
                       "SET search_path=engagement; SET synchronous_commit=on; "
                       "SET plan_cache_mode=force_generic_plan")));
}

PGresult* PostgresDatabase::Check(PGresult* result) const {
  switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_COPY_IN:
    case PGRES_PIPELINE_SYNC:
      return result;
    default:
      Die(PQerrorMessage(conn_));
  }
}

std::vector<PostgresRow> PostgresDatabase::Rows(const std::string& sql) {
  PGresult* const result =
      Check(PQexecParams(conn_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1));
  std::vector<PostgresRow> rows(static_cast<std::size_t>(PQntuples(result)));
  for (int i = 0; i < PQntuples(result); ++i) {
    PostgresRow& row = rows[static_cast<std::size_t>(i)];
    for (int c = 0; c < PQnfields(result); ++c) {
      row.emplace_back();
      if (PQgetisnull(result, i, c) != 0) continue;
      row.back().emplace(PQgetvalue(result, i, c),
                         static_cast<std::size_t>(PQgetlength(result, i, c)));
    }
  }
  PQclear(result);
  return rows;
}

PostgresTable PostgresDatabase::Describe(const std::string& table) {
  PGresult* const result =
      Check(PQexec(conn_, absl::StrCat("SELECT * FROM ", Quoted(table), " LIMIT 0").c_str()));
  PostgresTable found;
  found.name = table;
  for (int c = 0; c < PQnfields(result); ++c) {
    found.columns.emplace_back(PQfname(result, c));
    found.types.push_back(PQftype(result, c));
  }
  PQclear(result);
  return found;
}

PostgresWriter::PostgresWriter(PostgresDatabase* copy)
    : copy_(*copy),
      engagements_(copy->Describe("engagements")),
      statistics_(copy->Describe("statistics")) {
  Prepare(kInsert, engagements_,
          absl::StrCat("INSERT INTO engagements SELECT * FROM ", Unnest(engagements_)));
  std::vector<std::string> set;
  std::vector<std::string> names;
  for (const std::string& column : statistics_.columns) {
    const std::string name = Quoted(column);
    names.push_back(name);
    if (column == "tenant" || column == "parent" || column == "id") continue;
    set.push_back(absl::StrCat(name, "=n.", name));
  }
  Prepare(kUpdate, statistics_,
          absl::StrCat("UPDATE statistics s SET ", absl::StrJoin(set, ","), " FROM ",
                       Unnest(statistics_), " n(", absl::StrJoin(names, ","),
                       ") WHERE s.tenant=n.tenant AND s.parent=n.parent AND s.id=n.id"));
}

void PostgresWriter::Prepare(const char* name, const PostgresTable& table, const std::string& sql) {
  std::vector<Oid> types;
  for (const Oid type : table.types) types.push_back(ArrayOf(type));
  PQclear(copy_.Check(
      PQprepare(copy_.conn_, name, sql.c_str(), static_cast<int>(types.size()), types.data())));
}

// An array on the wire: dimensions, whether it holds NULLs, type, size, lower bound, elements.
void PostgresWriter::Fill(const PostgresTable& table, const PostgresRows& rows,
                          Arguments* arguments) {
  const std::size_t columns = table.columns.size();
  arguments->arrays.resize(columns);
  arguments->values.clear();
  arguments->lengths.clear();
  arguments->formats.assign(columns, 1);
  for (std::size_t c = 0; c < columns; ++c) {
    std::string& array = arguments->arrays[c];
    array.clear();
    Append(std::int32_t{1}, &array);
    Append(std::int32_t{1}, &array);
    Append(static_cast<std::int32_t>(table.types[c]), &array);
    Append(static_cast<std::int32_t>(rows.size()), &array);
    Append(std::int32_t{1}, &array);
    for (const PostgresRow* const row : rows) AppendCell((*row)[c], &array);
    arguments->values.push_back(array.data());
    arguments->lengths.push_back(static_cast<int>(array.size()));
  }
}

void PostgresWriter::Send(const char* name, const Arguments& arguments) {
  if (PQsendQueryPrepared(copy_.conn_, name, static_cast<int>(arguments.values.size()),
                          arguments.values.data(), arguments.lengths.data(),
                          arguments.formats.data(), 1) != 1) {
    Die(PQerrorMessage(copy_.conn_));
  }
}

void PostgresWriter::Write(const PostgresRows& engagements, const PostgresRows& statistics) {
  Fill(engagements_, engagements, &insert_);
  Fill(statistics_, statistics, &update_);
  // What lies before a Sync is one transaction.
  if (PQpipelineStatus(copy_.conn_) == PQ_PIPELINE_OFF) PQenterPipelineMode(copy_.conn_);
  Send(kInsert, insert_);
  Send(kUpdate, update_);
  if (PQpipelineSync(copy_.conn_) != 1) Die(PQerrorMessage(copy_.conn_));
  for (int statement = 0; statement < 2; ++statement) {
    PQclear(copy_.Check(PQgetResult(copy_.conn_)));
    PQgetResult(copy_.conn_);  // none: the end of the statement's results
  }
  PQclear(copy_.Check(PQgetResult(copy_.conn_)));
}

void PostgresWriter::Copy(const PostgresRows& engagements, const PostgresRows& statistics) {
  PGconn* const conn = copy_.conn_;
  PQclear(copy_.Check(PQexec(conn, "BEGIN; COPY engagements FROM STDIN (FORMAT binary)")));
  buffer_.assign("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
  for (const PostgresRow* const row : engagements) {
    Append(static_cast<std::int16_t>(row->size()), &buffer_);
    for (const PostgresCell& cell : *row) AppendCell(cell, &buffer_);
  }
  Append(std::int16_t{-1}, &buffer_);
  if (PQputCopyData(conn, buffer_.data(), static_cast<int>(buffer_.size())) != 1 ||
      PQputCopyEnd(conn, nullptr) != 1) {
    Die(PQerrorMessage(conn));
  }
  while (PGresult* const result = PQgetResult(conn)) PQclear(copy_.Check(result));
  Fill(statistics_, statistics, &update_);
  Send(kUpdate, update_);
  while (PGresult* const result = PQgetResult(conn)) PQclear(copy_.Check(result));
  PQclear(copy_.Check(PQexec(conn, "COMMIT")));
}

}  // namespace rapport::benchmarks
