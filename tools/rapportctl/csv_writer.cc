#include "tools/rapportctl/csv_writer.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/import/csv.h"

namespace rapport::rapportctl {
namespace {

using contact::v1::Anniversary;
using contact::v1::ContactPoint;
using contact::v1::Person;

// The best address of a kind: the lowest rank that is stated, else the first.
std::string Best(ContactPoint::Kind kind, const std::vector<ContactPoint>& points) {
  const ContactPoint* best = nullptr;
  const auto rank = [](const ContactPoint& point) { return point.rank() > 0 ? point.rank() : 101; };
  for (const ContactPoint& point : points) {
    if (point.kind() != kind) continue;
    if (best == nullptr || rank(point) < rank(*best)) best = &point;
  }
  return best == nullptr ? "" : best->value();
}

std::string Day(Anniversary::Kind kind, const Person& person) {
  for (const Anniversary& day : person.anniversaries()) {
    if (day.kind() != kind) continue;
    const auto& date = day.date();
    return date.year() == 0
               ? absl::StrFormat("--%02d-%02d", date.month(), date.day())
               : absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
  }
  return "";
}

}  // namespace

std::string CsvHead() {
  return absl::StrCat(
      importer::CsvLine({"external_id", "full_name", "given", "surname", "nicknames", "pronouns",
                         "organization", "title", "languages", "time_zone", "labels", "birthday",
                         "anniversary", "email", "phone", "postal", "social", "in_app", "note"},
                        ','),
      "\r\n");
}

std::string WriteCsv(const Person& person, const std::vector<ContactPoint>& points) {
  const auto& name = person.name_components();
  return absl::StrCat(
      importer::CsvLine(
          {person.uid(), person.full_name(), name.given(), name.surname(),
           absl::StrJoin(person.nicknames(), ","), person.pronouns(), person.organization(),
           person.title(), absl::StrJoin(person.languages(), ","), person.time_zone(),
           absl::StrJoin(person.labels(), ","), Day(Anniversary::BIRTH, person),
           Day(Anniversary::WEDDING, person), Best(ContactPoint::EMAIL, points),
           Best(ContactPoint::PHONE, points), Best(ContactPoint::POSTAL, points),
           Best(ContactPoint::SOCIAL, points), Best(ContactPoint::IN_APP, points), person.note()},
          ','),
      "\r\n");
}

}  // namespace rapport::rapportctl
