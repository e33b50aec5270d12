#include "services/engagement/understanding_service.h"

#include <utility>

#include "common/base/status_macros.h"
#include "services/engagement/rules/statistics.h"
#include "services/engagement/valid_time.h"

namespace rapport::engagement {

using base::CallContext;

void UnderstandingService::Register(resource::Methods* methods) {
  const std::string prefix = "rapport.engagement.v1.UnderstandingService/";
  methods->Write<v1::LearnFactRequest, v1::Fact>(
      prefix + "LearnFact",
      [this](store::Tx& tx, const CallContext& context, const v1::LearnFactRequest& request) {
        return Learn(tx, context, request);
      });
  methods->Read<v1::GetFactRequest, v1::Fact>(
      prefix + "GetFact",
      [this](store::Snapshot& snapshot, const CallContext&, const v1::GetFactRequest& request) {
        return resources_.facts.Get(snapshot, request.name());
      });
  methods->Read<v1::ListFactsRequest, v1::ListFactsResponse>(
      prefix + "ListFacts",
      [this](store::Snapshot& snapshot, const CallContext& context,
             const v1::ListFactsRequest& request) -> absl::StatusOr<v1::ListFactsResponse> {
        RETURN_IF_ERROR(CheckRelationship(resources_, snapshot, request.parent()));
        ASSIGN_OR_RETURN(auto page, resources_.facts.List(snapshot, context, request));
        v1::ListFactsResponse response;
        for (auto& item : page.items) *response.add_facts() = std::move(item);
        response.set_next_page_token(std::move(page.next_token));
        return response;
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
  methods->Read<v1::GetFeedbackRequest, v1::Feedback>(
      prefix + "GetFeedback",
      [this](store::Snapshot& snapshot, const CallContext&, const v1::GetFeedbackRequest& request) {
        return resources_.feedback.Get(snapshot, request.name());
      });
  methods->Read<v1::ListFeedbackRequest, v1::ListFeedbackResponse>(
      prefix + "ListFeedback",
      [this](store::Snapshot& snapshot, const CallContext& context,
             const v1::ListFeedbackRequest& request) -> absl::StatusOr<v1::ListFeedbackResponse> {
        RETURN_IF_ERROR(CheckRelationship(resources_, snapshot, request.parent()));
        ASSIGN_OR_RETURN(auto page, resources_.feedback.List(snapshot, context, request));
        v1::ListFeedbackResponse response;
        for (auto& item : page.items) *response.add_feedback() = std::move(item);
        response.set_next_page_token(std::move(page.next_token));
        return response;
      });
}

absl::StatusOr<v1::Fact> UnderstandingService::Learn(store::Tx& tx, const CallContext& context,
                                                     const v1::LearnFactRequest& request) const {
  v1::Fact fact = request.fact();
  resource::ClearOutputOnly(&fact);
  ASSIGN_OR_RETURN(const absl::Time said, ValidTime(fact.has_said_time(), fact.said_time(),
                                                    context.now, "fact.said_time"));
  *fact.mutable_said_time() = time::ToProto(said);
  StatisticsChange statistics(&resources_, &parameters_, &tx, &context);
  ASSIGN_OR_RETURN(auto* sums, statistics.Of(request.parent()));
  fact.set_name(resources_.facts.NewName(request.parent(), context.now));
  RETURN_IF_ERROR(resources_.facts.Write(tx, context, nullptr, &fact));
  rules::ApplyFact(fact, parameters_, sums);
  RETURN_IF_ERROR(statistics.Save());
  return fact;
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
