#include <algorithm>
#include <memory>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "benchmarks/bare/group_commit.h"
#include "benchmarks/bare/postgres_rows.h"
#include "benchmarks/bare/servers.h"
#include "benchmarks/bare/service.h"
#include "common/base/uuid.h"

namespace rapport::benchmarks {
namespace {

constexpr int kSamples = 20000;

// A connection, and the part of the relationships that it writes: no two connections write the
// same row, so none waits for another.
class Part {
 public:
  Part(const std::string& uri, int number, int parts) : copy_(uri), writer_(&copy_) {
    const auto of_part = absl::StrCat("abs(hashtext(id) % ", parts, ")=", number);
    engagements_ = copy_.Rows(
        absl::StrCat("SELECT * FROM engagements ORDER BY md5(id) LIMIT ", kSamples / parts));
    statistics_ = copy_.Rows(absl::StrCat("SELECT * FROM statistics WHERE ", of_part));
    const auto latest = copy_.Rows("SELECT max(sequence) FROM statistics");
    sequence_ = DecodeNumber(*latest[0][0]);
    random_.seed(static_cast<std::uint64_t>(number) + 1);
  }

  void Commit(std::size_t calls) {
    written_.resize(std::max(written_.size(), calls));
    inserts_.clear();
    updates_.clear();
    for (std::size_t i = 0; i < calls; ++i) {
      PostgresRow& owner = statistics_[random_() % statistics_.size()];
      inserts_.push_back(Next(owner, &written_[i]));
      Move(&owner);
      updates_.push_back(&owner);
    }
    std::sort(updates_.begin(), updates_.end());
    updates_.erase(std::unique(updates_.begin(), updates_.end()), updates_.end());
    writer_.Write(inserts_, updates_);
  }

 private:
  // An engagement of this relationship like those that the store holds; its id, time and source
  // are new.
  const PostgresRow* Next(const PostgresRow& owner, PostgresRow* row) {
    *row = engagements_[random_() % engagements_.size()];
    const absl::Time now = absl::Now();
    (*row)[parent_] = owner[owner_];
    (*row)[id_] = base::UuidV7(now, random_(), random_());
    (*row)[time_] = EncodeNumber(absl::ToUnixMicros(now));
    std::string key(16, '\0');
    for (char& c : key) c = static_cast<char>(random_());
    (*row)[source_key_] = std::move(key);
    return row;
  }
  // The last contact moves to now.
  void Move(PostgresRow* statistics) {
    PostgresCell& drift = (*statistics)[drift_];
    if (drift) drift = EncodeNumber(DecodeNumber(*drift) + 1000);
    (*statistics)[sequence_place_] = EncodeNumber(++sequence_);
  }

  PostgresDatabase copy_;
  PostgresWriter writer_;
  const std::size_t parent_ = writer_.engagements().PlaceOf("parent");
  const std::size_t id_ = writer_.engagements().PlaceOf("id");
  const std::size_t time_ = writer_.engagements().PlaceOf("time");
  const std::size_t source_key_ = writer_.engagements().PlaceOf("source_key");
  const std::size_t owner_ = writer_.statistics().PlaceOf("id");
  const std::size_t drift_ = writer_.statistics().PlaceOf("drift");
  const std::size_t sequence_place_ = writer_.statistics().PlaceOf("sequence");
  std::mt19937_64 random_;
  std::int64_t sequence_ = 0;
  std::vector<PostgresRow> engagements_;
  std::vector<PostgresRow> statistics_;
  std::vector<PostgresRow> written_;
  PostgresRows inserts_;
  PostgresRows updates_;
};

}  // namespace

int ServePostgresCommits(const std::string& address, const std::string& uri, int connections) {
  BlockSignals();
  std::vector<std::unique_ptr<Part>> parts;
  std::vector<CommitCalls> writers;
  for (int i = 0; i < connections; ++i) {
    Part* const part = parts.emplace_back(std::make_unique<Part>(uri, i, connections)).get();
    writers.emplace_back([part](std::size_t calls) { part->Commit(calls); });
  }
  return ServeGroupCommit(address, std::move(writers));
}

}  // namespace rapport::benchmarks
