// A copy of an engagement schema on PostgreSQL, written to with the least code: libpq, and rows as
// PostgreSQL sends them in its binary format, so that nothing is converted.
#ifndef RAPPORT_BENCHMARKS_BARE_POSTGRES_ROWS_H_
#define RAPPORT_BENCHMARKS_BARE_POSTGRES_ROWS_H_

#include <libpq-fe.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rapport::benchmarks {

using PostgresCell = std::optional<std::string>;  // bytes on the wire; none is NULL
using PostgresRow = std::vector<PostgresCell>;
using PostgresRows = std::vector<const PostgresRow*>;

// A BIGINT on the wire.
std::string EncodeNumber(std::int64_t number);
std::int64_t DecodeNumber(const std::string& bytes);

struct PostgresTable {
  std::string name;
  std::vector<std::string> columns;
  std::vector<Oid> types;
  // Exits if there is none.
  std::size_t PlaceOf(const std::string& column) const;
};

// One connection, used by one thread at a time. Every failure ends the program with the server's
// text: there is nothing to rescue.
class PostgresDatabase {
 public:
  // `uri` must log in as a superuser, whom row-level security does not bind. Commits are durable.
  explicit PostgresDatabase(const std::string& uri);
  ~PostgresDatabase() { PQfinish(conn_); }
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;

  std::vector<PostgresRow> Rows(const std::string& sql);
  PostgresTable Describe(const std::string& table);

 private:
  friend class PostgresWriter;
  PGresult* Check(PGresult* result) const;
  PGconn* const conn_;
};

// Writes engagements, and the statistics of their relationships.
class PostgresWriter {
 public:
  explicit PostgresWriter(PostgresDatabase* copy);

  // One transaction in one round trip: a multi-row INSERT … unnest, a multi-row UPDATE … unnest.
  // No row of `statistics` twice.
  void Write(const PostgresRows& engagements, const PostgresRows& statistics);
  // One transaction: COPY, then the same UPDATE.
  void Copy(const PostgresRows& engagements, const PostgresRows& statistics);

  const PostgresTable& engagements() const { return engagements_; }
  const PostgresTable& statistics() const { return statistics_; }

 private:
  struct Arguments {
    std::vector<std::string> arrays;  // one for each column
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
  };
  static void Fill(const PostgresTable& table, const PostgresRows& rows, Arguments* arguments);
  void Prepare(const char* name, const PostgresTable& table, const std::string& sql);
  void Send(const char* name, const Arguments& arguments);

  PostgresDatabase& copy_;
  const PostgresTable engagements_;
  const PostgresTable statistics_;
  Arguments insert_;
  Arguments update_;
  std::string buffer_;
};

}  // namespace rapport::benchmarks

#endif  // RAPPORT_BENCHMARKS_BARE_POSTGRES_ROWS_H_
