#include "services/engagement/promise_service.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/time/proto_time.h"
#include "services/engagement/promise_view.h"
#include "services/engagement/rules/statistics.h"
#include "services/engagement/valid_time.h"

namespace rapport::engagement {

using base::CallContext;

void PromiseService::Register(resource::Methods* methods) {
  const std::string prefix = "rapport.engagement.v1.PromiseService/";
  methods->Write<v1::MakePromiseRequest, v1::Promise>(
      prefix + "MakePromise",
      [this](store::Tx& tx, const CallContext& context, const v1::MakePromiseRequest& request) {
        return Make(tx, context, request);
      });
  methods->Write<v1::KeepPromiseRequest, v1::Promise>(
      prefix + "KeepPromise",
      [this](store::Tx& tx, const CallContext& context,
             const v1::KeepPromiseRequest& request) -> absl::StatusOr<v1::Promise> {
        ASSIGN_OR_RETURN(
            const absl::Time at,
            ValidTime(request.has_keep_time(), request.keep_time(), context.now, "keep_time"));
        return Move(tx, context, request.name(), request.etag(), [&](v1::Promise* promise) {
          return rules::Keep(at, request.evidence(), parameters_, promise);
        });
      });
  methods->Write<v1::RenegotiatePromiseRequest, v1::Promise>(
      prefix + "RenegotiatePromise", [this](store::Tx& tx, const CallContext& context,
                                            const v1::RenegotiatePromiseRequest& request) {
        return Move(tx, context, request.name(), request.etag(), [&](v1::Promise* promise) {
          return rules::Renegotiate(time::FromProto(request.due_time()), context.now, parameters_,
                                    promise);
        });
      });
  methods->Write<v1::ReleasePromiseRequest, v1::Promise>(
      prefix + "ReleasePromise",
      [this](store::Tx& tx, const CallContext& context,
             const v1::ReleasePromiseRequest& request) -> absl::StatusOr<v1::Promise> {
        ASSIGN_OR_RETURN(const absl::Time at,
                         ValidTime(request.has_release_time(), request.release_time(), context.now,
                                   "release_time"));
        return Move(tx, context, request.name(), request.etag(), [&](v1::Promise* promise) {
          return rules::Release(request.said_by(), at, request.evidence(), parameters_, promise);
        });
      });
  methods->Write<v1::RepairPromiseRequest, v1::Promise>(
      prefix + "RepairPromise",
      [this](store::Tx& tx, const CallContext& context,
             const v1::RepairPromiseRequest& request) -> absl::StatusOr<v1::Promise> {
        ASSIGN_OR_RETURN(const absl::Time at,
                         ValidTime(request.has_repair_time(), request.repair_time(), context.now,
                                   "repair_time"));
        return Move(tx, context, request.name(), request.etag(), [&](v1::Promise* promise) {
          return rules::Repair(at, request.evidence(), parameters_, promise);
        });
      });
  resource::Bind<v1::GetPromiseRequest>(
      methods, resources_.promises,
      {.parent = KnownRelationship(resources_),
       .view = [this](const CallContext& context, google::protobuf::Message* message) {
         auto& promise = static_cast<v1::Promise&>(*message);
         promise.set_state(rules::PromiseStateAt(promise, context.now, parameters_));
       }});
}

absl::StatusOr<v1::Promise> PromiseService::Make(store::Tx& tx, const CallContext& context,
                                                 const v1::MakePromiseRequest& request) const {
  v1::Promise promise = request.promise();
  resource::ClearOutputOnly(&promise);
  ASSIGN_OR_RETURN(const absl::Time made,
                   ValidTime(promise.has_promise_time(), promise.promise_time(), context.now,
                             "promise.promise_time"));
  *promise.mutable_promise_time() = time::ToProto(made);
  if (time::FromProto(promise.due_time()) < made) {
    return errors::InvalidField("promise.due_time", "must not lie before the promise");
  }
  promise.set_state(v1::Promise::OPEN);
  StatisticsChange statistics(&resources_, &parameters_, &tx, &context);
  RETURN_IF_ERROR(Enter(tx, context, request.parent(), &promise, &statistics));
  RETURN_IF_ERROR(statistics.Save());
  return PromiseView(std::move(promise), context.now, parameters_);
}

absl::Status PromiseService::Enter(store::Tx& tx, const CallContext& context,
                                   const std::string& relationship, v1::Promise* promise,
                                   StatisticsChange* statistics) const {
  ASSIGN_OR_RETURN(auto* sums, statistics->Of(relationship));
  if (sums->open_promises_size() >= parameters_.max_open_promises) {
    return errors::StateTransition(relationship, "200 OPEN PROMISES", "keep or release some first");
  }
  promise->set_name(resources_.promises.NewName(relationship, context.now));
  RETURN_IF_ERROR(resources_.promises.Write(tx, context, nullptr, promise));
  if (!rules::ApplyPromise(nullptr, *promise, parameters_, sums)) statistics->Replay(relationship);
  return absl::OkStatus();
}

absl::StatusOr<v1::Promise> PromiseService::Move(
    store::Tx& tx, const CallContext& context, const std::string& name, const std::string& etag,
    absl::FunctionRef<rules::PromiseRule(v1::Promise*)> move) const {
  v1::Promise before;
  ASSIGN_OR_RETURN(auto after,
                   resources_.promises.Mutate(
                       tx, context, name, etag, [&](v1::Promise* promise) -> absl::Status {
                         before = *promise;
                         const rules::PromiseRule violated = move(promise);
                         if (violated == rules::PromiseRule::kNone) return absl::OkStatus();
                         const auto state = rules::PromiseStateAt(before, context.now, parameters_);
                         return errors::StateTransition(name, v1::Promise::State_Name(state),
                                                        rules::PromiseRuleText(violated));
                       }));
  const std::string relationship = RelationshipName(name);
  StatisticsChange statistics(&resources_, &parameters_, &tx, &context);
  ASSIGN_OR_RETURN(auto* sums, statistics.Of(relationship));
  if (!rules::ApplyPromise(&before, after, parameters_, sums)) statistics.Replay(relationship);
  RETURN_IF_ERROR(statistics.Save());
  return PromiseView(std::move(after), context.now, parameters_);
}

}  // namespace rapport::engagement
