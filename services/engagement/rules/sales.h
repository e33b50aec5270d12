// What may become of a sale (product.md 2.2): PROPOSED -> AGREED -> DELIVERED, PROPOSED ->
// DECLINED_FOR_NOW, AGREED | DELIVERED -> REVERSED. A sale is an event inside a relationship:
// nothing here knows where the relationship stands.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_SALES_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_SALES_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/engagement/v1/need.pb.h"
#include "rapport/engagement/v1/promise.pb.h"
#include "rapport/engagement/v1/sale.pb.h"
#include "services/engagement/rules/parameters.h"

namespace rapport::engagement::rules {

// The rule that a move violates.
enum class SaleRule {
  // The move is allowed.
  kNone,
  // A sale is written down as PROPOSED, AGREED or DELIVERED.
  kNotABeginning,
  // From here there is no way there.
  kNoSuchMove,
  // The move lies before the last one.
  kBeforeLastMove,
};

// The rule in words, a clause without a name in it; empty for kNone.
absl::string_view SaleRuleText(SaleRule rule);

// When it began, in Unix microseconds.
std::int64_t SaleMicros(const v1::Sale& sale);

// Each move changes the sale if it is allowed, and leaves it alone if not.

// A new sale that reached `stage` (PROPOSED if unspecified) at `at`.
SaleRule BeginSale(v1::Sale::Stage stage, absl::Time at, v1::Sale* sale);
SaleRule AdvanceSale(v1::Sale::Stage to, absl::string_view reason, absl::Time at, v1::Sale* sale);

// Where the needs of a sale go when it reaches the stage; unspecified: they stay.
v1::Need::State NeedStateAfter(v1::Sale::Stage stage);

// True if the stage that it just reached calls for after-care: delivered, and not told otherwise.
bool CallsForAfterCare(const v1::Sale& sale);

// The promise to look after the person: made at the delivery, due p.after_care_time later, but not
// before `now`, for nobody can keep what is over before it is written down.
v1::Promise AfterCareOf(const v1::Sale& sale, absl::Time now, const Parameters& p);

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_SALES_H_
