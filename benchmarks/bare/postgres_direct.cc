#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "benchmarks/bare/direct.h"
#include "benchmarks/bare/postgres_rows.h"
#include "benchmarks/loadgen/machine.h"

namespace rapport::benchmarks {
namespace {

constexpr std::size_t kRowsPerCommit = 1000;

// What one connection writes: the engagements of some of the relationships.
struct Part {
  explicit Part(const std::string& uri) : copy(uri), writer(&copy) {}
  PostgresDatabase copy;
  PostgresWriter writer;
  PostgresRows engagements;
};

using Owners = absl::flat_hash_map<std::string, const PostgresRow*>;

void Write(Part* part, const Owners& by_owner) {
  const std::size_t parent = part->writer.engagements().PlaceOf("parent");
  PostgresRows rows;
  PostgresRows touched;
  for (std::size_t first = 0; first < part->engagements.size(); first += kRowsPerCommit) {
    const std::size_t end = std::min(part->engagements.size(), first + kRowsPerCommit);
    rows.assign(part->engagements.begin() + static_cast<std::ptrdiff_t>(first),
                part->engagements.begin() + static_cast<std::ptrdiff_t>(end));
    touched.clear();
    for (const PostgresRow* const row : rows) touched.push_back(by_owner.at(*(*row)[parent]));
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    part->writer.Copy(rows, touched);
  }
}

}  // namespace

DirectResult CopyDirectlyToPostgres(const std::string& from, const std::string& after,
                                    const std::string& to, int connections) {
  std::vector<PostgresRow> engagements;
  std::vector<PostgresRow> statistics;
  {
    PostgresDatabase source(from);
    engagements =
        source.Rows(absl::StrCat("SELECT * FROM engagements WHERE id>'", after, "' ORDER BY id"));
    statistics = source.Rows("SELECT * FROM statistics");
  }
  std::vector<std::unique_ptr<Part>> parts;
  for (int i = 0; i < connections; ++i) parts.push_back(std::make_unique<Part>(to));
  const std::size_t owner = parts[0]->writer.statistics().PlaceOf("id");
  const std::size_t parent = parts[0]->writer.engagements().PlaceOf("parent");
  Owners by_owner;
  for (const PostgresRow& row : statistics) by_owner[*row[owner]] = &row;
  for (const PostgresRow& row : engagements) {
    parts[absl::HashOf(*row[parent]) % parts.size()]->engagements.push_back(&row);
  }

  const Stretch stretch(0);
  std::vector<std::thread> threads;
  for (const auto& part : parts) threads.emplace_back(Write, part.get(), std::cref(by_owner));
  for (std::thread& thread : threads) thread.join();
  const auto usage = stretch.UntilNow();
  return {static_cast<std::int64_t>(engagements.size()), usage.seconds, usage.own_seconds};
}

}  // namespace rapport::benchmarks
