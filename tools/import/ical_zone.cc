#include "tools/import/ical_zone.h"

#include <unicode/timezone.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <iterator>

#include "common/text/locale.h"
#include "tools/import/ascii.h"
#include "tools/import/recurrence.h"
#include "tools/import/vcard_line.h"

namespace rapport::importer {
namespace {

constexpr size_t kMaxTzidBytes = 200;
constexpr size_t kMaxOnsets = 4000;
constexpr std::int64_t kMaxRuleSteps = 400'000;
constexpr size_t kMaxZones = 1000;

std::optional<absl::TimeZone> Iana(std::string_view name) {
  auto zone = text::LoadIanaZone(absl::string_view(name.data(), name.size()));
  if (!zone.ok()) return std::nullopt;
  return *zone;
}

std::optional<absl::TimeZone> Windows(std::string_view name) {
  icu::UnicodeString id;
  UErrorCode error = U_ZERO_ERROR;
  icu::TimeZone::getIDForWindowsID(
      icu::UnicodeString::fromUTF8({name.data(), static_cast<int32_t>(name.size())}), nullptr, id,
      error);
  if (U_FAILURE(error) != 0 || id.isEmpty()) return std::nullopt;
  std::string iana;
  id.toUTF8String(iana);
  return Iana(iana);
}

// The text of a property, or "".
std::string_view ValueOf(const IcalComponent& component, std::string_view name) {
  const IcalProperty* property = component.Find(name);
  return property == nullptr ? std::string_view() : Strip(property->value);
}

}  // namespace

std::optional<absl::TimeZone> ZoneOfTzid(std::string_view tzid) {
  tzid = Strip(tzid);
  if (tzid.empty() || tzid.size() > kMaxTzidBytes) return std::nullopt;
  std::string_view name = tzid;
  while (true) {
    if (auto zone = Iana(name)) return zone;
    const size_t slash = name.find('/');
    if (slash == std::string_view::npos) break;
    name.remove_prefix(slash + 1);
  }
  return Windows(tzid);
}

std::optional<CalendarZone> CalendarZone::Defined(const IcalComponent& vtimezone,
                                                  absl::CivilSecond last,
                                                  std::int64_t* steps_left) {
  CalendarZone out(absl::UTCTimeZone());
  for (const IcalComponent& observance : vtimezone.children) {
    if (observance.name != "STANDARD" && observance.name != "DAYLIGHT") continue;
    const auto start = ParseIcalTime(ValueOf(observance, "DTSTART"), "");
    const auto from = ParseUtcOffset(ValueOf(observance, "TZOFFSETFROM"));
    const auto to = ParseUtcOffset(ValueOf(observance, "TZOFFSETTO"));
    if (!start || !from || !to) continue;
    std::vector<absl::CivilSecond> onsets = {start->local};
    for (const IcalProperty& property : observance.properties) {
      if (property.name == "RRULE") {
        const auto rule = ParseRecurrenceRule(property.value);
        if (!rule) continue;
        RecurrenceBounds bounds{.last = last, .max_occurrences = kMaxOnsets};
        if (rule->until) {
          const bool utc = rule->until->kind == IcalTime::Kind::kUtc;
          bounds.until = rule->until->local + (utc ? absl::ToInt64Seconds(*from) : 0);
        }
        bounds.max_steps = std::min(kMaxRuleSteps, *steps_left);
        const Recurrences recurrences = Unroll(*rule, start->local, bounds);
        *steps_left -= recurrences.steps;
        onsets.insert(onsets.end(), recurrences.times.begin(), recurrences.times.end());
      } else if (property.name == "RDATE") {
        for (const std::string_view piece : SplitEscaped(property.value, ',')) {
          if (const auto time = ParseIcalTime(piece.substr(0, piece.find('/')), "")) {
            onsets.push_back(time->local);
          }
        }
      }
    }
    for (const absl::CivilSecond onset : onsets) {
      if (out.onsets_.size() < kMaxOnsets) out.onsets_.push_back({onset, *from, *to});
    }
  }
  if (out.onsets_.empty()) return std::nullopt;
  std::stable_sort(out.onsets_.begin(), out.onsets_.end(), [](const Onset& a, const Onset& b) {
    return a.local - absl::ToInt64Seconds(a.from) < b.local - absl::ToInt64Seconds(b.from);
  });
  return out;
}

absl::Duration CalendarZone::OffsetBefore(std::vector<Onset>::const_iterator onset) const {
  return onset == onsets_.begin() ? onset->from : std::prev(onset)->to;
}

absl::Time CalendarZone::ToTime(absl::CivilSecond local) const {
  if (onsets_.empty()) return zone_.At(local).pre;
  const auto behind = std::partition_point(onsets_.begin(), onsets_.end(), [&](const Onset& onset) {
    const absl::Duration gap = std::max(onset.to - onset.from, absl::ZeroDuration());
    return local >= onset.local + absl::ToInt64Seconds(gap);
  });
  return absl::FromCivil(local, absl::UTCTimeZone()) - OffsetBefore(behind);
}

absl::CivilSecond CalendarZone::ToLocal(absl::Time time) const {
  if (onsets_.empty()) return absl::ToCivilSecond(time, zone_);
  const auto behind = std::partition_point(onsets_.begin(), onsets_.end(), [&](const Onset& onset) {
    return time >= absl::FromCivil(onset.local, absl::UTCTimeZone()) - onset.from;
  });
  return absl::ToCivilSecond(time + OffsetBefore(behind), absl::UTCTimeZone());
}

void CalendarZones::SetFloating(std::string_view tzid) {
  if (const auto zone = ZoneOfTzid(tzid)) floating_ = CalendarZone(*zone);
}

void CalendarZones::Define(const IcalComponent& vtimezone, std::int64_t* steps_left,
                           std::vector<ImportProblem>* problems) {
  const std::string_view tzid = ValueOf(vtimezone, "TZID");
  // The definition in the file may be old or cut short; the system's is not.
  if (tzid.empty() || tzid.size() > kMaxTzidBytes || ZoneOfTzid(tzid) ||
      defined_.size() >= kMaxZones) {
    return;
  }
  if (const auto zone = ZoneOfTzid(ValueOf(vtimezone, "X-LIC-LOCATION"))) {
    defined_.insert_or_assign(std::string(tzid), CalendarZone(*zone));
    return;
  }
  const absl::CivilSecond last(2200, 1, 1);
  if (auto zone = CalendarZone::Defined(vtimezone, last, steps_left)) {
    defined_.insert_or_assign(std::string(tzid), *std::move(zone));
  } else if (problems != nullptr) {
    problems->push_back({"", vtimezone.line, "a time zone without an offset that can be read"});
  }
}

const CalendarZone& CalendarZones::Of(const IcalTime& time, bool* unknown) const {
  *unknown = false;
  if (time.kind == IcalTime::Kind::kUtc) return utc_;
  if (time.kind != IcalTime::Kind::kZoned) return floating_;
  if (const auto it = defined_.find(time.zone); it != defined_.end()) return it->second;
  auto it = named_.find(time.zone);
  if (it == named_.end()) {
    if (named_.size() >= kMaxZones) {
      *unknown = true;
      return floating_;
    }
    std::optional<CalendarZone> zone;
    if (const auto iana = ZoneOfTzid(time.zone)) zone = CalendarZone(*iana);
    it = named_.emplace(time.zone, std::move(zone)).first;
  }
  if (it->second) return *it->second;
  *unknown = true;
  return floating_;
}

absl::Time CalendarZones::ToTime(const IcalTime& time) const {
  bool unknown = false;
  return Of(time, &unknown).ToTime(time.local);
}

}  // namespace rapport::importer
