// Who or what wrote a mail: a person, a list, a machine.
#ifndef RAPPORT_TOOLS_IMPORT_MAIL_KIND_H_
#define RAPPORT_TOOLS_IMPORT_MAIL_KIND_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rapport::importer {

enum class MailKind {
  kHuman,           // nothing says otherwise
  kAutoReply,       // out of office, receipts (RFC 3834 auto-replied)
  kBounce,          // delivery reports (RFC 3464)
  kList,            // went through a discussion list (RFC 2919, RFC 2369)
  kBulk,            // newsletters, campaigns
  kCalendarNotice,  // invitations and answers to them (RFC 6047)
  kAutomated,       // other mail by machines: notifications, no-reply senders
};

// "HUMAN", "AUTO_REPLY", "BOUNCE", "LIST", "BULK", "CALENDAR_NOTICE", "AUTOMATED".
std::string_view MailKindName(MailKind kind);

struct MailFacts {
  // The value of the first header of this name, unfolded; nullopt if the mail has none. Names are
  // asked in lower case.
  std::function<std::optional<std::string>(std::string_view)> header;
  std::string from_address;     // lower case, "" if there is none
  std::string subject;          // decoded
  std::string content_type;     // of the whole mail, lower case: "multipart/report"
  std::string report_type;      // its report-type parameter, lower case
  std::string calendar_method;  // upper case METHOD of a text/calendar part, or ""
};

struct MailVerdict {
  MailKind kind = MailKind::kHuman;
  std::string reason;  // the rule that decided, e.g. "Auto-Submitted: auto-replied"; "" for kHuman
};

// The first rule that applies, in the order bounce, calendar, automatic reply, list, bulk, other
// machines. A subject alone decides only where it begins with words that mail programs write and
// people do not ("Automatic reply:"). Pure, thread-safe.
MailVerdict ClassifyMail(const MailFacts& facts);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_MAIL_KIND_H_
