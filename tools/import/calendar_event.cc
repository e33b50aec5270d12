// What a VEVENT says.
#include <algorithm>
#include <utility>

#include "tools/import/ascii.h"
#include "tools/import/calendar.h"
#include "tools/import/vcard_line.h"

namespace rapport::importer {
namespace {

constexpr size_t kMaxAttendees = 1000;
constexpr size_t kMaxDates = 20'000;
constexpr size_t kMaxRules = 10;

std::string_view WithoutScheme(std::string_view uri, std::string_view scheme) {
  uri = Strip(uri);
  while (StartsWithIgnoreCase(uri, scheme)) uri = Strip(uri.substr(scheme.size()));
  return uri;
}

bool IsMailAddress(std::string_view text) {
  const size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         std::none_of(text.begin(), text.end(), [](char c) { return IsAsciiSpace(c); });
}

bool IsLink(std::string_view text) {
  return ContainsIgnoreCase(text, "http://") || ContainsIgnoreCase(text, "https://");
}

class EventReader {
 public:
  EventReader(const IcalComponent& vevent, std::vector<ImportProblem>* partly)
      : vevent_(vevent), partly_(*partly) {}

  std::variant<CalendarEvent, ImportProblem> Read() {
    event_.line = vevent_.line;
    const IcalProperty* start = vevent_.Find("DTSTART");
    if (start == nullptr) return Problem("an event without a start");
    const auto time = TimeOf(*start, start->value);
    if (!time) return Problem("the start of the event cannot be read");
    if (time->local.year() < kFirstEventYear || time->local.year() > kLastEventYear) {
      return Problem("the start of the event is not in the years 1900 to 2199");
    }
    event_.start = *time;
    for (const IcalProperty& property : vevent_.properties) Take(property);
    Length();
    for (const ImportProblem& problem : vevent_.problems) partly_.push_back(problem);
    return std::move(event_);
  }

 private:
  void Take(const IcalProperty& property) {
    const std::string_view name = property.name;
    if (name == "UID") {
      event_.uid = std::string(Strip(Unescape(property.value)));
    } else if (name == "SUMMARY") {
      event_.summary = std::string(Strip(Unescape(property.value)));
    } else if (name == "URL") {
      event_.url = std::string(Strip(property.value));
    } else if (name == "STATUS") {
      event_.status = Upper(Strip(property.value));
    } else if (name == "TRANSP") {
      event_.transparent = EqualsIgnoreCase(Strip(property.value), "TRANSPARENT");
    } else if (name == "SEQUENCE") {
      event_.sequence = ParseWhole(property.value).value_or(0);
    } else if (name == "LAST-MODIFIED") {
      event_.stamp = std::string(Strip(property.value));
    } else if (name == "DTSTAMP") {
      if (event_.stamp.empty()) event_.stamp = std::string(Strip(property.value));
    } else if (name == "ORGANIZER") {
      event_.organizer = PartyOf(property);
    } else if (name == "ATTENDEE") {
      auto party = PartyOf(property);
      if (party && event_.attendees.size() < kMaxAttendees) {
        event_.attendees.push_back(*std::move(party));
      }
    } else if (StartsWithIgnoreCase(name, "X-RAPPORT-")) {
      Own(name.substr(10), Unescape(property.value));
    } else if (name == "RRULE" || name == "RDATE" || name == "EXDATE" || name == "EXRULE" ||
               name == "RECURRENCE-ID") {
      Recurrence(property);
    } else {
      MediumBy(property);
    }
  }

  void Recurrence(const IcalProperty& property) {
    if (property.name == "RRULE") {
      auto rule = ParseRecurrenceRule(property.value);
      if (!rule) return Partly(property, "a recurrence that cannot be read: taken as if not there");
      if (event_.rules.size() < kMaxRules) event_.rules.push_back(*std::move(rule));
    } else if (property.name == "RDATE") {
      Dates(property);
    } else if (property.name == "EXRULE") {
      Partly(property, "a rule of exceptions, which is no longer in the standard: passed over");
    } else if (property.name == "RECURRENCE-ID") {
      event_.recurrence_id = TimeOf(property, property.value);
      event_.and_following = EqualsIgnoreCase(property.Parameter("RANGE"), "THISANDFUTURE");
      if (!event_.recurrence_id) Partly(property, "the occurrence that is meant cannot be read");
    } else {
      for (const std::string_view piece : SplitEscaped(property.value, ',')) {
        if (Strip(piece).empty()) continue;
        const auto time = TimeOf(property, piece);
        if (!time) {
          Partly(property, "an exception that cannot be read");
        } else if (event_.exceptions.size() < kMaxDates) {
          event_.exceptions.push_back(*time);
        }
      }
    }
  }

  void Dates(const IcalProperty& property) {
    for (const std::string_view piece : SplitEscaped(property.value, ',')) {
      if (Strip(piece).empty()) continue;
      const size_t slash = piece.find('/');
      const auto start = TimeOf(property, piece.substr(0, slash));
      if (!start) {
        Partly(property, "a further date that cannot be read");
        continue;
      }
      CalendarDate date{.start = *start};
      if (slash != std::string_view::npos) {
        const std::string_view rest = piece.substr(slash + 1);
        date.end = TimeOf(property, rest);
        date.length = ParseIcalDuration(rest);
        if (!date.end && (!date.length || *date.length < absl::ZeroDuration())) {
          Partly(property, "a period that cannot be read: its start is taken");
          date.length.reset();
        }
      }
      if (event_.dates.size() < kMaxDates) event_.dates.push_back(std::move(date));
    }
  }

