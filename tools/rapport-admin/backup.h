// Backups of embedded stores, and their way back.
#ifndef RAPPORT_TOOLS_RAPPORT_ADMIN_BACKUP_H_
#define RAPPORT_TOOLS_RAPPORT_ADMIN_BACKUP_H_

#include <string>

#include "absl/status/status.h"
#include "common/resource/schema.h"
#include "common/time/clock.h"
#include "tools/rapport-admin/opened.h"

namespace rapport::admin {

struct BackupOptions {
  std::string store;
  std::string file;      // of the backup; beside it is FILE.manifest
  bool replace = false;  // of a restore: a store that is there already
};

// Copies the store, as it is at the beginning, into the new file, while a service may write. FILE
// is there when all of it is on disk and was checked; FILE.manifest says what it is: the service,
// the id and the last sequence of the store, the version of its tables, size and SHA-256.
//   FAILED_PRECONDITION  FILE is there already, or another process is making it; the store is on
//                        PostgreSQL, or not of this service
//   NOT_FOUND            there is no store        DATA_LOSS  it is damaged
//   RESOURCE_EXHAUSTED   the disk is full
// After an error neither is there. A process that is killed leaves FILE.part and FILE.part.lock;
// the next one begins anew. Nothing is written to a file that has one of these names already.
absl::Status BackUp(const resource::Schema& schema, const BackupOptions& options,
                    const time::Clock& clock, const Say& say);

// Puts a backup in the place of a store that nobody uses. The store gets another id, so that who
// follows it begins anew; the one of the backup is among its former ids. Then verifies it. What was
// there is untouched until all of the backup is beside it on disk, and found to be whole; then one
// takes the place of the other in one step. Whoever is killed does the same once more.
//   FAILED_PRECONDITION  the store is in use, or there is one and `replace` is not set; the backup
//   is
//                        of another service or of a newer release
//   NOT_FOUND            there is no such backup
//   DATA_LOSS            the backup is damaged; or it was restored, and Verify found something
absl::Status Restore(const resource::Schema& schema, const BackupOptions& options,
                     const time::Clock& clock, const Say& print, const Say& say);

}  // namespace rapport::admin

#endif  // RAPPORT_TOOLS_RAPPORT_ADMIN_BACKUP_H_
