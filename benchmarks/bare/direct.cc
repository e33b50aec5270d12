#include "benchmarks/bare/direct.h"

#include <algorithm>
#include <set>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "benchmarks/bare/rows.h"
#include "benchmarks/loadgen/machine.h"

namespace rapport::benchmarks {
namespace {

constexpr std::size_t kRowsPerCommit = 1000;

}  // namespace

DirectResult CopyDirectly(const std::string& from, std::int64_t after, const std::string& to) {
  std::vector<Row> engagements;
  std::vector<Row> statistics;
  {
    Database source(from, Database::Use::kRead);
    engagements = source.Rows("engagements", absl::StrCat("rowid > ", after));
    statistics = source.Rows("statistics", "1");
  }
  Database copy(to, Database::Use::kWrite);
  EngagementWriter writer(&copy);
  Command begin(&copy, "BEGIN IMMEDIATE");
  Command commit(&copy, "COMMIT");
  const auto& places = writer.places();
  absl::flat_hash_map<std::string, const Row*> by_owner;
  for (const Row& row : statistics) by_owner[std::get<std::string>(row[places.owner])] = &row;

  const Stretch stretch(0);
  for (std::size_t first = 0; first < engagements.size(); first += kRowsPerCommit) {
    const std::size_t end = std::min(engagements.size(), first + kRowsPerCommit);
    std::set<const Row*> touched;
    begin.Run();
    for (std::size_t i = first; i < end; ++i) {
      writer.InsertEngagement(engagements[i]);
      touched.insert(by_owner.at(std::get<std::string>(engagements[i][places.parent])));
    }
    for (const Row* row : touched) writer.UpdateStatistics(*row);
    commit.Run();
  }
  const auto usage = stretch.UntilNow();
  return {static_cast<std::int64_t>(engagements.size()), usage.seconds, usage.own_seconds};
}

}  // namespace rapport::benchmarks
