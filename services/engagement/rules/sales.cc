#include "services/engagement/rules/sales.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/engagement/rules/decay.h"

namespace rapport::engagement::rules {
namespace {

using v1::Sale;

// Longest text of a promise in bytes.
constexpr std::size_t kLongestPromise = 1000;

bool IsMove(Sale::Stage from, Sale::Stage to) {
  switch (from) {
    case Sale::PROPOSED:
      return to == Sale::AGREED || to == Sale::DECLINED_FOR_NOW;
    case Sale::AGREED:
      return to == Sale::DELIVERED || to == Sale::REVERSED;
    case Sale::DELIVERED:
      return to == Sale::REVERSED;
    default:
      return false;
  }
}

void Enter(Sale::Stage to, absl::string_view reason, absl::Time at, Sale* sale) {
  sale->set_stage(to);
  v1::StageMove* move = sale->add_moves();
  move->set_stage(to);
  *move->mutable_time() = time::ToProto(at);
  move->set_reason(std::string(reason));
}

}  // namespace

absl::string_view SaleRuleText(SaleRule rule) {
  switch (rule) {
    case SaleRule::kNone:
      return "";
    case SaleRule::kNotABeginning:
      return "a sale is written down as PROPOSED, AGREED or DELIVERED";
    case SaleRule::kNoSuchMove:
      return "the sale cannot go there from where it stands";
    case SaleRule::kBeforeLastMove:
      return "it must not lie before the last move of the sale";
  }
  return "";
}

std::int64_t SaleMicros(const Sale& sale) {
  return Micros(sale.has_sale_time() ? sale.sale_time() : sale.create_time());
}

SaleRule BeginSale(Sale::Stage stage, absl::Time at, Sale* sale) {
  if (stage == Sale::STAGE_UNSPECIFIED) stage = Sale::PROPOSED;
  if (stage != Sale::PROPOSED && stage != Sale::AGREED && stage != Sale::DELIVERED) {
    return SaleRule::kNotABeginning;
  }
  *sale->mutable_sale_time() = time::ToProto(at);
  sale->clear_moves();
  Enter(stage, "", at, sale);
  return SaleRule::kNone;
}

SaleRule AdvanceSale(Sale::Stage to, absl::string_view reason, absl::Time at, Sale* sale) {
  if (!IsMove(sale->stage(), to)) return SaleRule::kNoSuchMove;
  if (absl::ToUnixMicros(at) < Micros(sale->moves().rbegin()->time())) {
    return SaleRule::kBeforeLastMove;
  }
  Enter(to, reason, at, sale);
  return SaleRule::kNone;
}

v1::Need::State NeedStateAfter(Sale::Stage stage) {
  switch (stage) {
    case Sale::AGREED:
      return v1::Need::BEING_SERVED;
    case Sale::DELIVERED:
      return v1::Need::SERVED;
    case Sale::DECLINED_FOR_NOW:
    case Sale::REVERSED:
      return v1::Need::STATED;
    default:
      return v1::Need::STATE_UNSPECIFIED;
  }
}

bool CallsForAfterCare(const Sale& sale) {
  return sale.stage() == Sale::DELIVERED && !sale.no_after_care() && sale.after_care().empty();
}

v1::Promise AfterCareOf(const Sale& sale, absl::Time now, const Parameters& p) {
  const absl::Time delivered = time::FromProto(sale.moves().rbegin()->time());
  v1::Promise promise;
  promise.set_promised_by(type::v1::PARTY_US);
  promise.set_kind(v1::Promise::AFTER_CARE);
  const std::string text = absl::StrCat("ask how it goes: ", sale.summary());
  promise.set_text(text.size() <= kLongestPromise ? text : "ask how it goes");
  *promise.mutable_promise_time() = time::ToProto(delivered);
  *promise.mutable_due_time() = time::ToProto(std::max(delivered + p.after_care_time, now));
  promise.set_state(v1::Promise::OPEN);
  promise.set_engagement(sale.engagement());
  return promise;
}

}  // namespace rapport::engagement::rules
