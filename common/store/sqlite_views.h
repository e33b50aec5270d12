// Views of a SQLite file beside the process that owns it, or of one that nobody owns.
#ifndef RAPPORT_COMMON_STORE_SQLITE_VIEWS_H_
#define RAPPORT_COMMON_STORE_SQLITE_VIEWS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/store/sqlite_store.h"
#include "common/store/views.h"

namespace rapport::store {

// Its connections only read, and never write the log back. Errors as OpenViews.
absl::StatusOr<std::unique_ptr<Views>> OpenSqliteViews(const SqliteOptions& options);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_SQLITE_VIEWS_H_
