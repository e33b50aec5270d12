#include "common/text/region.h"

#include <phonenumbers/phonenumberutil.h>
#include <unicode/locid.h>
#include <unicode/uloc.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cstdint>
#include <list>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/text/normalise.h"

namespace rapport::text {
namespace {

using i18n::phonenumbers::PhoneNumberUtil;

constexpr std::size_t kShortestName = 3;

// Folded name -> region. A name that two regions have (in two languages) belongs to neither.
using Names = std::map<std::string, std::string>;

Names MakeNames() {
  std::map<std::string, std::set<std::string>> languages;  // of a region
  std::int32_t count = 0;
  const icu::Locale* locales = icu::Locale::getAvailableLocales(count);
  for (std::int32_t i = 0; i < count; ++i) {
    languages[locales[i].getCountry()].insert(locales[i].getLanguage());
  }
  Names names;
  const auto add = [&names](const std::string& name, const std::string& region) {
    const auto folded = FoldForLookup(name);
    if (!folded.ok() || folded->size() < kShortestName) return;
    const auto [it, is_new] = names.emplace(*folded, region);
    if (!is_new && it->second != region) it->second.clear();
  };
  for (const char* const* region = uloc_getISOCountries(); *region != nullptr; ++region) {
    const icu::Locale place("", *region);
    add(place.getISO3Country(), *region);
    std::set<std::string> spoken = languages[*region];
    spoken.insert("en");
    for (const std::string& language : spoken) {
      icu::UnicodeString name;
      place.getDisplayCountry(icu::Locale(language.c_str()), name);
      std::string text;
      name.toUTF8String(text);
      if (text != *region) add(text, *region);
    }
  }
  return names;
}

}  // namespace

std::vector<std::string> RegionsOfPhone(absl::string_view e164) {
  const auto* util = PhoneNumberUtil::GetInstance();
  i18n::phonenumbers::PhoneNumber number;
  if (util->Parse(std::string(e164), "ZZ", &number) != PhoneNumberUtil::NO_PARSING_ERROR) return {};
  std::list<std::string> regions;
  std::string region;
  util->GetRegionCodeForNumber(number, &region);
  if (!region.empty() && region != "ZZ") {
    regions.push_back(region);
  } else {
    util->GetRegionCodesForCountryCallingCode(number.country_code(), &regions);
  }
  std::vector<std::string> found;
  for (const std::string& code : regions) {
    if (code.size() == 2 && code != "ZZ") found.push_back(code);  // 001 is the whole world
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string RegionOfAddress(absl::string_view address) {
  static const auto* const names = new Names(MakeNames());
  const std::vector<std::string> parts = absl::StrSplit(address, absl::ByAnyChar(",;\r\n"));
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    auto folded = FoldForLookup(*part);
    if (!folded.ok()) return "";
    while (!folded->empty() && (folded->back() == ' ' || folded->back() == '.')) folded->pop_back();
    folded->erase(0, std::min(folded->find_first_not_of(' '), folded->size()));
    if (folded->empty()) continue;
    const auto it = names->find(*folded);
    return it == names->end() ? "" : it->second;
  }
  return "";
}

}  // namespace rapport::text
