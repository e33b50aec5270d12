#include "tools/import/calendar_series.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace rapport::importer {
namespace {

constexpr absl::Duration kMorning = absl::Hours(9);
constexpr int kMaxFollowing = 100;  // changes of an occurrence and all that follow, of a series

std::string Stamp(absl::Time time) {
  return absl::FormatTime("%E4Y%m%dT%H%M%SZ", time, absl::UTCTimeZone());
}

std::string DayStamp(absl::CivilSecond day) {
  return absl::FormatTime("%E4Y%m%d", absl::FromCivil(day, absl::UTCTimeZone()),
                          absl::UTCTimeZone());
}

// Which of two versions of an event is the later one.
bool IsNewer(const CalendarEvent& a, const CalendarEvent& b) {
  return std::tie(a.sequence, a.stamp) >= std::tie(b.sequence, b.stamp);
}

class Occurrences {
 public:
  Occurrences(const CalendarFile& file, const CalendarSeries& series, const SeriesOptions& options,
              std::vector<ImportProblem>* partly)
      : series_(series),
        options_(options),
        partly_(*partly),
        event_(series.event != nullptr ? *series.event : *series.changed.front()),
        zones_(file.zones[static_cast<size_t>(event_.calendar)]),
        zone_(ZoneOf(event_.start)) {}

  std::vector<CalendarOccurrence> Run() {
    if (series_.event != nullptr) {
      Meant(event_);
      Except();
    }
    for (const CalendarEvent* changed : series_.changed) Change(*changed);
    return Kept();
  }

 private:
  // An occurrence as the series means it, on the clock of its zone.
  struct Slot {
    absl::CivilSecond local;
    absl::Duration length;
    const CalendarEvent* event = nullptr;
    absl::Duration shift{};  // by a change of this and all following ones
    bool by_rule = false;
  };

  const CalendarZone& ZoneOf(const IcalTime& time) const {
    bool unknown = false;
    return zones_.Of(time, &unknown);
  }

  void Meant(const CalendarEvent& event) {
    Add(event.start.local, event.length, event, false);
    // A day more: the clock of the zone may be ahead of any other.
    const absl::CivilSecond last =
        zone_.ToLocal(std::max(options_.now, zones_.ToTime(event.start)) + options_.ahead) + 86400;
    bool cut = false;
    for (const RecurrenceRule& rule : event.rules) {
      RecurrenceBounds bounds{.last = last,
                              .until = UntilOf(rule, event),
                              .max_occurrences = options_.max_occurrences,
                              .max_steps = options_.max_steps};
      if (options_.steps_left != nullptr) {
        bounds.max_steps = std::min(bounds.max_steps, *options_.steps_left);
      }
      const Recurrences recurrences = Unroll(rule, event.start.local, bounds);
      if (options_.steps_left != nullptr) *options_.steps_left -= recurrences.steps;
      cut = cut || recurrences.cut;
      for (const absl::CivilSecond local : recurrences.times) Add(local, event.length, event, true);
    }
    for (const CalendarDate& date : event.dates) {
      Add(zone_.ToLocal(zones_.ToTime(date.start)), date.length.value_or(event.length), event,
          false);
    }
    if (cut) {
      partly_.push_back({"", event.line, "it recurs too often: only the first ones are taken"});
    }
  }

  std::optional<absl::CivilSecond> UntilOf(const RecurrenceRule& rule,
                                           const CalendarEvent& event) const {
    if (!rule.until) return std::nullopt;
    switch (rule.until->kind) {
      case IcalTime::Kind::kDate:
        return rule.until->local + 86399;
      case IcalTime::Kind::kUtc:
        // Of days, the day counts, on whatever clock it was written.
        if (event.all_day()) return rule.until->local;
        return zone_.ToLocal(zones_.ToTime(*rule.until));
      default:
        return rule.until->local;
    }
  }

