// vCards 2.1, 3.0 and 4.0 (RFC 2426, RFC 6350) from a stream of any size, as phones, mail programs
// and web sites really write them. Memory is bounded by the limits below, whatever the input.
#ifndef RAPPORT_TOOLS_IMPORT_VCARD_H_
#define RAPPORT_TOOLS_IMPORT_VCARD_H_

#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/import/contact.h"
#include "tools/import/import_problem.h"
#include "tools/import/line_reader.h"

namespace rapport::importer {

struct VCardParameter {
  std::string name;  // upper case; a bare 2.1 word is TYPE, or ENCODING where it names one
  std::string value;
};

struct VCardProperty {
  std::string group;  // "item1" of item1.EMAIL, as written; often empty
  std::string name;   // upper case
  std::vector<VCardParameter> parameters;
  // Transfer encoding undone. Text is valid UTF-8 with its backslash escapes still in; `binary`
  // (base64 of a picture, sound or key) is the bytes.
  std::string value;
  bool binary = false;
  // The unfolded content line as it stood in the file. Valid UTF-8: where the file used another
  // charset, the text is converted and a CHARSET parameter renamed to UTF-8.
  std::string raw;
  int64_t line = 0;

  // The first value of the parameter (`name` in upper case), or "".
  std::string_view Parameter(std::string_view parameter) const;
  // True if TYPE contains `type`, ignoring case.
  bool HasType(std::string_view type) const;
};

struct VCard {
  int64_t line = 0;     // of BEGIN:VCARD
  std::string version;  // "2.1", "3.0", "4.0", or as stated; "" if it is not stated
  std::vector<VCardProperty> properties;  // in file order, without BEGIN, END and VERSION
  std::vector<VCard> agents;              // nested AGENT cards
  Contact contact;                        // what the properties say, see contact.h
  // Parts of this card that were left out. The card itself was read.
  std::vector<ImportProblem> warnings;
};

struct VCardOptions {
  std::string file;                 // name used in problems
  size_t max_card_bytes = 8 << 20;  // pictures beyond are left out; other text fails the card
  size_t max_properties = 10'000;   // per card, agents included
  int max_agent_depth = 4;
};

// Not thread-safe. `in` must outlive the reader.
class VCardReader {
 public:
  VCardReader(std::istream* in, VCardOptions options);
  VCardReader(const VCardReader&) = delete;
  VCardReader& operator=(const VCardReader&) = delete;
  ~VCardReader();

  // The next card, or what could not be read; nullopt at the end of the input. A problem stands for
  // one card (or one run of text outside cards); reading goes on behind it.
  std::optional<std::variant<VCard, ImportProblem>> Next();

 private:
  struct Logical {  // one content line, unfolded
    std::string text;
    int64_t line = 0;
    bool overflow = false;
  };
  class Assembly;

  bool Advance();
  bool NextLogical(Logical* logical, Assembly* assembly);
  ImportProblem Problem(int64_t line, std::string reason) const;
  std::variant<VCard, ImportProblem> ReadCard(int64_t begin_line);
  std::variant<VCard, ImportProblem> Finish(VCard card) const;

  const VCardOptions options_;
  std::unique_ptr<std::istream> recoded_;  // the UTF-8 view of a UTF-16 input
  LineReader lines_;
  Line next_;
  bool has_next_ = false;
  bool saw_card_ = false;
  int64_t begun_line_ = 0;  // of a BEGIN:VCARD that was read while another card was open
};

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_VCARD_H_
