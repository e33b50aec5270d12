#include "common/store/sqlite_views.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/store/sql_catalog.h"
#include "common/store/sqlite_connection.h"
#include "common/store/sqlite_readers.h"
#include "common/store/sqlite_schema.h"

namespace rapport::store {
namespace {

class SqliteViews final : public Views {
 public:
  SqliteViews(const SqliteOptions& options, Catalog catalog, Connection::Options connection,
              std::string id)
      : catalog_(std::move(catalog)),
        readers_(std::move(connection), options.readers == 0 ? 1 : options.readers, catalog_,
                 *options.clock),
        id_(std::move(id)) {}

  absl::StatusOr<std::unique_ptr<Snapshot>> Read(const base::CallContext& context,
                                                 base::TenantId tenant) override {
    return readers_.Open(std::move(tenant), context.deadline, [] { return std::int64_t{0}; });
  }
  const std::string& id() const override { return id_; }

 private:
  const Catalog catalog_;
  ReaderPool readers_;
  const std::string id_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Views>> OpenSqliteViews(const SqliteOptions& options) {
  ASSIGN_OR_RETURN(Catalog catalog, Catalog::Make(options.tables, Dialect::kSqlite));
  std::error_code ignored;
  if (!std::filesystem::exists(options.path, ignored)) {
    return absl::NotFoundError(absl::StrCat("there is no file ", options.path));
  }
  Connection::Options connection;
  connection.path = options.path;
  connection.on_error = options.on_error;
  ASSIGN_OR_RETURN(const auto first, Connection::Open(connection));
  ASSIGN_OR_RETURN(const FileState state, StateOf(*first));
  if (state.id.empty()) {
    return absl::NotFoundError(absl::StrCat(options.path, " holds no store"));
  }
  if (state.schema_version != options.schema_version) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.path, " is of version ", state.schema_version,
                     ", this program knows version ", options.schema_version));
  }
  return std::make_unique<SqliteViews>(options, std::move(catalog), std::move(connection),
                                       state.id);
}

}  // namespace rapport::store