  void Add(absl::CivilSecond local, absl::Duration length, const CalendarEvent& event,
           bool by_rule) {
    if (slots_.size() >= 2 * options_.max_occurrences) return;
    slots_.emplace(zone_.ToTime(local), Slot{local, length, &event, {}, by_rule});
  }

  // Those that a time of the file means: the same instant, or the same day where it is a day.
  std::vector<absl::Time> Matching(const IcalTime& time) const {
    std::vector<absl::Time> out;
    if (time.kind == IcalTime::Kind::kDate && !event_.all_day()) {
      const absl::CivilDay day(time.local);
      for (auto it = slots_.lower_bound(zone_.ToTime(absl::CivilSecond(day)));
           it != slots_.end() && absl::CivilDay(it->second.local) <= day; ++it) {
        out.push_back(it->first);
      }
    } else {
      // Of days, the day counts, on whatever clock it was written.
      const absl::Time instant = event_.all_day()
                                     ? zone_.ToTime(absl::CivilSecond(absl::CivilDay(time.local)))
                                     : zones_.ToTime(time);
      if (slots_.contains(instant)) out.push_back(instant);
    }
    return out;
  }

  void Except() {
    for (const IcalTime& exception : event_.exceptions) {
      for (const absl::Time instant : Matching(exception)) slots_.erase(instant);
    }
  }

  void Change(const CalendarEvent& changed) {
    const IcalTime& meant = *changed.recurrence_id;
    const std::vector<absl::Time> matching = Matching(meant);
    const absl::Time instant = matching.empty() ? zones_.ToTime(meant) : matching.front();
    auto [at, fresh] = slots_.try_emplace(instant);
    Slot& slot = at->second;
    if (fresh) slot.local = zone_.ToLocal(instant);
    slot.event = &changed;
    slot.length = changed.length;
    slot.shift = zones_.ToTime(changed.start) - instant;
    if (!changed.and_following || ++following_ > kMaxFollowing) return;
    for (auto it = std::next(at); it != slots_.end(); ++it) {
      it->second.event = &changed;
      it->second.length = changed.length;
      it->second.shift = slot.shift;
    }
    // A series may change its rhythm with it.
    for (const CalendarDate& date : changed.dates) {
      Add(zone_.ToLocal(zones_.ToTime(date.start)), date.length.value_or(changed.length), changed,
          false);
    }
  }

  // Programs also put single hours into a series of days.
  bool IsDay(const CalendarEvent& event, absl::Time start) const {
    const absl::CivilSecond local = ZoneOf(event.start).ToLocal(start);
    return event.all_day() && local == absl::CivilSecond(absl::CivilDay(local));
  }

  std::vector<CalendarOccurrence> Kept() const {
    std::vector<CalendarOccurrence> out;
    std::size_t ahead = 0;
    for (const auto& [instant, slot] : slots_) {
      CalendarOccurrence occurrence{.event = slot.event, .start = instant + slot.shift};
      occurrence.called_off = slot.event->status == "CANCELLED";
      if (IsDay(*slot.event, occurrence.start)) {
        occurrence.start += kMorning;
      } else {
        occurrence.length = slot.length;
      }
      if (series_.event == nullptr || instant != zone_.ToTime(event_.start.local)) {
        const absl::CivilSecond midnight(absl::CivilDay(slot.local));
        const bool day = event_.all_day() && instant == zone_.ToTime(midnight);
        occurrence.id = "/" + (day ? DayStamp(midnight) : Stamp(instant));
      }
      const auto year = absl::ToCivilYear(occurrence.start, absl::UTCTimeZone()).year();
      if (year < kFirstEventYear || year > kLastEventYear) continue;
      if (occurrence.start > options_.now) {
        if (slot.by_rule && occurrence.start > options_.now + options_.ahead) continue;
        if (!occurrence.called_off && ++ahead > options_.max_ahead) continue;
      }
      out.push_back(std::move(occurrence));
    }
    return out;
  }

