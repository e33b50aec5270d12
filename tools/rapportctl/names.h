// Finding people by what one types of their names. Thread-safe.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_NAMES_H_
#define RAPPORT_TOOLS_RAPPORTCTL_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace rapport::rapportctl {

// A name without case and accents, in Latin letters where they can be had: "Tomasz Zieliński" and
// "Олена" become "tomasz zielinski" and "olena".
std::string FoldName(absl::string_view name);
// The same without going to Latin letters: for people who type their own script.
std::string FoldScript(absl::string_view name);

enum class NameFit {
  kNone,
  kWordStart,   // "kov" of "Olena Kovalenko"
  kNameStart,   // "ole"
  kWord,        // "kovalenko"
  kFirstWords,  // "olena"
  kWhole,       // "olena kovalenko"
};

// How well `typed` fits `name`; the greater the better.
NameFit FitName(absl::string_view typed, absl::string_view name);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_NAMES_H_
