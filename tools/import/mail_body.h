// The text parts of a MIME tree.
#ifndef RAPPORT_TOOLS_IMPORT_MAIL_BODY_H_
#define RAPPORT_TOOLS_IMPORT_MAIL_BODY_H_

#include <gmime/gmime.h>

#include <cstdint>
#include <string>

namespace rapport::importer {

struct MailBody {
  int64_t new_words = 0;
  std::string calendar_method;  // of the first text/calendar part, upper case, or ""
};

// Walks `root`. Of alternatives the plain one counts if it has words, else the HTML one. Parts with
// a file name or the disposition "attachment", attached mails, and encrypted parts do not count.
// Bodies in a broken charset are read as well as they can be.
MailBody ReadMailBody(GMimeObject* root);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_MAIL_BODY_H_
