// How a command ends: its exit code, and what is said about an error.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_OUTCOME_H_
#define RAPPORT_TOOLS_RAPPORTCTL_OUTCOME_H_

#include <string>

#include "absl/status/status.h"

namespace rapport::rapportctl {

inline constexpr int kExitOk = 0;
inline constexpr int kExitOther = 1;         // anything that has no code below
inline constexpr int kExitUsage = 2;         // wrong usage or input: INVALID_ARGUMENT
inline constexpr int kExitNotFound = 3;      // NOT_FOUND, and names that fit nobody or several
inline constexpr int kExitConflict = 4;      // ALREADY_EXISTS, ABORTED
inline constexpr int kExitPrecondition = 5;  // FAILED_PRECONDITION
inline constexpr int kExitNotAllowed = 6;    // UNAUTHENTICATED, PERMISSION_DENIED
inline constexpr int kExitUnavailable = 7;   // UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED
inline constexpr int kExitUnreadable = 8;    // import --strict: some records could not be read
inline constexpr int kExitNotNow = 9;        // check: the answer is "not now"

int ExitCodeOf(const absl::Status& status);

// What to print on stderr, with line breaks:
//   rapportctl: channel: "fax" is none of phone, mail, …
//               INVALID_ARGUMENT · FIELD · engagement.channel
std::string ErrorText(const absl::Status& status);
// Its first line, without the name of the program.
std::string FirstLine(const absl::Status& status);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_OUTCOME_H_
