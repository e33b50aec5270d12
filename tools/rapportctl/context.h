// What every command gets: the connection, the time, and where to write.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_CONTEXT_H_
#define RAPPORT_TOOLS_RAPPORTCTL_CONTEXT_H_

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/uuid.h"
#include "common/time/proto_time.h"
#include "google/protobuf/message.h"
#include "rapport/contact/v1/steward.pb.h"
#include "tools/rapportctl/connection.h"
#include "tools/rapportctl/days.h"
#include "tools/rapportctl/settings.h"

namespace rapport::rapportctl {

struct Context {
  Settings settings{};
  Connection* connection = nullptr;
  base::Rng* rng = nullptr;
  std::ostream* out = nullptr;
  std::ostream* err = nullptr;
  absl::Time now{};
  std::string as_of{};  // as typed; empty: now
  bool json = false;
  bool exact_dates = false;
  bool err_is_terminal = false;
  std::size_t width = 0;  // columns to write in; 0: no limit
};

// For whom a command runs, and how times are read and said.
struct Seat {
  contact::v1::Steward steward;
  absl::TimeZone zone;
  absl::Time now;                   // --as-of, or the present
  std::optional<absl::Time> as_of;  // only if it was asked for
  DayStyle style;                   // from now, in the zone of the steward

  TypedTime Typed(Tense tense, absl::Duration time_of_day = absl::Hours(9)) const {
    return {.now = now, .zone = zone, .tense = tense, .time_of_day = time_of_day};
  }
};

// All stewards of the tenant.
absl::StatusOr<std::vector<contact::v1::Steward>> ListStewards(Connection& connection);

// The steward that --steward names (resource name, id, or the beginning of a display name), else
// the human one who was there first. NOT_FOUND if there is none, or if several names fit.
absl::StatusOr<Seat> TakeSeat(const Context& context);
absl::StatusOr<contact::v1::Steward> ChooseSteward(
    const std::vector<contact::v1::Steward>& stewards, const std::string& wanted);

// Sets as_of if the user asked for an instant.
template <class Request>
void SetAsOf(const Seat& seat, Request* request) {
  if (seat.as_of) *request->mutable_as_of() = time::ToProto(*seat.as_of);
}

// When something that was typed happened or will. A day that is today means now where its usual
// hour is still to come.
absl::StatusOr<google::protobuf::Timestamp> ReadStamp(const Seat& seat, absl::string_view field,
                                                      const std::string& text,
                                                      Tense tense = Tense::kPast);

// A UUID of its own, for a request.
std::string NewId(const Context& context);

// The answer as canonical JSON.
void PrintJson(const Context& context, const google::protobuf::Message& message);
// The answer as one line, or as JSON.
void PrintLine(const Context& context, const google::protobuf::Message& message,
               const std::string& line);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_CONTEXT_H_
