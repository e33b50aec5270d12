// From content lines of vCard to JSContact.
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "tools/import/ascii.h"
#include "tools/import/contact.h"
#include "tools/import/jcard.h"
#include "tools/import/jscontact.h"
#include "tools/import/jscontact_words.h"
#include "tools/import/vcard_line.h"

namespace rapport::importer {
namespace {

std::string Text(std::string_view escaped) { return std::string(Strip(Unescape(escaped))); }

class Writer {
 public:
  explicit Writer(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      VCardProperty property;
      if (!ParseContentLine(line, &property).empty()) continue;
      if (property.name == "X-ABLABEL" && !property.group.empty()) {
        labels_[Lower(property.group)] = Text(property.value);
      }
      properties_.push_back(std::move(property));
    }
  }

  Json Run() {
    card_["@type"] = "Card";
    card_["version"] = "1.0";
    for (const VCardProperty& property : properties_) {
      const bool label =
          property.name == "X-ABLABEL" && used_labels_.contains(Lower(property.group));
      if (label || Property(property)) continue;
      Json kept = JCardOfLine(property.raw);
      if (!kept.is_null()) vcard_props_.push_back(std::move(kept));
    }
    if (!name_.empty()) {
      Json name = Json::object({{"@type", "Name"}});
      name.update(name_);
      card_["name"] = std::move(name);
    }
    for (const auto& [pointer, value] : kept_) Set(pointer, value);
    if (!vcard_props_.empty()) card_["vCardProps"] = std::move(vcard_props_);
    return std::move(card_);
  }

 private:
  // False if JSContact has no word for it, or has one already from an earlier property.
  bool Property(const VCardProperty& p) {
    if (p.name == "VERSION") return true;
    if (p.name == "UID") return Once("uid", Text(p.value));
    if (p.name == "REV") return Once("updated", JCardOfLine(p.raw)[3]);
    if (p.name == "FN") {
      if (name_.contains("full")) return false;
      name_["full"] = Text(p.value);
      return true;
    }
    if (p.name == "N") return Name(p);
    if (p.name == "NICKNAME") {
      for (const std::string_view piece : SplitEscaped(p.value, ',')) {
        Add("nicknames", "k", Common(p, {{"@type", "Nickname"}, {"name", Text(piece)}}));
      }
      return true;
    }
    if (p.name == "ORG") return Organization(p);
    if (p.name == "TITLE" || p.name == "ROLE") {
      Add("titles", "t",
          Common(p, {{"@type", "Title"},
                     {"name", Text(p.value)},
                     {"kind", p.name == "ROLE" ? "role" : "title"}}));
      return true;
    }
    if (p.name == "EMAIL") {
      Add("emails", "e", Common(p, {{"@type", "EmailAddress"}, {"address", Text(p.value)}}));
      return true;
    }
    if (p.name == "TEL") {
      Add("phones", "p", Common(p, {{"@type", "Phone"}, {"number", Text(p.value)}}));
      return true;
    }
    if (p.name == "IMPP" || p.name == "SOCIALPROFILE") return OnlineService(p);
    if (p.name == "ADR") return Address(p);
    if (p.name == "BDAY") return Anniversary(p, "birth");
    if (p.name == "ANNIVERSARY") return Anniversary(p, "wedding");
    if (p.name == "DEATHDATE") return Anniversary(p, "death");
    if (p.name == "X-RAPPORT-DAY") return Anniversary(p, p.Parameter("LABEL"));
    if (p.name == "LANG") {
      Add("preferredLanguages", "l",
          Common(p, {{"@type", "LanguagePref"}, {"language", Text(p.value)}}));
      return true;
    }
    if (p.name == "NOTE") {
      Add("notes", "n", {{"@type", "Note"}, {"note", Text(p.value)}});
      return true;
    }
    if (p.name == "CATEGORIES") {
      for (const std::string_view piece : SplitEscaped(p.value, ',')) {
        if (std::string word = Text(piece); !word.empty()) card_["keywords"][word] = true;
      }
      return true;
    }
    if (p.name == "PRONOUNS") {
      Json& pronouns = card_["speakToAs"]["pronouns"];
      pronouns[Cat({"k", std::to_string(pronouns.size() + 1)})] =
          Common(p, {{"@type", "Pronouns"}, {"pronouns", Text(p.value)}});
      return true;
    }
    if (p.name == "GRAMGENDER") {
      card_["speakToAs"]["grammaticalGender"] = Text(p.value);
      return true;
    }
    if (p.name == "JSPROP") return Keep(p);
    return Uri(p);
  }

  bool Once(const char* member, Json value) {
    if (card_.contains(member)) return false;
    card_[member] = std::move(value);
    return true;
  }

  void Add(const char* member, const char* id, Json object) {
    Json& map = card_[member];
    map[Cat({id, std::to_string(map.size() + 1)})] = std::move(object);
  }

  // With contexts, features, pref and label.
  Json Common(const VCardProperty& p, Json object) {
    std::string label;
    for (const VCardParameter& parameter : p.parameters) {
      if (parameter.name != "TYPE") continue;
      const std::string type = Lower(parameter.value);
      if (const auto context = ToJsContact(kContexts, type); !context.empty()) {
        object["contexts"][std::string(context)] = true;
      } else if (const auto feature = ToJsContact(kFeatures, type);
                 p.name == "TEL" && !feature.empty()) {
        object["features"][std::string(feature)] = true;
      } else if (type == "pref") {
        object["pref"] = 1;
      } else if (label.empty() && !type.empty()) {
        label = parameter.value;
      }
    }
    int pref = 0;
    const std::string_view stated = p.Parameter("PREF");
    std::from_chars(stated.data(), stated.data() + stated.size(), pref);
    if (pref >= 1 && pref <= 100) object["pref"] = pref;
    const auto found = labels_.find(Lower(p.group));
    if (!p.group.empty() && found != labels_.end()) {
      label = found->second;
      used_labels_.insert(Lower(p.group));
    }
    if (!label.empty() && p.name != "NICKNAME" && p.name != "LANG") object["label"] = label;
    return object;
  }

