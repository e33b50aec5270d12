#include "tools/import/calendar.h"

#include <utility>

#include "tools/import/ascii.h"

namespace rapport::importer {
namespace {

class CalendarReader {
 public:
  CalendarReader(std::istream* in, const CalendarOptions& options)
      : options_(options),
        reader_(in, {.file = options.file}),
        zone_steps_left_(options.max_zone_steps) {}

  CalendarFile Read() {
    out_.zones.emplace_back(options_.zone);
    while (auto next = reader_.Next()) {
      if (auto* problem = std::get_if<ImportProblem>(&*next)) {
        out_.unreadable.push_back(std::move(*problem));
      } else {
        Take(std::get<IcalComponent>(*next));
      }
    }
    EndOfCalendar();
    if (!calendar_)
      out_.unreadable.insert(out_.unreadable.begin(), Problem(1, "no calendar in it"));
    for (auto* list : {&out_.unreadable, &out_.partly}) {
      for (ImportProblem& problem : *list) problem.file = options_.file;
    }
    return std::move(out_);
  }

 private:
  void Take(IcalComponent& component) {
    if (component.name == "VEVENT") {
      calendar_ = true;
      return Event(component);
    }
    for (ImportProblem& problem : component.problems) out_.partly.push_back(std::move(problem));
    if (component.name == "VTIMEZONE") {
      zones().Define(component, &zone_steps_left_, &out_.partly);
    } else if (component.name == "VCALENDAR") {
      calendar_ = true;
      EndOfCalendar(&component);
    } else if (IsOneOf(component.name, {"VTODO", "VJOURNAL", "VFREEBUSY", "VAVAILABILITY"})) {
      ++out_.other;
      out_.partly.push_back(Problem(component.line, Cat({component.name, ": not an event"})));
    }
  }

  void Event(const IcalComponent& component) {
    if (out_.events.size() >= options_.max_events) {
      if (!full_)
        out_.unreadable.push_back(Problem(component.line, "too many events: no more read"));
      full_ = true;
      return;
    }
    auto event = EventOf(component, &out_.partly);
    if (auto* problem = std::get_if<ImportProblem>(&event)) {
      out_.unreadable.push_back(std::move(*problem));
      return;
    }
    auto& read = std::get<CalendarEvent>(event);
    read.calendar = static_cast<int>(out_.zones.size()) - 1;
    out_.events.push_back(std::move(read));
  }

  // What is known only behind the events: the zones of times, and whether all is called off.
  void EndOfCalendar(const IcalComponent* calendar = nullptr) {
    bool cancelled = false;
    if (calendar != nullptr) {
      if (const auto* zone = calendar->Find("X-WR-TIMEZONE")) zones().SetFloating(zone->value);
      const auto* method = calendar->Find("METHOD");
      cancelled = method != nullptr && EqualsIgnoreCase(Strip(method->value), "CANCEL");
    }
    for (; settled_ < out_.events.size(); ++settled_) {
      CalendarEvent& event = out_.events[settled_];
      SetLengths(zones(), &event, &out_.partly);
      if (cancelled) event.status = "CANCELLED";
    }
    out_.zones.emplace_back(options_.zone);
  }

  CalendarZones& zones() { return out_.zones.back(); }
  static ImportProblem Problem(int64_t line, std::string reason) {
    return {"", line, std::move(reason)};
  }

  const CalendarOptions& options_;
  IcalReader reader_;
  std::int64_t zone_steps_left_;
  CalendarFile out_;
  size_t settled_ = 0;
  bool calendar_ = false;  // one was seen, or at least an event
  bool full_ = false;
};

}  // namespace

CalendarFile ReadCalendar(std::istream* in, const CalendarOptions& options) {
  return CalendarReader(in, options).Read();
}

}  // namespace rapport::importer
