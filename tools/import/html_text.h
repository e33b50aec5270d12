// The words a person wrote, out of an HTML mail body.
#ifndef RAPPORT_TOOLS_IMPORT_HTML_TEXT_H_
#define RAPPORT_TOOLS_IMPORT_HTML_TEXT_H_

#include <string>
#include <string_view>

namespace rapport::importer {

// Plain text of `html` (UTF-8): tags go, entities become characters, blocks become lines. Left out:
// scripts, styles, comments, hidden elements, and what mail programs mark as quoted or as a
// signature (blockquote, gmail_quote, moz-cite-prefix, yahoo_quoted, Outlook's divRplyFwdMsg and
// all that follows it, ...). Time and memory grow linearly with the input. Pure, thread-safe.
std::string HtmlNewText(std::string_view html);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_HTML_TEXT_H_
