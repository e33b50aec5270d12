#include "tools/import/mbox.h"

#include <algorithm>
#include <utility>

#include "tools/import/ascii.h"

namespace rapport::importer {
namespace {

constexpr size_t kMaxLineBytes = 1 << 20;
constexpr size_t kHeaderPeek = 256;

std::istream* At(std::istream* in, int64_t offset) {
  if (offset > 0) in->seekg(offset);
  return in;
}

bool IsFromLine(const Line& line) { return line.text.starts_with("From "); }

// "Name:" with a name of printable ASCII.
bool LooksLikeHeader(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 80) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return c > ' ' && c < '\x7F'; });
}

// "From ana" or "From ana 2025-03-03T10:00": what writers put who do not know the form of the date.
bool HasNoDate(std::string_view from_line) {
  std::string_view rest = Strip(from_line.substr(5));
  const size_t blank = rest.find(' ');
  if (blank == std::string_view::npos) return !rest.empty();
  rest = Strip(rest.substr(blank));
  return IsAsciiDigit(rest.front());
}

// One of the headers that mails begin with.
bool IsMailHeader(std::string_view line) {
  const std::string name = Lower(line.substr(0, line.find(':')));
  return LooksLikeHeader(line) &&
         (IsOneOf(name, {"from", "to", "date", "subject", "received", "return-path", "message-id",
                         "mime-version", "content-type", "delivered-to", "status", "reply-to",
                         "dkim-signature", "arc-seal", "authentication-results", "sender"}) ||
          name.starts_with("x-"));
}

// True for ">From ", ">>From ", ...
bool IsEscapedFrom(std::string_view text) {
  const size_t from = text.find_first_not_of('>');
  return from != 0 && from != std::string_view::npos && text.substr(from, 5) == "From ";
}

}  // namespace

MboxReader::MboxReader(std::istream* in, MboxOptions options)
    : options_(std::move(options)),
      lines_(
          At(in, options_.start_offset),
          LineReader::Options{.ends = LineReader::Ends::kNewline,
                              .max_line_bytes = std::min(kMaxLineBytes, options_.max_message_bytes),
                              .offset = options_.start_offset,
                              .line = options_.start_line}) {}

bool MboxReader::IsSeparator(const Line& line, bool after_blank) {
  if (single_ || !IsFromLine(line)) return false;
  std::string_view next = lines_.Peek(kHeaderPeek);
  next = next.substr(0, next.find('\n'));
  if (FromLineTime(line.text).has_value()) {
    // Some writers repeat the separator, escaped, as a header.
    return after_blank || LooksLikeHeader(next) || next.starts_with(">From ");
  }
  return after_blank && HasNoDate(line.text) && IsMailHeader(next);
}

std::optional<MboxItem> MboxReader::Next() {
  MboxItem item;
  Line line;
  const auto problem = [&](std::string reason) {
    item.end_offset = pending_ ? pending_->offset : lines_.offset();
    item.end_line = pending_ ? pending_->number : lines_.next_line_number();
    item.content = ImportProblem{options_.file, item.line, std::move(reason)};
    return item;
  };
  if (!started_) {
    started_ = true;
    int64_t first_offset = -1;
    while (lines_.Next(&line)) {
      if (first_offset < 0) {
        first_offset = line.offset;
        item.line = line.number;
        if (line.offset == 0 && line.text.starts_with("\xEF\xBB\xBF")) line.text.erase(0, 3);
      }
      if (!Strip(line.text).empty()) break;
    }
    if (first_offset < 0) return std::nullopt;
    if (Strip(line.text).empty()) return std::nullopt;
    item.start_offset = first_offset;
    if (!IsFromLine(line) && options_.start_offset == 0) {
      single_ = true;
    } else if (!IsFromLine(line)) {
      // Not where a mail begins: the file changed, or the offset is wrong. Find the next one.
      bool after_blank = false;
      while (lines_.Next(&line)) {
        if (IsSeparator(line, after_blank)) {
          pending_ = std::move(line);
          break;
        }
        after_blank = line.text.empty();
      }
      return problem("no mail begins here; went on to the next one");
    }
    // Blank lines in front belong to the first mail.
    line.offset = first_offset;
    line.number = item.line;
    pending_ = std::move(line);
  }
  if (!pending_) return std::nullopt;

  Line first = *std::exchange(pending_, std::nullopt);
  item.start_offset = first.offset;
  item.line = first.number;
  std::string from_line;
  std::string bytes;
  // LineReader cuts very long lines; what was dropped counts as truncation of the mail.
  const auto keep = [&](const Line& kept) {
    std::string_view text = kept.text;
    if (!single_ && IsEscapedFrom(text)) text.remove_prefix(1);
    item.truncated = item.truncated || kept.truncated;
    if (bytes.size() + text.size() + kept.end.size() > options_.max_message_bytes) {
      item.truncated = true;
      return;
    }
    if (item.truncated && !kept.truncated) return;
    bytes.append(text);
    bytes.append(kept.end);
  };
  if (single_) {
    keep(first);
  } else {
    from_line = std::move(first.text);
  }
  bool after_blank = false;
  while (lines_.Next(&line)) {
    if (IsSeparator(line, after_blank)) {
      pending_ = std::move(line);
      break;
    }
    after_blank = line.text.empty() && !line.truncated;
    keep(line);
  }
  item.end_offset = pending_ ? pending_->offset : lines_.offset();
  item.end_line = pending_ ? pending_->number : lines_.next_line_number();
  Mail mail;
  std::string reason = ParseMail(bytes, from_line, &mail);
  if (!reason.empty()) return problem(std::move(reason));
  item.content = std::move(mail);
  return item;
}

}  // namespace rapport::importer
