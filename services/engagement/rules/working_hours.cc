#include "services/engagement/rules/working_hours.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace rapport::engagement::rules {
namespace {

constexpr std::int64_t kMinute = kMicrosPerHour / 60;
constexpr std::int64_t kDay = 24 * kMicrosPerHour;
constexpr std::int64_t kWeek = 7 * kDay;
// Monday, 29 December 1969.
constexpr std::int64_t kFirstMonday = -3 * kDay;

using Span = std::pair<std::int64_t, std::int64_t>;

// The stretches of the week that a window covers; what runs over Sunday's end begins the week.
void AddSpans(const time::DailyWindow& window, std::vector<Span>* spans) {
  const std::int64_t begin = window.begin_minute * kMinute;
  std::int64_t length = (window.end_minute - window.begin_minute) * kMinute;
  if (length <= 0) length += kDay;
  for (int day = 0; day < 7; ++day) {
    if (((window.weekdays >> day) & 1u) == 0) continue;
    const std::int64_t from = day * kDay + begin;
    const std::int64_t to = from + length;
    spans->push_back({from, std::min(to, kWeek)});
    if (to > kWeek) spans->push_back({0, to - kWeek});
  }
}

std::int64_t FloorDiv(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);  // b > 0
}

}  // namespace

WorkingHours::WorkingHours() : WorkingHours({}, absl::UTCTimeZone()) {}

WorkingHours::WorkingHours(absl::Span<const time::DailyWindow> windows,
                           const absl::TimeZone& zone) {
  const absl::Time last = absl::FromCivil(absl::CivilYear(2200), zone);
  for (absl::Time t = absl::FromCivil(absl::CivilYear(1900), zone); t < last;
       t = time::NextClockChange(zone, t)) {
    segments_.push_back({absl::ToUnixMicros(t), std::int64_t{zone.At(t).offset} * 1000000});
  }
  std::vector<Span> spans;
  for (const auto& window : windows) AddSpans(window, &spans);
  if (spans.empty()) AddSpans({9 * 60, 17 * 60, 0x1f}, &spans);
  std::sort(spans.begin(), spans.end());
  for (const auto& [begin, end] : spans) {
    if (!week_.empty() && begin <= week_.back().end) {
      total_ += std::max<std::int64_t>(0, end - week_.back().end);
      week_.back().end = std::max(week_.back().end, end);
      continue;
    }
    week_.push_back({begin, end, total_});
    total_ += end - begin;
  }
}

WorkingHours::Segments::const_iterator WorkingHours::SegmentAt(std::int64_t us) const {
  const auto next =
      std::upper_bound(segments_.begin() + 1, segments_.end(), us,
                       [](std::int64_t at, const Segment& segment) { return at < segment.begin; });
  return std::prev(next);
}

std::int64_t WorkingHours::EndOfSegment(Segments::const_iterator segment) const {
  const auto next = std::next(segment);
  return next == segments_.end() ? std::numeric_limits<std::int64_t>::max() : next->begin;
}

std::int64_t WorkingHours::Worked(std::int64_t wall_us) const {
  const std::int64_t weeks = FloorDiv(wall_us - kFirstMonday, kWeek);
  const std::int64_t in_week = wall_us - kFirstMonday - weeks * kWeek;
  // The first stretch that begins later; the one before it may be under way.
  const auto next =
      std::upper_bound(week_.begin(), week_.end(), in_week,
                       [](std::int64_t at, const Stretch& stretch) { return at < stretch.begin; });
  if (next == week_.begin()) return weeks * total_;
  const Stretch& last = *std::prev(next);
  return weeks * total_ + last.before + std::min(in_week, last.end) - last.begin;
}

std::int64_t WorkingHours::LastWith(std::int64_t worked) const {
  const std::int64_t weeks = FloorDiv(worked, total_);
  const std::int64_t in_week = worked - weeks * total_;
  const auto next = std::upper_bound(
      week_.begin(), week_.end(), in_week,
      [](std::int64_t done, const Stretch& stretch) { return done < stretch.before; });
  const Stretch& under_way = *std::prev(next);
  return kFirstMonday + weeks * kWeek + under_way.begin + in_week - under_way.before;
}

std::int64_t WorkingHours::Between(std::int64_t from_us, std::int64_t to_us) const {
  if (to_us <= from_us) return 0;
  const std::int64_t to = std::min(to_us, from_us + kLongestSpan);
  std::int64_t sum = 0;
  auto segment = SegmentAt(from_us);
  for (std::int64_t t = from_us; t < to; ++segment) {
    const std::int64_t end = std::min(to, EndOfSegment(segment));
    sum += Worked(end + segment->offset) - Worked(t + segment->offset);
    t = end;
  }
  return sum;
}

std::int64_t WorkingHours::EndOf(std::int64_t from_us, std::int64_t work_us) const {
  std::int64_t left = work_us;
  auto segment = SegmentAt(from_us);
  for (std::int64_t t = from_us;; ++segment) {
    const std::int64_t end = EndOfSegment(segment);
    const std::int64_t before = Worked(t + segment->offset);
    const std::int64_t last = LastWith(before + left) - segment->offset;
    if (last < end) return last;
    left -= Worked(end + segment->offset) - before;
    t = end;
  }
}

}  // namespace rapport::engagement::rules
