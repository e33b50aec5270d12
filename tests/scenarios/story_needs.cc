// What people need, what is sold, and what the house offers.
#include "absl/strings/str_cat.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {

ev::Need Story::Needs(const Known& who, absl::string_view summary, absl::string_view topic,
                      bool solved) {
  ev::StateNeedRequest request;
  request.set_parent(who.relationship);
  request.mutable_need()->set_summary(std::string(summary));
  request.mutable_need()->set_origin(type::v1::PARTY_PERSON);
  request.mutable_need()->set_explicit_(solved);
  request.mutable_need()->add_topics(std::string(topic));
  return house.Must<ev::Need>(absl::StrCat(kNeedService, "StateNeed"), request);
}

ev::Need Story::Outlived(const ev::Need& need, absl::string_view reason) {
  ev::OutliveNeedRequest request;
  request.set_name(need.name());
  request.set_said_by(type::v1::PARTY_PERSON);
  request.set_reason(std::string(reason));
  return house.Must<ev::Need>(absl::StrCat(kNeedService, "OutliveNeed"), request);
}

ev::Need Story::NeededAgain(const ev::Need& need) {
  ev::ReviveNeedRequest request;
  request.set_name(need.name());
  request.set_said_by(type::v1::PARTY_PERSON);
  return house.Must<ev::Need>(absl::StrCat(kNeedService, "ReviveNeed"), request);
}

ev::Need Story::As(const ev::Need& need) {
  ev::GetNeedRequest request;
  request.set_name(need.name());
  return house.Must<ev::Need>(absl::StrCat(kNeedService, "GetNeed"), request);
}

ev::Sale Story::WeProposed(const Known& who, absl::string_view summary, const rv::Offer& offer,
                           const std::vector<ev::Need>& needs, absl::string_view when) {
  ev::RecordSaleRequest request;
  request.set_parent(who.relationship);
  request.mutable_sale()->set_summary(std::string(summary));
  request.mutable_sale()->set_offer(offer.name());
  request.mutable_sale()->set_led_by(type::v1::PARTY_US);
  *request.mutable_sale()->mutable_sale_time() = Stamp(when);
  for (const ev::Need& need : needs) request.mutable_sale()->add_needs(need.name());
  return house.Must<ev::Sale>(absl::StrCat(kSaleService, "RecordSale"), request);
}

ev::Sale Story::Became(const ev::Sale& sale, ev::Sale::Stage stage, absl::string_view when) {
  ev::AdvanceSaleRequest request;
  request.set_name(sale.name());
  request.set_stage(stage);
  *request.mutable_move_time() = Stamp(when);
  return house.Must<ev::Sale>(absl::StrCat(kSaleService, "AdvanceSale"), request);
}

ev::Understanding Story::UnderstandingOf(const Known& who, absl::string_view as_of) {
  ev::GetUnderstandingRequest request;
  request.set_name(who.relationship);
  if (!as_of.empty()) *request.mutable_as_of() = Stamp(as_of);
  return house.Must<ev::Understanding>(absl::StrCat(kUnderstanding, "GetUnderstanding"), request);
}

rv::Offer Story::Offers(absl::string_view id, absl::string_view serves, rv::Offer::Stake stake) {
  rv::CreateOfferRequest request;
  request.set_parent(house.parent());
  request.set_offer_id(std::string(id));
  request.mutable_offer()->set_display_name(std::string(id));
  request.mutable_offer()->add_serves(std::string(serves));
  request.mutable_offer()->set_stake(stake);
  return house.Must<rv::Offer>(absl::StrCat(kOfferService, "CreateOffer"), request);
}

rv::Readiness Story::ReadinessFor(const Known& who, const rv::Offer& offer) {
  rv::CheckReadinessRequest request;
  request.set_relationship(who.relationship);
  request.set_offer(offer.name());
  return house.Must<rv::Readiness>(absl::StrCat(kRecommendation, "CheckReadiness"), request);
}

}  // namespace rapport::tests
