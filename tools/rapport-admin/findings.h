// What verify finds, a line each: resources by name, values that are no personal data.
#ifndef RAPPORT_TOOLS_RAPPORT_ADMIN_FINDINGS_H_
#define RAPPORT_TOOLS_RAPPORT_ADMIN_FINDINGS_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/base/id.h"
#include "common/resource/schema.h"
#include "common/store/dry_run.h"
#include "tools/rapport-admin/opened.h"

namespace rapport::admin {

// Not thread-safe.
class Findings {
 public:
  // Both outlive it. `print` hears of the first thousand lines.
  Findings(const resource::Schema& schema, const Say& print);

  // A row that would be another one if it were made now. Nothing if all that differs are the last
  // bits of sums (resource::kSumTolerance), or how a message is written.
  void Add(const base::TenantId& tenant, absl::string_view what,
           const store::DryRun::Change& change);
  // Anything else about a row.
  void Add(const base::TenantId& tenant, absl::string_view what, const store::Table& table,
           const store::Row& row, absl::string_view finding);

  std::int64_t rows() const { return rows_; }
  // "statistics: 3 rows, …"; empty if nothing was found.
  std::string Summary() const;

 private:
  std::string NameOf(const base::TenantId& tenant, const store::Table& table,
                     const store::Row& row) const;
  void Line(absl::string_view text);

  absl::flat_hash_map<std::string, const google::protobuf::Message*> bodies_;  // by table
  const Say& print_;
  std::int64_t rows_ = 0;
  std::int64_t lines_ = 0;
  absl::flat_hash_map<std::string, std::int64_t> by_what_;
};

}  // namespace rapport::admin

#endif  // RAPPORT_TOOLS_RAPPORT_ADMIN_FINDINGS_H_
