// One vCard content line: [group.]NAME[;parameters]:value. Pure functions, thread-safe.
#ifndef RAPPORT_TOOLS_IMPORT_VCARD_LINE_H_
#define RAPPORT_TOOLS_IMPORT_VCARD_LINE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tools/import/vcard.h"

namespace rapport::importer {

enum class TransferEncoding { kNone, kQuotedPrintable, kBase64 };

// What must be known before a line is complete.
struct LineHead {
  size_t colon = std::string_view::npos;  // the colon in front of the value; npos if there is none
  std::string name;                       // upper case, without group
  TransferEncoding encoding = TransferEncoding::kNone;
};
LineHead ReadLineHead(std::string_view line);

// True for pictures, sounds and keys: what may be left out when it is too large.
bool IsBinaryProperty(std::string_view name);

// Parses an unfolded line. Returns "" or the reason why it cannot be read: "not a property line",
// "broken base64", "too many parameters".
std::string ParseContentLine(std::string_view line, VCardProperty* property);

// Splits at `separator` where no backslash stands before it; escapes stay. At most 1024 pieces: the
// last one keeps the rest.
std::vector<std::string_view> SplitEscaped(std::string_view text, char separator);

// Undoes backslash escapes: \n and \N are a line break, \x is x.
std::string Unescape(std::string_view text);

// The inverse, for text put into a value.
std::string Escape(std::string_view text);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_VCARD_LINE_H_
