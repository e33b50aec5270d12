// The flags of a program, printed. The output is sorted by name and the same on every machine.
#ifndef RAPPORT_COMMON_CONFIG_DESCRIBE_H_
#define RAPPORT_COMMON_CONFIG_DESCRIBE_H_

#include <ostream>

#include "common/config/command_line.h"

namespace rapport::config {

// "--name=value" lines with the values in force; "***" for secret flags that are not empty.
void PrintConfig(const Program& program, std::ostream& out);

// A Markdown table for docs/reference/flags.md: flag, environment variable, type, default, help.
void PrintFlagsMarkdown(const Program& program, std::ostream& out);

// What --help shows.
void PrintHelp(const Program& program, std::ostream& out);

}  // namespace rapport::config

#endif  // RAPPORT_COMMON_CONFIG_DESCRIBE_H_
