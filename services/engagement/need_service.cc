#include "services/engagement/need_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/resource/standard_methods.h"
#include "services/engagement/journal.h"
#include "services/engagement/valid_time.h"

namespace rapport::engagement {

using base::CallContext;

namespace {

// What a violated rule is for the caller: something in the request, or how the need stands.
absl::Status Refusal(const v1::Need& need, rules::NeedRule rule, absl::string_view time_field) {
  const std::string text(rules::NeedRuleText(rule));
  switch (rule) {
    case rules::NeedRule::kNone:
      return absl::OkStatus();
    case rules::NeedRule::kNotSaidByPerson:
      return errors::InvalidField("said_by", text);
    case rules::NeedRule::kNothingNew:
      return errors::InvalidField("state", text);
    case rules::NeedRule::kBeforeLastMove:
      return errors::InvalidField(std::string(time_field), text);
    default:
      return errors::StateTransition(need.name(), v1::Need::State_Name(need.state()), text);
  }
}

template <class Request>
rules::NeedWords WordsOf(const Request& request) {
  return {request.said_by(), request.explicit_(), request.wants_to_buy()};
}

}  // namespace

void NeedService::Register(resource::Methods* methods) {
  const std::string prefix = "rapport.engagement.v1.NeedService/";
  methods->Write<v1::StateNeedRequest, v1::Need>(
      prefix + "StateNeed",
      [this](store::Tx& tx, const CallContext& context, const v1::StateNeedRequest& request) {
        return State(tx, context, request);
      });
  methods->Write<v1::AdvanceNeedRequest, v1::Need>(
      prefix + "AdvanceNeed",
      [this](store::Tx& tx, const CallContext& context,
             const v1::AdvanceNeedRequest& request) -> absl::StatusOr<v1::Need> {
        if (request.state() == v1::Need::STATED &&
            request.said_by() == type::v1::PARTY_UNSPECIFIED) {
          return errors::InvalidField("said_by", "must be set with STATED");
        }
        ASSIGN_OR_RETURN(
            const absl::Time at,
            ValidTime(request.has_state_time(), request.state_time(), context.now, "state_time"));
        return Move(tx, context, request.name(), request.etag(), "state_time", [&](v1::Need* need) {
          return rules::AdvanceNeed(request.state(), WordsOf(request), at, parameters_, need);
        });
      });
  methods->Write<v1::OutliveNeedRequest, v1::Need>(
      prefix + "OutliveNeed",
      [this](store::Tx& tx, const CallContext& context,
             const v1::OutliveNeedRequest& request) -> absl::StatusOr<v1::Need> {
        ASSIGN_OR_RETURN(const absl::Time at,
                         ValidTime(request.has_outlive_time(), request.outlive_time(), context.now,
                                   "outlive_time"));
        return Move(
            tx, context, request.name(), request.etag(), "outlive_time", [&](v1::Need* need) {
              return rules::OutliveNeed(request.said_by(), request.reason(), at, parameters_, need);
            });
      });
  methods->Write<v1::ReviveNeedRequest, v1::Need>(
      prefix + "ReviveNeed",
      [this](store::Tx& tx, const CallContext& context,
             const v1::ReviveNeedRequest& request) -> absl::StatusOr<v1::Need> {
        ASSIGN_OR_RETURN(const absl::Time at,
                         ValidTime(request.has_revive_time(), request.revive_time(), context.now,
                                   "revive_time"));
        return Move(tx, context, request.name(), request.etag(), "revive_time",
                    [&](v1::Need* need) {
                      return rules::ReviveNeed(WordsOf(request), at, parameters_, need);
                    });
      });
  resource::Bind<v1::GetNeedRequest>(methods, resources_.needs,
                                     {.parent = KnownRelationship(resources_)});
}

absl::StatusOr<v1::Need> NeedService::State(store::Tx& tx, const CallContext& context,
                                            const v1::StateNeedRequest& request) const {
  v1::Need need = request.need();
  resource::ClearOutputOnly(&need);
  ASSIGN_OR_RETURN(const absl::Time at, ValidTime(need.has_stated_time(), need.stated_time(),
                                                  context.now, "need.stated_time"));
  RETURN_IF_ERROR(CheckRelationship(resources_, tx, request.parent()));
  for (int i = 0; i < need.facts_size(); ++i) {
    RETURN_IF_ERROR(CheckSibling(resources_.facts, tx, request.parent(), need.facts(i),
                                 absl::StrCat("need.facts[", i, "]")));
  }
  const rules::NeedRule rule = rules::StateNeed(at, &need);
  if (rule == rules::NeedRule::kNotSaidByPerson) {
    return errors::InvalidField("need.origin", std::string(rules::NeedRuleText(rule)));
  }
  need.set_name(resources_.needs.NewName(request.parent(), context.now));
  RETURN_IF_ERROR(resources_.needs.Write(tx, context, nullptr, &need));
  return need;
}

absl::StatusOr<v1::Need> NeedService::Move(
    store::Tx& tx, const CallContext& context, const std::string& name, const std::string& etag,
    absl::string_view time_field, absl::FunctionRef<rules::NeedRule(v1::Need*)> move) const {
  return resources_.needs.Mutate(tx, context, name, etag, [&](v1::Need* need) {
    return Refusal(*need, move(need), time_field);
  });
}

}  // namespace rapport::engagement
