#include "tools/import/jcard.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tools/import/ascii.h"
#include "tools/import/charset.h"
#include "tools/import/vcard_line.h"

namespace rapport::importer {
namespace {

constexpr size_t kMaxProperties = 10'000;
constexpr size_t kMaxWarnings = 100;

// Types of values where none is stated (RFC 6350, RFC 9554); "unknown" for what nobody registered.
std::string_view DefaultType(std::string_view name) {
  if (IsOneOf(name, {"SOURCE", "PHOTO", "IMPP", "GEO", "LOGO", "MEMBER", "RELATED", "SOUND", "UID",
                     "URL", "KEY", "FBURL", "CALADRURI", "CALURI", "ORG-DIRECTORY", "CONTACT-URI",
                     "SOCIALPROFILE"})) {
    return "uri";
  }
  if (IsOneOf(name, {"BDAY", "ANNIVERSARY", "DEATHDATE"})) return "date-and-or-time";
  if (name == "REV" || name == "CREATED") return "timestamp";
  if (name == "LANG" || name == "LANGUAGE") return "language-tag";
  if (IsOneOf(name, {"KIND",   "XML",          "FN",         "N",          "NICKNAME",
                     "GENDER", "ADR",          "TEL",        "EMAIL",      "TZ",
                     "TITLE",  "ROLE",         "ORG",        "CATEGORIES", "NOTE",
                     "PRODID", "CLIENTPIDMAP", "BIRTHPLACE", "DEATHPLACE", "EXPERTISE",
                     "HOBBY",  "INTEREST",     "PRONOUNS",   "GRAMGENDER", "LABEL"})) {
    return "text";
  }
  return "unknown";
}

bool IsStructured(std::string_view name) {
  return IsOneOf(name, {"N", "ADR", "ORG", "GENDER", "CLIENTPIDMAP"});
}
bool IsList(std::string_view name) { return IsOneOf(name, {"NICKNAME", "CATEGORIES"}); }

bool IsTimeType(std::string_view type) {
  return IsOneOf(type, {"date", "time", "date-time", "date-and-or-time", "timestamp"});
}

bool IsName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return IsAsciiAlnum(c) || c == '-' || c == '_' || c == '/';
  });
}

// 1985-04-12T10:20:30Z <-> 19850412T102030Z; --04-12 <-> --0412; 10:20 <-> 1020.
std::string BasicTime(std::string_view text) {
  const size_t t = text.find('T');
  const std::string_view date = t == std::string_view::npos ? text : text.substr(0, t);
  std::string out;
  const bool no_month = date.size() == 7 && IsAsciiDigit(date[0]);  // 1985-04 stays
  for (size_t i = 0; i < date.size(); ++i) {
    const bool leading = i < 2 && date.starts_with("--");
    if (date[i] == '-' && !leading && !no_month && i > 0) continue;
    if (date[i] == ':') continue;
    out.push_back(date[i]);
  }
  if (t == std::string_view::npos) return out;
  for (const char c : text.substr(t)) {
    if (c != ':') out.push_back(c);
  }
  return out;
}

std::string ExtendedClock(std::string_view clock) {
  std::string out;
  size_t digits = 0;
  for (size_t i = 0; i < clock.size(); ++i) {
    if (IsAsciiDigit(clock[i])) {
      if (digits > 0 && digits % 2 == 0) out.push_back(':');
      ++digits;
    } else {
      digits = 0;
    }
    out.push_back(clock[i]);
  }
  return out;
}

std::string ExtendedTime(std::string_view text) {
  const size_t t = text.find('T');
  const std::string_view date = text.substr(0, t);
  std::string out(date);
  const bool digits = std::all_of(date.begin(), date.end(), IsAsciiDigit);
  if (digits && date.size() == 8) {
    out = Cat({date.substr(0, 4), "-", date.substr(4, 2), "-", date.substr(6)});
  } else if (date.size() == 6 && date.starts_with("--")) {
    out = Cat({date.substr(0, 4), "-", date.substr(4)});
  }
  return t == std::string_view::npos ? out : Cat({out, ExtendedClock(text.substr(t))});
}

