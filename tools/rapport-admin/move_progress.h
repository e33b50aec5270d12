// How far the move of one tenant has come: a row of the tenant in the target, written in the
// transactions that write its other rows. It stays, so that the same move once more does nothing.
#ifndef RAPPORT_TOOLS_RAPPORT_ADMIN_MOVE_PROGRESS_H_
#define RAPPORT_TOOLS_RAPPORT_ADMIN_MOVE_PROGRESS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "common/store/store.h"

namespace rapport::admin {

inline constexpr char kCompared[] = "(compared)";

struct MoveProgress {
  std::string source;         // Store::id() of where it comes from
  std::int64_t sequence = 0;  // of the last row that came in the order of the feeds; in the source
  // Then one table after the other: the one under way, or kCompared when all was copied and both
  // sides were found equal.
  std::string table = {};
  std::vector<store::Value> key = {};  // of its last row
};

const store::Table& MoveTable();
// Nothing if the tenant was not moved here.
absl::StatusOr<absl::optional<MoveProgress>> ReadProgress(store::Reader& reader);
absl::Status WriteProgress(store::Tx& tx, const MoveProgress& progress);

}  // namespace rapport::admin

#endif  // RAPPORT_TOOLS_RAPPORT_ADMIN_MOVE_PROGRESS_H_
