// Tables of text (RFC 4180) from a stream of any size, as spreadsheets really write them. Memory is
// bounded by the limits below, whatever the input.
#ifndef RAPPORT_TOOLS_IMPORT_CSV_H_
#define RAPPORT_TOOLS_IMPORT_CSV_H_

#include <cstdint>
#include <deque>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/import/import_problem.h"
#include "tools/import/line_reader.h"

namespace rapport::importer {

struct CsvRecord {
  int64_t line = 0;                 // where the record begins
  std::vector<std::string> fields;  // valid UTF-8, quotes undone, line breaks in them as "\n"
};

struct CsvOptions {
  std::string file;     // name used in problems
  char delimiter = 0;   // 0: the first of , ; tab | that the first record has most of
  std::string charset;  // of the bytes; "": UTF-8 if a field is, else windows-1252
  size_t max_record_bytes = 1 << 20;
  size_t max_fields = 1000;
};

// Takes byte order marks (UTF-8, UTF-16), LF, CRLF and CR, line breaks inside quotes, and a first
// line "sep=;" as spreadsheets write it. Lines without any character are no records. A quote inside
// an unquoted field is a character. Not thread-safe. `in` must outlive the reader.
class CsvReader {
 public:
  CsvReader(std::istream* in, CsvOptions options);
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;
  ~CsvReader();

  // The next record, or what could not be read: "text behind a closing quote", "quote without end",
  // "record larger than … bytes", "too many fields", "part of a broken record". nullopt at the end
  // of the input.
  //
  // What is broken is reported with the line on which it begins, and reading goes on with the next
  // one. Nobody can tell whether the lines from there to where it showed are records, or stand
  // inside a quote. So each of them must be a record all by itself to be taken: with as many fields
  // as the first record or the last one before the problem, and without a quote inside an unquoted
  // field; and so must the first record behind them. A line that is not is "part of a broken
  // record". Two lines behind it that have the same number of fields, more than the first record,
  // show that the first record is the short one. None is read more than twice.
  std::optional<std::variant<CsvRecord, ImportProblem>> Next();

  // Known after the first Next.
  char delimiter() const { return options_.delimiter; }

 private:
  class Parser;
  char Detect(std::string_view first) const;
  // The next line that is not empty; `again` if it is one of `again_`.
  bool NextLine(Line* line, bool* again);
  ImportProblem Problem(int64_t line, std::string_view reason) const;
  std::string TooLarge() const;

  CsvOptions options_;
  std::unique_ptr<std::istream> recoded_;
  LineReader lines_;
  bool begun_ = false;
  size_t columns_ = 0;      // of the first record; 0: there was none
  size_t usual_ = 0;        // of the last record that was not in doubt
  size_t refused_ = 0;      // of the line before, if it was refused for its number of fields
  bool doubt_ = false;      // there was a problem, and no record behind it yet
  std::deque<Line> again_;  // of a broken record, but for its first one
};

// The record as a line that CsvReader reads back, without line end.
std::string CsvLine(const std::vector<std::string>& fields, char delimiter);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_CSV_H_
