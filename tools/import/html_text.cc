#include "tools/import/html_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "tools/import/ascii.h"
#include "tools/import/charset.h"

namespace rapport::importer {
namespace {

struct Entity {
  std::string_view name;
  uint32_t code;
};
constexpr std::array<Entity, 44> kEntities = {{
    {"nbsp", ' '},     {"amp", '&'},      {"lt", '<'},        {"gt", '>'},       {"quot", '"'},
    {"apos", '\''},    {"euro", 0x20AC},  {"hellip", 0x2026}, {"ndash", 0x2013}, {"mdash", 0x2014},
    {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201C},  {"rdquo", 0x201D}, {"bull", 0x2022},
    {"middot", 0xB7},  {"copy", 0xA9},    {"reg", 0xAE},      {"deg", 0xB0},     {"pound", 0xA3},
    {"laquo", 0xAB},   {"raquo", 0xBB},   {"auml", 0xE4},     {"ouml", 0xF6},    {"uuml", 0xFC},
    {"Auml", 0xC4},    {"Ouml", 0xD6},    {"Uuml", 0xDC},     {"szlig", 0xDF},   {"eacute", 0xE9},
    {"egrave", 0xE8},  {"ecirc", 0xEA},   {"aacute", 0xE1},   {"agrave", 0xE0},  {"acirc", 0xE2},
    {"atilde", 0xE3},  {"ccedil", 0xE7},  {"iacute", 0xED},   {"oacute", 0xF3},  {"uacute", 0xFA},
    {"ntilde", 0xF1},  {"otilde", 0xF5},  {"oslash", 0xF8},   {"aring", 0xE5},
}};

// Appends the entity at text[at] == '&' and returns the index behind it.
size_t AppendEntity(std::string_view text, size_t at, std::string* out) {
  const size_t limit = std::min(text.size(), at + 12);
  size_t end = at + 1;
  while (end < limit && (IsAsciiAlnum(text[end]) || text[end] == '#')) ++end;
  const std::string_view name = text.substr(at + 1, end - at - 1);
  const size_t behind = end < text.size() && text[end] == ';' ? end + 1 : end;
  if (name.size() > 1 && name[0] == '#') {
    const bool hex = AsciiLower(name[1]) == 'x';
    uint32_t code = 0;
    for (const char c : name.substr(hex ? 2 : 1)) {
      const char lower = AsciiLower(c);
      const int digit = IsAsciiDigit(c)                       ? c - '0'
                        : hex && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                              : -1;
      if (digit < 0) break;
      code = std::min<uint32_t>(code * (hex ? 16U : 10U) + static_cast<uint32_t>(digit), 0x110000);
    }
    AppendUtf8(code == 0xA0 ? ' ' : code, out);
    return behind;
  }
  for (const Entity& entity : kEntities) {
    if (entity.name == name) {
      AppendUtf8(entity.code, out);
      return behind;
    }
  }
  out->push_back('&');
  return at + 1;
}

bool IsBlock(std::string_view tag) {
  return IsOneOf(tag, {"p",  "div", "br", "tr", "li", "ul",     "ol",      "table",
                       "h1", "h2",  "h3", "h4", "h5", "h6",     "section", "article",
                       "hr", "pre", "dt", "dd", "td", "header", "footer"});
}

bool IsVoid(std::string_view tag) {
  return IsOneOf(tag, {"br", "hr", "img", "input", "meta", "link", "col", "area", "base", "wbr",
                       "source", "o:p"});
}

// What an opening tag means for the text inside it.
enum class Part { kText, kDropElement, kDropRest };

Part PartOf(std::string_view tag, std::string_view attributes) {
  if (IsOneOf(tag, {"script", "style", "head", "title", "blockquote", "noscript", "template"})) {
    return Part::kDropElement;
  }
  if (attributes.empty()) return Part::kText;
  for (const std::string_view mark :
       {"divrplyfwdmsg", "appendonsend", "outlookmessageheader",
        "mail-editor-reference-message-container", "ms-outlook-mobile-reference-message"}) {
    if (ContainsIgnoreCase(attributes, mark)) return Part::kDropRest;
  }
  for (const std::string_view mark :
       {"gmail_quote", "gmail_attr", "gmail_signature", "moz-cite-prefix", "moz-signature",
        "yahoo_quoted", "protonmail_quote", "protonmail_signature", "applemailsignature",
        "zmail_extra", "tutanota_quote", "ms-outlook-mobile-signature"}) {
    if (ContainsIgnoreCase(attributes, mark)) return Part::kDropElement;
  }
  const size_t display = Lower(attributes.substr(0, 2048)).find("display");
  if (display != std::string::npos) {
    std::string_view value = attributes.substr(display + 7);
    while (!value.empty() && (value.front() == ' ' || value.front() == ':')) value.remove_prefix(1);
    if (StartsWithIgnoreCase(value, "none")) return Part::kDropElement;
  }
  return Part::kText;
}

// The index behind the tag that starts at html[at] == '<', quotes respected.
size_t TagEnd(std::string_view html, size_t at) {
  char quote = 0;
  // A quote that is never closed must not swallow the rest of the mail.
  const size_t limit = std::min(html.size(), at + 4096);
  for (size_t i = at + 1; i < limit; ++i) {
    if (quote != 0) {
      if (html[i] == quote) quote = 0;
    } else if ((html[i] == '"' || html[i] == '\'') && html[i - 1] == '=') {
      quote = html[i];
    } else if (html[i] == '>') {
      return i + 1;
    }
  }
  const size_t plain = html.find('>', at);
  return plain == std::string_view::npos ? html.size() : plain + 1;
}

class Stripper {
 public:
  explicit Stripper(std::string_view html) : html_(html) {}

