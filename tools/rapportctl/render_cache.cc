#include "tools/rapportctl/render_cache.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/time/proto_time.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using cache::v1::CacheCounters;
using cache::v1::CacheScope;
using Row = std::vector<std::string>;

std::string ModeWord(cache::v1::CacheMode mode) {
  switch (mode) {
    case cache::v1::ON:
      return "on";
    case cache::v1::CLOSING:
      return "closing";
    case cache::v1::OFF:
      return "off";
    default:
      return "?";
  }
}

std::string ShareOfHits(const CacheCounters& counters) {
  if (!counters.has_hit_ratio()) return "no reads";
  std::int64_t reads = counters.hits() + counters.misses();
  for (const auto& [reason, count] : counters.bypasses()) reads += count;
  return absl::StrFormat("%.1f %% of %s", 100 * counters.hit_ratio(), Grouped(reads));
}

std::string Memory(const cache::v1::RedisReport& redis) {
  const std::string used = Bytes(redis.used_memory_bytes());
  if (redis.max_memory_bytes() == 0) return used + ", no bound";
  return absl::StrCat(used, " of ", Bytes(redis.max_memory_bytes()), ", ",
                      Plain(redis.eviction_policy()));
}

Row RowOf(const CacheAnswer& answer, const CacheScope& scope, const DayStyle& days) {
  Row row = {answer.service,
             answer.address,
             absl::StrCat(scope.scope()),
             ModeWord(scope.mode()),
             scope.has_mode_time() ? SayMoment(time::FromProto(scope.mode_time()), days) : "–",
             scope.epoch().empty() ? "–" : Plain(scope.epoch()),
             ShareOfHits(answer.cache.counters())};
  if (scope.has_redis()) {
    row.insert(row.end(), {Memory(scope.redis()), Grouped(scope.redis().keys()),
                           Grouped(scope.redis().evicted_keys())});
  } else {
    row.insert(row.end(), {"does not answer", "–", "–"});
  }
  return row;
}

// Why Redis does not answer reads of this scope; "" if it does.
std::string WhyNot(const CacheScope& scope) {
  if (scope.trusted()) return "";
  if (scope.lease_left().seconds() == 0 && scope.lease_left().nanos() == 0) {
    return "the database does not say whether Redis may be believed";
  }
  if (scope.mode() != cache::v1::ON) {
    return absl::StrCat("the cache is ", ModeWord(scope.mode()), "; reads go to the database");
  }
  if (!scope.connection_failure().empty()) {
    return absl::StrCat("no connection to Redis (", Plain(scope.connection_failure()), ")");
  }
  if (!scope.connected()) return "it is connected to another Redis than the database names";
  if (scope.breaker() == cache::v1::OPEN) return "Redis fails; the breaker is open";
  return "it was written for another state of the database";
}

std::vector<std::string> RemarksOn(const CacheAnswer& answer) {
  std::vector<std::string> remarks;
  for (const CacheScope& scope : answer.cache.scopes()) {
    const std::string why = WhyNot(scope);
    if (why.empty()) continue;
    remarks.push_back(
        answer.cache.scopes_size() == 1 ? why : absl::StrCat("scope ", scope.scope(), ": ", why));
  }
  const CacheCounters& counters = answer.cache.counters();
  std::vector<std::string> around;
  for (const auto& [reason, count] : counters.bypasses()) {
    if (count > 0) around.push_back(absl::StrCat(Grouped(count), " ", Plain(reason)));
  }
  std::sort(around.begin(), around.end());
  if (!around.empty()) {
    remarks.push_back(absl::StrCat("reads around the cache: ", absl::StrJoin(around, ", ")));
  }
  if (counters.missing_marks() > 0) {
    remarks.push_back(absl::StrCat(Count(counters.missing_marks(), "mark was", "marks were"),
                                   " lost by Redis: does it have enough memory?"));
  }
  if (counters.wrong_values() > 0) {
    remarks.push_back(absl::StrCat(Count(counters.wrong_values(), "value was", "values were"),
                                   " damaged: who else writes below rp1:?"));
  }
  return remarks;
}

std::string Table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(row[i]));
    }
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i + 1 < row.size()) {
        absl::StrAppend(&line, Pad(row[i], widths[i]), "  ");
      } else {
        absl::StrAppend(&line, row[i]);
      }
    }
    absl::StrAppend(&out, line, "\n");
  }
  return out;
}

}  // namespace

std::string Bytes(std::int64_t count) {
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  if (count < 1024) return absl::StrCat(count, " B");
  double value = static_cast<double>(count) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.95 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return absl::StrFormat("%.1f %s", value, kUnits[unit]);
}

std::string RenderCaches(const std::vector<CacheAnswer>& answers, const DayStyle& days) {
  std::vector<Row> rows = {{"service", "address", "scope", "mode", "since", "epoch", "from Redis",
                            "memory of Redis", "keys", "evicted"}};
  std::vector<std::string> lines;
  for (const CacheAnswer& answer : answers) {
    for (const CacheScope& scope : answer.cache.scopes()) {
      rows.push_back(RowOf(answer, scope, days));
    }
    std::vector<std::string> remarks = RemarksOn(answer);
    if (!answer.status.ok()) {
      remarks = {"does not answer"};
    } else if (!answer.cache.has_counters()) {
      remarks = {"shares no cache"};
    } else if (answer.cache.scopes().empty()) {
      remarks = {"was started without --redis: its first write shuts the cache"};
    }
    for (const std::string& remark : remarks) {
      lines.push_back(absl::StrCat(answer.service, " (", answer.address, "): ", remark, "\n"));
    }
  }
  return absl::StrCat(rows.size() > 1 ? Table(rows) : "", absl::StrJoin(lines, ""));
}

}  // namespace rapport::rapportctl
