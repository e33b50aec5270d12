#include "tools/rapport-admin/move.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/store/migration.h"
#include "tools/rapport-admin/compare.h"
#include "tools/rapport-admin/merged_feed.h"
#include "tools/rapport-admin/move_progress.h"
#include "tools/rapport-admin/rows.h"

namespace rapport::admin {
namespace {

// Of one transaction.
constexpr std::size_t kRows = 500;
constexpr std::size_t kBytes = 1 << 20;
constexpr std::int64_t kSayEvery = 20'000;

using base::TenantId;
using store::Row;
using store::Table;

class Mover {
 public:
  Mover(const resource::Schema& schema, Opened* from, const Say& say) : from_(*from), say_(say) {
    for (const Table* table : schema.tables) {
      const auto is_it = [&](const Table* own) { return own->name == table->name; };
      if (std::any_of(schema.own_tables.begin(), schema.own_tables.end(), is_it)) continue;
      tables_.push_back(table);
      (table->sequence_column >= 0 ? feeds_ : others_).push_back(table);
    }
  }

  // Those named, or all that have rows.
  absl::Status FindTenants(const std::vector<std::string>& named) {
    for (const std::string& id : named) {
      ASSIGN_OR_RETURN(TenantId tenant, TenantNamed(id));
      ASSIGN_OR_RETURN(const bool has, HasRows(from_.store(), tenant));
      if (!has) return absl::NotFoundError(absl::StrCat("the source has no tenant ", id));
      tenants_.insert(std::move(tenant));
    }
    if (!named.empty()) return absl::OkStatus();
    for (const Table* table : tables_) {
      ASSIGN_OR_RETURN(const auto found, store::TenantsOf(from_.options(), *table));
      tenants_.insert(found.begin(), found.end());
    }
    say_(absl::StrCat("tenants: ", tenants_.size()));
    return tenants_.empty() ? absl::NotFoundError("the source has no tenants") : absl::OkStatus();
  }

  // Everything that the target would refuse is found before the first row is written.
  absl::Status CheckValues() {
    std::int64_t rows = 0;
    for (const TenantId& tenant : tenants_) {
      for (const Table* table : tables_) {
        const absl::Status fits = VisitRows(from_.store(), tenant, *table, {},
                                            [&](std::vector<Row>& portion) -> absl::Status {
                                              for (const Row& row : portion)
                                                RETURN_IF_ERROR(FitsPostgres(tenant, *table, row));
                                              rows += static_cast<std::int64_t>(portion.size());
                                              return absl::OkStatus();
                                            });
        RETURN_IF_ERROR(fits);
      }
    }
    say_(absl::StrCat("checked ", rows, " rows: PostgreSQL takes them all"));
    return absl::OkStatus();
  }

