#include "tools/rapportctl/names.h"

#include <unicode/translit.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <memory>

#include "absl/strings/match.h"
#include "common/text/normalise.h"

namespace rapport::rapportctl {
namespace {

// Null if this ICU lacks the rules; then names are compared as they are.
std::unique_ptr<icu::Transliterator> Make(const char* rules) {
  UErrorCode error = U_ZERO_ERROR;
  std::unique_ptr<icu::Transliterator> made(
      icu::Transliterator::createInstance(rules, UTRANS_FORWARD, error));
  return U_SUCCESS(error) != 0 ? std::move(made) : nullptr;
}

std::string Apply(const icu::Transliterator* rules, absl::string_view name) {
  std::string out(name);
  if (rules != nullptr) {
    icu::UnicodeString text = icu::UnicodeString::fromUTF8(out);
    rules->transliterate(text);
    out.clear();
    text.toUTF8String(out);
  }
  const auto folded = text::FoldForLookup(out);
  std::string words;
  for (const char c : folded.ok() ? *folded : out) {
    if (c != ' ' || (!words.empty() && words.back() != ' ')) words += c;
  }
  while (!words.empty() && words.back() == ' ') words.pop_back();
  return words;
}

NameFit Fit(const std::string& typed, const std::string& name) {
  if (typed.empty()) return NameFit::kNone;
  if (name == typed) return NameFit::kWhole;
  const auto starts_at = [&](std::size_t at) {
    return absl::StartsWith(absl::string_view(name).substr(at), typed);
  };
  const auto word_ends = [&](std::size_t at) { return at == name.size() || name[at] == ' '; };
  if (starts_at(0)) return word_ends(typed.size()) ? NameFit::kFirstWords : NameFit::kNameStart;
  NameFit best = NameFit::kNone;
  for (std::size_t at = name.find(' '); at != std::string::npos; at = name.find(' ', at + 1)) {
    if (!starts_at(at + 1)) continue;
    best = std::max(best, word_ends(at + 1 + typed.size()) ? NameFit::kWord : NameFit::kWordStart);
  }
  return best;
}

}  // namespace

std::string FoldName(absl::string_view name) {
  static const auto& rules =
      *new std::unique_ptr<icu::Transliterator>(Make("Any-Latin; Latin-ASCII; Lower"));
  return Apply(rules.get(), name);
}

std::string FoldScript(absl::string_view name) {
  static const auto& rules = *new std::unique_ptr<icu::Transliterator>(
      Make("NFD; [:Nonspacing Mark:] Remove; NFC; Latin-ASCII; Lower"));
  return Apply(rules.get(), name);
}

NameFit FitName(absl::string_view typed, absl::string_view name) {
  return std::max(Fit(FoldScript(typed), FoldScript(name)), Fit(FoldName(typed), FoldName(name)));
}

}  // namespace rapport::rapportctl
