#include "common/resource/filter_syntax.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"

namespace rapport::resource {
namespace {

bool IsQuote(char c) { return c == '"' || c == '\''; }
bool IsNameChar(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }
bool EndsValue(char c) {
  return IsSpace(c) || IsQuote(c) ||
         absl::string_view("(),<>=!").find(c) != absl::string_view::npos;
}

// One part stands for itself.
FilterTree Join(FilterTree::Kind kind, std::vector<FilterTree> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  FilterTree out;
  out.kind = kind;
  out.parts = std::move(parts);
  return out;
}

class Parser {
 public:
  explicit Parser(absl::string_view text) : text_(text) {}

  absl::StatusOr<FilterTree> Parse() {
    if (text_.size() > kMaxFilterBytes) {
      return errors::FilterSyntax(kMaxFilterBytes,
                                  absl::StrCat("longer than ", kMaxFilterBytes, " bytes"));
    }
    SkipSpace();
    if (at_ == text_.size()) return FilterTree();
    ASSIGN_OR_RETURN(auto tree, Expression());
    if (at_ < text_.size()) return Error("\")\" without \"(\"");
    return tree;
  }

 private:
  absl::Status Error(absl::string_view problem) const { return errors::FilterSyntax(at_, problem); }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }
  // Whether this keyword stands here by itself.
  bool AtWord(absl::string_view word) const {
    if (text_.substr(at_, word.size()) != word) return false;
    const std::size_t end = at_ + word.size();
    return end == text_.size() || !(IsNameChar(text_[end]) || text_[end] == '.');
  }
  bool TakeWord(absl::string_view word) {
    if (!AtWord(word)) return false;
    at_ += word.size();
    SkipSpace();
    return true;
  }
  bool AtEndOfSequence() const { return at_ == text_.size() || Peek() == ')' || AtWord("AND"); }

  absl::StatusOr<FilterTree> Expression() {
    std::vector<FilterTree> parts;
    do {
      ASSIGN_OR_RETURN(auto part, Sequence());
      parts.push_back(std::move(part));
    } while (TakeWord("AND"));
    return Join(FilterTree::Kind::kAll, std::move(parts));
  }

  absl::StatusOr<FilterTree> Sequence() {
    std::vector<FilterTree> parts;
    do {
      ASSIGN_OR_RETURN(auto part, Factor());
      parts.push_back(std::move(part));
    } while (!AtEndOfSequence());
    return Join(FilterTree::Kind::kAll, std::move(parts));
  }

  absl::StatusOr<FilterTree> Factor() {
    std::vector<FilterTree> parts;
    do {
      ASSIGN_OR_RETURN(auto part, Term());
      parts.push_back(std::move(part));
    } while (TakeWord("OR"));
    return Join(FilterTree::Kind::kAny, std::move(parts));
  }

  absl::StatusOr<FilterTree> Term() {
    bool negated = TakeWord("NOT");
    if (!negated && Peek() == '-') {
      negated = true;
      ++at_;
    }
    ASSIGN_OR_RETURN(auto part, Simple());
    if (!negated) return part;
    FilterTree out;
    out.kind = FilterTree::Kind::kNot;
    out.parts.push_back(std::move(part));
    return out;
  }

  absl::StatusOr<FilterTree> Simple() {
    if (Peek() != '(') return Restriction();
    if (depth_ == kMaxFilterDepth) {
      return Error(absl::StrCat("more than ", kMaxFilterDepth, " parentheses inside each other"));
    }
    ++depth_;
    ++at_;
    SkipSpace();
    ASSIGN_OR_RETURN(auto inside, Expression());
    if (Peek() != ')') return Error("a \")\" is missing");
    --depth_;
    ++at_;
    SkipSpace();
    return inside;
  }

  absl::StatusOr<FilterTree> Restriction() {
    FilterTree out;
    out.kind = FilterTree::Kind::kRestriction;
    out.position = at_;
    if (++terms_ > kMaxFilterTerms) {
      return Error(absl::StrCat("more than ", kMaxFilterTerms, " comparisons"));
    }
    for (const char* keyword : {"AND", "OR", "NOT"}) {
      if (AtWord(keyword)) return Error("a comparison is missing");
    }
    RETURN_IF_ERROR(Member(&out.member));
    if (Peek() == '(') return Error("there are no functions");
    SkipSpace();
    out.comparator = TakeComparator();
    if (out.comparator == Comparator::kNone) return out;
    SkipSpace();
    out.value_position = at_;
    RETURN_IF_ERROR(Value(&out.value));
    SkipSpace();
    return out;
  }

  absl::Status Member(std::vector<std::string>* member) {
    while (true) {
      if (IsQuote(Peek())) {
        if (member->empty()) return Error("a field was expected, not a text");
        std::vector<std::string> key;
        RETURN_IF_ERROR(Quoted(&key));
        if (key.size() != 1) return Error("no \"*\" in a key");
        member->push_back(std::move(key.front()));
      } else {
        const std::size_t begin = at_;
        while (IsNameChar(Peek())) ++at_;
        if (at_ == begin) {
          return Error(at_ == text_.size() ? "a comparison is missing" : "a field was expected");
        }
        member->emplace_back(text_.substr(begin, at_ - begin));
      }
      if (Peek() != '.') return absl::OkStatus();
      ++at_;
    }
  }

  Comparator TakeComparator() {
    static constexpr std::pair<absl::string_view, Comparator> kAll[] = {
        {"!=", Comparator::kNotEqual},
        {"<=", Comparator::kLessEqual},
        {">=", Comparator::kGreaterEqual},
        {"<", Comparator::kLess},
        {">", Comparator::kGreater},
        {"=", Comparator::kEqual},
        {":", Comparator::kHas}};
    for (const auto& [sign, comparator] : kAll) {
      if (text_.substr(at_, sign.size()) != sign) continue;
      at_ += sign.size();
      return comparator;
    }
    return Comparator::kNone;
  }

  absl::Status Value(std::vector<std::string>* value) {
    if (IsQuote(Peek())) return Quoted(value);
    const std::size_t begin = at_;
    value->emplace_back();
    while (at_ < text_.size() && !EndsValue(text_[at_])) Append(text_[at_++], value);
    const absl::string_view word = text_.substr(begin, at_ - begin);
    if (word.empty() || word == "AND" || word == "OR" || word == "NOT") {
      at_ = begin;
      return Error(Peek() == '(' ? "a value was expected, not \"(\"" : "a value is missing");
    }
    if (at_ < text_.size() && !IsSpace(Peek()) && Peek() != ')') {
      return Error(Peek() == '(' ? "there are no functions" : "put this value in quotes");
    }
    return absl::OkStatus();
  }

  absl::Status Quoted(std::vector<std::string>* value) {
    const std::size_t begin = at_;
    const char quote = text_[at_++];
    value->emplace_back();
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        value->back().push_back(text_[at_ + 1]);
        at_ += 2;
      } else {
        Append(text_[at_++], value);
      }
    }
    if (at_ == text_.size()) {
      at_ = begin;
      return Error("the quote is never ended");
    }
    ++at_;
    return absl::OkStatus();
  }

  static void Append(char c, std::vector<std::string>* value) {
    if (c == '*') {
      value->emplace_back();
    } else {
      value->back().push_back(c);
    }
  }

  const absl::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int terms_ = 0;
};

}  // namespace

absl::StatusOr<FilterTree> ParseFilter(absl::string_view text) { return Parser(text).Parse(); }

}  // namespace rapport::resource
