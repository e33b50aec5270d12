#include "services/recommendation/rules/wording.h"

#include <set>
#include <utility>

#include "services/recommendation/rules/anniversary.h"

namespace rapport::recommendation {
namespace {

using ::rapport::contact::v1::Anniversary;

// What a day is called, and its place among others of the same day.
std::pair<int, std::string> NameOfDay(const Anniversary& anniversary) {
  switch (anniversary.kind()) {
    case Anniversary::BIRTH:
      return {1, "birthday"};
    case Anniversary::WEDDING:
      return {2, "wedding anniversary"};
    default:
      return {3, anniversary.label().empty() ? "anniversary" : Quote(anniversary.label())};
  }
}

}  // namespace

std::string Wording::DayNames(absl::CivilDay day) const {
  std::set<std::pair<int, std::string>> names;
  for (const Anniversary& anniversary : person_->anniversaries()) {
    if (FallsOn(DayOfLeapYear(anniversary.date()), day)) names.insert(NameOfDay(anniversary));
  }
  std::string said;
  for (const auto& [order, name] : names) absl::StrAppend(&said, said.empty() ? "" : " and ", name);
  return said;
}

}  // namespace rapport::recommendation
