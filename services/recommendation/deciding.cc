#include "services/recommendation/deciding.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/text/locale.h"
#include "services/recommendation/rules/readiness.h"
#include "services/recommendation/rules/ties.h"

namespace rapport::recommendation {

absl::TimeZone ZoneNamed(const std::string& name) {
  if (name.empty()) return absl::UTCTimeZone();
  return text::LoadIanaZone(name).value_or(absl::UTCTimeZone());
}

absl::StatusOr<std::unique_ptr<Case>> Deciding::OpenFor(store::Reader& reader,
                                                        const base::CallContext& context,
                                                        const std::string& relationship,
                                                        bool has_as_of, absl::Time as_of) const {
  ASSIGN_OR_RETURN(auto one, Open(reader, context.tenant, relationship, as_of, !has_as_of,
                                  absl::UTCTimeZone(), degraded_()));
  if (!one->copy->relationship.stewards().empty()) {
    const auto steward = projection_.LoadSteward(reader, one->copy->relationship.stewards(0));
    if (steward.ok()) one->zone = ZoneNamed(steward->time_zone());
  }
  return one;
}

absl::StatusOr<std::unique_ptr<Case>> Deciding::Open(
    store::Reader& reader, const base::TenantId& tenant, const std::string& relationship,
    absl::Time as_of, bool is_now, absl::TimeZone zone, std::vector<std::string> degraded) const {
  auto one = std::make_unique<Case>();
  ASSIGN_OR_RETURN(one->copy, projection_.Load(reader, relationship));
  one->offers = offers_.Of(tenant);
  one->as_of = as_of;
  one->is_now = is_now;
  one->zone = zone;
  one->facts = one->copy->View();
  one->facts.offers = one->offers->offers;
  one->facts.degraded = std::move(degraded);
  return one;
}

void Deciding::Ask(Case& one, absl::Time deadline) const {
  one.live = asking_.Ask(one.copy->relationship.name(),
                         one.is_now ? std::optional<absl::Time>() : one.as_of, deadline);
  one.facts.live = &one.live;
}

void Deciding::AskIfWorthwhile(Case& one, absl::Time deadline) const {
  if (one.offers->offers.empty() || Considered(one.facts, one.as_of).empty()) return;
  if (MayAsk(one.At())) Ask(one, deadline);
}

}  // namespace rapport::recommendation
