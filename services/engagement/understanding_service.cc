#include "services/engagement/understanding_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/resource/standard_methods.h"
#include "services/engagement/rules/listening.h"
#include "services/engagement/rules/measures.h"
#include "services/engagement/rules/statistics.h"
#include "services/engagement/rules/understanding.h"
#include "services/engagement/topics.h"
#include "services/engagement/valid_time.h"

namespace rapport::engagement {

using base::CallContext;

namespace {

// What a violated rule is for the caller: something in the request, or how the fact stands.
absl::Status Refusal(const v1::Fact& fact, rules::FactRule rule, absl::string_view time_field) {
  const std::string text(rules::FactRuleText(rule));
  if (rule == rules::FactRule::kNone) return absl::OkStatus();
  if (rule == rules::FactRule::kBeforeSaid) {
    return errors::InvalidField(std::string(time_field), text);
  }
  const bool disputed = rule == rules::FactRule::kDisputedByPerson;
  const bool superseded = rule == rules::FactRule::kSuperseded;
  return errors::StateTransition(fact.name(),
                                 superseded ? "SUPERSEDED"
                                 : disputed ? "DISPUTED"
                                            : "MOVED 200 TIMES",
                                 text);
}

}  // namespace

void UnderstandingService::Register(resource::Methods* methods) {
  const std::string prefix = "rapport.engagement.v1.UnderstandingService/";
  methods->Write<v1::LearnFactRequest, v1::Fact>(
      prefix + "LearnFact",
      [this](store::Tx& tx, const CallContext& context, const v1::LearnFactRequest& request) {
        return Learn(tx, context, request);
      });
  resource::Bind<v1::GetFactRequest>(methods, resources_.facts,
                                     {.parent = KnownRelationship(resources_)});
  resource::Bind<v1::GetFeedbackRequest>(methods, resources_.feedback,
                                         {.parent = KnownRelationship(resources_)});
  methods->Write<v1::ConfirmFactRequest, v1::Fact>(
      prefix + "ConfirmFact",
      [this](store::Tx& tx, const CallContext& context,
             const v1::ConfirmFactRequest& request) -> absl::StatusOr<v1::Fact> {
        ASSIGN_OR_RETURN(const absl::Time at,
                         ValidTime(request.has_confirm_time(), request.confirm_time(), context.now,
                                   "confirm_time"));
        return Move(
            tx, context, request.name(), request.etag(), "confirm_time", [&](v1::Fact* fact) {
              return rules::Confirm(request.said_by(), at, request.engagement(), parameters_, fact);
            });
      });
  methods->Write<v1::DisputeFactRequest, v1::Fact>(
      prefix + "DisputeFact",
      [this](store::Tx& tx, const CallContext& context,
             const v1::DisputeFactRequest& request) -> absl::StatusOr<v1::Fact> {
        ASSIGN_OR_RETURN(const absl::Time at,
                         ValidTime(request.has_dispute_time(), request.dispute_time(), context.now,
                                   "dispute_time"));
        if (!request.contradicted_by().empty()) {
          RETURN_IF_ERROR(CheckSibling(resources_.facts, tx, RelationshipName(request.name()),
                                       request.contradicted_by(), "contradicted_by"));
        }
        return Move(tx, context, request.name(), request.etag(), "dispute_time",
                    [&](v1::Fact* fact) {
                      return rules::Dispute(request.said_by(), at, request.reason(),
                                            request.contradicted_by(), parameters_, fact);
                    });
      });
  methods->Read<v1::GetUnderstandingRequest, v1::Understanding>(
      prefix + "GetUnderstanding", [this](store::Snapshot& snapshot, const CallContext& context,
                                          const v1::GetUnderstandingRequest& request) {
        return Understand(snapshot, context, request);
      });
  methods->Read<v1::MeasureListeningRequest, v1::ListeningReport>(
      prefix + "MeasureListening", [this](store::Snapshot& snapshot, const CallContext& context,
                                          const v1::MeasureListeningRequest& request) {
        return MeasureListening(snapshot, context, request);
      });
  methods->Write<v1::GiveFeedbackRequest, v1::Feedback>(
      prefix + "GiveFeedback",
      [this](store::Tx& tx, const CallContext& context, const v1::GiveFeedbackRequest& request) {
        return Give(tx, context, request);
      });
  methods->Write<v1::AcknowledgeFeedbackRequest, v1::Feedback>(
      prefix + "AcknowledgeFeedback", [this](store::Tx& tx, const CallContext& context,
                                             const v1::AcknowledgeFeedbackRequest& request) {
        return Acknowledge(tx, context, request);
      });
}

absl::StatusOr<v1::Fact> UnderstandingService::Learn(store::Tx& tx, const CallContext& context,
                                                     const v1::LearnFactRequest& request) const {
  v1::Fact fact = request.fact();
  resource::ClearOutputOnly(&fact);
  ASSIGN_OR_RETURN(const absl::Time said, ValidTime(fact.has_said_time(), fact.said_time(),
                                                    context.now, "fact.said_time"));
  *fact.mutable_said_time() = time::ToProto(said);
  rules::DeriveFact(&fact);
  StatisticsChange statistics(&resources_, &parameters_, &tx, &context);
  ASSIGN_OR_RETURN(auto* sums, statistics.Of(request.parent()));
  fact.set_name(resources_.facts.NewName(request.parent(), context.now));
  for (int i = 0; i < request.supersedes_size(); ++i) {
    const std::string& older = request.supersedes(i);
    RETURN_IF_ERROR(CheckSibling(resources_.facts, tx, request.parent(), older,
                                 absl::StrCat("supersedes[", i, "]")));
    const auto superseded =
        resources_.facts.Mutate(tx, context, older, "", [&](v1::Fact* fact_before) {
          return Refusal(*fact_before, rules::Supersede(fact.name(), said, fact_before),
                         "fact.said_time");
        });
    RETURN_IF_ERROR(superseded.status());
  }
  RETURN_IF_ERROR(resources_.facts.Write(tx, context, nullptr, &fact));
  if (!rules::ApplyFact(nullptr, fact, parameters_, sums)) statistics.Replay(request.parent());
  RETURN_IF_ERROR(statistics.Save());
  return fact;
}

absl::StatusOr<v1::Fact> UnderstandingService::Move(
    store::Tx& tx, const CallContext& context, const std::string& name, const std::string& etag,
    absl::string_view time_field, absl::FunctionRef<rules::FactRule(v1::Fact*)> move) const {
  v1::Fact before;
  ASSIGN_OR_RETURN(auto after,
                   resources_.facts.Mutate(tx, context, name, etag, [&](v1::Fact* fact) {
                     before = *fact;
                     return Refusal(before, move(fact), time_field);
                   }));
  const std::string relationship = RelationshipName(name);
  StatisticsChange statistics(&resources_, &parameters_, &tx, &context);
  ASSIGN_OR_RETURN(auto* sums, statistics.Of(relationship));
  if (!rules::ApplyFact(&before, after, parameters_, sums)) statistics.Replay(relationship);
  RETURN_IF_ERROR(statistics.Save());
  return after;
}

absl::StatusOr<v1::Understanding> UnderstandingService::Understand(
    store::Snapshot& snapshot, const CallContext& context,
    const v1::GetUnderstandingRequest& request) const {
  const absl::Time as_of = request.has_as_of() ? time::FromProto(request.as_of()) : context.now;
  ASSIGN_OR_RETURN(const auto current,
                   resources_.statistics.Find(snapshot, StatisticsName(request.name())));
  if (!current) return errors::ResourceUnknown(request.name());
  ASSIGN_OR_RETURN(const auto facts, LoadAll(resources_.facts, snapshot, request.name()));
  ASSIGN_OR_RETURN(const auto needs, LoadAll(resources_.needs, snapshot, request.name()));
  const WantedTopics wanted(request.topics());
  auto understanding = rules::Understand(
      facts, needs, [&](const rules::Topics& topics) { return wanted.Meet(topics); }, as_of,
      parameters_);
  understanding.set_relationship(request.name());
  ASSIGN_OR_RETURN(const auto then,
                   StatisticsAt(resources_, snapshot, *current, as_of, parameters_));
  ASSIGN_OR_RETURN(const auto hours, hours_.Of(snapshot, context.tenant));
  *understanding.mutable_rapport() = rules::Measure(then, as_of, parameters_, *hours);
  *understanding.mutable_listening() = understanding.rapport().listening();
  return understanding;
}

absl::StatusOr<v1::ListeningReport> UnderstandingService::MeasureListening(
    store::Snapshot& snapshot, const CallContext& context,
    const v1::MeasureListeningRequest& request) const {
  if (request.relationship().empty() == request.steward().empty()) {
    return errors::InvalidField("relationship", "either a relationship or a steward must be set");
  }
  const absl::Time from =
      request.has_from_time() ? time::FromProto(request.from_time()) : absl::InfinitePast();
  const absl::Time to = request.has_to_time() ? time::FromProto(request.to_time()) : context.now;
  if (from > to) return errors::InvalidField("from_time", "must not be after to_time");
  store::Range range;
  range.index = kByTime;
  if (request.relationship().empty()) {
    ASSIGN_OR_RETURN(const auto steward,
                     resource::Name<contact::v1::Steward>::Parse(request.steward()));
    range.index = kEngagementsBySteward;
    range.prefix = {steward.id()};
  } else {
    RETURN_IF_ERROR(CheckRelationship(resources_, snapshot, request.relationship()));
    range.prefix = {request.relationship().substr(request.relationship().rfind('/') + 1)};
  }
  if (request.has_from_time()) range.after = {absl::ToUnixMicros(from) - 1};
  rules::ListeningSums sums(from, to, parameters_);
  RETURN_IF_ERROR(snapshot.Scan(resources_.engagements.table(), range, [&](store::Row& row) {
    const auto engagement = resources_.engagements.FromRow(row);
    sums.Add(engagement);
    return time::FromProto(engagement.event_time()) <= to;
  }));
  return sums.Report();
}

absl::StatusOr<v1::Feedback> UnderstandingService::Give(
    store::Tx& tx, const CallContext& context, const v1::GiveFeedbackRequest& request) const {
  v1::Feedback feedback = request.feedback();
  resource::ClearOutputOnly(&feedback);
  ASSIGN_OR_RETURN(const absl::Time given,
                   ValidTime(feedback.has_given_time(), feedback.given_time(), context.now,
                             "feedback.given_time"));
  *feedback.mutable_given_time() = time::ToProto(given);
  feedback.set_state(v1::Feedback::RECEIVED);
  StatisticsChange statistics(&resources_, &parameters_, &tx, &context);
  ASSIGN_OR_RETURN(auto* sums, statistics.Of(request.parent()));
  feedback.set_name(resources_.feedback.NewName(request.parent(), context.now));
  RETURN_IF_ERROR(resources_.feedback.Write(tx, context, nullptr, &feedback));
  if (!rules::ApplyFeedback(nullptr, feedback, parameters_, sums)) {
    statistics.Replay(request.parent());
  }
  RETURN_IF_ERROR(statistics.Save());
  return feedback;
}

absl::StatusOr<v1::Feedback> UnderstandingService::Acknowledge(
    store::Tx& tx, const CallContext& context,
    const v1::AcknowledgeFeedbackRequest& request) const {
  ASSIGN_OR_RETURN(const absl::Time at,
                   ValidTime(request.has_acknowledge_time(), request.acknowledge_time(),
                             context.now, "acknowledge_time"));
  v1::Feedback before;
  ASSIGN_OR_RETURN(
      auto after,
      resources_.feedback.Mutate(
          tx, context, request.name(), request.etag(), [&](v1::Feedback* feedback) -> absl::Status {
            before = *feedback;
            if (feedback->state() != v1::Feedback::RECEIVED) {
              return errors::StateTransition(request.name(),
                                             v1::Feedback::State_Name(feedback->state()),
                                             "it was answered already");
            }
            feedback->set_state(v1::Feedback::ACKNOWLEDGED);
            *feedback->mutable_acknowledge_time() = time::ToProto(at);
            return absl::OkStatus();
          }));
  const std::string relationship = RelationshipName(request.name());
  StatisticsChange statistics(&resources_, &parameters_, &tx, &context);
  ASSIGN_OR_RETURN(auto* sums, statistics.Of(relationship));
  if (!rules::ApplyFeedback(&before, after, parameters_, sums)) statistics.Replay(relationship);
  RETURN_IF_ERROR(statistics.Save());
  return after;
}

}  // namespace rapport::engagement
