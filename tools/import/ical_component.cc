#include "tools/import/ical_component.h"

#include <algorithm>
#include <utility>

#include "tools/import/ascii.h"
#include "tools/import/charset.h"
#include "tools/import/text_stream.h"
#include "tools/import/vcard_line.h"

namespace rapport::importer {
namespace {

constexpr size_t kMaxProperties = 20'000;
constexpr size_t kMaxProblems = 100;
constexpr size_t kMaxNameBytes = 100;

// Components of which none stands inside another of its kind, nor inside each other.
bool IsEntry(std::string_view name) {
  return IsOneOf(name, {"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE", "VAVAILABILITY"});
}

// What may be left out without a word when it is too large.
bool IsAttachment(std::string_view line) {
  const std::string name = ReadLineHead(line.substr(0, 4096)).name;
  return IsOneOf(name, {"ATTACH", "IMAGE"}) || StartsWithIgnoreCase(name, "X-");
}

// The value of "BEGIN:" or "END:", or nullopt if the line is none.
std::optional<std::string_view> ValueOf(std::string_view line, std::string_view name) {
  if (!StartsWithIgnoreCase(line, name)) return std::nullopt;
  line = Strip(line.substr(name.size()));
  if (line.empty() || line[0] != ':') return std::nullopt;
  return Strip(line.substr(1));
}

// As it may stand in a sentence.
std::string Said(std::string_view name) {
  std::string out = ToUtf8(Upper(name.substr(0, kMaxNameBytes)));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c >= 0 && c < ' '; }, ' ');
  return Strip(out).empty() ? "(no name)" : out;
}

}  // namespace

const IcalProperty* IcalComponent::Find(std::string_view property) const {
  const auto it = std::find_if(properties.begin(), properties.end(),
                               [&](const IcalProperty& p) { return p.name == property; });
  return it == properties.end() ? nullptr : &*it;
}

IcalReader::IcalReader(std::istream* in, IcalOptions options)
    : options_(std::move(options)),
      recoded_(NewTextStream(in)),
      lines_(recoded_.get(),
             {.ends = LineReader::Ends::kAny, .max_line_bytes = options_.max_line_bytes}) {
  has_next_ = lines_.Next(&next_);
}

IcalReader::~IcalReader() = default;

// Unfolds: a line that begins with a blank goes on with the one before. Some programs write empty
// lines in between.
bool IcalReader::NextLogical(std::string* text, int64_t* line, bool* too_long) {
  while (has_next_ && Strip(next_.text).empty()) has_next_ = lines_.Next(&next_);
  if (!has_next_) return false;
  *text = std::move(next_.text);
  *line = next_.number;
  *too_long = next_.truncated;
  while (true) {
    has_next_ = lines_.Next(&next_);
    if (!has_next_) return true;
    if (next_.text.empty()) continue;
    if (next_.text[0] != ' ' && next_.text[0] != '\t') return true;
    if (text->size() + next_.text.size() > options_.max_line_bytes || next_.truncated) {
      *too_long = true;
    } else {
      text->append(next_.text, 1);
    }
  }
}

std::optional<std::variant<IcalComponent, ImportProblem>> IcalReader::Next() {
  std::string text;
  int64_t line = 0;
  bool too_long = false;
  while (ready_.empty()) {
    if (!NextLogical(&text, &line, &too_long)) {
      if (open_.empty()) return std::nullopt;
      CloseDownTo(0);
      break;
    }
    Take(text, line, too_long);
  }
  auto out = std::move(ready_.front());
  ready_.pop_front();
  return out;
}

void IcalReader::Take(std::string_view text, int64_t line, bool too_long) {
  if (const auto name = ValueOf(text, "BEGIN")) return Begin(*name, line);
  if (const auto name = ValueOf(text, "END")) return End(*name, line);
  if (ignored_depth_ > 0) return;
  if (open_.empty()) {
    if (!outside_said_) {
      ready_.emplace_back(ImportProblem{options_.file, line, "text outside a calendar"});
    }
    outside_said_ = true;
    return;
  }
  if (too_long) {
    if (!IsAttachment(text)) Note(line, "a line that is too long");
    return;
  }
  Open& top = open_.back();
  top.bytes += text.size();
  if (top.bytes > options_.max_component_bytes ||
      top.component.properties.size() >= kMaxProperties) {
    if (!top.full) Note(line, "too large: the lines from here on are left out");
    top.full = true;
    return;
  }
  IcalProperty property;
  const std::string reason = ParseContentLine(text, &property);
  if (!reason.empty()) return Note(line, reason);
  property.line = line;
  property.raw.clear();
  property.raw.shrink_to_fit();
  top.component.properties.push_back(std::move(property));
}

void IcalReader::Begin(std::string_view value, int64_t line) {
  outside_said_ = false;
  const std::string name = Said(value);
  if (ignored_depth_ > 0) {
    ++ignored_depth_;
    return;
  }
  if (name == "VCALENDAR") {
    CloseDownTo(0);
  } else if (IsEntry(name)) {
    const auto entry = std::find_if(open_.begin(), open_.end(),
                                    [](const Open& open) { return IsEntry(open.component.name); });
    CloseDownTo(static_cast<size_t>(entry - open_.begin()));
  }
  if (open_.size() >= options_.max_depth) {
    Note(line, "components too deep in each other: left out");
    ignored_depth_ = 1;
    return;
  }
  open_.push_back({.component = {.name = name, .line = line}});
}

void IcalReader::End(std::string_view value, int64_t line) {
  if (ignored_depth_ > 0) {
    --ignored_depth_;
    return;
  }
  const std::string name = Said(value);
  const auto found = std::find_if(open_.rbegin(), open_.rend(),
                                  [&](const Open& open) { return open.component.name == name; });
  if (found == open_.rend()) {
    const std::string reason = Cat({"END:", name, " without its BEGIN"});
    if (open_.empty()) {
      ready_.emplace_back(ImportProblem{options_.file, line, reason});
    } else {
      Note(line, reason);
    }
    return;
  }
  CloseDownTo(static_cast<size_t>(open_.rend() - found));
  CloseTop();
}

void IcalReader::CloseDownTo(size_t keep) {
  ignored_depth_ = 0;
  while (open_.size() > keep) {
    Note(open_.back().component.line, Cat({open_.back().component.name, " without its END"}));
    CloseTop();
  }
}

void IcalReader::CloseTop() {
  IcalComponent done = std::move(open_.back().component);
  open_.pop_back();
  const bool alone = open_.empty() || open_.back().component.name == "VCALENDAR";
  if (alone || done.name == "VEVENT") {
    ready_.emplace_back(std::move(done));
    return;
  }
  IcalComponent& parent = open_.back().component;
  for (ImportProblem& problem : done.problems) {
    if (parent.problems.size() < kMaxProblems) parent.problems.push_back(std::move(problem));
  }
  done.problems.clear();
  open_.back().bytes += done.name.size() + 256;
  if (open_.back().bytes > options_.max_component_bytes) {
    if (!open_.back().full) Note(done.line, "too large: the lines from here on are left out");
    open_.back().full = true;
    return;
  }
  parent.children.push_back(std::move(done));
}

void IcalReader::Note(int64_t line, std::string reason) {
  if (open_.empty()) return;
  auto& problems = open_.back().component.problems;
  if (problems.size() < kMaxProblems) {
    problems.push_back({options_.file, line, std::move(reason)});
  }
}

}  // namespace rapport::importer
