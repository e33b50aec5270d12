// The commands about what people allow and where we stand with them. As in commands.h.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_ALLOWING_COMMANDS_H_
#define RAPPORT_TOOLS_RAPPORTCTL_ALLOWING_COMMANDS_H_

#include <string>

#include "absl/status/status.h"
#include "tools/rapportctl/context.h"

namespace rapport::rapportctl {

struct ConsentOptions {
  std::string who{};
  bool grant = false;
  bool refuse = false;
  bool withdraw = false;
  // The number of a line of the ledger, or a resource name.
  std::string correct{};
  // "all" for every purpose or way; empty means the same, and in a correction what stood there.
  std::string purpose{}, channel{}, point{};
  std::string basis{}, evidence{}, source{}, since{}, until{}, jurisdiction{};
};
// Without a decision: the ledger.
absl::Status Consent(Context& context, const ConsentOptions& options);

struct CareOptions {
  std::string who{}, text{}, event{}, said_by{}, date{}, when{};
};
// Without a text: what happened in their life.
absl::Status Care(Context& context, const CareOptions& options);

struct GuardOptions {
  CareOptions care{};  // with an event it is recorded first
  bool lift = false;
};
// Without a reason: whether one stands.
absl::Status Guard(Context& context, const GuardOptions& options);

struct StandingOptions {
  std::string who{}, reason{}, said_by{}, evidence{};
  bool lift = false;  // of quiet
};
absl::Status Rest(Context& context, const StandingOptions& options);
absl::Status Reopen(Context& context, const StandingOptions& options);
// They asked us to stop reaching out, or took that back.
absl::Status Quiet(Context& context, const StandingOptions& options);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_ALLOWING_COMMANDS_H_
