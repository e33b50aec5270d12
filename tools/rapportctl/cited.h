// Resource names that an answer cites, in words.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_CITED_H_
#define RAPPORT_TOOLS_RAPPORTCTL_CITED_H_

#include <set>
#include <string>

#include "tools/rapportctl/connection.h"
#include "tools/rapportctl/render_story.h"

namespace rapport::rapportctl {

enum class Citing {
  kDated,  // with its time: for a line that says nothing of it
  kBare,   // for a line that says the time and what became of it by itself
};

// Reads what is cited of a story, of offers and of the ledger, at most 50 resources. What cannot be
// read or is of another kind is left out: its name then stands for it.
SourceWords WordsFor(Connection& connection, const std::set<std::string>& names,
                     const DayStyle& days, Citing citing = Citing::kDated);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_CITED_H_
