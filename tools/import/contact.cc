#include "tools/import/contact.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <map>
#include <set>
#include <utility>

#include "tools/import/ascii.h"
#include "tools/import/vcard.h"
#include "tools/import/vcard_line.h"

namespace rapport::importer {
namespace {

// Apple writes this year where there is none.
constexpr int kAppleNoYear = 1604;

std::string Text(std::string_view escaped) { return std::string(Strip(Unescape(escaped))); }

std::vector<std::string> TextList(std::string_view escaped, char separator) {
  std::vector<std::string> out;
  for (const std::string_view piece : SplitEscaped(escaped, separator)) {
    if (std::string text = Text(piece); !text.empty()) out.push_back(std::move(text));
  }
  return out;
}

int PreferenceOf(const VCardProperty& property) {
  const std::string_view stated = Strip(property.Parameter("PREF"));
  int preference = 0;
  const auto parsed = std::from_chars(stated.data(), stated.data() + stated.size(), preference);
  if (parsed.ec == std::errc() && parsed.ptr == stated.data() + stated.size()) {
    return std::clamp(preference, 1, 100);
  }
  return property.HasType("PREF") ? 1 : 0;
}

std::vector<std::string> TypesOf(const VCardProperty& property) {
  std::vector<std::string> out;
  for (const VCardParameter& p : property.parameters) {
    if (p.name != "TYPE") continue;
    std::string type = Lower(Strip(p.value));
    if (type.empty() || type == "pref" || type == "internet") continue;
    if (std::find(out.begin(), out.end(), type) == out.end()) out.push_back(std::move(type));
  }
  return out;
}

// Takes "scheme:" away, ignoring case.
std::string_view WithoutScheme(std::string_view text, std::string_view scheme) {
  if (StartsWithIgnoreCase(text, scheme)) text.remove_prefix(scheme.size());
  return text;
}

// _$!<HomePage>!$_ is how Apple writes the labels of its own list.
std::string Label(std::string_view escaped) {
  const std::string text = Text(escaped);
  std::string_view label = text;
  if (label.starts_with("_$!<") && label.ends_with(">!$_") && label.size() >= 8) {
    label = label.substr(4, label.size() - 8);
  }
  return std::string(label);
}

class Builder {
 public:
  explicit Builder(const VCard& card) : card_(card) {
    for (const VCardProperty& property : card.properties) {
      if (!property.group.empty() && IsOneOf(property.name, {"X-ABLABEL", "X-EVOLUTION-LABEL"})) {
        labels_.try_emplace(Lower(property.group), Label(property.value));
      }
    }
  }

  Contact Build() {
    std::vector<bool> used(card_.properties.size(), false);
    for (size_t i = 0; i < card_.properties.size(); ++i) {
      const VCardProperty& property = card_.properties[i];
      used[i] = !property.binary && Read(property);
      if (property.name == "PHOTO") Photo(property);
      if (!used[i]) continue;
      if (!property.group.empty()) labelled_groups_.insert(Lower(property.group));
      if (const std::string_view field = FieldOfLine(property.name); !field.empty()) {
        AddLine(field, property);
      }
    }
    for (size_t i = 0; i < card_.properties.size(); ++i) {
      const VCardProperty& property = card_.properties[i];
      if (used[i]) continue;
      if (IsOneOf(property.name, {"X-ABLABEL", "X-EVOLUTION-LABEL"}) &&
          labelled_groups_.contains(Lower(property.group))) {
        AddLine("label", property);
        continue;
      }
      if (Strip(property.value).empty() && !property.binary && property.name != "AGENT") {
        continue;  // an empty NOTE says nothing
      }
      contact_.unmodelled.push_back(property.raw);
    }
    AddPrintedAddresses();
    ComposeName();
    std::stable_sort(languages_.begin(), languages_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [preference, tag] : languages_) contact_.languages.push_back(std::move(tag));
    return std::move(contact_);
  }

 private:
  std::string LabelOf(const VCardProperty& property) const {
    const auto found = labels_.find(Lower(property.group));
    return property.group.empty() || found == labels_.end() ? "" : found->second;
  }

  // Of a property that was read, if its line is kept.
  static std::string_view FieldOfLine(std::string_view name) {
    if (name == "URL") return "urls";
    if (name == "ROLE") return "role";
    if (name == "TZ") return "time_zone";
    if (name == "LANG" || name == "X-LANGUAGE") return "languages";
    return IsRelated(name) ? "related" : "";
  }

  void AddLine(std::string_view field, const VCardProperty& property) {
    contact_.lines.push_back(
        {std::string(field), Lower(property.group), Text(property.value), property.raw});
  }

