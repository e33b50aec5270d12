// The person that a vCard describes, in plain fields.
#ifndef RAPPORT_TOOLS_IMPORT_CONTACT_H_
#define RAPPORT_TOOLS_IMPORT_CONTACT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rapport::importer {

struct VCard;

// EMAIL, IMPP, URL. All text below is valid UTF-8, trimmed, escapes undone.
struct ContactPoint {
  std::string value;               // an address without "mailto:"; otherwise as written
  std::vector<std::string> types;  // lower case: home, work, ... without pref and internet
  int preference = 0;              // 1 (best) to 100; 0 = none stated
  std::string label;               // the owner's own word for it, or ""
};

struct ContactPhone {
  std::string number;  // as written, without "tel:"
  std::string extension;
  std::vector<std::string> types;  // home, work, cell, fax, voice, pager, ...
  int preference = 0;
  std::string label;
};

struct ContactAddress {
  std::string po_box, extended, street, locality, region, postal_code, country;
  std::string formatted;  // the printed form, where the card gives one
  std::vector<std::string> types;
  int preference = 0;
  std::string label;
};

// A day of the year, with or without its year. Always a day that exists (29 February without year
// does).
struct ContactDate {
  std::optional<int> year;
  int month = 0;  // 1..12
  int day = 0;    // 1..31
  friend bool operator==(const ContactDate&, const ContactDate&) = default;
};

// Another day that returns every year.
struct ContactDay {
  ContactDate date;
  std::string label;
};

struct ContactRelated {
  std::string type;   // lower case: spouse, child, manager, assistant, ...; "" if not stated
  std::string value;  // a name, or a URI (urn:uuid:..., mailto:...)
};

// A content line of something that has a field in Contact, for those who have no such field.
struct ContactLine {
  std::string field;  // urls, related, role, time_zone or languages; label: what a group is called
  std::string group;  // lower case; often empty
  std::string value;  // unescaped
  std::string raw;    // unfolded, valid UTF-8
};

struct ContactPhoto {
  std::string media_type;  // image/jpeg; "" if not stated
  std::string uri;         // either this ...
  std::string bytes;       // ... or this
};

struct Contact {
  std::string formatted_name;  // FN, else made of the parts, else nickname, else organisation
  std::string family, given, additional, prefix, suffix;
  std::vector<std::string> nicknames;
  std::vector<ContactPoint> emails;  // each with an "@"
  std::vector<ContactPhone> phones;
  std::vector<ContactAddress> addresses;
  std::vector<ContactPoint> urls;
  std::vector<ContactPoint> messengers;
  std::vector<ContactPoint> profiles;  // in social networks
  std::string organisation;
  std::vector<std::string> units;  // departments of the organisation
  std::string title, role;
  std::optional<ContactDate> birthday, anniversary;
  std::vector<ContactDay> days;
  std::string pronouns;
  std::vector<std::string> languages;  // language tags, best first
  std::vector<std::string> categories;
  std::vector<ContactRelated> related;
  std::string uid, note, time_zone;
  std::string revision;  // REV as written
  std::optional<ContactPhoto> photo;
  // In file order.
  std::vector<ContactLine> lines;
  // Content lines (unfolded, valid UTF-8) of everything that has no field above, to be written back
  // as they are. PHOTO lines are among them too.
  std::vector<std::string> unmodelled;

  bool HasName() const;          // a name, nickname or organisation
  bool HasContactPoint() const;  // a mail address, phone, postal address or messenger
};

// Reads the fields from card.properties; what cannot be understood goes to `unmodelled`. Pure.
Contact ContactOf(const VCard& card);

// Day forms of vCard: 1985-04-12, 19850412, --04-12, --0412, with or without a time behind them.
// nullopt if month or day is missing or does not exist.
std::optional<ContactDate> ParseContactDate(std::string_view text);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_CONTACT_H_
