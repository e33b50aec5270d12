// What an importer could not read, said the way a person can look it up.
#ifndef RAPPORT_TOOLS_IMPORT_IMPORT_PROBLEM_H_
#define RAPPORT_TOOLS_IMPORT_IMPORT_PROBLEM_H_

#include <cstdint>
#include <string>

namespace rapport::importer {

struct ImportProblem {
  std::string file;    // as the caller named it
  int64_t line = 0;    // 1-based line where the card, property or message begins
  std::string reason;  // plain words, no data of the person

  friend bool operator==(const ImportProblem&, const ImportProblem&) = default;
};

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_IMPORT_PROBLEM_H_
