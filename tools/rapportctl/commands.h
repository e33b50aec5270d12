// The commands of rapportctl. Each writes its answer to context.out and returns OK, or an error for
// ErrorText and ExitCodeOf.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_COMMANDS_H_
#define RAPPORT_TOOLS_RAPPORTCTL_COMMANDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tools/rapportctl/context.h"

namespace rapport::rapportctl {

struct KeysOptions {
  std::string dir{};
  std::string kid{};                  // of a single key; "owner" if empty
  std::vector<std::string> owners{};  // one key each: contact, engagement, …, owner
};
// Writes NAME.jwk (0600) for each and jwks.json with all public keys. Keys that exist stay.
// Needs no connection.
absl::Status CreateKeys(Context& context, const KeysOptions& options);

struct ImportOptions {
  std::vector<std::string> files{};
  std::vector<std::string> me{};
  std::string name{};
  std::string source{};
  std::string mapping{};  // file that says what the columns of a table mean
  bool dry_run = false;
  bool strict = false;
  bool again = false;
};
// `unreadable` becomes true if a record could not be read.
absl::Status Import(Context& context, const ImportOptions& options, bool* unreadable);

struct TodayOptions {
  int capacity = 0;
  bool waiting = false;
};
absl::Status Today(Context& context, const TodayOptions& options);

struct BriefOptions {
  std::string who{};
  std::string occasion{};  // by which way contact is planned
  bool full = false;
  bool sources = false;
};
absl::Status Brief(Context& context, const BriefOptions& options);

// `what` is the number of a line of today's list, or WHO.
absl::Status Why(Context& context, const std::string& what);

struct TimelineOptions {
  std::string who{};
  int count = 20;
};
absl::Status Timeline(Context& context, const TimelineOptions& options);

inline constexpr std::int64_t kMostListed = 1'000'000;
struct ListOptions {
  std::string kind{};                // one of ListedKinds
  std::string who{};                 // whose, if they are of a person or of a relationship
  std::string filter{}, order_by{};  // as the services take them
  bool deleted = false;              // also what is deleted
  int count = 50;
};
// Any collection of the services. What is wrong with a filter or an order is said by the service.
absl::Status List(Context& context, const ListOptions& options);
// people, relationships, rapports, engagements, …
std::vector<absl::string_view> ListedKinds();

struct RecordOptions {
  std::string who{};
  std::string kind{}, channel{}, direction{}, when{}, subject{}, began{}, reaction{}, id{};
  double minutes_ours = 0;
  double minutes_theirs = 0;
  std::vector<std::string> topics{}, gave{}, asked{};
  bool needs_answer = false;
};
absl::Status Record(Context& context, const RecordOptions& options);

struct PromiseOptions {
  std::string who{}, text{}, due{};
  bool theirs = false;
  // A resource name, or a part of the words of a promise of WHO.
  std::string keep{}, repair{}, release{}, move{};
  std::string evidence{};
};
absl::Status Promise(Context& context, const PromiseOptions& options);

struct ExplainOptions {
  std::string who{};
  std::string since = "1 month ago";
};
absl::Status Explain(Context& context, const ExplainOptions& options);

struct ExportOptions {
  std::string dir = "rapport-export";
  // What people are written as besides: vcard, jcard, jscontact, csv.
  std::vector<std::string> cards = {"vcard"};
};
absl::Status Export(Context& context, const ExportOptions& options);

// UNAVAILABLE if a service is not ready.
absl::Status ShowStatus(Context& context);

// The shared cache of every process. UNAVAILABLE if one does not answer.
absl::Status ShowCache(Context& context);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_COMMANDS_H_
