// A worklist entry as it is kept on disk, so that a start reads one small row per relationship
// instead of everything that is known about it.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_INDEX_ROW_H_
#define RAPPORT_SERVICES_RECOMMENDATION_INDEX_ROW_H_

#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "common/store/store.h"
#include "services/recommendation/rules/worklist_entry.h"

namespace rapport::recommendation {

struct IndexRow {
  std::string id;     // of the relationship
  bool gone = false;  // it is on no list; the row stays, so that followers hear of it
  std::vector<std::string> stewards;  // ids
  IndexEntry entry;

  static const store::Table& table();
  store::Row ToRow() const;
  // Nothing if the row was written by a program with another layout.
  static absl::optional<IndexRow> FromRow(const store::Row& row);
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_INDEX_ROW_H_
