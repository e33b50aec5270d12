#include "tools/import/csv.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

#include "tools/import/ascii.h"
#include "tools/import/charset.h"
#include "tools/import/text_stream.h"

namespace rapport::importer {
namespace {

constexpr std::array<char, 4> kDelimiters = {',', ';', '\t', '|'};

// The delimiter of a line "sep=;", or 0.
char StatedDelimiter(std::string_view line) {
  return line.size() == 5 && StartsWithIgnoreCase(line, "sep=") ? line[4] : '\0';
}

// What a reader would take for something else at the start of a file.
bool BeginsLikeATable(std::string_view field) {
  return StartsWithIgnoreCase(field, "sep=") || field.starts_with("\xEF\xBB\xBF");
}

}  // namespace

// One record, line by line.
class CsvReader::Parser {
 public:
  explicit Parser(const CsvOptions& options) : options_(options) {}

  // Reads a line. What is wrong, or "".
  std::string_view Take(std::string_view text) {
    for (const char c : text) {
      switch (state_) {
        case State::kStart:
          state_ = c == '"' ? State::kQuoted : State::kPlain;
          if (c == options_.delimiter) Finish();
          if (state_ == State::kPlain) field_.push_back(c);
          break;
        case State::kPlain:
          if (c == options_.delimiter) {
            Finish();
          } else {
            stray_ = stray_ || c == '"';
            field_.push_back(c);
          }
          break;
        case State::kQuoted:
          if (c == '"') {
            state_ = State::kQuote;
          } else {
            field_.push_back(c);
          }
          break;
        case State::kQuote:
          if (c == '"') {
            field_.push_back('"');
            state_ = State::kQuoted;
          } else if (c == options_.delimiter) {
            Finish();
          } else if (c != ' ') {  // blanks before the delimiter are nobody's
            return "text behind a closing quote";
          }
          break;
      }
      if (fields_.size() >= options_.max_fields) return "too many fields";
    }
    return "";
  }

  // Inside quotes the record goes on with the next line.
  bool open() const { return state_ == State::kQuoted; }
  void Break() { field_.push_back('\n'); }
  // There is a quote inside an unquoted field.
  bool stray() const { return stray_; }

  std::vector<std::string> Fields() && {
    Finish();
    return std::move(fields_);
  }

 private:
  enum class State { kStart, kPlain, kQuoted, kQuote };

  void Finish() {
    fields_.push_back(ToUtf8(field_, options_.charset));
    field_.clear();
    state_ = State::kStart;
  }

  const CsvOptions& options_;
  State state_ = State::kStart;
  bool stray_ = false;
  std::string field_;
  std::vector<std::string> fields_;
};

CsvReader::CsvReader(std::istream* in, CsvOptions options)
    : options_(std::move(options)),
      recoded_(NewTextStream(in)),
      lines_(recoded_.get(), LineReader::Options{.ends = LineReader::Ends::kAny,
                                                 .max_line_bytes = options_.max_record_bytes}) {}

CsvReader::~CsvReader() = default;

char CsvReader::Detect(std::string_view first) const {
  std::array<size_t, kDelimiters.size()> counts{};
  bool quoted = false;
  for (const char c : first) {
    if (c == '"') quoted = !quoted;
    const auto* found = std::find(kDelimiters.begin(), kDelimiters.end(), c);
    if (!quoted && found != kDelimiters.end()) {
      ++counts.at(static_cast<size_t>(found - kDelimiters.begin()));
    }
  }
  const auto* most = std::max_element(counts.begin(), counts.end());
  return kDelimiters.at(static_cast<size_t>(most - counts.begin()));
}

bool CsvReader::NextLine(Line* line, bool* again) {
  do {
    *again = !again_.empty();
    if (*again) {
      *line = std::move(again_.front());
      again_.pop_front();
    } else if (!lines_.Next(line)) {
      return false;
    }
    if (begun_ || line->text.empty()) continue;
    begun_ = true;
    const char stated = StatedDelimiter(line->text);
    if (options_.delimiter == 0) {
      options_.delimiter = stated != 0 ? stated : Detect(line->text);
    }
    if (stated != 0) line->text.clear();
  } while (line->text.empty());
  return true;
}

ImportProblem CsvReader::Problem(int64_t line, std::string_view reason) const {
  return {options_.file, line, std::string(reason)};
}

std::string CsvReader::TooLarge() const {
  return Cat({"record larger than ", std::to_string(options_.max_record_bytes), " bytes"});
}

std::optional<std::variant<CsvRecord, ImportProblem>> CsvReader::Next() {
  constexpr std::string_view kPart = "part of a broken record";
  Line line;
  bool again = false;
  if (!NextLine(&line, &again)) return std::nullopt;
  const int64_t begin = line.number;
  Parser parser(options_);
  std::vector<Line> ahead;  // what was read behind the first line
  const auto broken = [&](std::string_view reason) {
    doubt_ = true;
    if (again) return Problem(begin, kPart);
    again_.assign(std::make_move_iterator(ahead.begin()), std::make_move_iterator(ahead.end()));
    return Problem(begin, reason);
  };
  size_t bytes = 0;
  while (true) {
    bytes += line.text.size() + 1;
    const bool large = line.truncated || bytes > options_.max_record_bytes + 1;
    const std::string_view wrong = large ? "" : parser.Take(line.text);
    if (!large && wrong.empty() && !parser.open()) break;
    if (line.number != begin) ahead.push_back(std::move(line));
    if (large) return broken(TooLarge());
    if (!wrong.empty()) return broken(wrong);
    parser.Break();
    if (again || !lines_.Next(&line)) return broken("quote without end");
  }
  const bool stray = parser.stray();
  std::vector<std::string> fields = std::move(parser).Fields();
  if (doubt_) {
    const bool usual = columns_ == 0 || fields.size() == columns_ || fields.size() == usual_ ||
                       (fields.size() > columns_ && fields.size() == refused_);
    if (stray || !usual) {
      if (!again) refused_ = stray ? 0 : fields.size();
      return Problem(begin, kPart);
    }
    doubt_ = again;
  }
  if (!doubt_) usual_ = fields.size();
  refused_ = 0;
  if (columns_ == 0) columns_ = fields.size();
  return CsvRecord{begin, std::move(fields)};
}

std::string CsvLine(const std::vector<std::string>& fields, char delimiter) {
  std::string out;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out.push_back(delimiter);
    const std::string& field = fields[i];
    const bool quote = field.find_first_of("\"\r\n") != std::string::npos ||
                       field.find(delimiter) != std::string::npos ||
                       (fields.size() == 1 && field.empty()) ||
                       (i == 0 && BeginsLikeATable(field)) ||
                       (!field.empty() && (field.front() == ' ' || field.back() == ' '));
    if (!quote) {
      out += field;
      continue;
    }
    out.push_back('"');
    for (const char c : field) {
      if (c == '"') out.push_back('"');
      out.push_back(c);
    }
    out.push_back('"');
  }
  return out;
}

}  // namespace rapport::importer