// Text of one value, as a line has it.
std::string ValueText(const Json& value, std::string_view type) {
  if (value.is_boolean()) return value.get<bool>() ? "TRUE" : "FALSE";
  if (!value.is_string())
    return value.is_null() ? "" : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto text = value.get<std::string>();
  if (IsTimeType(type)) return BasicTime(text);
  if (type == "utc-offset") return BasicTime(text);
  if (type == "text") return Escape(text);
  return text;
}

std::string Joined(const Json& list, std::string_view type, char separator) {
  std::string out;
  bool first = true;
  for (const Json& item : list) {
    if (!std::exchange(first, false)) out.push_back(separator);
    out += item.is_array() ? Joined(item, type, ',') : ValueText(item, type);
  }
  return out;
}

Json JsonOf(std::string_view raw, std::string_view type) {
  if (type == "text") return Unescape(raw);
  if (type == "unknown") return std::string(raw);
  if (IsTimeType(type)) return ExtendedTime(raw);
  if (type == "utc-offset" && raw.size() == 5) {
    return Cat({raw.substr(0, 3), ":", raw.substr(3)});
  }
  if (type == "boolean") return EqualsIgnoreCase(raw, "TRUE");
  if (type == "integer" || type == "float") {
    Json number = Json::parse(raw, nullptr, false);
    if (number.is_number()) return number;
  }
  return std::string(raw);
}

Json Component(std::string_view raw) {
  Json list = Json::array();
  for (const std::string_view piece : SplitEscaped(raw, ',')) list.push_back(Unescape(piece));
  return list.size() == 1 ? list[0] : list;
}

}  // namespace

std::string ParameterText(std::string_view name, const std::vector<std::string>& values) {
  std::string out = Cat({";", name, "="});
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out.push_back(',');
    std::string encoded;
    bool quote = values[i].empty();
    for (const char c : values[i]) {
      if (c == '\n') {
        encoded += "^n";
      } else if (c == '"') {
        encoded += "^'";
      } else if (c == '^') {
        encoded += "^^";
      } else if (c != '\r') {
        encoded.push_back(c);
        quote = quote || c == ',' || c == ';' || c == ':' || c == ' ';
      }
    }
    out += quote ? Cat({"\"", encoded, "\""}) : encoded;
  }
  return out;
}

std::string ContentLine(std::string_view text) {
  std::string out;
  for (const char c : ToUtf8(text)) {
    if (c == '\n') {
      out += "\\n";
    } else if (c != '\r') {
      out.push_back(c);
    }
  }
  return out;
}

std::optional<std::string> LineOfJCard(const Json& property) {
  if (!property.is_array() || property.size() < 4 || !property[0].is_string() ||
      !property[1].is_object() || !property[2].is_string()) {
    return std::nullopt;
  }
  const std::string name = Upper(property[0].get<std::string>());
  if (!IsName(name)) return std::nullopt;
  const std::string type = Lower(property[2].get<std::string>());
  std::string line;
  std::string parameters;
  for (const auto& [key, value] : property[1].items()) {
    if (!IsName(key)) return std::nullopt;
    std::vector<std::string> values;
    for (const Json& item : value.is_array() ? value : Json::array({value})) {
      values.push_back(item.is_string() ? item.get<std::string>() : ValueText(item, "unknown"));
    }
    if (EqualsIgnoreCase(key, "group")) {
      if (!values.empty() && IsName(values[0])) line = Cat({values[0], "."});
    } else {
      parameters += ParameterText(Upper(key), values);
    }
  }
  if (type != DefaultType(name) && type != "unknown") {
    if (!IsName(type)) return std::nullopt;
    parameters += ParameterText("VALUE", {type});
  }
  line += Cat({name, parameters, ":"});
  for (size_t i = 3; i < property.size(); ++i) {
    if (i > 3) line.push_back(',');
    line += property[i].is_array() ? Joined(property[i], type, ';') : ValueText(property[i], type);
  }
  return ContentLine(line);
}