  static bool IsRelated(std::string_view name) {
    return name == "RELATED" || name == "X-ABRELATEDNAMES" || name == "X-MS-CHILD" ||
           IsSpouse(name) || IsManager(name) || IsAssistant(name);
  }
  static bool IsSpouse(std::string_view name) {
    return IsOneOf(
        name, {"X-SPOUSE", "X-EVOLUTION-SPOUSE", "X-KADDRESSBOOK-X-SPOUSESNAME", "X-MS-SPOUSE"});
  }
  static bool IsManager(std::string_view name) {
    return IsOneOf(name, {"X-MANAGER", "X-EVOLUTION-MANAGER", "X-MS-MANAGER",
                          "X-KADDRESSBOOK-X-MANAGERSNAME"});
  }
  static bool IsAssistant(std::string_view name) {
    return IsOneOf(name, {"X-ASSISTANT", "X-EVOLUTION-ASSISTANT", "X-MS-ASSISTANT",
                          "X-KADDRESSBOOK-X-ASSISTANTSNAME"});
  }

  // Each of these returns false if the property has no place in the contact.
  bool Read(const VCardProperty& property) {
    const std::string& name = property.name;
    const std::string& value = property.value;
    if (name == "N") return ReadName(property);
    if (name == "FN") return SetOnce(&contact_.formatted_name, Text(value));
    if (name == "NICKNAME") return AddAll(&contact_.nicknames, TextList(value, ','));
    if (name == "EMAIL") return ReadEmail(property);
    if (name == "TEL") return ReadPhone(property);
    if (name == "ADR") return ReadAddress(property);
    if (name == "LABEL") return ReadPrintedAddress(property);
    if (name == "ORG") return ReadOrganisation(property);
    if (name == "TITLE") return SetOnce(&contact_.title, Text(value));
    if (name == "ROLE") return SetOnce(&contact_.role, Text(value));
    if (name == "NOTE") return ReadNote(property);
    if (name == "UID") return SetOnce(&contact_.uid, Text(value));
    if (name == "TZ") return SetOnce(&contact_.time_zone, Text(value));
    if (name == "REV") return SetOnce(&contact_.revision, Text(value));
    if (name == "CATEGORIES") return AddAll(&contact_.categories, TextList(value, ','));
    if (name == "BDAY") return ReadDate(property, &contact_.birthday);
    if (IsOneOf(name, {"ANNIVERSARY", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY",
                       "X-MS-ANNIVERSARY", "X-KADDRESSBOOK-X-ANNIVERSARY"})) {
      return ReadDate(property, &contact_.anniversary);
    }
    if (name == "X-ABDATE" && EqualsIgnoreCase(LabelOf(property), "anniversary")) {
      return ReadDate(property, &contact_.anniversary);
    }
    if (name == "X-RAPPORT-DAY") return ReadDay(property);
    if (name == "PRONOUNS" || name == "X-PRONOUNS") {
      return SetOnce(&contact_.pronouns, Text(value));
    }
    if (name == "URL") return ReadPoint(property, "", &contact_.urls);
    if (name == "SOCIALPROFILE") return ReadPoint(property, "", &contact_.profiles);
    if (name == "IMPP") return ReadPoint(property, "", &contact_.messengers);
    if (IsOneOf(name, {"X-AIM", "X-MSN", "X-SKYPE", "X-JABBER", "X-ICQ", "X-YAHOO", "X-QQ",
                       "X-GOOGLE-TALK", "X-GTALK", "X-SKYPE-USERNAME", "X-GADUGADU", "X-TWITTER",
                       "X-MATRIX", "X-TELEGRAM"})) {
      std::string scheme = Lower(std::string_view(name).substr(2));
      if (scheme == "skype-username") scheme = "skype";
      if (scheme == "jabber" || scheme == "google-talk" || scheme == "gtalk") scheme = "xmpp";
      return ReadPoint(property, Cat({scheme, ":"}), &contact_.messengers);
    }
    if (name == "X-MS-IMADDRESS") return ReadPoint(property, "", &contact_.messengers);
    if (name == "LANG" || name == "X-LANGUAGE") return ReadLanguage(property);
    return ReadRelated(property);
  }

  static bool SetOnce(std::string* field, std::string text) {
    if (text.empty()) return true;
    if (!field->empty()) return *field == text;
    *field = std::move(text);
    return true;
  }

  static bool AddAll(std::vector<std::string>* field, std::vector<std::string> texts) {
    for (std::string& text : texts) {
      if (std::find(field->begin(), field->end(), text) == field->end() &&
          field->size() < kMaxListItems) {
        field->push_back(std::move(text));
      }
    }
    return true;
  }

