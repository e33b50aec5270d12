// From JSContact to content lines of vCard.
#include <array>
#include <charconv>
#include <cstdio>
#include <map>
#include <utility>

#include "tools/import/ascii.h"
#include "tools/import/jcard.h"
#include "tools/import/jscontact.h"
#include "tools/import/jscontact_words.h"
#include "tools/import/vcard_line.h"

namespace rapport::importer {
namespace {

int WholeIn(const Json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end() || !found->is_number_integer()) return 0;
  const auto value = found->get<int64_t>();
  return value >= 0 && value <= 9999 ? static_cast<int>(value) : 0;
}

// Members of an object; none of anything else.
const Json& ObjectIn(const Json& object, const char* member) {
  static const Json* const none = new Json(Json::object());
  if (!object.is_object()) return *none;
  const auto found = object.find(member);
  return found != object.end() && found->is_object() ? *found : *none;
}

std::string TwoDigits(int number) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%02d", number % 100);
  return text.data();
}

class Reader {
 public:
  explicit Reader(const Json& card) : card_(card) {}

  std::vector<std::string> Run() {
    for (const auto& [member, value] : card_.items()) {
      if (!Member(member, value)) Keep(member, value);
    }
    return std::move(lines_);
  }

 private:
  void Line(std::string_view name, std::string_view parameters, std::string_view value) {
    lines_.push_back(ContentLine(Cat({name, parameters, ":", value})));
  }

