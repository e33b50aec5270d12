#include "common/config/describe.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "common/config/own_flags.h"

namespace rapport::config {
namespace {

std::string Cell(const std::string& text) {
  return absl::StrReplaceAll(text, {{"|", "\\|"}, {"\n", " "}});
}

std::string OneLine(const std::string& text) {
  return absl::StrReplaceAll(text, {{"\n", "\\n"}, {"\r", "\\r"}});
}

}  // namespace

void PrintConfig(const Program& program, std::ostream& out) {
  for (const auto& [name, flag] : OwnFlags()) {
    const std::string value = flag->CurrentValue();
    out << "--" << name << "="
        << (IsSecret(program, name) && !value.empty() ? "***" : OneLine(value)) << "\n";
  }
}

void PrintFlagsMarkdown(const Program& program, std::ostream& out) {
  out << "| Flag | Environment | Type | Default | Meaning |\n|---|---|---|---|---|\n";
  for (const auto& [name, flag] : OwnFlags()) {
    const std::string value = flag->DefaultValue();
    out << "| `--" << name << "` | `" << EnvironmentName(name) << "` | " << TypeName(*flag)
        << " | ";
    if (IsSecret(program, name)) {
      out << "secret";
    } else if (!value.empty()) {
      out << "`" << Cell(value) << "`";
    }
    out << " | " << Cell(flag->Help()) << " |\n";
  }
}

void PrintHelp(const Program& program, std::ostream& out) {
  out << program.name << " " << program.version << "\n" << program.summary << "\n\n";
  for (const auto& [name, flag] : OwnFlags()) {
    out << "  --" << name << " (" << TypeName(*flag);
    if (!IsSecret(program, name) && !flag->DefaultValue().empty()) {
      out << ", default " << OneLine(flag->DefaultValue());
    }
    out << ")\n      " << OneLine(flag->Help()) << "\n";
  }
  out << "\n  --help, --version, --print_config (the values in force), --print_flags (Markdown)\n"
      << "\nEvery flag can also be set by its environment variable, e.g. --some_flag by "
         "RAPPORT_SOME_FLAG;\nthe flag wins.\n";
}

}  // namespace rapport::config
