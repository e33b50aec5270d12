// today, brief, why, timeline, explain.
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "rapport/recommendation/v1/recommendation_service.pb.h"
#include "tools/rapportctl/choices.h"
#include "tools/rapportctl/cited.h"
#include "tools/rapportctl/commands.h"
#include "tools/rapportctl/render_briefing.h"
#include "tools/rapportctl/render_worklist.h"
#include "tools/rapportctl/who.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using recommendation::v1::GetWorklistResponse;

constexpr char kGetWorklist[] = "rapport.recommendation.v1.RecommendationService/GetWorklist";
constexpr int kMaxWaiting = 100;

absl::StatusOr<GetWorklistResponse> Worklist(Context& context, const Seat& seat, int capacity,
                                             int max_waiting) {
  recommendation::v1::GetWorklistRequest request;
  request.set_steward(seat.steward.name());
  request.set_capacity(capacity);
  request.set_max_waiting(max_waiting);
  SetAsOf(seat, &request);
  return context.connection->Call<GetWorklistResponse>(kGetWorklist, request);
}

// The instant that an answer holds for, by the clock of the service.
DayStyle At(const Seat& seat, const google::protobuf::Timestamp& as_of) {
  DayStyle days = seat.style;
  if (as_of.seconds() != 0) days.now = time::FromProto(as_of);
  return days;
}

}  // namespace

absl::Status Today(Context& context, const TodayOptions& options) {
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  ASSIGN_OR_RETURN(const GetWorklistResponse list,
                   Worklist(context, seat, options.capacity, options.waiting ? kMaxWaiting : 0));
  if (context.json) {
    PrintJson(context, list);
    return absl::OkStatus();
  }
  *context.out << RenderWorklist(list, {.days = At(seat, list.as_of()),
                                        .width = context.width,
                                        .daily_capacity = seat.steward.daily_capacity(),
                                        .capacity_asked = options.capacity > 0,
                                        .show_waiting = options.waiting});
  return absl::OkStatus();
}

absl::Status Brief(Context& context, const BriefOptions& options) {
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  ASSIGN_OR_RETURN(const Who who, FindWho(*context.connection, options.who));
  recommendation::v1::GetBriefingRequest request;
  request.set_relationship(who.relationship);
  request.set_view(options.full ? recommendation::v1::GetBriefingRequest::FULL
                                : recommendation::v1::GetBriefingRequest::BASIC);
  if (!options.occasion.empty()) {
    ASSIGN_OR_RETURN(const auto way, ReadChoice("occasion", options.occasion, Ways()));
    request.set_occasion(way);
  }
  SetAsOf(seat, &request);
  ASSIGN_OR_RETURN(const auto briefing,
                   context.connection->Call<recommendation::v1::Briefing>(
                       "rapport.recommendation.v1.RecommendationService/GetBriefing", request));
  if (context.json) {
    PrintJson(context, briefing);
    return absl::OkStatus();
  }
  *context.out << RenderBriefing(briefing, {.days = At(seat, briefing.as_of()),
                                            .width = context.width,
                                            .sources = options.sources,
                                            .typed = options.who});
  return absl::OkStatus();
}

