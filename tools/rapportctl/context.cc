#include "tools/rapportctl/context.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/text/locale.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "tools/rapportctl/json.h"
#include "tools/rapportctl/names.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {

using contact::v1::Steward;

absl::StatusOr<std::vector<Steward>> ListStewards(Connection& connection) {
  std::vector<Steward> out;
  contact::v1::ListStewardsRequest request;
  request.set_parent(connection.parent());
  request.set_page_size(500);
  do {
    ASSIGN_OR_RETURN(auto page, connection.Call<contact::v1::ListStewardsResponse>(
                                    "rapport.contact.v1.StewardService/ListStewards", request));
    for (Steward& steward : *page.mutable_stewards()) out.push_back(std::move(steward));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return out;
}

absl::StatusOr<Steward> ChooseSteward(const std::vector<Steward>& stewards,
                                      const std::string& wanted) {
  if (stewards.empty()) {
    return absl::NotFoundError(
        "there is no steward yet: import an address book first (rapportctl import people.vcf)");
  }
  if (wanted.empty()) {
    const auto rank = [](const Steward& steward) {
      return std::make_pair(steward.bot(), time::FromProto(steward.create_time()));
    };
    return *std::min_element(stewards.begin(), stewards.end(),
                             [&](const Steward& a, const Steward& b) { return rank(a) < rank(b); });
  }
  const Steward* best = nullptr;
  NameFit best_fit = NameFit::kNone;
  bool several = false;
  for (const Steward& steward : stewards) {
    if (steward.name() == wanted || steward.uid() == wanted) return steward;
    const NameFit fit = FitName(wanted, steward.display_name());
    if (fit == NameFit::kNone || fit < best_fit) continue;
    several = fit == best_fit;
    best = &steward;
    best_fit = fit;
  }
  if (best != nullptr && !several) return *best;
  std::string names;
  for (const Steward& steward : stewards) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", Plain(steward.display_name()));
  }
  return absl::NotFoundError(absl::StrCat("--steward: \"", Plain(wanted), "\" fits ",
                                          several ? "several" : "none", " of ", names));
}

absl::StatusOr<Seat> TakeSeat(const Context& context) {
  ASSIGN_OR_RETURN(const auto stewards, ListStewards(*context.connection));
  Seat seat;
  ASSIGN_OR_RETURN(seat.steward, ChooseSteward(stewards, context.settings.steward));
  seat.zone = absl::UTCTimeZone();
  if (auto zone = text::LoadIanaZone(seat.steward.time_zone()); zone.ok()) seat.zone = *zone;
  seat.now = context.now;
  if (!context.as_of.empty()) {
    ASSIGN_OR_RETURN(seat.now, ReadTime("--as-of", context.as_of, seat.Typed(Tense::kPast)));
    seat.as_of = seat.now;
  }
  seat.style = {.now = seat.now, .zone = seat.zone, .exact = context.exact_dates};
  return seat;
}

absl::StatusOr<google::protobuf::Timestamp> ReadStamp(const Seat& seat, absl::string_view field,
                                                      const std::string& text, Tense tense) {
  ASSIGN_OR_RETURN(absl::Time t, ReadTime(field, text, seat.Typed(tense)));
  const auto day = [&](absl::Time of) { return absl::ToCivilDay(of, seat.zone); };
  if (tense == Tense::kPast && t > seat.now && day(t) == day(seat.now)) t = seat.now;
  return time::ToProto(t);
}

std::string NewId(const Context& context) { return base::NewUuidV7(context.now, *context.rng); }

void PrintLine(const Context& context, const google::protobuf::Message& message,
               const std::string& line) {
  if (context.json) return PrintJson(context, message);
  *context.out << line << "\n";
}

void PrintJson(const Context& context, const google::protobuf::Message& message) {
  *context.out << ToJson(message, JsonLayout::kIndented);
}

}  // namespace rapport::rapportctl
