// Configuration of a program: flag > environment variable RAPPORT_<NAME> > default. Flags are
// ABSL_FLAGs of this project; the variable of --cache_ttl is RAPPORT_CACHE_TTL.
//
// A flag is written --name=value or --name value, a boolean one --name or --noname; lists are
// std::vector<std::string> flags with commas between the values. The last of several wins. "--"
// ends the flags.
#ifndef RAPPORT_COMMON_CONFIG_COMMAND_LINE_H_
#define RAPPORT_COMMON_CONFIG_COMMAND_LINE_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace rapport::config {

// What a program says about itself.
struct Program {
  std::string name;
  std::string version;
  std::string summary;                    // one sentence, for --help
  std::vector<std::string> secret_flags;  // never printed, not even in an error
};

enum class Outcome {
  kRun,   // go on with the flags as they are now
  kDone,  // --help, --version, --print_config or --print_flags was answered on `out`: exit 0
};

// Sets the flags from `environment` ("NAME=value" strings, closed by nullptr, as in environ) and
// from `argv`. Called once, from main, before any thread reads a flag. An unknown flag, a bad
// value, a stray argument or an unknown RAPPORT_ variable is INVALID_ARGUMENT with one line to
// print to stderr before exit 2; some flags may be set then. Never ends the process.
absl::StatusOr<Outcome> ParseCommandLine(int argc, const char* const* argv,
                                         const char* const* environment, const Program& program,
                                         std::ostream& out);

}  // namespace rapport::config

#endif  // RAPPORT_COMMON_CONFIG_COMMAND_LINE_H_
