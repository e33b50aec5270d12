#include "tools/rapportctl/found.h"

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tools/rapportctl/names.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

constexpr std::size_t kListed = 8;

}  // namespace

absl::StatusOr<std::size_t> FindByWords(const std::vector<Candidate>& candidates,
                                        absl::string_view typed, absl::string_view what,
                                        absl::string_view whose) {
  std::vector<std::size_t> whole;
  std::vector<std::size_t> part;
  const std::string words = FoldScript(typed);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].name == typed) return i;
    const std::string text = FoldScript(candidates[i].text);
    if (text == words) whole.push_back(i);
    if (!words.empty() && absl::StrContains(text, words)) part.push_back(i);
  }
  const std::vector<std::size_t>& fits = whole.empty() ? part : whole;
  if (fits.size() == 1) return fits[0];
  if (fits.empty()) {
    return absl::NotFoundError(absl::StrCat("no ", what, whose, " says \"", Plain(typed), "\""));
  }
  std::string text =
      absl::StrCat(NumberWord(static_cast<std::int64_t>(fits.size())), " ", what, "s say that: ");
  for (std::size_t i = 0; i < fits.size() && i < kListed; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : "; ", Plain(candidates[fits[i]].text));
  }
  if (fits.size() > kListed) text += "; …";
  return absl::NotFoundError(text);
}

}  // namespace rapport::rapportctl
