// learn, trust.
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "rapport/engagement/v1/rapport_service.pb.h"
#include "rapport/engagement/v1/understanding_service.pb.h"
#include "tools/rapportctl/choices.h"
#include "tools/rapportctl/cited.h"
#include "tools/rapportctl/found.h"
#include "tools/rapportctl/render_needs.h"
#include "tools/rapportctl/render_story.h"
#include "tools/rapportctl/understanding_commands.h"
#include "tools/rapportctl/who.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using engagement::v1::Fact;

constexpr char kService[] = "rapport.engagement.v1.UnderstandingService/";

absl::StatusOr<std::vector<Fact>> FactsOf(Connection& connection, const std::string& relationship) {
  engagement::v1::ListFactsRequest request;
  request.set_parent(relationship);
  return ListAll<Fact, engagement::v1::ListFactsResponse>(
      connection, absl::StrCat(kService, "ListFacts"), request,
      [](auto& page) { return page.mutable_facts(); });
}

absl::StatusOr<Fact> FactOf(const std::vector<Fact>& facts, const Who& who,
                            const std::string& wanted) {
  return FindIn(facts, wanted, "fact", absl::StrCat(" about ", who.display_name),
                [](const Fact& fact) { return fact.text(); });
}

absl::Status Understood(Context& context, const Seat& seat, const Who& who,
                        const LearnOptions& options, const std::vector<Fact>& facts) {
  engagement::v1::GetUnderstandingRequest request;
  request.set_name(who.relationship);
  for (const std::string& topic : options.topics) request.add_topics(topic);
  SetAsOf(seat, &request);
  ASSIGN_OR_RETURN(const auto understanding,
                   context.connection->Call<engagement::v1::Understanding>(
                       absl::StrCat(kService, "GetUnderstanding"), request));
  if (context.json) {
    PrintJson(context, understanding);
    return absl::OkStatus();
  }
  *context.out << Plain(who.display_name) << "\n"
               << RenderUnderstanding(understanding, facts, seat.style, context.width);
  return absl::OkStatus();
}

absl::StatusOr<Fact> New(Context& context, const Seat& seat, const Who& who,
                         const LearnOptions& options) {
  engagement::v1::LearnFactRequest request;
  request.set_parent(who.relationship);
  request.set_request_id(NewId(context));
  Fact& fact = *request.mutable_fact();
  ASSIGN_OR_RETURN(const auto slot, ReadChoice("fact.slot", options.slot, Slots()));
  fact.set_slot(slot);
  fact.set_text(options.text);
  fact.set_said_by(type::v1::PARTY_PERSON);
  if (!options.said_by.empty()) {
    ASSIGN_OR_RETURN(const auto party, ReadChoice("fact.said_by", options.said_by, Parties()));
    fact.set_said_by(party);
  }
  fact.set_said_in(options.said_in);
  for (const std::string& topic : options.topics) fact.add_topics(topic);
  if (!options.when.empty()) {
    ASSIGN_OR_RETURN(*fact.mutable_said_time(), ReadStamp(seat, "fact.said_time", options.when));
  }
  if (!options.supersedes.empty()) {
    ASSIGN_OR_RETURN(auto facts, FactsOf(*context.connection, who.relationship));
    std::erase_if(facts, [](const Fact& old) { return !old.superseded_by().empty(); });
    for (const std::string& wanted : options.supersedes) {
      ASSIGN_OR_RETURN(const Fact old, FactOf(facts, who, wanted));
      request.add_supersedes(old.name());
    }
  }
  return context.connection->Call<Fact>(absl::StrCat(kService, "LearnFact"), request);
}

absl::StatusOr<Fact> Weigh(Context& context, const Seat& seat, const Who& who,
                           const LearnOptions& options, const std::vector<Fact>& facts) {
  const bool confirmed = !options.confirm.empty();
  if (options.said_by.empty()) {
    return errors::InvalidField("said_by", "say who says so: --said-by them or us");
  }
  ASSIGN_OR_RETURN(const auto party, ReadChoice("said_by", options.said_by, Parties()));
  ASSIGN_OR_RETURN(const Fact fact,
                   FactOf(facts, who, confirmed ? options.confirm : options.dispute));
  google::protobuf::Timestamp when;
  if (!options.when.empty()) {
    ASSIGN_OR_RETURN(when,
                     ReadStamp(seat, confirmed ? "confirm_time" : "dispute_time", options.when));
  }
  if (confirmed) {
    engagement::v1::ConfirmFactRequest request;
    request.set_name(fact.name());
    request.set_etag(fact.etag());
    request.set_request_id(NewId(context));
    request.set_said_by(party);
    if (!options.when.empty()) *request.mutable_confirm_time() = when;
    return context.connection->Call<Fact>(absl::StrCat(kService, "ConfirmFact"), request);
  }
  engagement::v1::DisputeFactRequest request;
  request.set_name(fact.name());
  request.set_etag(fact.etag());
  request.set_request_id(NewId(context));
  request.set_said_by(party);
  request.set_reason(options.reason);
  if (!options.against.empty()) {
    ASSIGN_OR_RETURN(const Fact against, FactOf(facts, who, options.against));
    request.set_contradicted_by(against.name());
  }
  if (!options.when.empty()) *request.mutable_dispute_time() = when;
  return context.connection->Call<Fact>(absl::StrCat(kService, "DisputeFact"), request);
}

}  // namespace

absl::Status Learn(Context& context, const LearnOptions& options) {
  if (!options.slot.empty() && options.text.empty()) {
    return errors::InvalidField("fact.text", "say what was learned: rapportctl learn WHO p \"…\"");
  }
  if (!options.slot.empty()) {
    RETURN_IF_ERROR(ReadChoice("fact.slot", options.slot, Slots()).status());
  }
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  ASSIGN_OR_RETURN(const Who who, FindWho(*context.connection, options.who));
  absl::StatusOr<Fact> fact;
  if (!options.text.empty()) {
    fact = New(context, seat, who, options);
  } else {
    ASSIGN_OR_RETURN(const auto facts, FactsOf(*context.connection, who.relationship));
    if (options.confirm.empty() && options.dispute.empty()) {
      return Understood(context, seat, who, options, facts);
    }
    fact = Weigh(context, seat, who, options, facts);
  }
  RETURN_IF_ERROR(fact.status());
  PrintLine(context, *fact, absl::StrCat(Plain(who.display_name), ", ", FactLine(*fact)));
  return absl::OkStatus();
}

absl::Status ShowTrust(Context& context, const TrustOptions& options) {
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  ASSIGN_OR_RETURN(const Who who, FindWho(*context.connection, options.who));
  engagement::v1::GetTrustRequest request;
  request.set_name(who.relationship);
  request.set_max_postings(options.count);
  SetAsOf(seat, &request);
  ASSIGN_OR_RETURN(const auto trust, context.connection->Call<engagement::v1::Trust>(
                                         "rapport.engagement.v1.RapportService/GetTrust", request));
  if (context.json) {
    PrintJson(context, trust);
    return absl::OkStatus();
  }
  std::set<std::string> cited;
  for (const auto& posting : trust.postings()) cited.insert(posting.source());
  *context.out << Plain(who.display_name) << "\n\n"
               << RenderTrust(trust,
                              WordsFor(*context.connection, cited, seat.style, Citing::kBare),
                              seat.style, context.width);
  return absl::OkStatus();
}

}  // namespace rapport::rapportctl
