#include "tools/rapportctl/people_mapping.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/text/locale.h"
#include "common/text/normalise.h"
#include "common/text/utf8.h"
#include "tools/rapportctl/files.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using contact::v1::Person;
using contact::v1::PersonUpsert;

constexpr std::size_t kMaxLineBytes = 65536;      // Person.unmodelled_properties
constexpr std::size_t kMaxCardBytes = 256 << 10;  // all of them, so that batches stay small
constexpr int kMaxLines = 500;

std::string Text(absl::string_view text, std::size_t max_bytes) {
  std::string out = text::ReplaceInvalidUtf8(text);
  std::replace(out.begin(), out.end(), '\0', ' ');
  return std::string(text::TruncateBytes(out, max_bytes));
}

class Mapper {
 public:
  Mapper(const importer::Contact& contact, const PeopleMapping& mapping)
      : contact_(contact), mapping_(mapping), person_(*out_.upsert.mutable_person()) {}

  MappedPerson Run() {
    Name();
    Work();
    Tongues();
    Days();
    for (const std::string& label : contact_.categories) {
      AddDistinct(Line(label, 100), 50, person_.mutable_labels());
    }
    person_.set_note(Text(contact_.note, 16384));
    Points();
    Rest();
    Identity();
    for (const std::string& steward : mapping_.stewards) out_.upsert.add_stewards(steward);
    return std::move(out_);
  }

 private:
  void Name() {
    std::string name = Line(contact_.formatted_name, 400);
    if (name.empty() && !contact_.emails.empty()) name = Line(contact_.emails[0].value, 400);
    if (name.empty() && !contact_.phones.empty()) name = Line(contact_.phones[0].number, 400);
    if (name.empty() && !contact_.messengers.empty()) {
      name = Line(contact_.messengers[0].value, 400);
    }
    if (name.empty()) name = "unnamed";
    person_.set_full_name(std::move(name));
    if (!contact_.family.empty() || !contact_.given.empty()) {
      auto& parts = *person_.mutable_name_components();
      parts.set_prefix(Line(contact_.prefix, 100));
      parts.set_given(Line(contact_.given, 200));
      parts.set_additional(Line(contact_.additional, 200));
      parts.set_surname(Line(contact_.family, 200));
      parts.set_suffix(Line(contact_.suffix, 100));
    }
    for (const std::string& nickname : contact_.nicknames) {
      AddDistinct(Line(nickname, 200), 20, person_.mutable_nicknames());
    }
  }

  void Work() {
    std::vector<std::string> parts;
    if (!contact_.organisation.empty()) parts.push_back(contact_.organisation);
    parts.insert(parts.end(), contact_.units.begin(), contact_.units.end());
    person_.set_organization(Line(absl::StrJoin(parts, ", "), 400));
    person_.set_title(Line(contact_.title.empty() ? contact_.role : contact_.title, 400));
  }

  void Tongues() {
    for (const std::string& tag : contact_.languages) {
      const auto canonical = text::CanonicalLanguageTag(tag);
      if (canonical.ok() && canonical->size() <= 35) {
        AddDistinct(*canonical, 20, person_.mutable_languages());
      }
    }
    if (text::IsIanaZone(contact_.time_zone) && contact_.time_zone.size() <= 64) {
      person_.set_time_zone(contact_.time_zone);
    }
  }

  void Days() {
    AddDay(contact_.birthday, contact::v1::Anniversary::BIRTH);
    AddDay(contact_.anniversary, contact::v1::Anniversary::WEDDING);
    for (const auto& [date, label] : contact_.days) {
      AddDay(date, contact::v1::Anniversary::OTHER, label);
    }
    person_.set_pronouns(Line(contact_.pronouns, 100));
  }

  void AddDay(const std::optional<importer::ContactDate>& date, contact::v1::Anniversary::Kind kind,
              absl::string_view label = {}) {
    if (!date || person_.anniversaries_size() >= 20) return;
    auto& day = *person_.add_anniversaries();
    day.set_kind(kind);
    day.mutable_date()->set_year(date->year.value_or(0));
    day.mutable_date()->set_month(date->month);
    day.mutable_date()->set_day(date->day);
    day.set_label(Line(label, 100));
  }

  void Points() {
    for (const auto& email : contact_.emails) {
      AddPoint(contact::v1::ContactPoint::EMAIL, email.value, email.label, email.types,
               email.preference);
    }
    for (const auto& phone : contact_.phones) {
      auto* point =
          AddPoint(contact::v1::ContactPoint::PHONE,
                   phone.extension.empty() ? phone.number
                                           : absl::StrCat(phone.number, " ext. ", phone.extension),
                   phone.label, phone.types, phone.preference);
      if (point != nullptr) point->set_region(Region());
    }
    for (const auto& messenger : contact_.messengers) {
      AddPoint(contact::v1::ContactPoint::IN_APP, messenger.value, messenger.label, messenger.types,
               messenger.preference);
    }
    for (const auto& profile : contact_.profiles) {
      AddPoint(contact::v1::ContactPoint::SOCIAL, profile.value, profile.label, profile.types,
               profile.preference);
    }
    for (const auto& address : contact_.addresses) {
      auto* point = AddPoint(contact::v1::ContactPoint::POSTAL, Printed(address), address.label,
                             address.types, address.preference);
      if (point != nullptr) point->set_region(RegionOf(address));
    }
  }

