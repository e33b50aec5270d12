// All that is particular to one resource, and the table that follows from it.
#ifndef RAPPORT_COMMON_RESOURCE_STRATEGY_H_
#define RAPPORT_COMMON_RESOURCE_STRATEGY_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/errors.h"
#include "common/resource/list.h"
#include "common/resource/name.h"
#include "common/store/store.h"

namespace rapport::resource {

using Violations = std::vector<errors::FieldViolation>;

// A column that List may use or an index needs; `value` is a pure function of the resource.
inline constexpr int kParent = -2;
inline constexpr int kId = -1;

template <class M>
struct IndexColumn {
  std::string name;
  store::ColumnType type;
  std::function<store::Value(const M&)> value;
  // The field that the column stands for, if the one follows from the other alone and no valid row
  // has NULL there: List finds and sorts rows by it.
  std::string field = "";
};

// All that is particular to one resource. Functions are pure.
template <class M>
struct Strategy {
  std::string table;  // name of its table
  std::string field;  // its place in requests, e.g. "contact_point"
  // Defaults and derived fields; runs before `check`. `before` is null for a new resource.
  std::function<void(const M* before, M* after, absl::Time now)> prepare;
  // Rules beyond the annotations; paths relative to the resource.
  std::function<void(const M* before, const M& after, Violations* violations)> check;
  std::vector<IndexColumn<M>> columns;
  // Indexes over `columns`, by their positions there; kParent and kId stand for the key. An index
  // that List walks must end with what makes its entries distinct.
  struct Index {
    std::string name;
    std::vector<int> columns;
    bool unique = false;
  };
  std::vector<Index> indexes;
  bool feed = true;  // rows carry a sequence: the table is a change feed
  absl::Duration purge_after = absl::Hours(24 * 30);
};

// (parent, id), the columns of the strategy, when it was deleted, the sequence of a feed, the body.
template <class M>
store::Table TableOf(const Strategy<M>& strategy) {
  using store::ColumnType;
  store::Table table{
      strategy.table, {{"parent", ColumnType::kText}, {"id", ColumnType::kText}}, 2, {}, -1};
  const int first = 2;
  for (const auto& column : strategy.columns) table.columns.push_back({column.name, column.type});
  for (const auto& index : strategy.indexes) {
    store::Index out{index.name, {}, index.unique};
    for (const int column : index.columns) {
      out.columns.push_back(column == kParent ? 0 : column == kId ? 1 : first + column);
    }
    table.indexes.push_back(std::move(out));
  }
  table.columns.push_back({"deleted", ColumnType::kInt});
  if (strategy.feed) {
    table.sequence_column = static_cast<int>(table.columns.size());
    table.columns.push_back({"sequence", ColumnType::kInt});
  }
  table.columns.push_back({"body", ColumnType::kBytes});
  return table;
}

// The same for List.
template <class M>
Collection CollectionOf(const Strategy<M>& strategy, const store::Table& table) {
  Collection out{
      &table, &M::default_instance(), {}, Name<M>::Pattern().Parent().text() == "tenants/{tenant}"};
  for (std::size_t i = 0; i < strategy.columns.size(); ++i) {
    const auto* field = M::descriptor()->FindFieldByName(strategy.columns[i].field);
    if (field == nullptr) continue;
    out.columns.push_back(
        {static_cast<int>(i) + 2, field,
         [value = strategy.columns[i].value](const google::protobuf::Message& message) {
           return value(static_cast<const M&>(message));
         }});
  }
  return out;
}

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_STRATEGY_H_
