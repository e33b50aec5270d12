// What is new in the text of a mail: without quotes of earlier mails, forwarded mails, signatures.
#ifndef RAPPORT_TOOLS_IMPORT_NEW_TEXT_H_
#define RAPPORT_TOOLS_IMPORT_NEW_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace rapport::importer {

// `text` is valid UTF-8. Left out:
//   - lines that begin with ">";
//   - "On <day> <somebody> wrote:" (and the like in other languages, also broken over lines). If no
//     ">" line follows it, so is everything behind it;
//   - from "-----Original Message-----", "Forwarded message" and the like to the end;
//   - from a block of From:/Sent:/To:/Subject: lines to the end (Outlook, several languages);
//   - from the signature mark "-- " to the end, and lines such as "Sent from my iPhone".
// Pure, thread-safe.
std::string NewText(std::string_view text);

// Words of `text` (valid UTF-8): pieces between white space that have a letter or digit; a web
// address is one word. Scripts written without blanks (Chinese, Japanese, Thai, ...) are cut by
// Unicode word boundaries (UAX 29 with ICU's dictionaries).
int64_t CountWords(std::string_view text);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_NEW_TEXT_H_