  // What vCard has no word for (RFC 9555, 3.2.1).
  void Keep(const std::string& pointer, const Json& value) {
    Line("JSPROP", ParameterText("JSPTR", {pointer}),
         value.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  // False if it is to be kept as it is.
  bool Member(const std::string& member, const Json& value) {
    if (member == "@type" || member == "version") return true;
    if (member == "uid" && value.is_string()) {
      const auto uid = value.get<std::string>();
      Line("UID", uid.find(':') == std::string::npos ? ";VALUE=text" : "",
           uid.find(':') == std::string::npos ? Escape(uid) : uid);
      return true;
    }
    if (member == "name") return Name(value);
    if (member == "nicknames") return Each(member, value, &Reader::Nickname);
    if (member == "organizations") return Each(member, value, &Reader::Organization);
    if (member == "titles") return Each(member, value, &Reader::Title);
    if (member == "emails") return Each(member, value, &Reader::Email);
    if (member == "phones") return Each(member, value, &Reader::Phone);
    if (member == "onlineServices") return Each(member, value, &Reader::OnlineService);
    if (member == "addresses") return Each(member, value, &Reader::Address);
    if (member == "anniversaries") return Each(member, value, &Reader::Anniversary);
    if (member == "preferredLanguages") return Each(member, value, &Reader::Language);
    if (member == "notes") return Each(member, value, &Reader::Note);
    if (member == "speakToAs") return SpeakToAs(value);
    if (member == "keywords") return Keywords(value);
    if (member == "updated" && value.is_string()) {
      return FromJCard(Json::array({"rev", Json::object(), "timestamp", value}));
    }
    if (member == "vCardProps" && value.is_array()) {
      for (const Json& property : value) FromJCard(property);
      return true;
    }
    for (const UriProperty& property : kUriProperties) {
      if (member == property.member) return Each(member, value, &Reader::UriOf);
    }
    return false;
  }

  bool FromJCard(const Json& property) {
    auto line = LineOfJCard(property);
    if (line) lines_.push_back(*std::move(line));
    return line.has_value();
  }

  // Objects by id: those that cannot be read are kept as they are.
  bool Each(const std::string& member, const Json& map, bool (Reader::*read)(const Json&)) {
    if (!map.is_object()) return false;
    member_ = member;
    for (const auto& [id, object] : map.items()) {
      if (object.is_object() && (this->*read)(object)) continue;
      Keep(Cat({member, "/", id}), object);
    }
    return true;
  }

  // TYPE from contexts (and features), PREF, and the label as the group of Apple does it.
  std::string Types(const Json& object) {
    std::vector<std::string> types;
    for (const auto& [context, is] : ObjectIn(object, "contexts").items()) {
      const std::string_view word = ToVCard(kContexts, context);
      if (is == true) types.push_back(word.empty() ? Lower(context) : std::string(word));
    }
    for (const auto& [feature, is] : ObjectIn(object, "features").items()) {
      const std::string_view word = ToVCard(kFeatures, feature);
      if (is == true) types.push_back(word.empty() ? Lower(feature) : std::string(word));
    }
    std::string out = types.empty() ? "" : ParameterText("TYPE", types);
    if (const int pref = WholeIn(object, "pref"); pref >= 1 && pref <= 100) {
      out += ParameterText("PREF", {std::to_string(pref)});
    }
    return out;
  }

  void Labelled(std::string_view name, const Json& object, std::string_view more,
                std::string_view value) {
    const std::string label = TextIn(object, "label");
    std::string parameters = Cat({Types(object), more});
    if (label.empty()) return Line(name, parameters, value);
    const std::string group = Cat({"label", std::to_string(++groups_)});
    Line(Cat({group, ".", name}), parameters, value);
    Line(Cat({group, ".X-ABLabel"}), "", Escape(label));
  }

  bool Name(const Json& name) {
    if (!name.is_object()) return false;
    std::array<std::string, kNameParts.size()> parts;
    std::string composed;
    bool any = false;
    const auto components = name.find("components");
    if (components != name.end() && components->is_array()) {
      for (const Json& component : *components) {
        const std::string kind = TextIn(component, "kind");
        const std::string value = TextIn(component, "value");
        if (value.empty()) continue;
        const std::string_view place = ToVCard(kNameParts, kind);
        if (kind != "separator") composed += Cat({composed.empty() ? "" : " ", value});
        if (place.empty()) continue;
        std::string& part = parts.at(static_cast<size_t>(place[0] - '0'));
        part += Cat({part.empty() ? "" : ",", Escape(value)});
        any = true;
      }
    }
    const std::string full = TextIn(name, "full");
    if (!full.empty() || !composed.empty()) Line("FN", "", Escape(full.empty() ? composed : full));
    if (any) {
      std::string value;
      // The places of RFC 9554 only where there is something.
      const size_t count = parts[5].empty() && parts[6].empty() ? 5 : parts.size();
      for (size_t i = 0; i < count; ++i) value += Cat({i == 0 ? "" : ";", parts.at(i)});
      Line("N", "", value);
    }
    for (const auto& [member, value] : name.items()) {
      if (!IsOneOf(member, {"@type", "components", "full", "isOrdered", "defaultSeparator"})) {
        Keep(Cat({"name/", member}), value);
      }
    }
    return true;
  }

  bool Nickname(const Json& object) {
    const std::string name = TextIn(object, "name");
    if (!name.empty()) Line("NICKNAME", Types(object), Escape(name));
    return !name.empty();
  }

  bool Organization(const Json& object) {
    std::string value = Escape(TextIn(object, "name"));
    const auto units = object.find("units");
    if (units != object.end() && units->is_array()) {
      for (const Json& unit : *units) value += Cat({";", Escape(TextIn(unit, "name"))});
    }
    if (value.find_first_not_of(';') == std::string::npos) return false;
    Line("ORG", Types(object), value);
    return true;
  }

  bool Title(const Json& object) {
    const std::string name = TextIn(object, "name");
    if (name.empty()) return false;
    Line(TextIn(object, "kind") == "role" ? "ROLE" : "TITLE", Types(object), Escape(name));
    return true;
  }

  bool Email(const Json& object) {
    const std::string address = TextIn(object, "address");
    if (address.empty()) return false;
    Labelled("EMAIL", object, "", Escape(address));
    return true;
  }

  bool Phone(const Json& object) {
    const std::string number = TextIn(object, "number");
    if (number.empty()) return false;
    const bool uri = StartsWithIgnoreCase(number, "tel:");
    Labelled("TEL", object, uri ? ";VALUE=uri" : "", uri ? number : Escape(number));
    return true;
  }

  bool OnlineService(const Json& object) {
    const std::string uri = TextIn(object, "uri");
    const std::string user = TextIn(object, "user");
    if (uri.empty() && user.empty()) return false;
    std::string more;
    if (const std::string service = TextIn(object, "service"); !service.empty()) {
      more += ParameterText("SERVICE-TYPE", {service});
    }
    if (TextIn(object, "vCardName") == "impp" && !uri.empty()) {
      Labelled("IMPP", object, more, uri);
      return true;
    }
    if (!uri.empty() && !user.empty()) more += ParameterText("USERNAME", {user});
    if (uri.empty()) more += ";VALUE=text";
    Labelled("SOCIALPROFILE", object, more, uri.empty() ? Escape(user) : uri);
    return true;
  }

  bool Address(const Json& object) {
    std::array<std::string, 7> parts;  // po box, extended, street, locality, region, code, country
    const auto components = object.find("components");
    if (components != object.end() && components->is_array()) {
      for (const Json& component : *components) {
        const std::string kind = TextIn(component, "kind");
        const size_t place = kind == "postOfficeBox"                                     ? 0
                             : IsOneOf(kind, {"room", "apartment", "floor", "building"}) ? 1
                             : kind == "locality"                                        ? 3
                             : kind == "region"                                          ? 4
                             : kind == "postcode"                                        ? 5
                             : kind == "country"                                         ? 6
                             : kind == "separator"                                       ? 7
                                                                                         : 2;
        if (place >= parts.size()) continue;
        std::string& part = parts.at(place);
        part += Cat({part.empty() ? "" : " ", TextIn(component, "value")});
      }
    }
    const std::string code = TextIn(object, "countryCode");
    if (parts[6].empty()) parts[6] = code;
    const std::string full = TextIn(object, "full");
    std::string value;
    bool any = !full.empty();
    for (size_t i = 0; i < parts.size(); ++i) {
      value += Cat({i == 0 ? "" : ";", Escape(parts.at(i))});
      any = any || !parts.at(i).empty();
    }
    if (!any) return false;
    std::string more;
    if (!full.empty()) more += ParameterText("LABEL", {full});
    if (!code.empty()) more += ParameterText("CC", {code});
    Line("ADR", Cat({Types(object), more}), value);
    return true;
  }

  bool Anniversary(const Json& object) {
    const Json& date = ObjectIn(object, "date");
    std::string text;
    if (const std::string utc = TextIn(date, "utc"); utc.size() >= 10) {
      text = Cat({utc.substr(0, 4), utc.substr(5, 2), utc.substr(8, 2)});
    } else {
      const int year = WholeIn(date, "year");
      const int month = WholeIn(date, "month");
      const int day = WholeIn(date, "day");
      if (month < 1 || month > 12 || day < 1 || day > 31) return false;
      std::array<char, 8> digits{};
      std::snprintf(digits.data(), digits.size(), "%04d", year);
      text = Cat({year == 0 ? "--" : digits.data(), TwoDigits(month), TwoDigits(day)});
    }
    if (object.contains("place")) return false;
    const std::string kind = TextIn(object, "kind");
    if (kind == "birth" || kind == "wedding" || kind == "death") {
      Line(kind == "birth" ? "BDAY" : kind == "death" ? "DEATHDATE" : "ANNIVERSARY", "", text);
      return true;
    }
    std::string label = TextIn(object, "label");
    if (label.empty()) label = kind;
    Line("X-RAPPORT-DAY", ParameterText("LABEL", {label}), text);
    return true;
  }

  bool Language(const Json& object) {
    const std::string tag = TextIn(object, "language");
    if (tag.empty()) return false;
    Line("LANG", Types(object), tag);
    return true;
  }

  bool Note(const Json& object) {
    const std::string note = TextIn(object, "note");
    if (note.empty() || object.contains("author") || object.contains("created")) return false;
    Line("NOTE", "", Escape(note));
    return true;
  }

  bool SpeakToAs(const Json& value) {
    if (!value.is_object()) return false;
    if (const std::string gender = TextIn(value, "grammaticalGender"); !gender.empty()) {
      Line("GRAMGENDER", "", Escape(gender));
    }
    member_ = "speakToAs/pronouns";
    for (const auto& [id, object] : ObjectIn(value, "pronouns").items()) {
      const std::string pronouns = TextIn(object, "pronouns");
      if (!pronouns.empty()) Line("PRONOUNS", Types(object), Escape(pronouns));
    }
    return true;
  }

  bool Keywords(const Json& value) {
    if (!value.is_object()) return false;
    std::string list;
    for (const auto& [word, is] : value.items()) {
      if (is == true) list += Cat({list.empty() ? "" : ",", Escape(word)});
    }
    if (!list.empty()) Line("CATEGORIES", "", list);
    return true;
  }

  // Only what a property can say; anything with more is kept as it is.
  bool UriOf(const Json& object) {
    for (const auto& [member, value] : object.items()) {
      if (!IsOneOf(member, {"@type", "uri", "kind", "mediaType", "contexts", "pref"})) return false;
    }
    const std::string uri = TextIn(object, "uri");
    const std::string kind = TextIn(object, "kind");
    for (const UriProperty& property : kUriProperties) {
      if (member_ != property.member || kind != property.kind || uri.empty()) continue;
      std::string parameters = Types(object);
      if (const std::string media = TextIn(object, "mediaType"); !media.empty()) {
        parameters += ParameterText("MEDIATYPE", {media});
      }
      Line(property.vcard, parameters, uri);
      return true;
    }
    return false;
  }

  const Json& card_;
  std::vector<std::string> lines_;
  std::string member_;
  int groups_ = 0;
};

}  // namespace

bool IsJsContact(const Json& value) {
  if (!value.is_object()) return false;
  const std::string type = TextIn(value, "@type");
  return type == "Card" || (type.empty() && (value.contains("name") || value.contains("uid")) &&
                            value.contains("version"));
}

std::vector<std::string> LinesOfJsContact(const Json& card) { return Reader(card).Run(); }

JsContactReader::JsContactReader(std::istream* in, JsonOptions options)
    : file_(options.file), values_(in, std::move(options)) {}

std::optional<std::variant<VCard, ImportProblem>> JsContactReader::Next() {
  auto next = values_.Next();
  if (!next) return std::nullopt;
  if (auto* problem = std::get_if<ImportProblem>(&*next)) return std::move(*problem);
  const auto& [line, value] = std::get<JsonValue>(*next);
  if (!IsJsContact(value)) return ImportProblem{file_, line, "not a JSContact card"};
  return CardOfLines(LinesOfJsContact(value), file_, line);
}

}  // namespace rapport::importer