absl::Status Why(Context& context, const std::string& what) {
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  Who who;
  if (int position = 0; what.size() < 4 && absl::SimpleAtoi(what, &position) && position > 0) {
    ASSIGN_OR_RETURN(const GetWorklistResponse list, Worklist(context, seat, 0, 0));
    for (const auto& item : list.items()) {
      if (item.position() == position) {
        who = {item.person(), item.relationship(), item.display_name()};
      }
    }
    if (who.relationship.empty()) {
      return absl::NotFoundError(absl::StrCat("today's list has no line ", position, "; it has ",
                                              NumberWord(list.items_size())));
    }
  } else {
    ASSIGN_OR_RETURN(who, FindWho(*context.connection, what));
  }
  recommendation::v1::SuggestNextStepsRequest request;
  request.set_relationship(who.relationship);
  SetAsOf(seat, &request);
  ASSIGN_OR_RETURN(
      const auto decision,
      context.connection->Call<recommendation::v1::Decision>(
          "rapport.recommendation.v1.RecommendationService/SuggestNextSteps", request));
  if (context.json) {
    PrintJson(context, decision);
    return absl::OkStatus();
  }
  std::set<std::string> cited;
  for (const auto& step : decision.suggestions()) {
    for (const auto& reason : step.reasons()) {
      cited.insert(reason.sources().begin(), reason.sources().end());
    }
  }
  for (const auto& excluded : decision.excluded()) {
    if (!excluded.offer().empty()) cited.insert(excluded.offer());
  }
  const DayStyle days = At(seat, decision.as_of());
  *context.out << RenderDecision(who.display_name, decision,
                                 WordsFor(*context.connection, cited, days), days, context.width);
  return absl::OkStatus();
}

absl::Status Timeline(Context& context, const TimelineOptions& options) {
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  ASSIGN_OR_RETURN(const Who who, FindWho(*context.connection, options.who));
  engagement::v1::ListTimelineRequest request;
  request.set_parent(who.relationship);
  if (seat.as_of) *request.mutable_before_time() = time::ToProto(*seat.as_of);
  engagement::v1::ListTimelineResponse all;
  do {
    request.set_page_size(std::min(500, options.count - all.entries_size()));
    ASSIGN_OR_RETURN(auto page,
                     context.connection->Call<engagement::v1::ListTimelineResponse>(
                         "rapport.engagement.v1.EngagementService/ListTimeline", request));
    for (auto& entry : *page.mutable_entries()) *all.add_entries() = std::move(entry);
    all.set_next_page_token(page.next_page_token());
    request.set_page_token(page.next_page_token());
  } while (!all.next_page_token().empty() && all.entries_size() < options.count);
  if (context.json) {
    PrintJson(context, all);
    return absl::OkStatus();
  }
  *context.out << Plain(who.display_name) << "\n\n"
               << RenderTimeline({all.entries().begin(), all.entries().end()}, seat.style,
                                 context.width);
  if (!all.next_page_token().empty()) {
    *context.out << "\nolder: rapportctl timeline … -n " << options.count * 5 << "\n";
  }
  return absl::OkStatus();
}

absl::Status Explain(Context& context, const ExplainOptions& options) {
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  ASSIGN_OR_RETURN(
      const absl::Time since,
      ReadTime("--since", options.since, seat.Typed(Tense::kPast, absl::ZeroDuration())));
  ASSIGN_OR_RETURN(const Who who, FindWho(*context.connection, options.who));
  engagement::v1::ExplainChangeRequest request;
  request.set_name(who.relationship);
  *request.mutable_from_time() = time::ToProto(since);
  if (seat.as_of) *request.mutable_to_time() = time::ToProto(*seat.as_of);
  ASSIGN_OR_RETURN(const auto change,
                   context.connection->Call<engagement::v1::ExplainChangeResponse>(
                       "rapport.engagement.v1.RapportService/ExplainChange", request));
  if (context.json) {
    PrintJson(context, change);
    return absl::OkStatus();
  }
  engagement::v1::GetRapportRequest get;
  get.set_name(who.relationship);
  SetAsOf(seat, &get);
  ASSIGN_OR_RETURN(const auto rapport, context.connection->Call<engagement::v1::Rapport>(
                                           "rapport.engagement.v1.RapportService/GetRapport", get));
  std::set<std::string> cited;
  for (const auto& line : change.lines()) {
    if (!line.source().empty()) cited.insert(line.source());
  }
  *context.out << Plain(who.display_name) << ", since " << SayMoment(since, seat.style) << "\n\n"
               << RenderChange(change, rapport,
                               WordsFor(*context.connection, cited, seat.style, Citing::kBare),
                               seat.style, context.width);
  return absl::OkStatus();
}

}  // namespace rapport::rapportctl
