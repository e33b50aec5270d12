#include "tools/import/new_text.h"

#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "tools/import/ascii.h"

namespace rapport::importer {
namespace {

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

bool IsQuoted(std::string_view line) {
  line = Strip(line);
  return !line.empty() && line.front() == '>';
}

bool IsSignatureMark(std::string_view line) {
  return line == "-- " || line == "--" || line == "--\xC2\xA0" || line == "—";
}

struct Attribution {
  std::string_view first;  // how the line begins
  std::string_view last;   // how it ends
};
constexpr std::array<Attribution, 15> kAttributions = {{
    {"on ", "wrote:"},
    {"am ", "schrieb"},
    {"le ", "écrit :"},
    {"le ", "écrit:"},
    {"el ", "escribió:"},
    {"il ", "scritto:"},
    {"em ", "escreveu:"},
    {"op ", "schreef"},
    {"den ", "skrev"},
    {"w dniu ", "pisze:"},
    {"w dniu ", "napisał"},
    {"on ", "wrote :"},
    {"no dia ", "escreveu:"},
    {"em ", "escreveu :"},
    {"den ", "följande:"},
}};

// "On Mon, 3 Mar 2025 at 10:00, Ana <ana@x> wrote:"; a digit, "@" or "<" must be in it.
bool IsAttribution(std::string_view text) {
  text = Strip(text);
  if (text.size() > 400 || text.size() < 8 || text.back() != ':') return false;
  if (text.find_first_of("0123456789@<") == std::string_view::npos) return false;
  for (const Attribution& a : kAttributions) {
    if (!StartsWithIgnoreCase(text, a.first)) continue;
    const size_t at = text.rfind(a.last);
    if (at == std::string_view::npos) continue;
    // "schrieb Ana <ana@x>:" has the name behind the verb.
    if (a.last.back() != ':' || at + a.last.size() == text.size()) return true;
  }
  return false;
}

// No-break spaces become blanks.
std::string PlainBlanks(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\xC2\xA0") {
      out.push_back(' ');
      i += 1;
    } else if (text.substr(i, 3) == "\xE2\x80\xAF") {
      out.push_back(' ');
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

// The number of lines of an attribution that begins at lines[at], or 0.
size_t AttributionLines(const std::vector<std::string_view>& lines, size_t at) {
  const std::string_view first = Strip(lines[at]);
  const bool begins =
      std::any_of(kAttributions.begin(), kAttributions.end(),
                  [&](const Attribution& a) { return StartsWithIgnoreCase(first, a.first); });
  if (!begins) return 0;
  std::string joined;
  for (size_t count = 1; count <= 3 && at + count <= lines.size(); ++count) {
    const std::string_view line = Strip(lines[at + count - 1]);
    if (line.empty() || IsQuoted(line)) return 0;
    joined = joined.empty() ? PlainBlanks(line) : Cat({joined, " ", PlainBlanks(line)});
    if (IsAttribution(joined)) return count;
  }
  return 0;
}

// "-----Original Message-----", "---------- Forwarded message ---------", "Begin forwarded
// message:"
bool IsForwardMark(std::string_view line) {
  line = Strip(line);
  if (line.size() > 120) return false;
  if (EqualsIgnoreCase(line, "Begin forwarded message:") ||
      EqualsIgnoreCase(line, "Anfang der weitergeleiteten Nachricht:") ||
      EqualsIgnoreCase(line, "Début du message réexpédié :")) {
    return true;
  }
  if (!line.starts_with("--")) return false;
  const size_t from = std::min(line.find_first_not_of("- "), line.size());
  const size_t to = line.find_last_not_of("- ");
  if (to == std::string_view::npos || from > to) return false;
  const std::string_view words = line.substr(from, to - from + 1);
  for (const std::string_view mark : {"Original Message",        "Forwarded message",
                                      "Forwarded Message",       "Original Appointment",
                                      "Ursprüngliche Nachricht", "Weitergeleitete Nachricht",
                                      "Originalnachricht",       "Message d'origine",
                                      "Message original",        "Message transféré",
                                      "Mensaje original",        "Mensaje reenviado",
                                      "Messaggio originale",     "Messaggio inoltrato",
                                      "Mensagem original",       "Mensagem encaminhada",
                                      "Oorspronkelijk bericht",  "Doorgestuurd bericht",
                                      "Ursprungligt meddelande", "Wiadomość oryginalna",
                                      "Reply message",           "Forwarded by"}) {
    if (StartsWithIgnoreCase(words, mark)) return true;
  }
  return false;
}

// The name of a header of a quoted mail: 1 from, 2 sent, 3 to, 4 subject, 0 none.
int QuotedHeader(std::string_view line) {
  line = Strip(line);
  while (!line.empty() && line.front() == '*') line.remove_prefix(1);
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon > 16) return 0;
  std::string_view name = Strip(line.substr(0, colon));
  while (!name.empty() && name.back() == '*') name.remove_suffix(1);
  if (name.ends_with("\xC2\xA0")) name.remove_suffix(2);
  const std::string lower = Lower(name);
  if (IsOneOf(lower, {"from", "von", "de", "da", "van", "från", "fra", "od"})) return 1;
  if (IsOneOf(lower, {"sent", "date", "gesendet", "datum", "envoyé", "enviado", "enviada",
                      "enviado el", "enviada em", "inviato", "data", "fecha", "verzonden",
                      "skickat", "sendt", "wysłano"})) {
    return 2;
  }
  if (IsOneOf(lower, {"to", "an", "à", "para", "a", "aan", "till", "til", "do", "cc"})) return 3;
  if (IsOneOf(lower, {"subject", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp",
                      "ämne", "emne", "temat"})) {
    return 4;
  }
  return 0;
}

// A From: line with two other header names in the lines behind it.
bool IsQuotedHeaderBlock(const std::vector<std::string_view>& lines, size_t at) {
  if (QuotedHeader(lines[at]) != 1) return false;
  std::array<bool, 5> seen = {};
  size_t looked = 0;
  for (size_t i = at + 1; i < lines.size() && looked < 5; ++i) {
    if (Strip(lines[i]).empty()) continue;
    seen.at(static_cast<size_t>(QuotedHeader(lines[i]))) = true;
    ++looked;
  }
  return static_cast<int>(seen[2]) + static_cast<int>(seen[3]) + static_cast<int>(seen[4]) >= 2;
}

bool IsDeviceLine(std::string_view line) {
  line = Strip(line);
  if (line.size() > 80) return false;
  for (const std::string_view mark :
       {"Sent from my ", "Sent from Mail for", "Sent from Yahoo Mail", "Sent from Outlook",
        "Get Outlook for ", "Gesendet von meinem ", "Von meinem iPhone gesendet", "Envoyé de mon ",
        "Envoyé depuis mon ", "Enviado desde mi ", "Enviado do meu ", "Inviato da iPhone",
        "Inviato dal mio ", "Verstuurd vanaf mijn ", "Skickat från min ", "Sendt fra min "}) {
    if (StartsWithIgnoreCase(line, mark)) return true;
  }
  return false;
}

// The character at text[*i] of valid UTF-8; moves *i behind it.
UChar32 NextCharacter(std::string_view text, size_t* i) {
  const auto first = static_cast<unsigned char>(text[(*i)++]);
  if (first < 0x80) return first;
  const int tail = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  UChar32 c = first & (0x3F >> tail);
  for (int k = 0; k < tail && *i < text.size(); ++k) {
    c = (c << 6) | (static_cast<unsigned char>(text[(*i)++]) & 0x3F);
  }
  return c;
}

// True for scripts that put no blank between words.
bool IsUnspaced(UChar32 c) {
  UErrorCode error = U_ZERO_ERROR;
  switch (uscript_getScript(c, &error)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
      return true;
    default:
      return false;
  }
}

int64_t CountByBoundaries(const std::string& text) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> words(
      icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), error));
  if (U_FAILURE(error) || words == nullptr) return 1;
  const icu::UnicodeString wide = icu::UnicodeString::fromUTF8(text);
  words->setText(wide);
  int64_t count = 0;
  while (words->next() != icu::BreakIterator::DONE) {
    if (words->getRuleStatus() >= UBRK_WORD_NONE_LIMIT) ++count;
  }
  return count;
}

}  // namespace