  static std::string Printed(const importer::ContactAddress& a) {
    if (!a.formatted.empty()) return a.formatted;
    std::vector<absl::string_view> parts;
    for (const std::string* part :
         {&a.po_box, &a.extended, &a.street, &a.postal_code, &a.locality, &a.region, &a.country}) {
      if (!part->empty()) parts.push_back(*part);
    }
    return absl::StrJoin(parts, ", ");
  }

  // The country of an address if it is written as a code of two letters.
  static std::string RegionOf(const importer::ContactAddress& address) {
    const std::string& code = address.country;
    const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    return code.size() == 2 && upper(code[0]) && upper(code[1]) ? code : "";
  }

  // The first of them: it tells how to read a national number.
  std::string Region() const {
    for (const auto& address : contact_.addresses) {
      if (std::string region = RegionOf(address); !region.empty()) return region;
    }
    return "";
  }

  contact::v1::ContactPoint* AddPoint(contact::v1::ContactPoint::Kind kind, absl::string_view value,
                                      absl::string_view label,
                                      const std::vector<std::string>& types, int preference) {
    if (value.empty() || out_.upsert.contact_points_size() >= 100) return nullptr;
    auto* point = out_.upsert.add_contact_points();
    point->set_kind(kind);
    point->set_value(Text(value, 1000));
    point->set_label(
        Line(label.empty() && !types.empty() ? absl::string_view(types[0]) : label, 100));
    point->set_rank(std::clamp(preference, 0, 100));
    return point;
  }

  // Whether a person has no field for what this line says.
  bool IsUnmodelled(const importer::ContactLine& line) const {
    if (line.field == "time_zone") return person_.time_zone() != line.value;
    if (line.field == "languages") {
      const auto canonical = text::CanonicalLanguageTag(line.value);
      const auto& known = person_.languages();
      return !canonical.ok() || std::find(known.begin(), known.end(), *canonical) == known.end();
    }
    return line.field != "label";
  }

  void Rest() {
    std::set<std::string> groups;
    for (const importer::ContactLine& line : contact_.lines) {
      if (!IsUnmodelled(line)) continue;
      AddLine(line.raw);
      if (!line.group.empty()) groups.insert(line.group);
    }
    for (const importer::ContactLine& line : contact_.lines) {
      if (line.field == "label" && groups.contains(line.group)) AddLine(line.raw);
    }
    for (const std::string& line : contact_.unmodelled) AddLine(line);
  }

  void AddLine(absl::string_view line) {
    if (line.size() > kMaxLineBytes || bytes_ + line.size() > kMaxCardBytes ||
        person_.unmodelled_properties_size() >= kMaxLines) {
      ++out_.dropped_lines;
      return;
    }
    bytes_ += line.size();
    person_.add_unmodelled_properties(Text(line, kMaxLineBytes));
  }

  void Identity() {
    auto& id = *out_.upsert.mutable_external_id();
    id.set_source(Line(mapping_.source, 100));
    const std::string uid = Line(contact_.uid, 4000);
    if (uid.empty()) {
      id.set_id(absl::StrCat("made-", Sha256Hex(Fingerprint()).substr(0, 32)));
    } else {
      id.set_id(uid.size() <= 400 ? uid : absl::StrCat("uid-", Sha256Hex(uid)));
    }
  }

  std::string Fingerprint() const {
    const auto name = text::FoldForLookup(person_.full_name());
    std::string address;
    if (!contact_.emails.empty()) {
      const auto email = text::NormaliseEmail(contact_.emails[0].value);
      address = email.ok() ? email->lookup_key : contact_.emails[0].value;
    } else if (!contact_.phones.empty()) {
      for (const char c : contact_.phones[0].number) {
        if ((c >= '0' && c <= '9') || c == '+') address += c;
      }
    } else if (!contact_.messengers.empty()) {
      address = contact_.messengers[0].value;
    }
    return absl::StrCat(name.ok() ? *name : person_.full_name(), "\n", address);
  }

  static void AddDistinct(std::string value, int max_items,
                          google::protobuf::RepeatedPtrField<std::string>* list) {
    if (value.empty() || list->size() >= max_items ||
        std::find(list->begin(), list->end(), value) != list->end()) {
      return;
    }
    *list->Add() = std::move(value);
  }

  const importer::Contact& contact_;
  const PeopleMapping& mapping_;
  MappedPerson out_;
  Person& person_;
  std::size_t bytes_ = 0;
};

}  // namespace

MappedPerson PersonOf(const importer::Contact& contact, const PeopleMapping& mapping) {
  return Mapper(contact, mapping).Run();
}

std::string Line(absl::string_view text, std::size_t max_bytes) {
  const std::string plain = Plain(text);
  return std::string(text::TruncateBytes(plain, max_bytes));
}

}  // namespace rapport::rapportctl
