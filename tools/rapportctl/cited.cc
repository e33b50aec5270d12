#include "tools/rapportctl/cited.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/time/proto_time.h"
#include "rapport/contact/v1/consent_service.pb.h"
#include "rapport/engagement/v1/care_service.pb.h"
#include "rapport/engagement/v1/need_service.pb.h"
#include "rapport/engagement/v1/promise_service.pb.h"
#include "rapport/engagement/v1/sale_service.pb.h"
#include "rapport/engagement/v1/understanding_service.pb.h"
#include "rapport/recommendation/v1/offer_service.pb.h"
#include "tools/rapportctl/render_allowed.h"
#include "tools/rapportctl/render_needs.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using contact::v1::ConsentEntry;
using contact::v1::GetConsentEntryRequest;
using engagement::v1::CareEvent;
using engagement::v1::Engagement;
using engagement::v1::Fact;
using engagement::v1::Feedback;
using engagement::v1::GetCareEventRequest;
using engagement::v1::GetEngagementRequest;
using engagement::v1::GetFactRequest;
using engagement::v1::GetFeedbackRequest;
using engagement::v1::GetNeedRequest;
using engagement::v1::GetPromiseRequest;
using engagement::v1::GetSaleRequest;
using engagement::v1::Need;
using engagement::v1::Promise;
using engagement::v1::Sale;
using recommendation::v1::GetOfferRequest;
using recommendation::v1::Offer;

constexpr std::size_t kMaxReads = 50;

template <class Request, class Resource>
absl::StatusOr<Resource> Get(Connection& connection, const char* method, const std::string& name) {
  Request request;
  request.set_name(name);
  return connection.Call<Resource>(method, request);
}

std::string Dated(Citing citing, absl::string_view words, const google::protobuf::Timestamp& time,
                  const DayStyle& days) {
  if (citing == Citing::kBare) return std::string(words);
  return absl::StrCat(words, ", ", SayMoment(time::FromProto(time), days));
}

}  // namespace

SourceWords WordsFor(Connection& connection, const std::set<std::string>& names,
                     const DayStyle& days, Citing citing) {
  SourceWords out;
  std::size_t reads = 0;
  for (const std::string& name : names) {
    if (absl::EndsWith(name, "/statistics")) {
      out[name] = "what was counted of all that happened between you";
      continue;
    }
    if (++reads > kMaxReads) break;
    if (absl::StrContains(name, "/engagements/")) {
      const auto engagement = Get<GetEngagementRequest, Engagement>(
          connection, "rapport.engagement.v1.EngagementService/GetEngagement", name);
      if (engagement.ok()) {
        out[name] = Dated(citing, EngagementLine(*engagement), engagement->event_time(), days);
      }
    } else if (absl::StrContains(name, "/promises/")) {
      const auto promise = Get<GetPromiseRequest, Promise>(
          connection, "rapport.engagement.v1.PromiseService/GetPromise", name);
      if (!promise.ok()) continue;
      out[name] = citing == Citing::kDated ? PromiseLine(*promise, days) : PromiseWords(*promise);
    } else if (absl::StrContains(name, "/facts/")) {
      const auto fact = Get<GetFactRequest, Fact>(
          connection, "rapport.engagement.v1.UnderstandingService/GetFact", name);
      if (fact.ok()) out[name] = Dated(citing, FactLine(*fact), fact->said_time(), days);
    } else if (absl::StrContains(name, "/feedback/")) {
      const auto feedback = Get<GetFeedbackRequest, Feedback>(
          connection, "rapport.engagement.v1.UnderstandingService/GetFeedback", name);
      if (feedback.ok())
        out[name] = Dated(citing, FeedbackLine(*feedback), feedback->given_time(), days);
    } else if (absl::StrContains(name, "/needs/")) {
      const auto need =
          Get<GetNeedRequest, Need>(connection, "rapport.engagement.v1.NeedService/GetNeed", name);
      if (need.ok()) out[name] = NeedLine(*need, days);
    } else if (absl::StrContains(name, "/sales/")) {
      const auto sale =
          Get<GetSaleRequest, Sale>(connection, "rapport.engagement.v1.SaleService/GetSale", name);
      if (sale.ok()) out[name] = SaleLine(*sale, days);
    } else if (absl::StrContains(name, "/careEvents/")) {
      const auto event = Get<GetCareEventRequest, CareEvent>(
          connection, "rapport.engagement.v1.CareService/GetCareEvent", name);
      if (!event.ok()) continue;
      out[name] = Dated(citing, CareEventLine(*event),
                        event->has_said_time() ? event->said_time() : event->create_time(), days);
    } else if (absl::StrContains(name, "/offers/")) {
      const auto offer = Get<GetOfferRequest, Offer>(
          connection, "rapport.recommendation.v1.OfferService/GetOffer", name);
      if (offer.ok()) out[name] = absl::StrCat("offer: ", Plain(offer->display_name()));
    } else if (absl::StrContains(name, "/consentEntries/")) {
      const auto entry = Get<GetConsentEntryRequest, ConsentEntry>(
          connection, "rapport.contact.v1.ConsentService/GetConsentEntry", name);
      if (entry.ok()) out[name] = absl::StrCat("they ", ConsentLine(*entry, {}, days));
    } else if (absl::EndsWith(name, "/settings")) {
      out[name] = "the settings of the house";
    } else if (absl::StrContains(name, "/people/")) {
      out[name] = "the address book";
    } else if (absl::StrContains(name, "/relationships/")) {
      out[name] = "what is set for the relationship";
    }
  }
  return out;
}

}  // namespace rapport::rapportctl
