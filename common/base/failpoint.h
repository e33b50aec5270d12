// Named places in the code where a fault test can make the process die, stop or wait. In the
// product Failpoint() is an empty function. The fault suite links the same objects once more with
// tests/faults/failpoint_live.cc, which obeys RAPPORT_FAIL; a product refuses to start with it.
#ifndef RAPPORT_COMMON_BASE_FAILPOINT_H_
#define RAPPORT_COMMON_BASE_FAILPOINT_H_

#include <cstddef>

namespace rapport::base {

enum class Place {
  // A write: its bodies have run; the copies of what it changes are marked; it commits; the copies
  // are stamped; it is answered (only of answers that carry a sequence).
  kInTransaction,
  kBeforeMark,
  kAfterMark,
  kBeforeCommit,
  kAfterCommit,
  kBeforeStamp,
  kAfterStamp,
  kBeforeReply,
  // A feed: a batch that holds changes is about to be sent; it was applied, and the cursor behind
  // it is not yet written.
  kInFeed,
  kInFeedApply,
  // SQLite's log is about to be written back into the file.
  kInCheckpoint,
  // The schema has been changed, and that is not yet committed.
  kInMigration,
  // The row of trust in Redis is changed to ON; to CLOSING. Not yet committed.
  kInOpen,
  kInClose,
  // Some rows of a fill are done, and more are to come (rapport-admin).
  kInFill,
};

// In the order of Place.
inline constexpr const char* kFailpoints[] = {
    "in_transaction", "before_mark",  "after_mark",   "before_commit", "after_commit",
    "before_stamp",   "after_stamp",  "before_reply", "in_feed",       "in_feed_apply",
    "in_checkpoint",  "in_migration", "in_open",      "in_close",      "in_fill"};
inline constexpr std::size_t kFailpointCount = sizeof(kFailpoints) / sizeof(kFailpoints[0]);
static_assert(kFailpointCount == static_cast<std::size_t>(Place::kInFill) + 1);

// From any thread.
void Failpoint(Place place);

}  // namespace rapport::base

#endif  // RAPPORT_COMMON_BASE_FAILPOINT_H_
