#include "tools/rapport-admin/rebuild.h"

#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/resource/feed_consumer.h"
#include "common/store/dry_run.h"
#include "common/store/fill.h"
#include "common/store/migration.h"
#include "tools/rapport-admin/rows.h"

namespace rapport::admin {
namespace {

using base::TenantId;
using store::Row;

constexpr int kPass = 1;
constexpr std::size_t kMostNamed = 1000;  // rows that cannot be made, of one fill

class Rebuilder {
 public:
  Rebuilder(const resource::Schema& schema, Opened* opened, Origins* origins,
            const time::Clock& clock, const Say& say)
      : schema_(schema), opened_(*opened), origins_(*origins), clock_(clock), say_(say) {}

  absl::Status Run(const std::vector<TenantId>& wanted) {
    // Copies first: the rest follows from them.
    for (const resource::Copies& copies : schema_.copies) {
      ASSIGN_OR_RETURN(const Original* const original, origins_.Of(copies));
      if (original == nullptr) continue;
      if (copies.may_go) RETURN_IF_ERROR(RemoveOrphans(copies, *original, wanted));
      RETURN_IF_ERROR(Fill(FillOf(copies, *original), original->options, wanted));
    }
    for (const resource::Derived& derived : schema_.derived) {
      RETURN_IF_ERROR(Fill(FillOf(derived), opened_.options(), wanted));
    }
    // The next one begins anew.
    for (const auto& [fill, tenants] : done_) {
      RETURN_IF_ERROR(store::ForgetFill(opened_.store(), fill, tenants));
    }
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<std::vector<TenantId>> TenantsOf(const store::OpenOptions& options,
                                                  const store::Table& table,
                                                  const std::vector<TenantId>& wanted) const {
    if (!wanted.empty()) return wanted;
    return store::TenantsOf(options, table);
  }

  base::CallContext Context(const TenantId& tenant) const {
    base::CallContext context = ContextOf(tenant);
    context.now = clock_.Now();
    return context;
  }

  using Make = std::function<absl::Status(store::Tx&, const base::CallContext&, const Row&)>;
  // What is there already is not written again. `may_write` is asked before each row that is.
  std::function<absl::Status(store::Tx&, const Row&)> MakeIfOther(
      const store::Table& table, Make make,
      std::function<absl::Status()> may_write = [] { return absl::OkStatus(); }) {
    return [this, &table, make = std::move(make), may_write = std::move(may_write)](
               store::Tx& tx, const Row& row) -> absl::Status {
      const base::CallContext context = Context(tx.tenant());
      store::DryRun dry(&tx, tx.tenant());
      const absl::Status tried = make(dry, context, row);
      if (IsOfTheStore(tried)) return tried;
      if (!tried.ok()) {
        if (impossible_.size() < kMostNamed) {
          impossible_.insert(absl::StrCat(MaskedWhere(tx.tenant(), table, row), ": ",
                                          absl::StatusCodeToString(tried.code())));
        }
        return absl::OkStatus();
      }
      if (dry.Changes().empty()) return absl::OkStatus();
      RETURN_IF_ERROR(may_write());
      return make(tx, context, row);
    };
  }
  store::Fill FillOf(const resource::Derived& derived) {
    store::Fill fill;
    fill.name = "rebuild " + derived.name;
    fill.table = derived.table;
    fill.fill = MakeIfOther(*derived.table, derived.make);
    return fill;
  }
  store::Fill FillOf(const resource::Copies& copies, const Original& original) {
    store::Fill fill;
    fill.name = absl::StrCat("rebuild copies of ", copies.origin, "'s ", copies.original);
    fill.table = original.table;
    fill.fill = MakeIfOther(
        *original.table,
        [&copies, &original](store::Tx& tx, const base::CallContext& context, const Row& row) {
          return copies.apply(tx, context, original.Change(row));
        },
        [this, &copies] { return HoldFeed(copies.origin); });
    fill.source = [this, &copies, &original](const TenantId& tenant,
                                             const std::vector<store::Value>& after,
                                             int limit) -> absl::StatusOr<std::vector<Row>> {
      RETURN_IF_ERROR(HoldFeed(copies.origin));
      ASSIGN_OR_RETURN(const auto view, original.views->Read(Context(tenant), tenant));
      return RowsBehind(*view, *original.table, after, limit);
    };
    return fill;
  }

  absl::Status Fill(const store::Fill& fill, const store::OpenOptions& source,
                    const std::vector<TenantId>& wanted) {
    impossible_.clear();
    ASSIGN_OR_RETURN(auto tenants, TenantsOf(source, *fill.table, wanted));
    RETURN_IF_ERROR(store::RunFill(opened_.store(), fill, tenants, kPass, say_));
    for (const std::string& row : impossible_) say_(absl::StrCat("cannot be made: ", row));
    done_.emplace_back(fill, std::move(tenants));
    return absl::OkStatus();
  }

  // From before the first look at the origin to the end nobody else applies what comes from there:
  // what was read here is written before anybody can have heard of something newer. On PostgreSQL
  // this lasts as long as a session. The first call after its loss fails, so it is asked for before
  // each look and before each write; a loss between a write and its commit is not seen. A file has
  // one owner anyway.
  absl::Status HoldFeed(const std::string& origin) {
    if (opened_.store().TryLead(resource::FeedConsumer::LeadOf(origin))) {
      held_.insert(origin);
      return absl::OkStatus();
    }
    if (held_.count(origin) > 0) {
      return absl::UnavailableError(absl::StrCat(
          "the database let go of what keeps others from following ", origin, ": begin again"));
    }
    return absl::FailedPreconditionError(
        absl::StrCat("a process of ", schema_.service, " follows ", origin, ": stop it first"));
  }

  // Copies without an original. What follows from them is made anew after that.
  absl::Status RemoveOrphans(const resource::Copies& copies, const Original& original,
                             const std::vector<TenantId>& wanted) {
    ASSIGN_OR_RETURN(const auto tenants, TenantsOf(opened_.options(), *copies.table, wanted));
    for (const TenantId& tenant : tenants) {
      const auto visit = [&](std::vector<Row>& rows) -> absl::Status {
        std::vector<std::vector<store::Value>> orphans;
        RETURN_IF_ERROR(HoldFeed(copies.origin));
        ASSIGN_OR_RETURN(const auto view, original.views->Read(Context(tenant), tenant));
        for (const Row& row : rows) {
          auto key = KeyOf(*copies.table, row);
          ASSIGN_OR_RETURN(const auto there, view->Get(*original.table, key));
          if (!there) orphans.push_back(std::move(key));
        }
        if (orphans.empty()) return absl::OkStatus();
        return store::TransactAndWait(opened_.store(), ContextOf(tenant), tenant,
                                      [&](store::Tx& tx) -> absl::Status {
                                        RETURN_IF_ERROR(HoldFeed(copies.origin));
                                        for (const auto& key : orphans) {
                                          RETURN_IF_ERROR(tx.Delete(*copies.table, key));
                                        }
                                        return absl::OkStatus();
                                      })
            .status();
      };
      RETURN_IF_ERROR(VisitRows(opened_.store(), tenant, *copies.table, {}, visit));
    }
    return absl::OkStatus();
  }

  const resource::Schema& schema_;
  Opened& opened_;
  Origins& origins_;
  const time::Clock& clock_;
  const Say& say_;
  std::set<std::string> held_;        // origins whose feed was held
  std::set<std::string> impossible_;  // rows of the fill under way; bodies run again
  std::vector<std::pair<store::Fill, std::vector<TenantId>>> done_;
};

absl::Status WithHint(const absl::Status& status, absl::string_view hint) {
  if (!absl::IsFailedPrecondition(status)) return status;
  return absl::FailedPreconditionError(absl::StrCat(status.message(), ": ", hint));
}

}  // namespace

absl::Status Rebuild(const resource::Schema& schema, const RebuildOptions& options,
                     const time::Clock& clock, const Say& say) {
  const store::OpenOptions store = OptionsFor(schema, options.store, clock, {&store::FillTable()});
  RETURN_IF_ERROR(store::CheckAddress(options.store));
  RETURN_IF_ERROR(CheckExists(options.store));
  std::vector<TenantId> wanted;
  for (const std::string& id : options.tenants) {
    ASSIGN_OR_RETURN(TenantId tenant, TenantNamed(id));
    wanted.push_back(std::move(tenant));
  }
  if (store::IsEmbedded(options.store)) {
    RETURN_IF_ERROR(WithHint(store::CheckUnused(store),
                             "stop the service first; what else writes a file must not run"));
  } else if (!options.origins.empty()) {
    RETURN_IF_ERROR(WithHint(
        store::CheckUnused(store),
        "what a service keeps of others is made anew while no process of it hears of them"));
  }
  // Held to the end: one rebuild at a time.
  ASSIGN_OR_RETURN(const auto migration, store::OpenMigration(store));
  ASSIGN_OR_RETURN(const std::int64_t version, migration->Version());
  if (version == 0) return absl::NotFoundError("there is no store");
  if (version != schema.version) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the store is of version ", version, ", this program knows version ", schema.version));
  }
  RETURN_IF_ERROR(migration->Expand([](absl::string_view) {}));  // our own table
  ASSIGN_OR_RETURN(const auto opened, Opened::Open(schema, store));
  ASSIGN_OR_RETURN(const auto origins, Origins::Open(options.origins, clock));
  RETURN_IF_ERROR(Rebuilder(schema, opened.get(), origins.get(), clock, say).Run(wanted));
  say("done");
  return absl::OkStatus();
}

}  // namespace rapport::admin
