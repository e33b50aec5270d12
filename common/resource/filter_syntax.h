// The grammar of filters (AIP-160): text to a tree, without knowing what is filtered.
//
//   filter     = [ expression ]
//   expression = sequence { "AND" sequence }
//   sequence   = factor { factor }                        side by side means AND
//   factor     = term { "OR" term }                       OR binds tighter than AND
//   term       = [ "NOT" | "-" ] simple
//   simple     = "(" expression ")" | restriction
//   restriction = member [ ("=" | "!=" | "<" | "<=" | ">" | ">=" | ":") value ]
//   member     = name { "." (name | string) }
//   value      = string | any run without white space, quotes, parentheses, commas, < > = !
//   string     = '"' … '"' | "'" … "'"; a backslash takes the next character as it is
//
// A "*" in a value stands for any text; "\*" in a string is a star. There are no functions.
#ifndef RAPPORT_COMMON_RESOURCE_FILTER_SYNTAX_H_
#define RAPPORT_COMMON_RESOURCE_FILTER_SYNTAX_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rapport::resource {

inline constexpr std::size_t kMaxFilterBytes = 2000;
inline constexpr int kMaxFilterTerms = 100;  // restrictions
inline constexpr int kMaxFilterDepth = 20;   // parentheses inside each other

enum class Comparator {
  kNone,  // a member alone
  kHas,   // ":"
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual
};

// Plain data.
struct FilterTree {
  enum class Kind { kAll, kAny, kNot, kRestriction };
  Kind kind = Kind::kAll;           // kAll without parts is true
  std::vector<FilterTree> parts;    // kAll, kAny: two or more, or none; kNot: one
  std::vector<std::string> member;  // of a restriction, like all that follows
  std::size_t position = 0;         // of the member, in bytes from 0
  Comparator comparator = Comparator::kNone;
  std::vector<std::string> value;  // the texts between the stars: "a*b" is {"a", "b"}
  std::size_t value_position = 0;
};

// INVALID_ARGUMENT (FILTER_SYNTAX) with the position of the first mistake.
absl::StatusOr<FilterTree> ParseFilter(absl::string_view text);

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_FILTER_SYNTAX_H_