  const CalendarSeries& series_;
  const SeriesOptions& options_;
  std::vector<ImportProblem>& partly_;
  const CalendarEvent& event_;
  const CalendarZones& zones_;
  const CalendarZone& zone_;
  std::map<absl::Time, Slot> slots_;
  int following_ = 0;
};

class Grouping {
 public:
  Grouping(const CalendarFile& file, std::vector<ImportProblem>* partly)
      : file_(file), partly_(*partly) {}

  std::vector<CalendarSeries> Run() {
    for (const CalendarEvent& event : file_.events) {
      if (!event.recurrence_id) Whole(event);
    }
    for (const CalendarEvent& event : file_.events) {
      if (event.recurrence_id) Changed(event);
    }
    // A change of one occurrence stands above a change of it and all that follow.
    for (CalendarSeries& series : out_) {
      std::stable_sort(series.changed.begin(), series.changed.end(),
                       [](const CalendarEvent* a, const CalendarEvent* b) {
                         return std::make_pair(!a->and_following, a->recurrence_id->local) <
                                std::make_pair(!b->and_following, b->recurrence_id->local);
                       });
    }
    return std::move(out_);
  }

 private:
  void Whole(const CalendarEvent& event) {
    if (event.uid.empty()) {
      out_.push_back({.uid = "", .event = &event});
      return;
    }
    const std::string key = Key(event, event.start);
    const auto first = first_.find(event.uid);
    auto known = whole_.find(key);
    if (known == whole_.end() && first != first_.end() &&
        out_[first->second].event->sequence != event.sequence) {
      known = whole_.emplace(key, first->second).first;  // the same event, at another time
    }
    if (known != whole_.end()) return Replace(event, &out_[known->second].event);
    whole_.emplace(key, out_.size());
    std::string uid = event.uid;
    if (first != first_.end()) {
      uid += "/" + Stamp(absl::FromCivil(event.start.local, absl::UTCTimeZone()));
    }
    first_.emplace(event.uid, out_.size());
    out_.push_back({.uid = std::move(uid), .event = &event});
  }

  void Changed(const CalendarEvent& event) {
    if (event.uid.empty()) {
      out_.push_back({.uid = "", .changed = {&event}});
      return;
    }
    const auto [first, alone] = first_.try_emplace(event.uid, out_.size());
    if (alone) out_.push_back({.uid = event.uid});
    auto& changed = out_[first->second].changed;
    const auto [known, fresh] =
        changed_.try_emplace(Key(event, *event.recurrence_id), changed.size());
    if (fresh) {
      changed.push_back(&event);
    } else {
      Replace(event, &changed[known->second]);
    }
  }

  void Replace(const CalendarEvent& event, const CalendarEvent** stands) {
    const bool newer = IsNewer(event, **stands);
    partly_.push_back({"", newer ? (*stands)->line : event.line,
                       "an older version of an event that is in the file again"});
    if (newer) *stands = &event;
  }

  static std::string Key(const CalendarEvent& event, const IcalTime& time) {
    return event.uid + "\n" + Stamp(absl::FromCivil(time.local, absl::UTCTimeZone())) + time.zone +
           (time.kind == IcalTime::Kind::kUtc ? "UTC" : "");
  }

  const CalendarFile& file_;
  std::vector<ImportProblem>& partly_;
  std::vector<CalendarSeries> out_;
  // Into out_: by UID, and by UID and start; into `changed` of a series.
  std::unordered_map<std::string, size_t> first_, whole_, changed_;
};

}  // namespace

std::vector<CalendarSeries> SeriesOf(const CalendarFile& file, std::vector<ImportProblem>* partly) {
  return Grouping(file, partly).Run();
}

std::vector<CalendarOccurrence> OccurrencesOf(const CalendarFile& file,
                                              const CalendarSeries& series,
                                              const SeriesOptions& options,
                                              std::vector<ImportProblem>* partly) {
  return Occurrences(file, series, options, partly).Run();
}

}  // namespace rapport::importer