  bool ReadName(const VCardProperty& property) {
    if (have_name_) return false;
    const auto pieces = SplitEscaped(property.value, ';');
    const std::array<std::string*, 5> fields = {&contact_.family, &contact_.given,
                                                &contact_.additional, &contact_.prefix,
                                                &contact_.suffix};
    for (size_t i = 0; i < fields.size() && i < pieces.size(); ++i) {
      std::string joined;
      for (const std::string& part : TextList(pieces[i], ',')) {
        joined += Cat({joined.empty() ? "" : " ", part});
      }
      have_name_ = have_name_ || !joined.empty();
      *fields.at(i) = std::move(joined);
    }
    return true;
  }

  bool ReadEmail(const VCardProperty& property) {
    const std::string text = Text(property.value);
    const std::string address(Strip(WithoutScheme(text, "mailto:")));
    if (address.empty()) return true;
    if (address.find('@') == std::string::npos) return false;
    contact_.emails.push_back(
        {address, TypesOf(property), PreferenceOf(property), LabelOf(property)});
    return true;
  }

  bool ReadPhone(const VCardProperty& property) {
    const std::string text = Text(property.value);
    ContactPhone phone;
    std::string_view number = text;
    if (StartsWithIgnoreCase(number, "tel:")) {
      number.remove_prefix(4);
      const size_t semicolon = std::min(number.find(';'), number.size());
      const std::string_view extras = number.substr(semicolon);
      if (const size_t at = extras.find(";ext="); at != std::string_view::npos) {
        const std::string_view extension = extras.substr(at + 5);
        phone.extension = std::string(extension.substr(0, extension.find(';')));
      }
      number = number.substr(0, semicolon);
    }
    phone.number = std::string(Strip(number));
    if (phone.number.empty()) return text.empty();
    phone.types = TypesOf(property);
    phone.preference = PreferenceOf(property);
    phone.label = LabelOf(property);
    contact_.phones.push_back(std::move(phone));
    return true;
  }

  bool ReadAddress(const VCardProperty& property) {
    ContactAddress address;
    const auto pieces = SplitEscaped(property.value, ';');
    const std::array<std::string*, 7> fields = {
        &address.po_box, &address.extended,    &address.street, &address.locality,
        &address.region, &address.postal_code, &address.country};
    bool any = false;
    for (size_t i = 0; i < fields.size() && i < pieces.size(); ++i) {
      *fields.at(i) = Text(pieces[i]);
      any = any || !fields.at(i)->empty();
    }
    address.formatted = Text(property.Parameter("LABEL"));
    if (!any && address.formatted.empty()) return true;
    address.types = TypesOf(property);
    address.preference = PreferenceOf(property);
    address.label = LabelOf(property);
    contact_.addresses.push_back(std::move(address));
    return true;
  }

  bool ReadPrintedAddress(const VCardProperty& property) {
    printed_.push_back({Text(property.value), TypesOf(property), &property});
    return true;
  }

  // LABEL belongs to the ADR of the same types, in order; without one it is an address of its own.
  void AddPrintedAddresses() {
    for (Printed& printed : printed_) {
      if (printed.text.empty()) continue;
      const auto home_or_work = [](const std::vector<std::string>& types) {
        const auto has = [&](std::string_view t) {
          return std::find(types.begin(), types.end(), t) != types.end();
        };
        return (has("home") ? 1 : 0) + (has("work") ? 2 : 0);
      };
      const auto match = std::find_if(
          contact_.addresses.begin(), contact_.addresses.end(), [&](const ContactAddress& a) {
            return a.formatted.empty() && home_or_work(a.types) == home_or_work(printed.types);
          });
      if (match != contact_.addresses.end()) {
        match->formatted = std::move(printed.text);
        continue;
      }
      ContactAddress address;
      address.formatted = std::move(printed.text);
      address.types = std::move(printed.types);
      address.preference = PreferenceOf(*printed.property);
      contact_.addresses.push_back(std::move(address));
    }
  }

  bool ReadOrganisation(const VCardProperty& property) {
    std::vector<std::string> pieces = TextList(property.value, ';');
    if (pieces.empty()) return true;
    if (!contact_.organisation.empty()) return false;
    contact_.organisation = std::move(pieces.front());
    contact_.units.assign(std::make_move_iterator(pieces.begin() + 1),
                          std::make_move_iterator(pieces.end()));
    return true;
  }

  bool ReadNote(const VCardProperty& property) {
    const std::string text = Text(property.value);
    if (text.empty()) return true;
    contact_.note += Cat({contact_.note.empty() ? "" : "\n\n", text});
    return true;
  }

