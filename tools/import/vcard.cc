#include "tools/import/vcard.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "tools/import/ascii.h"
#include "tools/import/charset.h"
#include "tools/import/text_stream.h"
#include "tools/import/vcard_line.h"

namespace rapport::importer {
namespace {

constexpr size_t kMaxWarnings = 100;
constexpr size_t kMaxHeadBytes = size_t{16} * 1024;

bool IsBlank(std::string_view text) { return Strip(text).empty(); }

bool IsFolded(std::string_view text) {
  return !text.empty() && (text.front() == ' ' || text.front() == '\t');
}

// BEGIN:VCARD or END:VCARD, in any case, with blanks.
bool IsMarker(std::string_view text, std::string_view name) {
  text = Strip(text);
  if (text.size() > 64) return false;
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  return EqualsIgnoreCase(Strip(text.substr(0, colon)), name) &&
         EqualsIgnoreCase(Strip(text.substr(colon + 1)), "VCARD");
}

// A line of base64 that 2.1 writers put there without a blank in front.
bool IsBase64Line(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return IsAsciiAlnum(c) || c == '+' || c == '/' || c == '=';
  });
}

// An AGENT card as one AGENT line of vCard 3.0.
std::string AgentLine(const VCard& agent) {
  std::string text = Cat({"BEGIN:VCARD\n"});
  if (!agent.version.empty()) text += Cat({"VERSION:", agent.version, "\n"});
  for (const VCardProperty& property : agent.properties) {
    text += Cat({property.raw, "\n"});
  }
  text += Cat({"END:VCARD"});
  return Cat({"AGENT:", Escape(text)});
}

}  // namespace

// What the lines of one card share while they are put together.
class VCardReader::Assembly {
 public:
  explicit Assembly(size_t max_bytes) : max_bytes_(max_bytes) {}
  size_t room() const { return max_bytes_ - std::min(max_bytes_, bytes_); }
  void Take(size_t bytes) { bytes_ += bytes; }
  // 2.1 folds in front of a blank of the text, later versions add the blank.
  bool old_folding = false;

 private:
  const size_t max_bytes_;
  size_t bytes_ = 0;
};

VCardReader::VCardReader(std::istream* in, VCardOptions options)
    : options_(std::move(options)),
      recoded_(NewTextStream(in)),
      lines_(recoded_.get(), LineReader::Options{.ends = LineReader::Ends::kAny,
                                                 .max_line_bytes = options_.max_card_bytes}) {
  has_next_ = Advance();
}

VCardReader::~VCardReader() = default;

bool VCardReader::Advance() {
  has_next_ = lines_.Next(&next_);
  return has_next_;
}

ImportProblem VCardReader::Problem(int64_t line, std::string reason) const {
  return {options_.file, line, std::move(reason)};
}

bool VCardReader::NextLogical(Logical* logical, Assembly* assembly) {
  while (has_next_ && IsBlank(next_.text)) Advance();
  if (!has_next_) return false;
  logical->text = std::move(next_.text);
  logical->line = next_.number;
  logical->overflow = next_.truncated || logical->text.size() > assembly->room();
  Advance();
  LineHead head = ReadLineHead(logical->text);
  const auto append = [&](std::string_view text) {
    if (logical->overflow || logical->text.size() + text.size() > assembly->room() ||
        next_.truncated) {
      logical->overflow = true;
      return;
    }
    logical->text.append(text);
    if (head.colon == std::string_view::npos && logical->text.size() <= kMaxHeadBytes) {
      head = ReadLineHead(logical->text);
    }
  };
  while (has_next_) {
    const std::string_view next = next_.text;
    const bool quoted_printable = head.encoding == TransferEncoding::kQuotedPrintable;
    const bool soft_break = quoted_printable && logical->text.ends_with("=");
    if (IsFolded(next)) {
      if (soft_break) logical->text.pop_back();
      const bool keep_blank = assembly->old_folding && head.encoding != TransferEncoding::kBase64;
      append(next.substr(keep_blank ? 0 : 1));
    } else if (soft_break && !IsMarker(next, "END")) {
      logical->text.pop_back();
      append(next);
      if (next.empty()) {
        Advance();
        break;
      }
    } else if (head.encoding == TransferEncoding::kBase64 && IsBase64Line(next)) {
      append(next);
    } else {
      break;
    }
    Advance();
  }
  return true;
}

std::optional<std::variant<VCard, ImportProblem>> VCardReader::Next() {
  int64_t stray = 0;
  while (true) {
    if (begun_line_ == 0) {
      Assembly assembly(options_.max_card_bytes);
      Logical logical;
      if (!NextLogical(&logical, &assembly)) break;
      if (!IsMarker(logical.text, "BEGIN")) {
        if (stray == 0) stray = logical.line;
        continue;
      }
      begun_line_ = logical.line;
    }
    saw_card_ = true;
    if (stray != 0) return Problem(stray, "text outside a card");
    return ReadCard(std::exchange(begun_line_, 0));
  }
  if (stray == 0) return std::nullopt;
  return Problem(stray, saw_card_ ? "text outside a card" : "no vCard in this file");
}

