// Which of the flags linked into a program are ours. Internal to this folder.
#ifndef RAPPORT_COMMON_CONFIG_OWN_FLAGS_H_
#define RAPPORT_COMMON_CONFIG_OWN_FLAGS_H_

#include <map>
#include <string>

#include "absl/flags/commandlineflag.h"
#include "absl/strings/string_view.h"
#include "common/config/command_line.h"

namespace rapport::config {

// By name. A flag is ours if the file that defines it is in one of the rooms of the tree
// (common, services, tools, tests, benchmarks); flags of libraries are not settable.
std::map<std::string, absl::CommandLineFlag*> OwnFlags();

// "RAPPORT_CACHE_TTL" for "cache_ttl".
std::string EnvironmentName(absl::string_view flag);

// "bool", "duration", "list", … for docs and messages.
std::string TypeName(const absl::CommandLineFlag& flag);

bool IsSecret(const Program& program, absl::string_view flag);

}  // namespace rapport::config

#endif  // RAPPORT_COMMON_CONFIG_OWN_FLAGS_H_
