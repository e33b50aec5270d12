// Numbers and columns as people read them. Widths are columns of a terminal; texts are UTF-8. All
// functions are pure. What is printed holds no control characters: each becomes a space.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_WORDS_H_
#define RAPPORT_TOOLS_RAPPORTCTL_WORDS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace rapport::rapportctl {

// "no", "one" ... "twelve", then digits: for use inside a sentence.
std::string NumberWord(std::int64_t n);
// The first letter in upper case (ASCII).
std::string Capitalised(absl::string_view text);
// "1 912"
std::string Grouped(std::int64_t n);
// "1 person", "38 people", "1 912 messages"
std::string Count(std::int64_t n, absl::string_view one, absl::string_view many);
// "one person", "six people"
std::string CountInWords(std::int64_t n, absl::string_view one, absl::string_view many);

// A name to speak with: "Mara" of "Mara Lindqvist".
std::string FirstName(absl::string_view full_name);

// Without control characters and without white space at the ends.
std::string Plain(absl::string_view text);
// Columns that a terminal uses for the text: 2 for wide East Asian letters, 0 for marks.
std::size_t DisplayWidth(absl::string_view text);
// Filled with spaces up to `width` columns; longer texts stay whole.
std::string Pad(absl::string_view text, std::size_t width);
// At most `width` columns; what was cut ends in "…".
std::string Clip(absl::string_view text, std::size_t width);
// Lines of at most `width` columns, broken at spaces; longer words stay whole. Never empty.
std::vector<std::string> Wrap(absl::string_view text, std::size_t width);

// The text behind `prefix`, wrapped so that all lines fit into `width` columns (0: no limit) and
// the lines after the first stand under the text. Ends with a line break.
std::string Hanging(absl::string_view prefix, absl::string_view text, std::size_t width);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_WORDS_H_
