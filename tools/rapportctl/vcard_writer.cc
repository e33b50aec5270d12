#include "tools/rapportctl/vcard_writer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/text/utf8.h"
#include "common/time/proto_time.h"
#include "tools/import/vcard.h"
#include "tools/import/vcard_line.h"
#include "tools/rapportctl/people_mapping.h"

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
  void Raw(absl::string_view line) { lines_.emplace_back(line); }
  std::vector<std::string> Lines() && { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
};

void AppendFolded(absl::string_view line, std::string* text) {
  std::size_t room = kLineBytes;
  while (line.size() > room) {
    const absl::string_view part = text::TruncateBytes(line, room);
    if (part.empty()) break;
    absl::StrAppend(text, part, "\r\n ");
    line.remove_prefix(part.size());
    room = kLineBytes - 1;
  }
  absl::StrAppend(text, line, "\r\n");
}

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

// A kept line as vCard 4.0 can hold it: word for word, but for the encodings of older versions,
// which 4.0 does not know.
std::string Kept(const std::string& line) {
  importer::VCardProperty property;
  const bool parsed = importer::ParseContentLine(line, &property).empty();
  const std::string encoding =
      absl::AsciiStrToUpper(parsed ? std::string(property.Parameter("ENCODING")) : std::string());
  if (encoding.empty() && (!parsed || property.Parameter("CHARSET").empty())) {
    // A line break inside would begin another property.
    return absl::StrReplaceAll(line, {{"\r", ""}, {"\n", "\\n"}});
  }
  std::string out =
      property.group.empty() ? property.name : absl::StrCat(property.group, ".", property.name);
  std::string media = property.binary ? "application/octet-stream" : "";
  for (const importer::VCardParameter& parameter : property.parameters) {
    if (parameter.name == "ENCODING" || parameter.name == "CHARSET") continue;
    if (property.binary && parameter.name == "VALUE") continue;
    const std::string type = absl::AsciiStrToLower(parameter.value);
    if (property.binary && parameter.name == "TYPE") {
      const bool whole = absl::StrContains(type, "/");
      const absl::string_view kind = property.name == "SOUND" ? "audio/"
                                     : property.name == "KEY" ? "application/"
                                                              : "image/";
      media = whole ? type : absl::StrCat(kind, type == "jpg" ? "jpeg" : type);
      continue;
    }
    absl::StrAppend(&out, ";", parameter.name, "=", Quoted(parameter.value));
  }
  if (!property.binary) {
    return absl::StrCat(out, ":", absl::StrReplaceAll(property.value, {{"\r", ""}, {"\n", "\\n"}}));
  }
  return absl::StrCat(out, ":data:", media, ";base64,", absl::Base64Escape(property.value));
}

// The text of the kept ROLE, or "".
std::string RoleOf(const Person& person) {
  for (const std::string& line : person.unmodelled_properties()) {
    importer::VCardProperty property;
    if (importer::ParseContentLine(line, &property).empty() && property.name == "ROLE") {
      return Line(importer::Unescape(property.value), 400);
    }
  }
  return "";
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
      card->AddText(absl::StrCat("SOCIALPROFILE;VALUE=text", parameters), point.value());
      break;
    default:
      card->AddText(absl::StrCat("IMPP", parameters), point.value());
      break;
  }
}

}  // namespace

std::vector<std::string> CardLines(const Person& person, const std::vector<ContactPoint>& points) {
  Card card;
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
  // A card without title gave its role for one.
  if (person.title() != RoleOf(person)) card.AddText("TITLE", person.title());
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
  if (person.has_update_time()) {
    card.Add("REV", absl::FormatTime("%Y%m%dT%H%M%SZ", time::FromProto(person.update_time()),
                                     absl::UTCTimeZone()));
  }
  card.AddText("NOTE", person.note());
  card.AddText("PRONOUNS", person.pronouns());
  for (const std::string& line : person.unmodelled_properties()) {
    card.Raw(Kept(line));
  }
  return std::move(card).Lines();
}

std::string WriteVCard(const Person& person, const std::vector<ContactPoint>& points) {
  std::string text = "BEGIN:VCARD\r\nVERSION:4.0\r\n";
  for (const std::string& line : CardLines(person, points)) AppendFolded(line, &text);
  return text + "END:VCARD\r\n";
}

}  // namespace rapport::rapportctl
