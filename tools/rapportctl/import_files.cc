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
#include "tools/rapportctl/import_run.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

bool EndsWithAny(absl::string_view name, std::initializer_list<absl::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(),
                     [&](absl::string_view end) { return absl::EndsWith(name, end); });
}

// By content: a vCard, a request, or a mail ("From " or a header).
absl::StatusOr<ImportKind> KindOfContent(const std::string& path, const std::string& given) {
  std::ifstream in(path, std::ios::binary);
  std::string start(512, '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(in.gcount()));
  const absl::string_view text = absl::StripLeadingAsciiWhitespace(start);
  if (absl::StartsWithIgnoreCase(text, "BEGIN:VCARD")) return ImportKind::kPeople;
  if (absl::StartsWith(text, "{")) return ImportKind::kHouse;
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
                   " is neither an address book (.vcf), a mailbox (.mbox, .eml) nor a list "
                   "of requests (.jsonl)"));
}

std::string PieceOf(const ImportedResult& result) {
  const ImportCounts& counts = result.counts;
  std::string out = absl::StrCat(BaseName(result.file.path), " ");
  std::vector<std::string> asides;
  switch (result.file.kind) {
    case ImportKind::kPeople:
      absl::StrAppend(&out, Count(counts.items, "person", "people"));
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
    const absl::string_view one = result.file.kind == ImportKind::kPeople ? "card"
                                  : result.file.kind == ImportKind::kMail ? "message"
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
  const std::string name = absl::AsciiStrToLower(file.path);
  if (EndsWithAny(name, {".vcf", ".vcard"})) {
    file.kind = ImportKind::kPeople;
  } else if (EndsWithAny(name, {".mbox", ".mbx", ".eml", "/mbox"})) {
    file.kind = ImportKind::kMail;
  } else if (EndsWithAny(name, {".jsonl", ".ndjson"})) {
    file.kind = ImportKind::kHouse;
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
