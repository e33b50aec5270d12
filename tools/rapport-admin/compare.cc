#include "tools/rapport-admin/compare.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/digest.h"
#include "common/base/status_macros.h"
#include "common/store/values.h"
#include "tools/rapport-admin/merged_feed.h"
#include "tools/rapport-admin/rows.h"

namespace rapport::admin {
namespace {

// Rows one after the other.
struct Digest {
  std::int64_t rows = 0;
  std::string chain = {};

  void Add(absl::string_view bytes) {
    ++rows;
    chain = base::Sha256(absl::StrCat(chain, bytes));
  }
  std::string text() const {
    return absl::StrCat(rows, " rows, ", absl::BytesToHexString(chain.substr(0, 8)));
  }
  friend bool operator==(const Digest&, const Digest&) = default;
};

absl::Status Differ(absl::string_view what, const base::TenantId& tenant, const Digest& from,
                    const Digest& to) {
  return absl::DataLossError(absl::StrCat(what, " of tenant ", tenant.value(),
                                          " differs: the source has ", from.text(),
                                          ", the target has ", to.text()));
}

absl::StatusOr<Digest> DigestOf(store::Store& store, const base::TenantId& tenant,
                                const store::Table& table) {
  Digest digest;
  RETURN_IF_ERROR(
      VisitRows(store, tenant, table, {}, [&](std::vector<store::Row>& rows) -> absl::Status {
        for (store::Row& row : rows) {
          if (table.sequence_column >= 0) {
            row[static_cast<std::size_t>(table.sequence_column)] = std::monostate();
          }
          digest.Add(store::EncodeValues(row));
        }
        return absl::OkStatus();
      }));
  return digest;
}

using Orders = absl::flat_hash_map<base::TenantId, Digest>;

absl::StatusOr<Orders> OrdersOf(store::Store& store, const std::vector<const store::Table*>& tables,
                                const absl::flat_hash_set<base::TenantId>& tenants) {
  Orders orders;
  MergedFeed feed(&store, tables, &tenants, 0);
  FeedRow next;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, feed.Next(&next));
    if (!more) return orders;
    std::vector<store::Value> values = KeyOf(*next.table, next.row);
    values.emplace_back(next.table->name);
    orders[next.tenant].Add(store::EncodeValues(values));
  }
}

}  // namespace

absl::Status Compare(store::Store& from, store::Store& to,
                     const std::vector<const store::Table*>& tables,
                     const absl::flat_hash_set<base::TenantId>& tenants, const Say& say) {
  for (const store::Table* table : tables) {
    std::int64_t rows = 0;
    for (const base::TenantId& tenant : tenants) {
      ASSIGN_OR_RETURN(const Digest source, DigestOf(from, tenant, *table));
      ASSIGN_OR_RETURN(const Digest target, DigestOf(to, tenant, *table));
      if (source != target) {
        return Differ(absl::StrCat("table ", table->name), tenant, source, target);
      }
      rows += source.rows;
    }
    say(absl::StrCat("compared table ", table->name, ": ", rows, " rows are equal"));
  }
  std::vector<const store::Table*> feeds;
  std::copy_if(tables.begin(), tables.end(), std::back_inserter(feeds),
               [](const store::Table* table) { return table->sequence_column >= 0; });
  ASSIGN_OR_RETURN(Orders source, OrdersOf(from, feeds, tenants));
  ASSIGN_OR_RETURN(Orders target, OrdersOf(to, feeds, tenants));
  for (const base::TenantId& tenant : tenants) {
    if (source[tenant] != target[tenant]) {
      return Differ("the order of the feeds", tenant, source[tenant], target[tenant]);
    }
  }
  say("compared the order of the feeds: it is the same");
  return absl::OkStatus();
}

}  // namespace rapport::admin
