// A copy of an engagement store, written to with the least code: the ceiling of durable writes. The
// copy has the tables, the indexes and the rows that the service made.
#ifndef RAPPORT_BENCHMARKS_BARE_ROWS_H_
#define RAPPORT_BENCHMARKS_BARE_ROWS_H_

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace rapport::benchmarks {

struct Blob {
  std::string bytes;
};
using Cell = std::variant<std::monostate, std::int64_t, std::string, Blob>;
using Row = std::vector<Cell>;

// Every failure of SQLite ends the program with its text: there is nothing to rescue.
class Database {
 public:
  enum class Use { kRead, kWrite };
  // kWrite: write-ahead log, synchronous=FULL, pages, cache and checkpoints as the services have
  // them.
  Database(const std::string& path, Use use);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void Execute(const char* sql);
  std::int64_t Number(const std::string& sql);
  std::vector<std::string> Columns(const std::string& table);
  // All columns of the rows that `where` says, in order of their rowids.
  std::vector<Row> Rows(const std::string& table, const std::string& where);

 private:
  friend class Command;
  void Check(int code) const;
  sqlite3* db_ = nullptr;
};

// A prepared statement without results.
class Command {
 public:
  Command(Database* database, const std::string& sql);
  ~Command() { sqlite3_finalize(statement_); }
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  // Binds `cell` to the parameter at `position`, from 1; it must stay until Run.
  void Bind(int position, const Cell& cell);
  void Run();

 private:
  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
};

// What RecordEngagement writes: a row of engagements, and the row of statistics of its
// relationship. Not thread-safe.
class EngagementWriter {
 public:
  explicit EngagementWriter(Database* copy);
  void InsertEngagement(const Row& row);
  // Gives the row the next sequence. The row must be there.
  void UpdateStatistics(const Row& row);

  // Positions of columns.
  struct Places {
    std::size_t parent, id, time, source_key;  // of engagements
    std::size_t owner, drift, sequence;        // of statistics; owner is the relationship
  };
  const Places& places() const { return places_; }

 private:
  Places places_{};
  std::int64_t sequence_ = 0;
  std::unique_ptr<Command> insert_;
  std::unique_ptr<Command> update_;
  std::vector<std::size_t> bound_;  // of statistics, in the order of update_'s parameters
};

}  // namespace rapport::benchmarks

#endif  // RAPPORT_BENCHMARKS_BARE_ROWS_H_
