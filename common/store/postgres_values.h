// Values as PostgreSQL's wire has them, in its binary format.
//
// Text is TEXT COLLATE "C". PostgreSQL refuses NUL in text, so U+0000 is kept as 01 01 and U+0001
// as 01 02: that keeps the order of the bytes. Text must be UTF-8.
#ifndef RAPPORT_COMMON_STORE_POSTGRES_VALUES_H_
#define RAPPORT_COMMON_STORE_POSTGRES_VALUES_H_

#include <libpq-fe.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/store/store.h"

namespace rapport::store {

struct ClearPgResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, ClearPgResult>;

// The parameters of one statement.
class PostgresParams {
 public:
  void Clear();
  void Add(const Value& value, ColumnType type);
  void AddInt(std::int64_t value);
  void AddText(absl::string_view value);
  // An array with this many elements, to be added next.
  void BeginArray(ColumnType type, std::size_t count);
  void AddElement(const Value& value);
  // False if a text was not UTF-8.
  bool valid() const { return valid_; }

  // For libpq; valid until the next change.
  struct Arrays {
    std::vector<Oid> types;
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
    int size() const { return static_cast<int>(types.size()); }
  };
  const Arrays& arrays() const;

 private:
  void Push(Oid type, std::size_t begin);

  static constexpr std::size_t kNull = static_cast<std::size_t>(-1);
  std::string bytes_;
  std::size_t array_ = 0;  // where the last one begins
  bool array_of_text_ = false;
  std::vector<std::size_t> begins_;  // into bytes_; kNull for NULL
  mutable Arrays arrays_;
  bool valid_ = true;
};

Value DecodeValue(const PGresult* result, int row, int column, ColumnType type);
std::int64_t DecodeInt(const PGresult* result, int row, int column);
std::string DecodeText(const PGresult* result, int row, int column);

// What a snapshot of the server sees, by transaction ids (64 bits, they never wrap).
struct PostgresSnapshot {
  std::int64_t xmin = 0;                   // all below have ended
  std::int64_t xmax = 0;                   // none from here on is visible
  std::vector<std::int64_t> running = {};  // of those between, ascending
  // The transaction has ended, so that its rows, if it committed, are visible.
  bool Ended(std::int64_t xid) const;
};
PostgresSnapshot DecodeSnapshot(const PGresult* result, int row, int column);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_POSTGRES_VALUES_H_
