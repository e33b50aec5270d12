// People as JSContact cards (RFC 9553; `uid` may be absent, RFC 9982), converted as RFC 9555 says:
// what vCard has no word for travels as JSPROP, what JSContact has no word for as vCardProps. So
// nothing is lost on the way through either.
#ifndef RAPPORT_TOOLS_IMPORT_JSCONTACT_H_
#define RAPPORT_TOOLS_IMPORT_JSCONTACT_H_

#include <istream>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tools/import/import_problem.h"
#include "tools/import/json_values.h"
#include "tools/import/vcard.h"

namespace rapport::importer {

// Any number of cards: one, one after the other, or an array of them. Not thread-safe. `in` must
// outlive the reader.
class JsContactReader {
 public:
  JsContactReader(std::istream* in, JsonOptions options);
  // As VCardReader.
  std::optional<std::variant<VCard, ImportProblem>> Next();

 private:
  const std::string file_;
  JsonValues values_;
};

// True for an object that can be a card.
bool IsJsContact(const Json& value);

// The content lines of vCard 4.0 (unfolded) that say what the card says.
std::vector<std::string> LinesOfJsContact(const Json& card);
// The card that says what the content lines say.
Json JsContactOf(const std::vector<std::string>& lines);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_JSCONTACT_H_
