// Mails out of an mbox file of any size, or out of a file with a single mail (.eml).
#ifndef RAPPORT_TOOLS_IMPORT_MBOX_H_
#define RAPPORT_TOOLS_IMPORT_MBOX_H_

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <variant>

#include "tools/import/import_problem.h"
#include "tools/import/line_reader.h"
#include "tools/import/mail.h"

namespace rapport::importer {

struct MboxOptions {
  std::string file;          // name used in problems
  int64_t start_offset = 0;  // where to begin: 0 or the end_offset of an earlier item
  int64_t start_line = 1;    // the line number there: 1 or the end_line of the same item
  // Of a larger mail only the front is read (headers and text come before attachments).
  size_t max_message_bytes = 16 << 20;
};

// One stretch of the file. The items of a file follow each other without a gap.
struct MboxItem {
  int64_t start_offset = 0;  // of its "From " line, in bytes
  int64_t end_offset = 0;    // behind its last byte: resume here
  int64_t line = 0;          // of its "From " line
  int64_t end_line = 0;      // number of the line at end_offset
  bool truncated = false;    // larger than max_message_bytes: read in part
  std::variant<Mail, ImportProblem> content;
};

// A mail ends where a line begins with "From ", carries a date, and either follows a blank line or
// stands before a header; or where "From <one word>" stands between a blank line and a header of a
// mail. ">From " at the beginning of a line loses one ">" (mboxo and mboxrd). A
// file that does not begin with "From " is one mail. Not thread-safe. `in` must be seekable if
// start_offset is not 0, and outlive the reader. Memory: about three times max_message_bytes.
class MboxReader {
 public:
  MboxReader(std::istream* in, MboxOptions options);
  MboxReader(const MboxReader&) = delete;
  MboxReader& operator=(const MboxReader&) = delete;

  // The next mail or what could not be read; nullopt at the end of the file.
  std::optional<MboxItem> Next();

 private:
  bool IsSeparator(const Line& line, bool after_blank);

  const MboxOptions options_;
  LineReader lines_;
  std::optional<Line> pending_;  // the "From " line of the next mail
  bool started_ = false;
  bool single_ = false;  // a file with one mail
};

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_MBOX_H_
