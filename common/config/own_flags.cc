#include "common/config/own_flags.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/flags/reflection.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace rapport::config {
namespace {

bool IsInOurTree(const std::string& filename) {
  for (absl::string_view part : absl::StrSplit(filename, '/')) {
    if (part == "absl") return false;
    if (part == "common" || part == "services" || part == "tools" || part == "tests" ||
        part == "benchmarks") {
      return true;
    }
  }
  return false;
}

}  // namespace

std::map<std::string, absl::CommandLineFlag*> OwnFlags() {
  std::map<std::string, absl::CommandLineFlag*> own;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    if (!flag->IsRetired() && IsInOurTree(flag->Filename())) own.emplace(std::string(name), flag);
  }
  return own;
}

std::string EnvironmentName(absl::string_view flag) {
  return absl::StrCat("RAPPORT_", absl::AsciiStrToUpper(flag));
}

std::string TypeName(const absl::CommandLineFlag& flag) {
  if (flag.IsOfType<bool>()) return "bool";
  if (flag.IsOfType<std::int32_t>() || flag.IsOfType<std::int64_t>()) return "integer";
  if (flag.IsOfType<std::uint32_t>() || flag.IsOfType<std::uint64_t>()) return "integer >= 0";
  if (flag.IsOfType<double>() || flag.IsOfType<float>()) return "number";
  if (flag.IsOfType<absl::Duration>()) return "duration";
  if (flag.IsOfType<absl::Time>()) return "time";
  if (flag.IsOfType<std::vector<std::string>>()) return "list";
  return "text";
}

bool IsSecret(const Program& program, absl::string_view flag) {
  return std::find(program.secret_flags.begin(), program.secret_flags.end(), flag) !=
         program.secret_flags.end();
}

}  // namespace rapport::config
