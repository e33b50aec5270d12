#include "services/engagement/sale_service.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/resource/standard_methods.h"
#include "common/time/proto_time.h"
#include "services/engagement/rules/needs.h"
#include "services/engagement/rules/sales.h"
#include "services/engagement/rules/statistics.h"
#include "services/engagement/valid_time.h"

namespace rapport::engagement {

using base::CallContext;

void SaleService::Register(resource::Methods* methods) {
  const std::string prefix = "rapport.engagement.v1.SaleService/";
  methods->Write<v1::RecordSaleRequest, v1::Sale>(
      prefix + "RecordSale",
      [this](store::Tx& tx, const CallContext& context, const v1::RecordSaleRequest& request) {
        return Record(tx, context, request);
      });
  methods->Write<v1::AdvanceSaleRequest, v1::Sale>(
      prefix + "AdvanceSale",
      [this](store::Tx& tx, const CallContext& context, const v1::AdvanceSaleRequest& request) {
        return Advance(tx, context, request);
      });
  resource::Bind<v1::GetSaleRequest>(methods, resources_.sales,
                                     {.parent = KnownRelationship(resources_)});
}

absl::StatusOr<v1::Sale> SaleService::Record(store::Tx& tx, const CallContext& context,
                                             const v1::RecordSaleRequest& request) const {
  v1::Sale sale = request.sale();
  resource::ClearOutputOnly(&sale);
  ASSIGN_OR_RETURN(const absl::Time at, ValidTime(sale.has_sale_time(), sale.sale_time(),
                                                  context.now, "sale.sale_time"));
  RETURN_IF_ERROR(CheckRelationship(resources_, tx, request.parent()));
  for (int i = 0; i < sale.needs_size(); ++i) {
    RETURN_IF_ERROR(CheckSibling(resources_.needs, tx, request.parent(), sale.needs(i),
                                 absl::StrCat("sale.needs[", i, "]")));
  }
  const rules::SaleRule rule = rules::BeginSale(request.stage(), at, &sale);
  if (rule != rules::SaleRule::kNone) {
    return errors::InvalidField("stage", std::string(rules::SaleRuleText(rule)));
  }
  sale.set_name(resources_.sales.NewName(request.parent(), context.now));
  RETURN_IF_ERROR(Effect(tx, context, nullptr, &sale));
  RETURN_IF_ERROR(resources_.sales.Write(tx, context, nullptr, &sale));
  return sale;
}

absl::StatusOr<v1::Sale> SaleService::Advance(store::Tx& tx, const CallContext& context,
                                              const v1::AdvanceSaleRequest& request) const {
  ASSIGN_OR_RETURN(const absl::Time at, ValidTime(request.has_move_time(), request.move_time(),
                                                  context.now, "move_time"));
  return resources_.sales.Mutate(
      tx, context, request.name(), request.etag(), [&](v1::Sale* sale) -> absl::Status {
        const v1::Sale before = *sale;
        const auto rule = rules::AdvanceSale(request.stage(), request.reason(), at, sale);
        const std::string text(rules::SaleRuleText(rule));
        if (rule == rules::SaleRule::kBeforeLastMove)
          return errors::InvalidField("move_time", text);
        if (rule != rules::SaleRule::kNone) {
          return errors::StateTransition(request.name(), v1::Sale::Stage_Name(before.stage()),
                                         text);
        }
        return Effect(tx, context, &before, sale);
      });
}

absl::Status SaleService::Effect(store::Tx& tx, const CallContext& context, const v1::Sale* before,
                                 v1::Sale* after) const {
  const absl::Time at = time::FromProto(after->moves().rbegin()->time());
  const v1::Need::State to = rules::NeedStateAfter(after->stage());
  if (to != v1::Need::STATE_UNSPECIFIED) {
    for (const std::string& name : after->needs()) {
      const auto moved =
          resources_.needs.Mutate(tx, context, name, "", [&](v1::Need* need) -> absl::Status {
            const auto rule = rules::MoveBySale(to, after->name(), at, parameters_, need);
            if (rule == rules::NeedRule::kNone) return absl::OkStatus();
            return errors::StateTransition(name, v1::Need::State_Name(need->state()),
                                           rules::NeedRuleText(rule));
          });
      RETURN_IF_ERROR(moved.status());
    }
  }
  const std::string relationship = RelationshipName(after->name());
  StatisticsChange statistics(&resources_, &parameters_, &tx, &context);
  ASSIGN_OR_RETURN(auto* sums, statistics.Of(relationship));
  rules::ApplySale(before, *after, parameters_, sums);
  if (rules::CallsForAfterCare(*after)) {
    v1::Promise promise = rules::AfterCareOf(*after, context.now, parameters_);
    RETURN_IF_ERROR(promises_.Enter(tx, context, relationship, &promise, &statistics));
    after->set_after_care(promise.name());
  }
  return statistics.Save();
}

}  // namespace rapport::engagement
