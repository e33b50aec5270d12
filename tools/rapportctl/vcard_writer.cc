#include "tools/rapportctl/vcard_writer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/text/utf8.h"

namespace rapport::rapportctl {
namespace {

using contact::v1::Anniversary;
using contact::v1::ContactPoint;
using contact::v1::Person;

constexpr std::size_t kLineBytes = 75;

std::string Escaped(absl::string_view value) {
  return absl::StrReplaceAll(
      value, {{"\\", "\\\\"}, {"\r", ""}, {"\n", "\\n"}, {",", "\\,"}, {";", "\\;"}});
}

// A parameter value: quoted, without what a quoted value cannot hold.
std::string Quoted(absl::string_view value) {
  return absl::StrCat("\"", absl::StrReplaceAll(value, {{"\"", "'"}, {"\r", ""}, {"\n", " "}}),
                      "\"");
}

class Card {
 public:
  void Add(absl::string_view property, absl::string_view value) {
    Raw(absl::StrCat(property, ":", value));
  }
  void AddText(absl::string_view property, absl::string_view value) {
    if (!value.empty()) Add(property, Escaped(value));
  }
  void Raw(absl::string_view line) {
    std::size_t room = kLineBytes;
    while (line.size() > room) {
      const absl::string_view part = text::TruncateBytes(line, room);
      if (part.empty()) break;
      absl::StrAppend(&text_, part, "\r\n ");
      line.remove_prefix(part.size());
      room = kLineBytes - 1;
    }
    absl::StrAppend(&text_, line, "\r\n");
  }
  std::string Text() && { return std::move(text_); }

 private:
  std::string text_;
};

std::string Date(const type::v1::PartialDate& date) {
  if (date.year() == 0) return absl::StrFormat("--%02d%02d", date.month(), date.day());
  return absl::StrFormat("%04d%02d%02d", date.year(), date.month(), date.day());
}

std::string UidOf(const Person& person) {
  for (const auto& id : person.external_ids()) {
    if (id.source() == "vcard" && !absl::StartsWith(id.id(), "made-") &&
        !absl::StartsWith(id.id(), "uid-")) {
      return id.id();
    }
  }
  return absl::StrCat("urn:uuid:", person.uid());
}

void Point(const ContactPoint& point, Card* card) {
  std::string parameters;
  if (point.rank() > 0) absl::StrAppend(&parameters, ";PREF=", point.rank());
  if (!point.label().empty()) absl::StrAppend(&parameters, ";TYPE=", Quoted(point.label()));
  switch (point.kind()) {
    case ContactPoint::EMAIL:
      card->AddText(absl::StrCat("EMAIL", parameters), point.value());
      break;
    case ContactPoint::PHONE:
      card->AddText(absl::StrCat("TEL", parameters), point.value());
      break;
    case ContactPoint::POSTAL:
      card->Add(absl::StrCat("ADR", parameters, ";LABEL=", Quoted(point.value())),
                absl::StrCat(";;", Escaped(point.value()), ";;;;"));
      break;
    case ContactPoint::SOCIAL:
      card->AddText(absl::StrCat("X-SOCIALPROFILE", parameters), point.value());
      break;
    default:
      card->AddText(absl::StrCat("IMPP", parameters), point.value());
      break;
  }
}

}  // namespace

std::string WriteVCard(const Person& person, const std::vector<ContactPoint>& points) {
  Card card;
  card.Raw("BEGIN:VCARD");
  card.Raw("VERSION:4.0");
  card.AddText("UID", UidOf(person));
  card.AddText("FN", person.full_name());
  if (person.has_name_components()) {
    const auto& n = person.name_components();
    card.Add("N", absl::StrJoin({Escaped(n.surname()), Escaped(n.given()), Escaped(n.additional()),
                                 Escaped(n.prefix()), Escaped(n.suffix())},
                                ";"));
  }
  if (!person.nicknames().empty()) {
    card.Add("NICKNAME", absl::StrJoin(person.nicknames(), ",",
                                       [](std::string* out, const std::string& nickname) {
                                         out->append(Escaped(nickname));
                                       }));
  }
  card.AddText("ORG", person.organization());
  card.AddText("TITLE", person.title());
  for (const Anniversary& day : person.anniversaries()) {
    if (day.kind() == Anniversary::BIRTH) card.Add("BDAY", Date(day.date()));
    if (day.kind() == Anniversary::WEDDING) card.Add("ANNIVERSARY", Date(day.date()));
    if (day.kind() == Anniversary::OTHER) {
      card.Add(absl::StrCat("X-RAPPORT-DAY;LABEL=", Quoted(day.label())), Date(day.date()));
    }
  }
  int preference = 0;
  for (const std::string& language : person.languages()) {
    card.AddText(absl::StrCat("LANG;PREF=", ++preference), language);
  }
  card.AddText("TZ", person.time_zone());
  for (const ContactPoint& point : points) Point(point, &card);
  if (!person.labels().empty()) {
    card.Add("CATEGORIES",
             absl::StrJoin(person.labels(), ",", [](std::string* out, const std::string& label) {
               out->append(Escaped(label));
             }));
  }
  card.AddText("NOTE", person.note());
  card.AddText("X-PRONOUNS", person.pronouns());
  for (const std::string& line : person.unmodelled_properties()) {
    // A line break inside would begin another property.
    card.Raw(absl::StrReplaceAll(line, {{"\r", ""}, {"\n", "\\n"}}));
  }
  card.Raw("END:VCARD");
  return std::move(card).Text();
}

}  // namespace rapport::rapportctl
