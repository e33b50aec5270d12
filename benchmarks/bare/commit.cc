#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "absl/time/clock.h"
#include "benchmarks/bare/group_commit.h"
#include "benchmarks/bare/rows.h"
#include "benchmarks/bare/servers.h"
#include "benchmarks/bare/service.h"
#include "common/base/uuid.h"

namespace rapport::benchmarks {
namespace {

constexpr std::size_t kSamples = 20000;

// Makes rows like those that the store holds.
class Source {
 public:
  explicit Source(Database* copy, const EngagementWriter::Places& places) : places_(places) {
    const std::int64_t rows = copy->Number("SELECT max(rowid) FROM engagements");
    const std::int64_t step = std::max<std::int64_t>(1, rows / static_cast<std::int64_t>(kSamples));
    engagements_ = copy->Rows("engagements", "rowid % " + std::to_string(step) + " = 0");
    statistics_ = copy->Rows("statistics", "1");
    for (std::size_t i = 0; i < statistics_.size(); ++i) {
      by_owner_.emplace(std::get<std::string>(statistics_[i][places_.owner]), i);
    }
  }

  // The engagement of a relationship drawn at random; its id, time and source are new.
  const Row& NextEngagement() {
    Row& row = engagements_[random_() % engagements_.size()];
    Row& owner = statistics_[random_() % statistics_.size()];
    const absl::Time now = absl::Now();
    row[places_.parent] = owner[places_.owner];
    row[places_.id] = base::UuidV7(now, random_(), random_());
    row[places_.time] = absl::ToUnixMicros(now);
    std::string key(16, '\0');
    for (char& c : key) c = static_cast<char>(random_());
    row[places_.source_key] = Blob{std::move(key)};
    return row;
  }
  // The statistics of its relationship, with the last contact moved to now.
  const Row& StatisticsOf(const Row& engagement) {
    Row& row = statistics_[by_owner_.at(std::get<std::string>(engagement[places_.parent]))];
    if (auto* const drift = std::get_if<std::int64_t>(&row[places_.drift])) *drift += 1000;
    return row;
  }

 private:
  const EngagementWriter::Places places_;
  std::mt19937_64 random_{1};
  std::vector<Row> engagements_;
  std::vector<Row> statistics_;
  std::map<std::string, std::size_t, std::less<>> by_owner_;
};

}  // namespace

int ServeCommits(const std::string& address, const std::string& path) {
  BlockSignals();
  Database copy(path, Database::Use::kWrite);
  EngagementWriter writer(&copy);
  Source source(&copy, writer.places());
  Command begin(&copy, "BEGIN IMMEDIATE");
  Command commit(&copy, "COMMIT");
  const auto write = [&](std::size_t calls) {
    begin.Run();
    for (std::size_t i = 0; i < calls; ++i) {
      const Row& engagement = source.NextEngagement();
      writer.InsertEngagement(engagement);
      writer.UpdateStatistics(source.StatisticsOf(engagement));
    }
    commit.Run();
  };
  return ServeGroupCommit(address, {write});
}

}  // namespace rapport::benchmarks