  bool Name(const VCardProperty& p) {
    if (name_.contains("components")) return false;
    Json components = Json::array();
    const auto pieces = SplitEscaped(p.value, ';');
    for (size_t i = 0; i < pieces.size() && i < kNameParts.size(); ++i) {
      for (const std::string_view piece : SplitEscaped(pieces[i], ',')) {
        const std::string value = Text(piece);
        if (value.empty()) continue;
        components.push_back({{"@type", "NameComponent"},
                              {"kind", std::string(kNameParts.at(i).jscontact)},
                              {"value", value}});
      }
    }
    if (!components.empty()) name_["components"] = std::move(components);
    return true;
  }

  bool Organization(const VCardProperty& p) {
    Json organization = Json::object({{"@type", "Organization"}});
    const auto pieces = SplitEscaped(p.value, ';');
    if (const std::string name = Text(pieces[0]); !name.empty()) organization["name"] = name;
    for (size_t i = 1; i < pieces.size(); ++i) {
      organization["units"].push_back({{"@type", "OrgUnit"}, {"name", Text(pieces[i])}});
    }
    Add("organizations", "o", Common(p, std::move(organization)));
    return true;
  }

  bool OnlineService(const VCardProperty& p) {
    Json service = Json::object({{"@type", "OnlineService"}});
    const std::string_view name = p.Parameter("SERVICE-TYPE");
    if (!name.empty()) service["service"] = std::string(name);
    const std::string value = Text(p.value);
    const bool uri = value.find(':') != std::string::npos;
    service[uri ? "uri" : "user"] = value;
    if (const auto user = p.Parameter("USERNAME"); !user.empty()) {
      service["user"] = std::string(user);
    }
    if (p.name == "IMPP") service["vCardName"] = "impp";
    Add("onlineServices", "s", Common(p, std::move(service)));
    return true;
  }

  bool Address(const VCardProperty& p) {
    constexpr std::array<const char*, 7> kKinds = {
        "postOfficeBox", "apartment", "name", "locality", "region", "postcode", "country"};
    Json address = Json::object({{"@type", "Address"}});
    const auto pieces = SplitEscaped(p.value, ';');
    for (size_t i = 0; i < pieces.size() && i < kKinds.size(); ++i) {
      const std::string value = Text(pieces[i]);
      if (value.empty()) continue;
      address["components"].push_back(
          {{"@type", "AddressComponent"}, {"kind", kKinds.at(i)}, {"value", value}});
    }
    if (const auto full = p.Parameter("LABEL"); !full.empty()) address["full"] = std::string(full);
    if (const auto code = p.Parameter("CC"); !code.empty()) {
      address["countryCode"] = std::string(code);
    }
    Add("addresses", "a", Common(p, std::move(address)));
    return true;
  }

  bool Anniversary(const VCardProperty& p, std::string_view kind) {
    const auto date = ParseContactDate(Text(p.value));
    if (!date) return false;
    Json partial = Json::object({{"@type", "PartialDate"}});
    if (date->year) partial["year"] = *date->year;
    partial["month"] = date->month;
    partial["day"] = date->day;
    Add("anniversaries", "d",
        {{"@type", "Anniversary"}, {"kind", std::string(kind)}, {"date", std::move(partial)}});
    return true;
  }

  bool Uri(const VCardProperty& p) {
    for (const UriProperty& known : kUriProperties) {
      if (p.name != known.vcard) continue;
      for (const VCardParameter& parameter : p.parameters) {
        const bool context =
            parameter.name == "TYPE" && !ToJsContact(kContexts, Lower(parameter.value)).empty();
        if (!context && !IsOneOf(parameter.name, {"PREF", "MEDIATYPE"})) return false;
      }
      if (!p.group.empty()) return false;
      Json object = Json::object({{"uri", p.value}});
      if (!known.kind.empty()) object["kind"] = std::string(known.kind);
      if (const auto media = p.Parameter("MEDIATYPE"); !media.empty()) {
        object["mediaType"] = std::string(media);
      }
      Add(known.member, "u", Common(p, std::move(object)));
      return true;
    }
    return false;
  }

  bool Keep(const VCardProperty& p) {
    const std::string pointer(p.Parameter("JSPTR"));
    Json value = Json::parse(p.value, nullptr, false);
    if (pointer.empty() || value.is_discarded()) return false;
    kept_.emplace_back(pointer, std::move(value));
    return true;
  }

  // "links/u1": the object in the map, under another id if this one is taken.
  void Set(const std::string& pointer, const Json& value) {
    const size_t slash = pointer.find('/');
    if (slash == std::string::npos) {
      if (!card_.contains(pointer)) card_[pointer] = value;
      return;
    }
    Json& map = card_[pointer.substr(0, slash)];
    if (!map.is_null() && !map.is_object()) return;
    std::string id = pointer.substr(slash + 1);
    while (map.contains(id)) id += "x";
    map[id] = value;
  }

  std::vector<VCardProperty> properties_;
  std::map<std::string, std::string> labels_;       // by group
  std::set<std::string> used_labels_;               // groups whose label is in the card
  std::vector<std::pair<std::string, Json>> kept_;  // by pointer
  Json card_ = Json::object();
  Json name_ = Json::object();
  Json vcard_props_ = Json::array();
};

}  // namespace

Json JsContactOf(const std::vector<std::string>& lines) { return Writer(lines).Run(); }

}  // namespace rapport::importer