std::string NewText(std::string_view text) {
  const std::vector<std::string_view> lines = Lines(text);
  std::string out;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (IsQuoted(line) || IsDeviceLine(line)) continue;
    if (IsSignatureMark(line) || IsForwardMark(line) || IsQuotedHeaderBlock(lines, i)) break;
    if (const size_t count = AttributionLines(lines, i); count > 0) {
      size_t next = i + count;
      while (next < lines.size() && Strip(lines[next]).empty()) ++next;
      if (next < lines.size() && !IsQuoted(lines[next])) break;
      i += count - 1;
      continue;
    }
    out.append(line);
    out.push_back('\n');
  }
  return out;
}

int64_t CountWords(std::string_view text) {
  int64_t count = 0;
  std::string unspaced;  // all pieces in scripts without blanks, counted together at the end
  size_t i = 0;
  while (i < text.size()) {
    const size_t from = i;
    size_t end = i;
    bool word = false;
    bool has_unspaced = false;
    while (i < text.size()) {
      const UChar32 c = NextCharacter(text, &i);
      if (u_isUWhiteSpace(c) != 0) break;
      end = i;
      word = word || u_isalnum(c) != 0;
      has_unspaced = has_unspaced || (c > 0x0E00 && IsUnspaced(c));
    }
    if (has_unspaced) {
      unspaced.append(text.substr(from, end - from));
      unspaced.push_back(' ');
    } else if (word) {
      ++count;
    }
  }
  return unspaced.empty() ? count : count + CountByBoundaries(unspaced);
}

}  // namespace rapport::importer
