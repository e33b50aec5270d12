// offer, sale.
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "rapport/engagement/v1/need_service.pb.h"
#include "rapport/engagement/v1/sale_service.pb.h"
#include "rapport/recommendation/v1/offer_service.pb.h"
#include "tools/rapportctl/choices.h"
#include "tools/rapportctl/found.h"
#include "tools/rapportctl/money.h"
#include "tools/rapportctl/proposing_commands.h"
#include "tools/rapportctl/render_needs.h"
#include "tools/rapportctl/who.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using OfferProto = recommendation::v1::Offer;
using SaleProto = engagement::v1::Sale;

constexpr char kOffers[] = "rapport.recommendation.v1.OfferService/";
constexpr char kSales[] = "rapport.engagement.v1.SaleService/";

absl::StatusOr<std::vector<OfferProto>> AllOffers(Connection& connection) {
  recommendation::v1::ListOffersRequest request;
  request.set_parent(connection.parent());
  return ListAll<OfferProto, recommendation::v1::ListOffersResponse>(
      connection, absl::StrCat(kOffers, "ListOffers"), request,
      [](auto& page) { return page.mutable_offers(); });
}

std::string OfferLine(const OfferProto& offer) {
  std::vector<std::string> parts = {
      absl::StrCat("for ", Plain(absl::StrJoin(offer.serves(), ", "))),
      offer.stake() == OfferProto::HIGH ? "much is at stake" : "little is at stake"};
  if (!offer.eligible_labels().empty()) {
    parts.push_back(absl::StrCat("only for ", Plain(absl::StrJoin(offer.eligible_labels(), ", "))));
  }
  if (!offer.requires_facts().empty()) {
    parts.push_back(
        absl::StrCat("needs to know of ", Plain(absl::StrJoin(offer.requires_facts(), ", "))));
  }
  if (!offer.contra_indications().empty()) {
    parts.push_back(
        absl::StrCat("not with ", Plain(absl::StrJoin(offer.contra_indications(), ", "))));
  }
  if (offer.paused()) parts.emplace_back("not offered now");
  return absl::StrCat(Plain(offer.display_name()), " (", absl::StrJoin(parts, "; "), ")");
}

absl::StatusOr<OfferProto> Create(Context& context, const OfferOptions& options) {
  if (options.serves.empty()) {
    return errors::InvalidField(
        "offer.serves", "say what it is for: --serves re-keying, as facts and needs say it");
  }
  if (options.stake.empty()) {
    return errors::InvalidField("offer.stake",
                                "say what is at stake for people: --stake low or high");
  }
  recommendation::v1::CreateOfferRequest request;
  request.set_parent(context.connection->parent());
  request.set_request_id(NewId(context));
  request.set_offer_id(options.id);
  OfferProto& offer = *request.mutable_offer();
  offer.set_display_name(options.name);
  ASSIGN_OR_RETURN(const auto stake, ReadChoice("offer.stake", options.stake, Stakes()));
  offer.set_stake(stake);
  const auto copy = [](const std::vector<std::string>& from, auto* to) {
    for (const std::string& text : from) *to->Add() = text;
  };
  copy(options.serves, offer.mutable_serves());
  copy(options.labels, offer.mutable_eligible_labels());
  copy(options.requires_facts, offer.mutable_requires_facts());
  copy(options.against, offer.mutable_contra_indications());
  copy(options.houses, offer.mutable_houses());
  if (options.rest_days >= 0) offer.set_rest_after_decline_days(options.rest_days);
  return context.connection->Call<OfferProto>(absl::StrCat(kOffers, "CreateOffer"), request);
}

absl::StatusOr<OfferProto> Pause(Context& context, const std::string& typed, bool paused) {
  ASSIGN_OR_RETURN(const OfferProto offer, FindOffer(*context.connection, typed));
  recommendation::v1::UpdateOfferRequest request;
  request.mutable_offer()->set_name(offer.name());
  request.mutable_offer()->set_etag(offer.etag());
  request.mutable_offer()->set_paused(paused);
  request.mutable_update_mask()->add_paths("paused");
  request.set_request_id(NewId(context));
  return context.connection->Call<OfferProto>(absl::StrCat(kOffers, "UpdateOffer"), request);
}

absl::StatusOr<std::vector<SaleProto>> SalesTo(Connection& connection,
                                               const std::string& relationship) {
  engagement::v1::ListSalesRequest request;
  request.set_parent(relationship);
  return ListAll<SaleProto, engagement::v1::ListSalesResponse>(
      connection, absl::StrCat(kSales, "ListSales"), request,
      [](auto& page) { return page.mutable_sales(); });
}

