// One mail (RFC 5322, MIME), read for what it says about contact between people.
#ifndef RAPPORT_TOOLS_IMPORT_MAIL_H_
#define RAPPORT_TOOLS_IMPORT_MAIL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "tools/import/mail_kind.h"

namespace rapport::importer {

// All strings are valid UTF-8, trimmed, without line breaks.
struct MailAddress {
  std::string address;  // addr-spec, lower case; the domain in its ASCII form
  std::string name;     // decoded display name, or ""
  friend bool operator==(const MailAddress&, const MailAddress&) = default;
};

enum class MailDateSource { kDateHeader, kReceived, kFromLine };

struct Mail {
  // Without angle brackets. `synthetic_id`: the mail has no Message-ID and this is
  // "<hash>@synthetic.invalid", a SHA-256 over the headers that stay the same between mailboxes
  // (and over the body where there are none of them).
  std::string message_id;
  bool synthetic_id = false;
  std::string in_reply_to;              // first id, or ""
  std::vector<std::string> references;  // oldest first, at most 200: the first and the last ones
  std::string thread_key;               // first of references, else in_reply_to, else message_id
  absl::Time date;                      // from the first of these that can be read
  MailDateSource date_source = MailDateSource::kDateHeader;
  std::optional<MailAddress> from;  // the first one; absent only where kind is not kHuman
  std::optional<MailAddress> sender;
  std::vector<MailAddress> reply_to, to, cc, bcc;  // groups expanded, each address once
  std::string subject;
  int64_t new_words = 0;  // words of new text, see new_text.h; attachments do not count
  MailKind kind = MailKind::kHuman;
  std::string kind_reason;  // the rule that decided
  std::string list_id;      // RFC 2919 identifier without angle brackets, lower case, or ""
};

// Reads one mail from its bytes, headers first. `from_line` is its mbox "From " line, or "".
// Returns "" or the reason why it cannot be read:
// "no headers", "no date", "no sender address". Thread-safe; linear in the size of `bytes`.
std::string ParseMail(std::string_view bytes, std::string_view from_line, Mail* mail);

// The time in an mbox "From " line (UTC unless it names an offset); nullopt if there is none.
std::optional<absl::Time> FromLineTime(std::string_view line);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_MAIL_H_