  absl::Status CopyTo(store::Store* to) {
    to_ = to;
    absl::flat_hash_set<TenantId> left;
    for (const TenantId& tenant : tenants_) {
      ASSIGN_OR_RETURN(const bool done, LoadProgress(tenant));
      if (!done) left.insert(tenant);
    }
    tenants_ = std::move(left);
    if (tenants_.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(CopyFeeds());
    for (const TenantId& tenant : tenants_) {
      for (const Table* table : others_) RETURN_IF_ERROR(CopyTable(tenant, *table));
    }
    say_(absl::StrCat("copied ", copied_, " rows"));
    return absl::OkStatus();
  }

  absl::Status Verify() {
    if (tenants_.empty()) return absl::OkStatus();
    return Compare(from_.store(), *to_, tables_, tenants_, say_);
  }

  absl::Status Finish() {
    for (const TenantId& tenant : tenants_) {
      MoveProgress done = progress_[tenant];
      done.table = kCompared;
      RETURN_IF_ERROR(Commit(tenant, [&](store::Tx& tx) { return WriteProgress(tx, done); }));
    }
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<bool> HasRows(store::Store& store, const TenantId& tenant) const {
    ASSIGN_OR_RETURN(const auto view, ReadNow(store, tenant));
    bool found = false;
    store::Range one;
    one.limit = 1;
    for (const Table* table : tables_) {
      RETURN_IF_ERROR(view->Scan(*table, one, [&](Row&) {
        found = true;
        return false;
      }));
      if (found) break;
    }
    return found;
  }

  // True if the tenant was moved, and compared, before.
  absl::StatusOr<bool> LoadProgress(const TenantId& tenant) {
    absl::optional<MoveProgress> known;
    {
      ASSIGN_OR_RETURN(const auto view, ReadNow(*to_, tenant));
      ASSIGN_OR_RETURN(known, ReadProgress(*view));
    }
    const auto& former = from_.store().former_ids();
    const bool ours =
        known && (known->source == from_.store().id() ||
                  std::find(former.begin(), former.end(), known->source) != former.end());
    if (ours) {
      const bool done = known->table == kCompared;
      say_(absl::StrCat(
          "tenant ", tenant.value(),
          done ? ": was moved and compared before" : ": goes on where it was broken off"));
      progress_[tenant] = *std::move(known);
      return done;
    }
    ASSIGN_OR_RETURN(const bool has, HasRows(*to_, tenant));
    if (has) {
      return absl::FailedPreconditionError(
          absl::StrCat("the target has rows of tenant ", tenant.value(), " already"));
    }
    progress_[tenant].source = from_.store().id();
    return false;
  }

  absl::Status Commit(const TenantId& tenant, store::Store::Body body) {
    return store::TransactAndWait(*to_, ContextOf(tenant), tenant, std::move(body)).status();
  }

  // Writes rows of one tenant, and that it has come so far.
  absl::Status Write(const TenantId& tenant, const std::vector<FeedRow>& rows) {
    MoveProgress& progress = progress_[tenant];
    const absl::Status written = Commit(tenant, [&](store::Tx& tx) -> absl::Status {
      // Whether they are there is asked at once.
      for (const FeedRow& row : rows) {
        store::Range one;
        one.prefix = KeyOf(*row.table, row.row);
        one.limit = 1;
        tx.Expect(*row.table, one);
      }
      for (const FeedRow& row : rows) {
        const absl::Status inserted = tx.Insert(*row.table, row.row).status();
        if (absl::IsAlreadyExists(inserted)) {
          return absl::FailedPreconditionError(absl::StrCat(Where(tenant, *row.table, row.row),
                                                            ": is in the target already (",
                                                            inserted.message(), ")"));
        }
        RETURN_IF_ERROR(inserted);
      }
      return WriteProgress(tx, progress);
    });
    RETURN_IF_ERROR(written);
    const auto size = static_cast<std::int64_t>(rows.size());
    if (copied_ / kSayEvery != (copied_ + size) / kSayEvery) {
      say_(absl::StrCat("copied ", copied_ + size, " rows"));
    }
    copied_ += size;
    return absl::OkStatus();
  }

  // All feeds of all tenants in one pass.
  absl::Status CopyFeeds() {
    std::int64_t after = progress_[*tenants_.begin()].sequence;
    for (const TenantId& tenant : tenants_) after = std::min(after, progress_[tenant].sequence);
    MergedFeed feed(&from_.store(), feeds_, &tenants_, after);
    std::map<TenantId, std::vector<FeedRow>> batch;
    std::size_t rows = 0;
    std::size_t bytes = 0;
    for (bool more = true; more;) {
      FeedRow next;
      ASSIGN_OR_RETURN(more, feed.Next(&next));
      if (more && next.sequence > progress_[next.tenant].sequence) {
        ++rows;
        bytes += SizeOf(next.row);
        batch[next.tenant].push_back(std::move(next));
      }
      if (more && rows < kRows && bytes < kBytes) continue;
      for (const auto& [tenant, of_tenant] : batch) {
        progress_[tenant].sequence = of_tenant.back().sequence;
        RETURN_IF_ERROR(Write(tenant, of_tenant));
      }
      batch.clear();
      rows = 0;
      bytes = 0;
    }
    return absl::OkStatus();
  }

  absl::Status CopyTable(const TenantId& tenant, const Table& table) {
    MoveProgress& progress = progress_[tenant];
    // The tables go in one order; those before the one under way are done.
    const auto place = [&](const std::string& name) {
      return std::find_if(others_.begin(), others_.end(),
                          [&](const Table* other) { return other->name == name; });
    };
    if (!progress.table.empty() && place(table.name) < place(progress.table)) {
      return absl::OkStatus();
    }
    if (progress.table != table.name) {
      progress.table = table.name;
      progress.key.clear();
    }
    return VisitRows(from_.store(), tenant, table, progress.key,
                     [&](std::vector<Row>& portion) -> absl::Status {
                       progress.key = KeyOf(table, portion.back());
                       std::vector<FeedRow> rows;
                       for (Row& row : portion) rows.push_back({tenant, &table, 0, std::move(row)});
                       return Write(tenant, rows);
                     });
  }

  Opened& from_;
  const Say& say_;
  store::Store* to_ = nullptr;
  std::vector<const Table*> tables_, feeds_, others_;  // with a sequence, without one
  absl::flat_hash_set<TenantId> tenants_;
  absl::flat_hash_map<TenantId, MoveProgress> progress_;
  std::int64_t copied_ = 0;
};

}  // namespace

absl::Status Move(const resource::Schema& schema, const MoveOptions& options,
                  const time::Clock& clock, const Say& say) {
  if (options.from == options.to) {
    return absl::InvalidArgumentError("--from and --to name the same store");
  }
  const store::OpenOptions source = OptionsFor(schema, options.from, clock);
  RETURN_IF_ERROR(store::CheckAddress(options.from));
  RETURN_IF_ERROR(store::CheckAddress(options.to));
  RETURN_IF_ERROR(CheckExists(options.from));
  RETURN_IF_ERROR(store::CheckUnused(source));
  ASSIGN_OR_RETURN(const auto from, Opened::Open(schema, source));
  Mover mover(schema, from.get(), say);
  RETURN_IF_ERROR(mover.FindTenants(options.tenants));
  if (!store::IsEmbedded(options.to)) RETURN_IF_ERROR(mover.CheckValues());

  const store::OpenOptions target = OptionsFor(schema, options.to, clock, {&MoveTable()});
  {
    // Makes the store if there is none, and our own table; a schema must have all others.
    ASSIGN_OR_RETURN(const auto migration, store::OpenMigration(target));
    ASSIGN_OR_RETURN(const std::int64_t version, migration->Version());
    if (version != 0 && version != schema.version && !store::IsEmbedded(options.to)) {
      return absl::FailedPreconditionError(
          absl::StrCat("the target is of version ", version, ": run rapport-admin migrate first"));
    }
    RETURN_IF_ERROR(migration->Expand([](absl::string_view) {}));
  }
  ASSIGN_OR_RETURN(const auto to, Opened::Open(schema, target));
  if (to->store().id() == from->store().id()) {
    return absl::InvalidArgumentError("--from and --to name the same store");
  }
  RETURN_IF_ERROR(mover.CopyTo(&to->store()));
  RETURN_IF_ERROR(mover.Verify());
  return mover.Finish();
}

}  // namespace rapport::admin
