#include "tools/rapport-admin/verify.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/resource/feed_consumer.h"
#include "common/store/dry_run.h"
#include "common/store/migration.h"
#include "common/store/views.h"
#include "tools/rapport-admin/findings.h"
#include "tools/rapport-admin/rows.h"

namespace rapport::admin {
namespace {

using base::TenantId;
using resource::FeedConsumer;
using store::Row;
using store::Table;

constexpr int kPortion = 200;  // rows of one view

class Verifier {
 public:
  Verifier(const resource::Schema& schema, store::OpenOptions options, const time::Clock& clock,
           const Say& print, const Say& say)
      : schema_(schema),
        options_(std::move(options)),
        clock_(clock),
        say_(say),
        findings_(schema, print) {}

  absl::Status Open(const VerifyOptions& options) {
    for (const std::string& id : options.tenants) {
      ASSIGN_OR_RETURN(TenantId tenant, TenantNamed(id));
      wanted_.push_back(std::move(tenant));
    }
    ASSIGN_OR_RETURN(views_, store::OpenViews(options_));
    ASSIGN_OR_RETURN(origins_, Origins::Open(options.origins, clock_));
    return absl::OkStatus();
  }

  absl::Status Run() {
    for (const Table* table : schema_.tables) {
      if (!table->indexes.empty()) RETURN_IF_ERROR(CheckIndexes(*table));
    }
    for (const resource::Derived& derived : schema_.derived) RETURN_IF_ERROR(CheckDerived(derived));
    for (const resource::Copies& copies : schema_.copies) {
      ASSIGN_OR_RETURN(const Original* const original, origins_->Of(copies));
      if (original == nullptr) continue;
      RETURN_IF_ERROR(CheckCopies(copies, *original));
      if (copies.all) RETURN_IF_ERROR(CheckOrphans(copies, *original));
    }
    if (findings_.rows() == 0) return absl::OkStatus();
    return absl::DataLossError(
        absl::StrCat(findings_.rows(), " rows differ (", findings_.Summary(), ")"));
  }

 private:
  base::CallContext Context(const TenantId& tenant) const {
    base::CallContext context = ContextOf(tenant);
    context.now = clock_.Now();
    return context;
  }
  absl::StatusOr<std::vector<TenantId>> TenantsOf(const store::OpenOptions& options,
                                                  const Table& table) const {
    if (!wanted_.empty()) return wanted_;
    return store::TenantsOf(options, table);
  }

  // All rows of the table in portions, each with the view that it was read from; how many.
  using Visitor =
      absl::FunctionRef<absl::Status(store::Reader&, const TenantId&, const std::vector<Row>&)>;
  absl::StatusOr<std::int64_t> Visit(const Table& table, Visitor visit) {
    std::int64_t visited = 0;
    ASSIGN_OR_RETURN(const auto tenants, TenantsOf(options_, table));
    for (const TenantId& tenant : tenants) {
      std::vector<store::Value> after;
      for (bool more = true; more;) {
        ASSIGN_OR_RETURN(const auto view, views_->Read(Context(tenant), tenant));
        ASSIGN_OR_RETURN(const auto rows, RowsBehind(*view, table, after, kPortion));
        RETURN_IF_ERROR(visit(*view, tenant, rows));
        more = rows.size() == kPortion;
        if (more) after = KeyOf(table, rows.back());
        visited += static_cast<std::int64_t>(rows.size());
      }
    }
    return visited;
  }

  // Every row is found by every index that it belongs to.
  absl::Status CheckIndexes(const Table& table) {
    ASSIGN_OR_RETURN(const std::int64_t rows,
                     Visit(table,
                           [&](store::Reader& view, const TenantId& tenant,
                               const std::vector<Row>& portion) -> absl::Status {
                             for (const Row& row : portion)
                               RETURN_IF_ERROR(CheckIndexes(view, tenant, table, row));
                             return absl::OkStatus();
                           }));
    say_(absl::StrCat("indexes of table ", table.name, ": ", rows, " rows looked at"));
    return absl::OkStatus();
  }
  absl::Status CheckIndexes(store::Reader& view, const TenantId& tenant, const Table& table,
                            const Row& row) {
    for (std::size_t i = 0; i < table.indexes.size(); ++i) {
      ASSIGN_OR_RETURN(const bool found, FoundBy(view, table, i, row));
      if (found) continue;
      findings_.Add(tenant, "indexes", table, row,
                    absl::StrCat("is not found by index ", table.indexes[i].name));
    }
    return absl::OkStatus();
  }
  static absl::StatusOr<bool> FoundBy(store::Reader& view, const Table& table, std::size_t index,
                                      const Row& row) {
    store::Range range;
    range.index = static_cast<int>(index);
    range.limit = 1;
    std::vector<int> columns = table.indexes[index].columns;
    for (int c = 0; c < table.key_columns; ++c) {
      if (std::find(columns.begin(), columns.end(), c) == columns.end()) columns.push_back(c);
    }
    for (const int c : columns) {
      range.prefix.push_back(row[static_cast<std::size_t>(c)]);
      if (std::holds_alternative<std::monostate>(range.prefix.back())) return true;  // not indexed
    }
    bool found = false;
    RETURN_IF_ERROR(view.Scan(table, range, [&](Row& other) {
      found = other == row;
      return false;
    }));
    return found;
  }