std::variant<VCard, ImportProblem> VCardReader::ReadCard(int64_t begin_line) {
  std::vector<VCard> open(1);  // the card, and the AGENT cards inside it that are not complete
  open.back().line = begin_line;
  std::vector<ImportProblem> warnings;
  std::string failure;
  size_t properties = 0;
  int skipped_agents = 0;
  bool agent_follows = false;
  Assembly assembly(options_.max_card_bytes);
  Logical logical;
  const auto warn = [&](std::string reason) {
    if (warnings.size() < kMaxWarnings)
      warnings.push_back(Problem(logical.line, std::move(reason)));
  };
  while (NextLogical(&logical, &assembly)) {
    const bool is_agent_card = std::exchange(agent_follows, false);
    if (IsMarker(logical.text, "BEGIN")) {
      if (!is_agent_card) {
        begun_line_ = logical.line;
        return Problem(begin_line, "card without END:VCARD");
      }
      if (static_cast<int>(open.size()) > options_.max_agent_depth) {
        failure = "AGENT cards nested too deep";
      }
      if (failure.empty()) {
        open.emplace_back().line = logical.line;
      } else {
        ++skipped_agents;
      }
      continue;
    }
    if (IsMarker(logical.text, "END")) {
      if (skipped_agents > 0) {
        --skipped_agents;
      } else if (open.size() > 1) {
        VCard agent = std::move(open.back());
        open.pop_back();
        agent.contact = ContactOf(agent);
        VCardProperty& property = open.back().properties.emplace_back();
        property.name = "AGENT";
        property.line = agent.line;
        property.raw = AgentLine(agent);
        open.back().agents.push_back(std::move(agent));
      } else if (!failure.empty()) {
        return Problem(begin_line, failure);
      } else {
        open.front().warnings = std::move(warnings);
        return Finish(std::move(open.front()));
      }
      continue;
    }
    const LineHead head = ReadLineHead(logical.text);
    if (head.name == "AGENT") {
      const std::string_view value = std::string_view(logical.text).substr(head.colon + 1);
      if (IsBlank(value)) {
        agent_follows = true;
        continue;
      }
      if (IsMarker(value, "BEGIN")) {
        if (!failure.empty() || static_cast<int>(open.size()) > options_.max_agent_depth) {
          if (failure.empty()) failure = "AGENT cards nested too deep";
          ++skipped_agents;
        } else {
          open.emplace_back().line = logical.line;
        }
        continue;
      }
    }
    if (!failure.empty()) continue;
    if (logical.overflow) {
      if (IsBinaryProperty(head.name) || head.encoding == TransferEncoding::kBase64) {
        warn(Cat({ToUtf8(head.name), " left out: the card is larger than ",
                  std::to_string(options_.max_card_bytes), " bytes"}));
      } else {
        failure = Cat({"card larger than ", std::to_string(options_.max_card_bytes), " bytes"});
      }
      continue;
    }
    assembly.Take(logical.text.size());
    if (++properties > options_.max_properties) {
      failure =
          Cat({"card with more than ", std::to_string(options_.max_properties), " properties"});
      continue;
    }
    VCard& card = open.back();
    VCardProperty property;
    property.line = logical.line;
    const std::string problem = ParseContentLine(logical.text, &property);
    if (problem == "not a property line") {
      // Mostly the rest of a text whose line breaks were not escaped.
      warn("not a property line; taken as part of the one before");
      if (!card.properties.empty() && !card.properties.back().binary) {
        const std::string text = Escape(ToUtf8(Strip(logical.text)));
        card.properties.back().value += Cat({"\\n", text});
        card.properties.back().raw += Cat({"\\n", text});
      }
      continue;
    }
    if (!problem.empty()) warn(Cat({problem, " in ", property.name}));
    if (property.name == "VERSION") {
      card.version = std::string(Strip(property.value));
      assembly.old_folding = open.size() == 1 ? card.version == "2.1" : assembly.old_folding;
      continue;
    }
    if (property.name == "AGENT" && options_.max_agent_depth > 0 &&
        StartsWithIgnoreCase(property.value, "BEGIN:VCARD")) {
      std::istringstream inner(Unescape(property.value));
      VCardOptions options = options_;
      --options.max_agent_depth;
      auto agent = VCardReader(&inner, options).Next();
      if (agent.has_value() && std::holds_alternative<VCard>(*agent)) {
        std::get<VCard>(*agent).line = logical.line;
        card.agents.push_back(std::get<VCard>(*std::move(agent)));
      } else {
        warn("AGENT card not read");
      }
    }
    card.properties.push_back(std::move(property));
  }
  return Problem(begin_line, "card without END:VCARD");
}

std::variant<VCard, ImportProblem> VCardReader::Finish(VCard card) const {
  card.contact = ContactOf(card);
  if (!card.contact.HasName() && !card.contact.HasContactPoint()) {
    for (const ImportProblem& warning : card.warnings) {
      if (warning.reason.starts_with("broken")) return Problem(card.line, warning.reason);
    }
    return Problem(card.line, "no name and no contact point");
  }
  return card;
}

}  // namespace rapport::importer
