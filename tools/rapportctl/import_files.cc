// Which files there are to import, and what is said about them at the end.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "tools/rapportctl/import_run.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

bool EndsWithAny(absl::string_view name, std::initializer_list<absl::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(),
                     [&](absl::string_view end) { return absl::EndsWith(name, end); });
}

std::string StartOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string start(512, '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(in.gcount()));
  return start;
}

// jcard or jscontact if the text begins like such cards, or an array of them; else "".
std::string FormOfJson(absl::string_view start) {
  absl::ConsumePrefix(&start, "\xEF\xBB\xBF");
  std::string text;  // without blanks
  for (const char c : start) {
    if (!absl::ascii_isspace(static_cast<unsigned char>(c))) text.push_back(c);
  }
  if (absl::StartsWith(text, "[\"vcard\"") || absl::StartsWith(text, "[[\"vcard\"")) return "jcard";
  const bool object = absl::StartsWith(text, "{") || absl::StartsWith(text, "[{");
  return object && absl::StrContains(text, "\"@type\":\"Card\"") ? "jscontact" : "";
}

// By content: a vCard, a request, or a mail ("From " or a header).
absl::StatusOr<ImportKind> KindOfContent(const std::string& path, const std::string& given) {
  const std::string start = StartOf(path);
  const absl::string_view text = absl::StripLeadingAsciiWhitespace(start);
  if (absl::StartsWithIgnoreCase(text, "BEGIN:VCARD")) return ImportKind::kPeople;
  if (absl::StartsWithIgnoreCase(text, "BEGIN:VCALENDAR")) return ImportKind::kCalendar;
  if (absl::StartsWith(text, "{")) {
    return IsExport(text) ? ImportKind::kRestore : ImportKind::kHouse;
  }
  if (absl::StartsWith(text, "From ")) return ImportKind::kMail;
  const std::size_t colon = text.find(':');
  const auto is_name = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
  };
  if (colon != absl::string_view::npos && colon > 1 && colon < 40 &&
      std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), is_name)) {
    return ImportKind::kMail;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(given,
                   " is neither an address book (.vcf), a table (.csv), a mailbox (.mbox, .eml), "
                   "a calendar (.ics), an export nor a list of requests (.jsonl)"));
}

std::string PieceOf(const ImportedResult& result) {
  const ImportCounts& counts = result.counts;
  std::string out = absl::StrCat(BaseName(result.file.path), " ");
  std::vector<std::string> asides;
  switch (result.file.kind) {
    case ImportKind::kRestore:
      absl::StrAppend(&out, Count(counts.items, "resource", "resources"));
      break;
    case ImportKind::kPeople:
      absl::StrAppend(&out, Count(counts.items, "person", "people"));
      break;
    case ImportKind::kEngagements:
      absl::StrAppend(&out, Count(counts.items, "engagement", "engagements"));
      break;
    case ImportKind::kMail:
      absl::StrAppend(&out, Count(counts.items, "message", "messages"));
      if (counts.not_counted > 0) {
        asides.push_back(
            absl::StrCat(Grouped(counts.not_counted), " lists and auto-replies kept, not counted"));
      }
      if (counts.ourselves > 0) {
        asides.push_back(absl::StrCat(Grouped(counts.ourselves), " among yourselves left out"));
      }
      if (counts.nobody > 0) {
        asides.push_back(absl::StrCat(Grouped(counts.nobody), " to or from nobody left out"));
      }
      break;
    case ImportKind::kCalendar:
      absl::StrAppend(&out, Count(counts.items, "meeting", "meetings"));
      if (counts.planned > 0) asides.push_back(absl::StrCat(Grouped(counts.planned), " planned"));
      if (counts.not_held > 0) {
        asides.push_back(absl::StrCat(Grouped(counts.not_held), " called off left out"));
      }
      if (counts.ourselves > 0) {
        asides.push_back(absl::StrCat(Grouped(counts.ourselves), " among yourselves left out"));
      }
      if (counts.nobody > 0) {
        asides.push_back(absl::StrCat(Grouped(counts.nobody), " with nobody left out"));
      }
      break;
    case ImportKind::kHouse:
      absl::StrAppend(&out, Count(counts.items, "entry", "entries"));
      break;
  }
  if (result.skipped) {
    asides.push_back("known already");
  } else if (counts.fresh == 0 && counts.items > 0) {
    asides.push_back("nothing new");
  }
  if (!asides.empty()) absl::StrAppend(&out, " (", absl::StrJoin(asides, "; "), ")");
  if (counts.unreadable > 0) {
    const absl::string_view one = result.file.is_table                        ? "line"
                                  : result.file.kind == ImportKind::kPeople   ? "card"
                                  : result.file.kind == ImportKind::kMail     ? "message"
                                  : result.file.kind == ImportKind::kCalendar ? "event"
                                                                              : "line";
    absl::StrAppend(&out, ", ", Count(counts.unreadable, one, absl::StrCat(one, "s")), " not read");
  }
  return out;
}

}  // namespace

absl::StatusOr<ImportFile> LookAtFile(const std::string& given) {
  std::error_code error;
  std::filesystem::path path = std::filesystem::canonical(given, error);
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat(given, ": ", error.message()));
  }
  // Mail.app exports a folder "name.mbox" with the file "mbox" in it.
  if (std::filesystem::is_directory(path, error) && std::filesystem::exists(path / "mbox", error)) {
    path /= "mbox";
  }
  ImportFile file{.given = given, .path = path.string()};
  const auto state = StateOf(file.path);
  if (!state.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(given, ": ", state.status().message()));
  }
  if (state->folder) return absl::InvalidArgumentError(absl::StrCat(given, " is a folder"));
  if (!std::ifstream(file.path)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", given));
  }
  file.state = *state;
  file.form = FormOfJson(StartOf(file.path));
  const std::string name = absl::AsciiStrToLower(file.path);
  if (EndsWithAny(name, {".jcard"})) file.form = "jcard";
  if (EndsWithAny(name, {".jscontact"})) file.form = "jscontact";
  if (!file.form.empty()) {
    file.kind = ImportKind::kPeople;
  } else if (EndsWithAny(name, {".vcf", ".vcard"})) {
    file.kind = ImportKind::kPeople;
  } else if (EndsWithAny(name, {".mbox", ".mbx", ".eml", "/mbox"})) {
    file.kind = ImportKind::kMail;
  } else if (EndsWithAny(name, {".ics", ".ical", ".ifb", ".icalendar"})) {
    file.kind = ImportKind::kCalendar;
  } else if (EndsWithAny(name, {".csv", ".tsv"})) {
    file.is_table = true;
  } else if (EndsWithAny(name, {".jsonl", ".ndjson"})) {
    file.kind = IsExport(StartOf(file.path)) ? ImportKind::kRestore : ImportKind::kHouse;
  } else {
    auto kind = KindOfContent(file.path, given);
    if (!kind.ok()) return kind.status();
    file.kind = *kind;
  }
  return file;
}

std::string SummaryLine(const std::vector<ImportedResult>& results) {
  return absl::StrJoin(results, " · ", [](std::string* out, const ImportedResult& result) {
    out->append(PieceOf(result));
  });
}

}  // namespace rapport::rapportctl
