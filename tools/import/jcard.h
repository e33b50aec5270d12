// vCards as JSON (RFC 7095), and properties between the two forms.
#ifndef RAPPORT_TOOLS_IMPORT_JCARD_H_
#define RAPPORT_TOOLS_IMPORT_JCARD_H_

#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/import/import_problem.h"
#include "tools/import/json_values.h"
#include "tools/import/vcard.h"

namespace rapport::importer {

// Any number of jCards: one, one after the other, or an array of them. Not thread-safe. `in` must
// outlive the reader.
class JCardReader {
 public:
  JCardReader(std::istream* in, JsonOptions options);
  // As VCardReader. What of a card cannot be a property is a warning of the card.
  std::optional<std::variant<VCard, ImportProblem>> Next();

 private:
  const std::string file_;
  JsonValues values_;
};

// A content line of vCard 4.0 (unfolded) from a jCard property, nullopt if it cannot be one; and
// the property from a line, null if it is none. Values of unknown type stay word for word.
std::optional<std::string> LineOfJCard(const Json& property);
Json JCardOfLine(std::string_view line);

// Unfolded content lines without BEGIN, END and VERSION, as a whole jCard.
Json JCardOf(const std::vector<std::string>& lines);

// The card that these content lines make; a problem if it has neither a name nor a contact point.
std::variant<VCard, ImportProblem> CardOfLines(const std::vector<std::string>& lines,
                                               const std::string& file, int64_t line);

// Made what a content line can be: valid UTF-8 without NUL, no CR, and \n for line breaks.
std::string ContentLine(std::string_view text);

// ";NAME=value", quoted as RFC 6868 and RFC 6350 want it.
std::string ParameterText(std::string_view name, const std::vector<std::string>& values);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_JCARD_H_
