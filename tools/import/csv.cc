#include "tools/import/csv.h"

#include <algorithm>
#include <array>
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

  // Reads a line; `end` are the bytes that ended it. What is wrong, or "".
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

std::optional<std::variant<CsvRecord, ImportProblem>> CsvReader::Next() {
  Line line;
  do {
    if (!lines_.Next(&line)) return std::nullopt;
    if (begun_ || line.text.empty()) continue;
    begun_ = true;
    const char stated = StatedDelimiter(line.text);
    if (options_.delimiter == 0) {
      options_.delimiter = stated != 0 ? stated : Detect(line.text);
    }
    if (stated != 0) line.text.clear();
  } while (line.text.empty());

  const int64_t begin = line.number;
  const auto problem = [&](std::string_view reason) {
    return ImportProblem{options_.file, begin, std::string(reason)};
  };
  const auto too_large = [&] {
    return problem(
        Cat({"record larger than ", std::to_string(options_.max_record_bytes), " bytes"}));
  };
  Parser parser(options_);
  size_t bytes = 0;
  while (true) {
    bytes += line.text.size() + 1;
    if (line.truncated || bytes > options_.max_record_bytes + 1) return too_large();
    const std::string_view wrong = parser.Take(line.text);
    if (!wrong.empty()) return problem(wrong);
    if (!parser.open()) break;
    parser.Break();
    if (!lines_.Next(&line)) return problem("quote without end");
  }
  return CsvRecord{begin, std::move(parser).Fields()};
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
