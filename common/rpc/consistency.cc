#include "common/rpc/consistency.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "common/base/id.h"

namespace rapport::rpc {
namespace {

using Level = base::Consistency::Level;

constexpr char kCoherent[] = "coherent";
constexpr char kAtLeastAsFresh[] = "at_least_as_fresh";
constexpr char kMinimizeLatency[] = "minimize_latency";
constexpr char kFullyConsistent[] = "fully_consistent";
constexpr char kMaxAge[] = ";max_age=";

}  // namespace

std::string FormatToken(const std::vector<Position>& positions) {
  std::string out;
  for (const auto& position : positions) {
    absl::StrAppend(&out, out.empty() ? "" : ",", position.store_id, ".", position.sequence);
  }
  return out;
}

absl::StatusOr<std::vector<Position>> ParseToken(absl::string_view token) {
  std::vector<Position> out;
  for (const absl::string_view part : absl::StrSplit(token, ',')) {
    const std::size_t dot = part.find('.');
    std::int64_t sequence = 0;
    if (dot == absl::string_view::npos || out.size() == 8 ||
        !base::IsIdSegment(part.substr(0, dot)) ||
        !absl::SimpleAtoi(part.substr(dot + 1), &sequence) || sequence < 0) {
      return errors::BadConsistencyToken();
    }
    out.push_back({std::string(part.substr(0, dot)), sequence});
  }
  return out;
}

absl::StatusOr<base::Consistency> ParseConsistency(absl::string_view level) {
  base::Consistency out;
  if (absl::ConsumePrefix(&level, kMinimizeLatency)) {
    out.level = Level::kMinimizeLatency;
    const bool fits =
        level.empty() ||
        (absl::ConsumePrefix(&level, kMaxAge) && absl::ParseDuration(level, &out.max_age) &&
         out.max_age >= absl::ZeroDuration() && out.max_age <= base::Consistency::kLongestAge);
    if (fits) return out;
  } else if (level == kAtLeastAsFresh) {
    out.level = Level::kAtLeastAsFresh;
    return out;
  } else if (level == kFullyConsistent) {
    out.level = Level::kFullyConsistent;
    return out;
  } else if (level == kCoherent) {
    return out;
  }
  return errors::InvalidField(kLevelHeader,
                              "must be coherent, at_least_as_fresh, minimize_latency, "
                              "minimize_latency;max_age=DURATION with 0s to 60s, or "
                              "fully_consistent");
}

std::string FormatConsistency(const base::Consistency& consistency) {
  switch (consistency.level) {
    case Level::kCoherent:
      break;
    case Level::kAtLeastAsFresh:
      return kAtLeastAsFresh;
    case Level::kMinimizeLatency:
      if (consistency.max_age == base::Consistency::kLongestAge) return kMinimizeLatency;
      return absl::StrCat(kMinimizeLatency, kMaxAge, absl::FormatDuration(consistency.max_age));
    case Level::kFullyConsistent:
      return kFullyConsistent;
  }
  return "";
}

std::string MergeTokens(absl::string_view a, absl::string_view b) {
  std::vector<Position> merged;
  for (const absl::string_view token : {a, b}) {
    if (token.empty()) continue;
    const auto positions = ParseToken(token);
    if (!positions.ok()) continue;
    for (const auto& position : *positions) {
      const auto same = std::find_if(merged.begin(), merged.end(), [&](const Position& p) {
        return p.store_id == position.store_id;
      });
      if (same == merged.end()) {
        merged.push_back(position);
      } else {
        same->sequence = std::max(same->sequence, position.sequence);
      }
    }
  }
  return FormatToken(merged);
}

}  // namespace rapport::rpc