  std::string Run() {
    size_t at = 0;
    while (at < html_.size() && !done_) {
      if (html_[at] == '<') {
        at = Markup(at);
      } else if (!dropping_.empty()) {
        const size_t next = html_.find('<', at);
        at = next == std::string_view::npos ? html_.size() : next;
      } else if (html_[at] == '&') {
        at = AppendEntity(html_, at, &out_);
      } else {
        const char c = html_[at++];
        out_.push_back(c == '\n' || c == '\r' || c == '\t' ? (preformatted_ > 0 ? c : ' ') : c);
      }
    }
    return std::move(out_);
  }

 private:
  size_t Markup(size_t at) {
    if (html_.substr(at, 4) == "<!--") {
      const size_t end = html_.find("-->", at + 4);
      if (end != std::string_view::npos) return end + 3;
      return html_.size();
    }
    const size_t name_at = at + 1 + (html_.substr(at + 1, 1) == "/" ? 1 : 0);
    const bool is_tag = name_at < html_.size() && (IsAsciiAlpha(html_[name_at]) ||
                                                   html_[name_at] == '!' || html_[name_at] == '?');
    if (!is_tag) {
      if (dropping_.empty()) out_.push_back('<');
      return at + 1;
    }
    const size_t end = TagEnd(html_, at);
    size_t name_end = name_at;
    while (name_end < end && (IsAsciiAlnum(html_[name_end]) || html_[name_end] == ':')) ++name_end;
    const std::string tag = Lower(html_.substr(name_at, std::min<size_t>(name_end - name_at, 32)));
    const std::string_view attributes = html_.substr(name_end, end - name_end);
    const bool closing = name_at == at + 2;
    if (!dropping_.empty()) {
      if (tag == dropping_) depth_ += closing ? -1 : 1;
      if (depth_ <= 0) {
        dropping_.clear();
        out_.push_back('\n');
      }
      return end;
    }
    if (IsBlock(tag)) out_.push_back('\n');
    if (tag == "pre") preformatted_ += closing ? -1 : 1;
    if (closing || IsVoid(tag)) return end;
    switch (PartOf(tag, attributes)) {
      case Part::kText:
        break;
      case Part::kDropRest:
        done_ = true;
        break;
      case Part::kDropElement:
        if (!attributes.ends_with("/>")) {
          dropping_ = tag;
          depth_ = 1;
        }
        break;
    }
    return end;
  }

  const std::string_view html_;
  std::string out_;
  std::string dropping_;  // the element that is left out now, or ""
  int64_t depth_ = 0;
  int64_t preformatted_ = 0;
  bool done_ = false;
};

}  // namespace

std::string HtmlNewText(std::string_view html) { return Stripper(html).Run(); }

}  // namespace rapport::importer