  absl::Status CheckDerived(const resource::Derived& derived) {
    ASSIGN_OR_RETURN(
        const std::int64_t rows,
        Visit(*derived.table,
              [&](store::Reader& view, const TenantId& tenant,
                  const std::vector<Row>& portion) -> absl::Status {
                for (const Row& row : portion) {
                  const auto make = [&](store::Tx& tx) {
                    return derived.make(tx, Context(tenant), row);
                  };
                  RETURN_IF_ERROR(Compare(view, tenant, derived.name, *derived.table, row, make));
                }
                return absl::OkStatus();
              }));
    say_(absl::StrCat(derived.name, ": ", rows, " rows looked at"));
    return absl::OkStatus();
  }

  // What `make` would change in the view.
  absl::Status Compare(store::Reader& view, const TenantId& tenant, absl::string_view what,
                       const Table& table, const Row& row,
                       absl::FunctionRef<absl::Status(store::Tx&)> make) {
    store::DryRun dry(&view, tenant);
    const absl::Status made = make(dry);
    if (IsOfTheStore(made)) return made;
    if (!made.ok()) {
      findings_.Add(tenant, what, table, row,
                    absl::StrCat("cannot be made: ", absl::StatusCodeToString(made.code())));
      return absl::OkStatus();
    }
    for (const auto& change : dry.Changes()) findings_.Add(tenant, what, change);
    return absl::OkStatus();
  }

  // How far the service has heard of the origin; nothing if it follows another store.
  absl::StatusOr<absl::optional<std::int64_t>> HeardOf(const resource::Copies& copies,
                                                       const Original& original) {
    const TenantId tenant = FeedConsumer::cursor_tenant();
    ASSIGN_OR_RETURN(const auto view, views_->Read(Context(tenant), tenant));
    const std::vector<store::Value> key{copies.origin};
    ASSIGN_OR_RETURN(const auto cursor, view->Get(FeedConsumer::table(), key));
    if (cursor && store::AsText((*cursor)[1]) == original.views->id()) {
      return absl::make_optional(store::AsInt((*cursor)[2]));
    }
    return absl::optional<std::int64_t>();
  }

  // The order matters: first how far the service has heard, then what it keeps, then the original.
  // An original that has not been written since that first look must have come here as it is.
  absl::Status CheckCopies(const resource::Copies& copies, const Original& original) {
    const std::string what = absl::StrCat("copies of ", copies.origin, "'s ", copies.original);
    std::int64_t looked = 0;
    std::int64_t unheard = 0;
    ASSIGN_OR_RETURN(const auto tenants, TenantsOf(original.options, *original.table));
    for (const TenantId& tenant : tenants) {
      std::vector<store::Value> after;
      for (bool more = true; more;) {
        ASSIGN_OR_RETURN(const auto heard, HeardOf(copies, original));
        if (!heard) {
          return absl::FailedPreconditionError(
              absl::StrCat("the store does not follow this store of ", copies.origin));
        }
        ASSIGN_OR_RETURN(const auto own, views_->Read(Context(tenant), tenant));
        ASSIGN_OR_RETURN(const auto theirs, original.views->Read(Context(tenant), tenant));
        ASSIGN_OR_RETURN(std::vector<Row> rows,
                         RowsBehind(*theirs, *original.table, after, kPortion));
        for (const Row& row : rows) {
          const auto sequence = static_cast<std::size_t>(original.table->sequence_column);
          if (store::AsInt(row[sequence]) > *heard) {
            ++unheard;
            continue;
          }
          ++looked;
          RETURN_IF_ERROR(Compare(*own, tenant, what, *original.table, row, [&](store::Tx& tx) {
            return copies.apply(tx, Context(tenant), original.Change(row));
          }));
        }
        more = rows.size() == kPortion;
        if (more) after = KeyOf(*original.table, rows.back());
      }
    }
    say_(absl::StrCat(what, ": ", looked, " rows looked at, ", unheard, " not heard of yet"));
    return absl::OkStatus();
  }

  absl::Status CheckOrphans(const resource::Copies& copies, const Original& original) {
    const std::string what = absl::StrCat("copies of ", copies.origin, "'s ", copies.original);
    const auto visit = [&](store::Reader&, const TenantId& tenant,
                           const std::vector<Row>& portion) -> absl::Status {
      ASSIGN_OR_RETURN(const auto theirs, original.views->Read(Context(tenant), tenant));
      for (const Row& row : portion) {
        ASSIGN_OR_RETURN(const auto there, theirs->Get(*original.table, KeyOf(*copies.table, row)));
        if (!there) findings_.Add(tenant, what, *copies.table, row, "has no original");
      }
      return absl::OkStatus();
    };
    return Visit(*copies.table, visit).status();
  }

  const resource::Schema& schema_;
  const store::OpenOptions options_;
  const time::Clock& clock_;
  const Say& say_;
  Findings findings_;
  std::vector<TenantId> wanted_;
  std::unique_ptr<store::Views> views_;
  std::unique_ptr<Origins> origins_;
};

}  // namespace

absl::Status Verify(const resource::Schema& schema, const VerifyOptions& options,
                    const time::Clock& clock, const Say& print, const Say& say) {
  Verifier verifier(schema, OptionsFor(schema, options.store, clock), clock, print, say);
  RETURN_IF_ERROR(verifier.Open(options));
  return verifier.Run();
}

}  // namespace rapport::admin