Json JCardOfLine(std::string_view line) {
  VCardProperty property;
  if (!ParseContentLine(line, &property).empty()) return nullptr;
  Json parameters = Json::object();
  std::string type(DefaultType(property.name));
  for (const VCardParameter& parameter : property.parameters) {
    if (parameter.name == "VALUE") {
      type = Lower(parameter.value);
      continue;
    }
    Json& kept = parameters[Lower(parameter.name)];
    if (kept.is_null()) {
      kept = parameter.value;
    } else if (kept.is_array()) {
      kept.push_back(parameter.value);
    } else {
      kept = Json::array({kept, parameter.value});
    }
  }
  if (!property.group.empty()) parameters["group"] = property.group;
  Json out = Json::array({Lower(property.name), parameters, type});
  const std::string_view raw = property.value;
  if (type == "text" && IsStructured(property.name)) {
    Json components = Json::array();
    for (const std::string_view piece : SplitEscaped(raw, ';')) {
      components.push_back(Component(piece));
    }
    out.push_back(components.size() == 1 ? components[0] : components);
  } else if (type == "text" && IsList(property.name)) {
    for (const std::string_view piece : SplitEscaped(raw, ',')) out.push_back(Unescape(piece));
  } else {
    out.push_back(JsonOf(raw, type));
  }
  return out;
}

Json JCardOf(const std::vector<std::string>& lines) {
  Json properties = Json::array();
  properties.push_back(Json::array({"version", Json::object(), "text", "4.0"}));
  for (const std::string& line : lines) {
    Json property = JCardOfLine(line);
    if (!property.is_null()) properties.push_back(std::move(property));
  }
  return Json::array({"vcard", std::move(properties)});
}

std::variant<VCard, ImportProblem> CardOfLines(const std::vector<std::string>& lines,
                                               const std::string& file, int64_t line) {
  VCard card;
  card.line = line;
  card.version = "4.0";
  for (const std::string& text : lines) {
    VCardProperty property;
    property.line = line;
    if (ParseContentLine(text, &property).empty() && property.name != "VERSION") {
      card.properties.push_back(std::move(property));
    }
  }
  card.contact = ContactOf(card);
  if (!card.contact.HasName() && !card.contact.HasContactPoint()) {
    return ImportProblem{file, line, "no name and no contact point"};
  }
  return card;
}

JCardReader::JCardReader(std::istream* in, JsonOptions options)
    : file_(options.file), values_(in, std::move(options)) {}

std::optional<std::variant<VCard, ImportProblem>> JCardReader::Next() {
  auto next = values_.Next();
  if (!next) return std::nullopt;
  if (auto* problem = std::get_if<ImportProblem>(&*next)) return std::move(*problem);
  const auto& [line, value] = std::get<JsonValue>(*next);
  const bool is_card = value.is_array() && value.size() >= 2 && value[0].is_string() &&
                       EqualsIgnoreCase(value[0].get<std::string>(), "vcard") &&
                       value[1].is_array();
  if (!is_card) return ImportProblem{file_, line, "not a jCard"};
  if (value[1].size() > kMaxProperties) {
    return ImportProblem{file_, line, "card with more than 10000 properties"};
  }
  std::vector<std::string> lines;
  std::vector<ImportProblem> warnings;
  for (const Json& property : value[1]) {
    if (auto text = LineOfJCard(property)) {
      lines.push_back(*std::move(text));
    } else if (warnings.size() < kMaxWarnings) {
      warnings.push_back({file_, line, "a property that is none"});
    }
  }
  auto card = CardOfLines(lines, file_, line);
  if (auto* read = std::get_if<VCard>(&card)) read->warnings = std::move(warnings);
  return card;
}

}  // namespace rapport::importer