  static bool ReadDate(const VCardProperty& property, std::optional<ContactDate>* field) {
    if (Strip(property.value).empty()) return true;
    std::optional<ContactDate> date = ParseContactDate(Text(property.value));
    if (!date.has_value()) return false;
    const std::string_view omit = property.Parameter("X-APPLE-OMIT-YEAR");
    if (date->year == kAppleNoYear || (!omit.empty() && omit == std::to_string(*date->year))) {
      date->year.reset();
    }
    if (field->has_value()) return **field == *date;
    *field = date;
    return true;
  }

  bool ReadDay(const VCardProperty& property) {
    std::optional<ContactDate> date;
    if (contact_.days.size() >= kMaxListItems || !ReadDate(property, &date) || !date) return false;
    contact_.days.push_back({*date, std::string(Strip(property.Parameter("LABEL")))});
    return true;
  }

  bool ReadPoint(const VCardProperty& property, std::string_view scheme,
                 std::vector<ContactPoint>* points) {
    const std::string text = Text(property.value);
    if (text.empty()) return true;
    const std::string_view bare =
        scheme.empty() ? std::string_view(text) : WithoutScheme(text, scheme);
    points->push_back(
        {Cat({scheme, bare}), TypesOf(property), PreferenceOf(property), LabelOf(property)});
    return true;
  }

  bool ReadLanguage(const VCardProperty& property) {
    const int preference = PreferenceOf(property);
    for (std::string& tag : TextList(property.value, ',')) {
      if (languages_.size() >= kMaxListItems) break;
      languages_.emplace_back(preference == 0 ? 101 : preference, std::move(tag));
    }
    return true;
  }

  bool ReadRelated(const VCardProperty& property) {
    const std::string& name = property.name;
    ContactRelated related;
    if (name == "RELATED") {
      const std::vector<std::string> types = TypesOf(property);
      related.type = types.empty() ? "" : types.front();
    } else if (name == "X-ABRELATEDNAMES") {
      related.type = Lower(LabelOf(property));
    } else if (IsSpouse(name)) {
      related.type = "spouse";
    } else if (IsManager(name)) {
      related.type = "manager";
    } else if (IsAssistant(name)) {
      related.type = "assistant";
    } else if (name == "X-MS-CHILD") {
      related.type = "child";
    } else {
      return false;
    }
    related.value = Text(property.value);
    if (!related.value.empty()) contact_.related.push_back(std::move(related));
    return true;
  }

  void Photo(const VCardProperty& property) {
    if (contact_.photo.has_value() || property.value.empty()) return;
    ContactPhoto photo;
    photo.media_type = Lower(property.Parameter("MEDIATYPE"));
    if (photo.media_type.empty()) {
      for (const std::string& type : TypesOf(property)) {
        if (IsOneOf(type, {"jpeg", "png", "gif", "bmp", "tiff", "webp", "jpg"})) {
          photo.media_type = Cat({"image/", type == "jpg" ? "jpeg" : type});
        } else if (type.starts_with("image/")) {
          photo.media_type = type;
        }
      }
    }
    if (property.binary) {
      photo.bytes = property.value;
    } else {
      photo.uri = Text(property.value);
    }
    contact_.photo = std::move(photo);
  }

  void ComposeName() {
    if (!contact_.formatted_name.empty()) return;
    for (const std::string* part : {&contact_.prefix, &contact_.given, &contact_.additional,
                                    &contact_.family, &contact_.suffix}) {
      if (part->empty()) continue;
      contact_.formatted_name += Cat({contact_.formatted_name.empty() ? "" : " ", *part});
    }
    if (!contact_.formatted_name.empty()) return;
    contact_.formatted_name =
        contact_.nicknames.empty() ? contact_.organisation : contact_.nicknames.front();
  }

  static constexpr size_t kMaxListItems = 1024;
  struct Printed {
    std::string text;
    std::vector<std::string> types;
    const VCardProperty* property;
  };

  const VCard& card_;
  Contact contact_;
  bool have_name_ = false;
  std::map<std::string, std::string> labels_;
  std::set<std::string> labelled_groups_;
  std::vector<Printed> printed_;
  std::vector<std::pair<int, std::string>> languages_;
};

}  // namespace

bool Contact::HasName() const { return !formatted_name.empty(); }

bool Contact::HasContactPoint() const {
  return !emails.empty() || !phones.empty() || !addresses.empty() || !messengers.empty() ||
         !profiles.empty();
}

Contact ContactOf(const VCard& card) { return Builder(card).Build(); }

}  // namespace rapport::importer
