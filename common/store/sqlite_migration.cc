#include "common/store/sqlite_migration.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/store/sql_catalog.h"
#include "common/store/sqlite_connection.h"
#include "common/store/sqlite_file.h"
#include "common/store/sqlite_schema.h"

namespace rapport::store {
namespace {

absl::StatusOr<std::unique_ptr<Connection>> Connect(const std::string& path,
                                                    Connection::Role role) {
  Connection::Options options;
  options.path = path;
  options.role = role;
  options.on_error = [](absl::string_view) {};
  return Connection::Open(std::move(options));
}

bool Exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

class SqliteMigration final : public Migration {
 public:
  SqliteMigration(SqliteOptions options, Catalog catalog)
      : options_(std::move(options)), catalog_(std::move(catalog)) {}

  absl::StatusOr<std::int64_t> Version() override {
    if (!Exists(options_.path)) return 0;
    ASSIGN_OR_RETURN(const auto connection, Connect(options_.path, Connection::Role::kReader));
    ASSIGN_OR_RETURN(
        const std::int64_t known,
        connection->QueryInt("SELECT count(*) FROM sqlite_schema WHERE name='rapport_meta'", 0));
    if (known == 0) return 0;
    return connection->QueryInt("SELECT number FROM rapport_meta WHERE key='schema_version'", 0);
  }
  absl::StatusOr<std::int64_t> Oldest() override { return Version(); }

  absl::StatusOr<std::vector<std::string>> Plan(bool) override {
    if (!Exists(options_.path)) {
      return std::vector<std::string>{absl::StrCat("make file ", options_.path)};
    }
    ASSIGN_OR_RETURN(const auto ownership, FileOwnership::Take(options_.path));
    ASSIGN_OR_RETURN(const auto connection, Connect(options_.path, Connection::Role::kWriter));
    ASSIGN_OR_RETURN(auto lines, WhatIsMissing(*connection, catalog_, options_.schema_version));
    for (std::string& line : lines) line.insert(0, "add ");
    return lines;
  }

  absl::Status Expand(const Say& say) override {
    ASSIGN_OR_RETURN(const auto lines, Plan(false));
    for (const std::string& line : lines) say(line);
    return SqliteStore::Open(options_).status();
  }

  // The file has one owner, and opening it has told the others.
  absl::Status ShutOutOlder() override { return absl::OkStatus(); }
  // What is not known any more stays: dropping it would write the file anew.
  absl::Status Contract(const Say&) override { return absl::OkStatus(); }

 private:
  const SqliteOptions options_;
  const Catalog catalog_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Migration>> OpenSqliteMigration(const SqliteOptions& options) {
  ASSIGN_OR_RETURN(Catalog catalog, Catalog::Make(options.tables, Dialect::kSqlite));
  return std::make_unique<SqliteMigration>(options, std::move(catalog));
}

absl::StatusOr<std::vector<base::TenantId>> SqliteTenantsOf(const std::string& path,
                                                            const Table& table) {
  ASSIGN_OR_RETURN(const auto connection, Connect(path, Connection::Role::kReader));
  std::vector<base::TenantId> tenants;
  ASSIGN_OR_RETURN(
      const auto there,
      connection->Prepare("SELECT 1 FROM sqlite_schema WHERE type='table' AND name=?"));
  there->BindText(1, table.name);
  if (there->Step() != SQLITE_ROW) return tenants;
  there->Reset();
  ASSIGN_OR_RETURN(const auto next,
                   connection->Prepare(absl::StrCat("SELECT min(tenant) FROM ", Quoted(table.name),
                                                    " WHERE tenant>?")));
  std::string last;
  for (;;) {
    next->BindText(1, last);
    const int code = next->Step();
    if (code != SQLITE_ROW) return connection->Translate(code);
    if (std::holds_alternative<std::monostate>(next->Column(0))) return tenants;
    std::string found(next->Text(0));
    next->Reset();
    last = std::move(found);
    tenants.push_back(base::TenantId::Trusted(last));
  }
}

}  // namespace rapport::store
