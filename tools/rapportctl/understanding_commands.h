// The commands about what people need and told us. As in commands.h: each writes its answer to
// context.out and returns OK, or an error for ErrorText and ExitCodeOf.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_UNDERSTANDING_COMMANDS_H_
#define RAPPORT_TOOLS_RAPPORTCTL_UNDERSTANDING_COMMANDS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tools/rapportctl/context.h"

namespace rapport::rapportctl {

struct NeedOptions {
  std::string who{}, text{};
  // A resource name, or a part of the words of a need of WHO.
  std::string advance{}, outlive{}, revive{};
  std::string to{}, said_by{}, reason{}, when{};
  std::vector<std::string> topics{}, offers{};
  bool sensed = false;  // we noticed it, they did not say it
  bool solved = false;  // they said that they want it solved
  bool buy = false;     // they asked to buy
  double recurs_days = 0;
};
// Without a text: the needs of WHO.
absl::Status Need(Context& context, const NeedOptions& options);

struct LearnOptions {
  std::string who{}, slot{}, text{};
  // A resource name, or a part of the words of a fact of WHO.
  std::string confirm{}, dispute{}, against{};
  std::vector<std::string> supersedes{}, topics{};
  std::string said_by{}, said_in{}, reason{}, when{};
};
// Without a text: what is understood, and what is worth asking.
absl::Status Learn(Context& context, const LearnOptions& options);

struct TrustOptions {
  std::string who{};
  int count = 10;
};
absl::Status ShowTrust(Context& context, const TrustOptions& options);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_UNDERSTANDING_COMMANDS_H_
