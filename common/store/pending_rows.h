// The rows of one tenant's table that a transaction has written and only it knows: found by key,
// walked in the order of any index.
#ifndef RAPPORT_COMMON_STORE_PENDING_ROWS_H_
#define RAPPORT_COMMON_STORE_PENDING_ROWS_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/store/sql_catalog.h"
#include "common/store/store.h"

namespace rapport::store {

struct PendingRow {
  std::optional<Row> row;       // nothing: it is deleted
  bool sent = false;            // to the server
  bool fresh = false;           // taken for new: the server has no row with this key
  std::vector<Value> key = {};  // of a deleted one
};

// Not thread-safe. Keys are OrderKey of the primary key.
class PendingRows {
 public:
  using ByKey = std::map<std::string, PendingRow>;
  using InOrder = std::map<std::string, const Row*>;
  // The part of an order that a range names; where it begins depends on its direction.
  class Walk;

  explicit PendingRows(const SqlTable* sql) : sql_(sql), orders_(sql->orders.size()) {}
  // Rows point into each other.
  PendingRows(const PendingRows&) = delete;
  PendingRows& operator=(const PendingRows&) = delete;

  const SqlTable& sql() const { return *sql_; }
  ByKey& rows() { return rows_; }
  // Null if this transaction has not written it.
  const PendingRow* Find(const std::string& key) const;
  // Nothing: it is as if it had not been written. Returns what was there.
  std::optional<PendingRow> Set(const std::string& key, std::optional<PendingRow> now);
  // Those that are not deleted and have no NULL in the order's columns.
  const InOrder& Ordered(std::size_t order);

 private:
  const SqlTable* sql_;
  ByKey rows_;
  std::vector<std::optional<InOrder>> orders_;  // made when they are walked first
};

// In the range's direction. Ends with any change of the rows.
class PendingRows::Walk {
 public:
  // No NULLs in the range.
  Walk(PendingRows* pending, const Range& range);

  bool done() const { return at_ == end_; }
  const Row& row() const { return *current()->second; }
  // Whether it stands before a row of the table with this place in the order, or on it.
  bool UpTo(const std::string& place) const;
  void Next();

 private:
  InOrder::const_iterator current() const;

  bool descending_ = false;
  InOrder::const_iterator at_ = {};  // descending: one behind
  InOrder::const_iterator end_ = {};
};

// The row's place in an order; nothing if a NULL keeps it out.
std::optional<std::string> PlaceOf(const SqlOrder& order, const Row& row);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_PENDING_ROWS_H_