  void Length() {
    if (const IcalProperty* end = vevent_.Find("DTEND")) {
      event_.end = TimeOf(*end, end->value);
      if (!event_.end) Partly(*end, "the end of the event cannot be read");
      return;
    }
    const IcalProperty* duration = vevent_.Find("DURATION");
    if (duration == nullptr) return;
    const auto length = ParseIcalDuration(duration->value);
    if (length && *length >= absl::ZeroDuration()) {
      event_.length = *length;
    } else {
      Partly(*duration, "the duration of the event cannot be read");
    }
  }

  static std::optional<IcalTime> TimeOf(const IcalProperty& property, std::string_view text) {
    return ParseIcalTime(text, Strip(property.Parameter("TZID")));
  }

  static std::optional<CalendarParty> PartyOf(const IcalProperty& property) {
    CalendarParty out;
    const std::string_view value = Strip(property.value);
    // Exchange writes unusable values and the address in a parameter.
    for (const std::string_view text : {value, property.Parameter("EMAIL")}) {
      const std::string_view address = WithoutScheme(text, "mailto:");
      if (!IsMailAddress(address)) continue;
      out.address = std::string(address);
      break;
    }
    if (out.address.empty() && StartsWithIgnoreCase(value, "tel:")) {
      out.address = std::string(WithoutScheme(value, "tel:"));
      out.phone = true;
    }
    if (out.address.empty()) return std::nullopt;
    out.name = std::string(Strip(property.Parameter("CN")));
    out.role = Upper(property.Parameter("ROLE"));
    out.answer = Upper(property.Parameter("PARTSTAT"));
    out.type = Upper(property.Parameter("CUTYPE"));
    return out;
  }

  void MediumBy(const IcalProperty& property) {
    using Medium = CalendarEvent::Medium;
    Medium seen = Medium::kUnknown;
    if (property.name == "CONFERENCE") {
      const bool phone = StartsWithIgnoreCase(Strip(property.value), "tel:");
      seen = phone ? Medium::kPhone : Medium::kVideo;
    } else if (IsOneOf(property.name, {"X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL",
                                       "X-MICROSOFT-ONLINEMEETINGCONFLINK", "X-ZOOM-MEETING"})) {
      seen = Strip(property.value).empty() ? Medium::kUnknown : Medium::kVideo;
    } else if (property.name == "LOCATION" && !Strip(property.value).empty()) {
      const std::string_view where = property.value;
      const bool video = IsLink(where) || ContainsIgnoreCase(where, "microsoft teams") ||
                         ContainsIgnoreCase(where, "zoom.us") || EqualsIgnoreCase(where, "zoom");
      seen = video ? Medium::kVideo : Medium::kInPerson;
    }
    // A video link beside a room or a number: they saw each other that way.
    if (seen == Medium::kVideo || event_.medium == Medium::kUnknown) {
      event_.medium = seen == Medium::kUnknown ? event_.medium : seen;
    }
  }

  void Own(std::string_view name, std::string value) {
    if (name == "SOURCE") event_.rapport_source = std::move(value);
    if (name == "SOURCE-ID") event_.rapport_source_id = std::move(value);
    if (name == "KIND") event_.rapport_kind = std::move(value);
    if (name == "CHANNEL") event_.rapport_channel = std::move(value);
  }

  // The file's name is put in by the caller.
  void Partly(const IcalProperty& property, std::string reason) {
    partly_.push_back({"", property.line, std::move(reason)});
  }
  ImportProblem Problem(std::string reason) const { return {"", vevent_.line, std::move(reason)}; }

  const IcalComponent& vevent_;
  std::vector<ImportProblem>& partly_;
  CalendarEvent event_;
};

}  // namespace

std::variant<CalendarEvent, ImportProblem> EventOf(const IcalComponent& vevent,
                                                   std::vector<ImportProblem>* partly) {
  return EventReader(vevent, partly).Read();
}

void SetLengths(const CalendarZones& zones, CalendarEvent* event,
                std::vector<ImportProblem>* partly) {
  bool unknown = false;
  zones.Of(event->start, &unknown);
  if (unknown) {
    partly->push_back(
        {"", event->line, "a time zone that is not known: taken for the calendar's own"});
  }
  const absl::Time start = zones.ToTime(event->start);
  if (event->end) event->length = zones.ToTime(*event->end) - start;
  if (event->length < absl::ZeroDuration()) {
    event->length = absl::ZeroDuration();
    partly->push_back({"", event->line, "the event ends before it starts: taken without its end"});
  }
  for (CalendarDate& date : event->dates) {
    if (date.end) date.length = zones.ToTime(*date.end) - zones.ToTime(date.start);
    if (date.length && *date.length < absl::ZeroDuration()) date.length.reset();
  }
}

}  // namespace rapport::importer