absl::StatusOr<SaleProto> RecordIt(Context& context, const Seat& seat, const Who& who,
                                   const SaleOptions& options) {
  if (options.led_by.empty()) {
    return errors::InvalidField("sale.led_by",
                                "say who led to it: --led-by them (they asked) or us");
  }
  engagement::v1::RecordSaleRequest request;
  request.set_parent(who.relationship);
  request.set_request_id(NewId(context));
  SaleProto& sale = *request.mutable_sale();
  sale.set_summary(options.text);
  sale.set_no_after_care(options.no_after_care);
  ASSIGN_OR_RETURN(const auto party, ReadChoice("sale.led_by", options.led_by, Parties()));
  sale.set_led_by(party);
  if (!options.stage.empty()) {
    ASSIGN_OR_RETURN(const auto stage, ReadChoice("stage", options.stage, SaleStages()));
    request.set_stage(stage);
  }
  if (!options.amount.empty()) {
    ASSIGN_OR_RETURN(*sale.mutable_amount(), ReadMoney("sale.amount", options.amount));
  }
  if (!options.when.empty()) {
    ASSIGN_OR_RETURN(*sale.mutable_sale_time(), ReadStamp(seat, "sale.sale_time", options.when));
  }
  if (!options.offer.empty()) {
    ASSIGN_OR_RETURN(const OfferProto offer, FindOffer(*context.connection, options.offer));
    sale.set_offer(offer.name());
  }
  if (!options.needs.empty()) {
    engagement::v1::ListNeedsRequest list;
    list.set_parent(who.relationship);
    ASSIGN_OR_RETURN(const auto needs,
                     (ListAll<engagement::v1::Need, engagement::v1::ListNeedsResponse>(
                         *context.connection, "rapport.engagement.v1.NeedService/ListNeeds", list,
                         [](auto& page) { return page.mutable_needs(); })));
    for (const std::string& wanted : options.needs) {
      ASSIGN_OR_RETURN(const auto need,
                       FindIn(needs, wanted, "need", absl::StrCat(" of ", who.display_name),
                              [](const auto& n) { return n.summary(); }));
      sale.add_needs(need.name());
    }
  }
  return context.connection->Call<SaleProto>(absl::StrCat(kSales, "RecordSale"), request);
}

absl::StatusOr<SaleProto> AdvanceIt(Context& context, const Seat& seat, const Who& who,
                                    const std::vector<SaleProto>& sales,
                                    const SaleOptions& options) {
  if (options.to.empty()) {
    return errors::InvalidField("stage",
                                "say where to: --to agreed, delivered, declined or reversed");
  }
  engagement::v1::AdvanceSaleRequest request;
  ASSIGN_OR_RETURN(const auto stage, ReadChoice("stage", options.to, SaleStages()));
  ASSIGN_OR_RETURN(const SaleProto sale,
                   FindIn(sales, options.advance, "sale", absl::StrCat(" to ", who.display_name),
                          [](const SaleProto& s) { return s.summary(); }));
  request.set_name(sale.name());
  request.set_etag(sale.etag());
  request.set_request_id(NewId(context));
  request.set_stage(stage);
  request.set_reason(options.reason);
  if (!options.when.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_move_time(), ReadStamp(seat, "move_time", options.when));
  }
  return context.connection->Call<SaleProto>(absl::StrCat(kSales, "AdvanceSale"), request);
}

absl::Status ListSales(Context& context, const Seat& seat, const Who& who,
                       const std::vector<SaleProto>& sales) {
  if (context.json) {
    engagement::v1::ListSalesResponse all;
    for (const SaleProto& sale : sales) *all.add_sales() = sale;
    PrintJson(context, all);
    return absl::OkStatus();
  }
  *context.out << Plain(who.display_name) << "\n\n";
  if (sales.empty()) *context.out << "Nothing was sold.\n";
  for (const SaleProto& sale : sales) {
    *context.out << Hanging("", SaleLine(sale, seat.style), context.width);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OfferProto> FindOffer(Connection& connection, const std::string& typed) {
  ASSIGN_OR_RETURN(const auto offers, AllOffers(connection));
  for (const OfferProto& offer : offers) {
    if (offer.uid() == typed) return offer;
  }
  return FindIn(offers, typed, "offer", "", [](const OfferProto& o) { return o.display_name(); });
}

absl::Status Offer(Context& context, const OfferOptions& options) {
  Connection& connection = *context.connection;
  absl::StatusOr<OfferProto> changed;
  if (!options.pause.empty()) {
    changed = Pause(context, options.pause, true);
  } else if (!options.resume.empty()) {
    changed = Pause(context, options.resume, false);
  } else if (!options.withdraw.empty()) {
    ASSIGN_OR_RETURN(const OfferProto offer, FindOffer(connection, options.withdraw));
    recommendation::v1::DeleteOfferRequest request;
    request.set_name(offer.name());
    request.set_etag(offer.etag());
    request.set_request_id(NewId(context));
    ASSIGN_OR_RETURN(const auto gone,
                     connection.Call<OfferProto>(absl::StrCat(kOffers, "DeleteOffer"), request));
    PrintLine(context, gone, absl::StrCat("Withdrawn: ", Plain(gone.display_name())));
    return absl::OkStatus();
  } else if (!options.name.empty()) {
    changed = Create(context, options);
  } else {
    ASSIGN_OR_RETURN(const auto offers, AllOffers(connection));
    if (context.json) {
      recommendation::v1::ListOffersResponse all;
      for (const OfferProto& offer : offers) *all.add_offers() = offer;
      PrintJson(context, all);
      return absl::OkStatus();
    }
    if (offers.empty()) *context.out << "Nothing is offered yet.\n";
    for (const OfferProto& offer : offers) {
      *context.out << Hanging("", OfferLine(offer), context.width);
    }
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(changed.status());
  PrintLine(context, *changed, OfferLine(*changed));
  return absl::OkStatus();
}

absl::Status Sale(Context& context, const SaleOptions& options) {
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  ASSIGN_OR_RETURN(const Who who, FindWho(*context.connection, options.who));
  absl::StatusOr<SaleProto> sale;
  if (options.text.empty()) {
    ASSIGN_OR_RETURN(const auto sales, SalesTo(*context.connection, who.relationship));
    if (options.advance.empty()) return ListSales(context, seat, who, sales);
    sale = AdvanceIt(context, seat, who, sales, options);
  } else {
    sale = RecordIt(context, seat, who, options);
  }
  RETURN_IF_ERROR(sale.status());
  PrintLine(context, *sale,
            absl::StrCat(Plain(who.display_name), ", ", SaleLine(*sale, seat.style)));
  return absl::OkStatus();
}

}  // namespace rapport::rapportctl
