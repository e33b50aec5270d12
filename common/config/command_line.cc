#include "common/config/command_line.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>
#include <optional>

#include "absl/flags/commandlineflag.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"
#include "common/config/describe.h"
#include "common/config/own_flags.h"

namespace rapport::config {
namespace {

constexpr absl::string_view kPrefix = "RAPPORT_";

using Flags = std::map<std::string, absl::CommandLineFlag*>;

// What the person typed, made fit for one line of a terminal.
std::string Quoted(absl::string_view text) {
  std::string out;
  for (char c : text.substr(0, 80)) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  if (text.size() > 80) out += "...";
  return out;
}

// Levenshtein distance; the texts are flag names.
std::size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

// ", did you mean …?" if a known name is at most two typing errors away.
std::string Suggestion(const Flags& flags, absl::string_view name, bool environment) {
  if (name.size() > 80) return "";
  std::string best;
  std::size_t best_distance = 3;
  for (const auto& [known, flag] : flags) {
    const std::size_t distance = Distance(known, name);
    if (distance < best_distance) {
      best = known;
      best_distance = distance;
    }
  }
  if (best.empty()) return "";
  return absl::StrCat(", did you mean ", environment ? EnvironmentName(best) : "--" + best, "?");
}

// `source` is how the person named the flag: "--name" or "RAPPORT_NAME".
absl::Status Set(const Program& program, const std::string& name, absl::CommandLineFlag& flag,
                 absl::string_view source, absl::string_view value) {
  std::string error;
  if (flag.ParseFrom(value, &error)) return absl::OkStatus();
  const std::string shown =
      IsSecret(program, name) ? "the value" : absl::StrCat("\"", Quoted(value), "\"");
  return absl::InvalidArgumentError(
      absl::StrCat(source, ": ", shown, " is no valid ", TypeName(flag)));
}

absl::Status ApplyEnvironment(const Flags& flags, const char* const* environment,
                              const Program& program) {
  if (environment == nullptr) return absl::OkStatus();
  for (; *environment != nullptr; ++environment) {
    const absl::string_view entry(*environment);
    if (entry.substr(0, kPrefix.size()) != kPrefix) continue;
    const std::size_t equals = entry.find('=');
    if (equals == absl::string_view::npos) continue;
    const absl::string_view variable = entry.substr(0, equals);
    const std::string name = absl::AsciiStrToLower(variable.substr(kPrefix.size()));
    const auto it = flags.find(name);
    if (it == flags.end() || EnvironmentName(name) != variable) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown environment variable ", Quoted(variable),
                       Suggestion(flags, name, /*environment=*/true)));
    }
    RETURN_IF_ERROR(Set(program, name, *it->second, variable, entry.substr(equals + 1)));
  }
  return absl::OkStatus();
}

class ArgumentReader {
 public:
  ArgumentReader(const Flags& flags, const Program& program) : flags_(flags), program_(program) {}

  absl::Status Read(int argc, const char* const* argv) {
    for (int i = 1; i < argc; ++i) {
      const absl::string_view argument(argv[i]);
      if (argument == "--") {
        if (i + 1 < argc) return Stray(argv[i + 1]);
        break;
      }
      if (argument.size() < 2 || argument[0] != '-') return Stray(argument);
      const absl::string_view body = argument.substr(argument[1] == '-' ? 2 : 1);
      const std::size_t equals = body.find('=');
      const std::string name(body.substr(0, equals));
      std::optional<absl::string_view> value;
      if (equals != absl::string_view::npos) value = body.substr(equals + 1);
      if (IsRequest(name)) {
        if (value.has_value()) {
          return absl::InvalidArgumentError(absl::StrCat("--", name, " takes no value"));
        }
        if (request_.empty()) request_ = name;
        continue;
      }
      const char* next = i + 1 < argc ? argv[i + 1] : nullptr;
      bool took_next = false;
      RETURN_IF_ERROR(ReadFlag(name, value, next, took_next));
      if (took_next) ++i;
    }
    return absl::OkStatus();
  }

  // "help", "version", "print_config", "print_flags" or empty.
  const std::string& request() const { return request_; }

 private:
  static bool IsRequest(absl::string_view name) {
    return name == "help" || name == "version" || name == "print_config" || name == "print_flags";
  }

  static absl::Status Stray(absl::string_view argument) {
    return absl::InvalidArgumentError(
        absl::StrCat("unexpected argument \"", Quoted(argument), "\""));
  }

  absl::Status ReadFlag(const std::string& name, std::optional<absl::string_view> value,
                        const char* next, bool& took_next) const {
    auto it = flags_.find(name);
    if (it == flags_.end() && absl::StartsWith(name, "no")) {
      it = flags_.find(name.substr(2));
      if (it != flags_.end() && it->second->IsOfType<bool>()) {
        if (value.has_value()) {
          return absl::InvalidArgumentError(absl::StrCat("--", name, " takes no value"));
        }
        return Set(program_, it->first, *it->second, "--" + name, "false");
      }
      it = flags_.end();
    }
    if (it == flags_.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "unknown flag --", Quoted(name), Suggestion(flags_, name, /*environment=*/false)));
    }
    if (!value.has_value() && it->second->IsOfType<bool>()) value = "true";
    if (!value.has_value()) {
      if (next == nullptr) {
        return absl::InvalidArgumentError(absl::StrCat("--", name, " needs a value"));
      }
      value = next;
      took_next = true;
    }
    return Set(program_, name, *it->second, "--" + name, *value);
  }

  const Flags& flags_;
  const Program& program_;
  std::string request_;
};

}  // namespace

absl::StatusOr<Outcome> ParseCommandLine(int argc, const char* const* argv,
                                         const char* const* environment, const Program& program,
                                         std::ostream& out) {
  const Flags flags = OwnFlags();
  ArgumentReader reader(flags, program);
  const absl::Status environment_read = ApplyEnvironment(flags, environment, program);
  const absl::Status arguments_read = reader.Read(argc, argv);
  // Help is given also where the configuration around it is broken.
  if (reader.request() == "help") {
    PrintHelp(program, out);
    return Outcome::kDone;
  }
  if (reader.request() == "version") {
    out << program.name << " " << program.version << "\n";
    return Outcome::kDone;
  }
  RETURN_IF_ERROR(environment_read);
  RETURN_IF_ERROR(arguments_read);
  if (reader.request() == "print_config") {
    PrintConfig(program, out);
    return Outcome::kDone;
  }
  if (reader.request() == "print_flags") {
    PrintFlagsMarkdown(program, out);
    return Outcome::kDone;
  }
  return Outcome::kRun;
}

}  // namespace rapport::config
