// Physical lines of a stream of any size, in bounded memory.
#ifndef RAPPORT_TOOLS_IMPORT_LINE_READER_H_
#define RAPPORT_TOOLS_IMPORT_LINE_READER_H_

#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace rapport::importer {

struct Line {
  std::string text;        // without the line end
  std::string end;         // "\n", "\r\n", "\r", or empty at the end of the input
  int64_t number = 0;      // 1-based
  int64_t offset = 0;      // bytes from the start of the stream
  bool truncated = false;  // longer than the limit: the rest was read and dropped
};

// Not thread-safe. The stream must outlive the reader and be read by nobody else meanwhile.
class LineReader {
 public:
  enum class Ends {
    kNewline,  // only LF ends a line; a CR before it belongs to the end
    kAny,      // LF, any run of CRs before an LF (files converted twice), or a CR alone
  };
  struct Options {
    Ends ends = Ends::kNewline;
    size_t max_line_bytes = 1 << 20;
    int64_t offset = 0;  // where the stream stands now
    int64_t line = 1;    // number of the line that starts there
  };

  LineReader(std::istream* in, Options options);

  // Reads the next line; false at the end of the input.
  bool Next(Line* line);
  // The bytes that follow, without consuming them: at most `bytes` (<= 4096), fewer at the end.
  std::string_view Peek(size_t bytes);
  int64_t offset() const { return offset_; }
  int64_t next_line_number() const { return line_; }

 private:
  // Makes at least `bytes` available if the input has them; returns what is available.
  size_t Fill(size_t bytes);

  std::istream* const in_;
  const Options options_;
  std::vector<char> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  int64_t offset_;
  int64_t line_;
};

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_LINE_READER_H_
