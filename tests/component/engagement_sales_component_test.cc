// Needs, sales and care events as the clients of the engagement service see them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rapport/engagement/v1/care_service.pb.h"
#include "rapport/engagement/v1/need_service.pb.h"
#include "rapport/engagement/v1/sale_service.pb.h"
#include "rapport/feed/v1/change_feed_service.pb.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using type::v1::PARTY_PERSON;
using type::v1::PARTY_UNSPECIFIED;
using type::v1::PARTY_US;

constexpr char kNow[] = "2026-06-15 09:00";

class Life : public ::testing::Test {
 protected:
  template <class Response, class Request>
  absl::StatusOr<Response> InNeeds(absl::string_view method, const Request& request) {
    return story_.house.Call<Response>(absl::StrCat("rapport.engagement.v1.NeedService/", method),
                                       request);
  }
  template <class Response, class Request>
  absl::StatusOr<Response> InSales(absl::string_view method, const Request& request) {
    return story_.house.Call<Response>(absl::StrCat("rapport.engagement.v1.SaleService/", method),
                                       request);
  }
  template <class Response, class Request>
  absl::StatusOr<Response> InCare(absl::string_view method, const Request& request) {
    return story_.house.Call<Response>(absl::StrCat("rapport.engagement.v1.CareService/", method),
                                       request);
  }

  ev::StateNeedRequest ANeed(type::v1::Party origin, absl::string_view when = "") const {
    ev::StateNeedRequest request;
    request.set_parent(ana_.relationship);
    request.mutable_need()->set_summary("orders without re-keying");
    request.mutable_need()->set_origin(origin);
    request.mutable_need()->add_topics("re-keying");
    if (!when.empty()) *request.mutable_need()->mutable_stated_time() = Stamp(when);
    return request;
  }
  ev::Need Stated(absl::string_view when = "2026-06-01") {
    const auto need = InNeeds<ev::Need>("StateNeed", ANeed(PARTY_PERSON, when));
    EXPECT_OK(need);
    return need.ok() ? *need : ev::Need();
  }
  ev::Need Need(const std::string& name) {
    ev::GetNeedRequest request;
    request.set_name(name);
    const auto need = InNeeds<ev::Need>("GetNeed", request);
    EXPECT_OK(need);
    return need.ok() ? *need : ev::Need();
  }
  absl::StatusOr<ev::Need> Advance(const std::string& name, ev::Need::State state,
                                   type::v1::Party said_by = PARTY_UNSPECIFIED,
                                   absl::string_view when = "") {
    ev::AdvanceNeedRequest request;
    request.set_name(name);
    request.set_state(state);
    request.set_said_by(said_by);
    if (!when.empty()) *request.mutable_state_time() = Stamp(when);
    return InNeeds<ev::Need>("AdvanceNeed", request);
  }
  absl::StatusOr<ev::Need> Outlive(const std::string& name, type::v1::Party said_by,
                                   absl::string_view when = "") {
    ev::OutliveNeedRequest request;
    request.set_name(name);
    request.set_said_by(said_by);
    request.set_reason("sold the workshop");
    if (!when.empty()) *request.mutable_outlive_time() = Stamp(when);
    return InNeeds<ev::Need>("OutliveNeed", request);
  }
  absl::StatusOr<ev::Need> Revive(const std::string& name, type::v1::Party said_by) {
    ev::ReviveNeedRequest request;
    request.set_name(name);
    request.set_said_by(said_by);
    return InNeeds<ev::Need>("ReviveNeed", request);
  }

  ev::RecordSaleRequest ASale(const std::vector<std::string>& needs,
                              ev::Sale::Stage stage = ev::Sale::STAGE_UNSPECIFIED) const {
    ev::RecordSaleRequest request;
    request.set_parent(ana_.relationship);
    request.mutable_sale()->set_summary("the migration");
    request.mutable_sale()->set_led_by(PARTY_US);
    for (const auto& need : needs) request.mutable_sale()->add_needs(need);
    request.set_stage(stage);
    return request;
  }
  absl::StatusOr<ev::Sale> Move(const std::string& name, ev::Sale::Stage stage,
                                absl::string_view when = "", const std::string& etag = "") {
    ev::AdvanceSaleRequest request;
    request.set_name(name);
    request.set_stage(stage);
    request.set_etag(etag);
    if (!when.empty()) *request.mutable_move_time() = Stamp(when);
    return InSales<ev::Sale>("AdvanceSale", request);
  }
  ev::Promise Promise(const std::string& name) {
    ev::GetPromiseRequest request;
    request.set_name(name);
    return story_.house.Must<ev::Promise>(absl::StrCat(kPromises, "GetPromise"), request);
  }
  std::string Nobody() const {
    return absl::StrCat(story_.house.parent(), "/relationships/nobody");
  }

  Story story_{kNow, {.services = {"contact", "engagement"}}};
  const Story::Known ana_ = story_.Knows("Ana", {"ana@example.org"});
};

// Proves: E09
TEST_F(Life, ANeedIsStatedServedAndStatedAgain) {
  const auto need = Stated("2026-06-01");
  EXPECT_EQ(need.state(), ev::Need::STATED);
  EXPECT_EQ(need.etag(), "\"1\"");
  EXPECT_EQ(Advance(need.name(), ev::Need::BEING_SERVED)->state(), ev::Need::BEING_SERVED);
  EXPECT_EQ(Advance(need.name(), ev::Need::SERVED)->state(), ev::Need::SERVED);
  EXPECT_THAT(Advance(need.name(), ev::Need::STATED, PARTY_PERSON),
              FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_EQ(Revive(need.name(), PARTY_PERSON)->state(), ev::Need::STATED);
  EXPECT_THAT(Revive(need.name(), PARTY_PERSON), FailsWith(type::v1::STATE_TRANSITION));
  ev::ListNeedsRequest list;
  list.set_parent(ana_.relationship);
  ASSERT_OK_AND_ASSIGN(const auto needs, InNeeds<ev::ListNeedsResponse>("ListNeeds", list));
  ASSERT_EQ(needs.needs_size(), 1);
  EXPECT_EQ(needs.needs(0).moves_size(), 4);
}

// Proves: E09
TEST_F(Life, OnlyThePersonStatesANeedOrAsksToBuy) {
  ASSERT_OK_AND_ASSIGN(const auto sensed, InNeeds<ev::Need>("StateNeed", ANeed(PARTY_US)));
  EXPECT_EQ(sensed.state(), ev::Need::SENSED);
  EXPECT_THAT(Advance(sensed.name(), ev::Need::STATED), FailsWith(type::v1::FIELD));
  EXPECT_THAT(Advance(sensed.name(), ev::Need::STATED, PARTY_US), FailsWith(type::v1::FIELD));
  EXPECT_OK(Advance(sensed.name(), ev::Need::STATED, PARTY_PERSON));
  ev::AdvanceNeedRequest wants;
  wants.set_name(sensed.name());
  wants.set_wants_to_buy(true);
  wants.set_said_by(PARTY_US);
  EXPECT_THAT(InNeeds<ev::Need>("AdvanceNeed", wants), FailsWith(type::v1::FIELD));
  wants.set_said_by(PARTY_PERSON);
  ASSERT_OK_AND_ASSIGN(const auto wanted, InNeeds<ev::Need>("AdvanceNeed", wants));
  EXPECT_TRUE(wanted.wants_to_buy());
  EXPECT_TRUE(wanted.explicit_());
  EXPECT_EQ(wanted.wants_to_buy_time().seconds(), Stamp(kNow).seconds());
  EXPECT_EQ(wanted.state(), ev::Need::STATED);
  auto pushed = ANeed(PARTY_US);
  pushed.mutable_need()->set_explicit_(true);
  EXPECT_THAT(InNeeds<ev::Need>("StateNeed", pushed), FailsWith(type::v1::FIELD));
}

// Proves: E09
TEST_F(Life, ANeedIsOutlivedBySomebodysWordAndTheRestStays) {
  const auto need = Stated();
  story_.Recorded(ana_, Call("a call", "2026-06-10", 900, 300));
  EXPECT_THAT(Outlive(need.name(), PARTY_UNSPECIFIED), FailsWith(type::v1::FIELD));
  const auto before = story_.RapportOf(ana_, kNow);
  ASSERT_OK_AND_ASSIGN(const auto outlived, Outlive(need.name(), PARTY_PERSON));
  EXPECT_EQ(outlived.state(), ev::Need::OUTLIVED);
  EXPECT_EQ(outlived.outlived_said_by(), PARTY_PERSON);
  EXPECT_EQ(outlived.moves(1).reason(), "sold the workshop");
  EXPECT_EQ(story_.RapportOf(ana_, kNow).SerializeAsString(), before.SerializeAsString());
  EXPECT_EQ(story_.RelationshipOf(ana_).standing(), cv::OPEN) << "it rests if somebody says so";
  EXPECT_THAT(Outlive(need.name(), PARTY_PERSON), FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_THAT(Revive(need.name(), PARTY_US), FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_OK(Revive(need.name(), PARTY_PERSON));
}

// Proves: E09, P04
TEST_F(Life, NeedsRefuseWhatCannotBe) {
  auto request = ANeed(PARTY_PERSON, "2026-06-16");
  EXPECT_THAT(InNeeds<ev::Need>("StateNeed", request), FailsWith(type::v1::FIELD)) << "not yet";
  request = ANeed(PARTY_PERSON);
  request.set_parent(Nobody());
  EXPECT_THAT(InNeeds<ev::Need>("StateNeed", request), FailsWith(type::v1::RESOURCE_UNKNOWN));
  request = ANeed(PARTY_PERSON);
  request.mutable_need()->clear_summary();
  EXPECT_THAT(InNeeds<ev::Need>("StateNeed", request), FailsWith(type::v1::FIELD));
  request = ANeed(PARTY_PERSON);
  request.mutable_need()->add_facts(absl::StrCat(ana_.relationship, "/facts/nothing"));
  EXPECT_THAT(InNeeds<ev::Need>("StateNeed", request), FailsWith(type::v1::RESOURCE_UNKNOWN));
  request.mutable_need()->set_facts(0, absl::StrCat(Nobody(), "/facts/nothing"));
  EXPECT_THAT(InNeeds<ev::Need>("StateNeed", request), FailsWith(type::v1::FIELD));

  const auto need = Stated("2026-06-10");
  const std::string unknown = absl::StrCat(ana_.relationship, "/needs/nothing");
  EXPECT_THAT(Advance(need.name(), ev::Need::STATE_UNSPECIFIED), FailsWith(type::v1::FIELD));
  EXPECT_THAT(Advance(need.name(), ev::Need::BEING_SERVED, PARTY_US, "2026-06-01"),
              FailsWith(type::v1::FIELD));
  EXPECT_THAT(Advance(need.name(), ev::Need::BEING_SERVED, PARTY_US, "2026-06-16"),
              FailsWith(type::v1::FIELD));
  EXPECT_THAT(Advance(need.name(), ev::Need::SERVED), FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_THAT(Advance(unknown, ev::Need::SERVED), FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(Outlive(unknown, PARTY_US), FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(Revive(unknown, PARTY_US), FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(Revive(need.name(), PARTY_UNSPECIFIED), FailsWith(type::v1::FIELD));
  ev::OutliveNeedRequest stale;
  stale.set_name(need.name());
  stale.set_said_by(PARTY_US);
  stale.set_etag("\"9\"");
  EXPECT_THAT(InNeeds<ev::Need>("OutliveNeed", stale), FailsWith(type::v1::ETAG_MISMATCH));
  ev::ReviveNeedRequest revive;
  revive.set_name(need.name());
  revive.set_said_by(PARTY_PERSON);
  revive.set_etag("\"9\"");
  EXPECT_THAT(InNeeds<ev::Need>("ReviveNeed", revive), FailsWith(type::v1::ETAG_MISMATCH));
  ev::AdvanceNeedRequest advance;
  advance.set_name(need.name());
  advance.set_state(ev::Need::BEING_SERVED);
  advance.set_etag("\"9\"");
  EXPECT_THAT(InNeeds<ev::Need>("AdvanceNeed", advance), FailsWith(type::v1::ETAG_MISMATCH));
  ev::ListNeedsRequest list;
  list.set_parent(Nobody());
  EXPECT_THAT(InNeeds<ev::ListNeedsResponse>("ListNeeds", list),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
  list.set_parent(ana_.relationship);
  list.set_page_token("nonsense");
  EXPECT_THAT(InNeeds<ev::ListNeedsResponse>("ListNeeds", list), FailsWith(type::v1::PAGE_TOKEN));
  EXPECT_EQ(Need(need.name()).SerializeAsString(), need.SerializeAsString());
}

// Proves: E11
TEST_F(Life, ASaleIsAnEventThatEndsNothing) {
  const auto need = Stated();
  story_.Recorded(ana_, Call("a call", "2026-06-05", 900, 300));
  const auto before = story_.RapportOf(ana_, kNow);
  ASSERT_OK_AND_ASSIGN(const auto sale, InSales<ev::Sale>("RecordSale", ASale({need.name()})));
  EXPECT_EQ(sale.stage(), ev::Sale::PROPOSED);
  EXPECT_EQ(Need(need.name()).state(), ev::Need::STATED);
  EXPECT_OK(Move(sale.name(), ev::Sale::AGREED));
  EXPECT_EQ(Need(need.name()).state(), ev::Need::BEING_SERVED);
  story_.ItIs("2026-06-18 09:00");
  ASSERT_OK_AND_ASSIGN(const auto delivered,
                       Move(sale.name(), ev::Sale::DELIVERED, "2026-06-17 09:00"));
  const auto served = Need(need.name());
  EXPECT_EQ(served.state(), ev::Need::SERVED);
  EXPECT_THAT(served.served_by(), ElementsAre(sale.name()));

  const auto after_care = Promise(delivered.after_care());
  EXPECT_EQ(after_care.kind(), ev::Promise::AFTER_CARE);
  EXPECT_EQ(after_care.promised_by(), PARTY_US);
  EXPECT_EQ(after_care.state(), ev::Promise::OPEN);
  EXPECT_EQ(after_care.due_time().seconds(), Stamp("2026-07-01 09:00").seconds());

  EXPECT_EQ(story_.RelationshipOf(ana_).standing(), cv::OPEN);
  const auto after = story_.RapportOf(ana_, kNow);
  EXPECT_EQ(after.vitality(), before.vitality());
  EXPECT_EQ(after.silence_days().value(), before.silence_days().value());
  EXPECT_EQ(after.warmth().value(), before.warmth().value());
  EXPECT_EQ(after.bond().value(), before.bond().value());

  EXPECT_EQ(Move(sale.name(), ev::Sale::REVERSED)->stage(), ev::Sale::REVERSED);
  EXPECT_EQ(Need(need.name()).state(), ev::Need::STATED) << "what was undone serves nothing";
  EXPECT_THAT(Need(need.name()).served_by(), IsEmpty());
  EXPECT_EQ(Promise(delivered.after_care()).state(), ev::Promise::OPEN) << "she is still there";
}

// Proves: E11
TEST_F(Life, ASaleThatIsNotNowGivesTheNeedBack) {
  const auto need = Stated();
  ASSERT_OK_AND_ASSIGN(const auto sale, InSales<ev::Sale>("RecordSale", ASale({need.name()})));
  EXPECT_OK(Advance(need.name(), ev::Need::BEING_SERVED));
  ASSERT_OK_AND_ASSIGN(const auto declined, Move(sale.name(), ev::Sale::DECLINED_FOR_NOW));
  EXPECT_EQ(declined.moves_size(), 2);
  EXPECT_EQ(declined.after_care(), "");
  EXPECT_EQ(Need(need.name()).state(), ev::Need::STATED);
  EXPECT_THAT(Move(sale.name(), ev::Sale::AGREED), FailsWith(type::v1::STATE_TRANSITION));
}

// Proves: E11
TEST_F(Life, ASaleIsWrittenDownWhereItStands) {
  const auto need = Stated();
  auto request = ASale({need.name()}, ev::Sale::DELIVERED);
  *request.mutable_sale()->mutable_sale_time() = Stamp("2026-06-10 09:00");
  ASSERT_OK_AND_ASSIGN(const auto sale, InSales<ev::Sale>("RecordSale", request));
  EXPECT_EQ(sale.stage(), ev::Sale::DELIVERED);
  EXPECT_EQ(Need(need.name()).state(), ev::Need::SERVED);
  EXPECT_EQ(Promise(sale.after_care()).due_time().seconds(), Stamp("2026-06-24 09:00").seconds());
  request.mutable_sale()->set_no_after_care(true);
  EXPECT_EQ(InSales<ev::Sale>("RecordSale", request)->after_care(), "");
  EXPECT_EQ(story_.RapportOf(ana_).our_open_promises(), 1);
  ev::ListSalesRequest list;
  list.set_parent(ana_.relationship);
  EXPECT_EQ(InSales<ev::ListSalesResponse>("ListSales", list)->sales_size(), 2);
}

// The same request_id, or only a check: nothing is there twice.
// Proves: E11
TEST_F(Life, ARepeatedSaleIsOneSaleAndACheckIsNone) {
  auto request = ASale({}, ev::Sale::DELIVERED);
  request.set_validate_only(true);
  EXPECT_OK(InSales<ev::Sale>("RecordSale", request));
  EXPECT_EQ(story_.RapportOf(ana_).our_open_promises(), 0);
  request.set_validate_only(false);
  request.set_request_id("0b5a3f7e-58a3-4d7c-9d64-3a2f1e0c9b8a");
  ASSERT_OK_AND_ASSIGN(const auto first, InSales<ev::Sale>("RecordSale", request));
  ASSERT_OK_AND_ASSIGN(const auto again, InSales<ev::Sale>("RecordSale", request));
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  EXPECT_EQ(story_.RapportOf(ana_).our_open_promises(), 1);
}

// Proves: E11, P04
TEST_F(Life, SalesRefuseWhatCannotBe) {
  const auto refused = [&](const ev::RecordSaleRequest& request) {
    return InSales<ev::Sale>("RecordSale", request);
  };
  auto request = ASale({}, ev::Sale::REVERSED);
  EXPECT_THAT(refused(request), FailsWith(type::v1::FIELD));
  request = ASale({});
  request.mutable_sale()->clear_led_by();
  EXPECT_THAT(refused(request), FailsWith(type::v1::FIELD));
  request = ASale({});
  *request.mutable_sale()->mutable_sale_time() = Stamp("2026-06-16");
  EXPECT_THAT(refused(request), FailsWith(type::v1::FIELD));
  request = ASale({});
  request.set_parent(Nobody());
  EXPECT_THAT(refused(request), FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(refused(ASale({absl::StrCat(ana_.relationship, "/needs/nothing")})),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(refused(ASale({absl::StrCat(Nobody(), "/needs/nothing")})),
              FailsWith(type::v1::FIELD));

  ASSERT_OK_AND_ASSIGN(const auto sale, InSales<ev::Sale>("RecordSale", ASale({})));
  EXPECT_THAT(Move(sale.name(), ev::Sale::DELIVERED), FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_THAT(Move(sale.name(), ev::Sale::STAGE_UNSPECIFIED), FailsWith(type::v1::FIELD));
  EXPECT_THAT(Move(sale.name(), ev::Sale::AGREED, "2026-06-16"), FailsWith(type::v1::FIELD));
  EXPECT_THAT(Move(sale.name(), ev::Sale::AGREED, "2026-06-14"), FailsWith(type::v1::FIELD));
  EXPECT_THAT(Move(sale.name(), ev::Sale::AGREED, "", "\"9\""), FailsWith(type::v1::ETAG_MISMATCH));
  EXPECT_THAT(Move(absl::StrCat(ana_.relationship, "/sales/nothing"), ev::Sale::AGREED),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
  ev::GetSaleRequest get;
  get.set_name(absl::StrCat(ana_.relationship, "/sales/nothing"));
  EXPECT_THAT(InSales<ev::Sale>("GetSale", get), FailsWith(type::v1::RESOURCE_UNKNOWN));
  ev::ListSalesRequest list;
  list.set_parent(ana_.relationship);
  list.set_page_token("nonsense");
  EXPECT_THAT(InSales<ev::ListSalesResponse>("ListSales", list), FailsWith(type::v1::PAGE_TOKEN));
  list.clear_page_token();
  list.set_parent(Nobody());
  EXPECT_THAT(InSales<ev::ListSalesResponse>("ListSales", list),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
  get.set_name(sale.name());
  EXPECT_EQ(InSales<ev::Sale>("GetSale", get)->SerializeAsString(), sale.SerializeAsString());
}

// Proves: E11
TEST_F(Life, NoSaleIsDeliveredWhereNoPromiseHasRoom) {
  for (int i = 0; i < 200; ++i) story_.WePromised(ana_, "x", "2026-07-01", "2026-06-01");
  const auto need = Stated();
  EXPECT_THAT(InSales<ev::Sale>("RecordSale", ASale({need.name()}, ev::Sale::DELIVERED)),
              FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_EQ(Need(need.name()).state(), ev::Need::STATED) << "all or nothing";
  ASSERT_OK_AND_ASSIGN(const auto sale,
                       InSales<ev::Sale>("RecordSale", ASale({need.name()}, ev::Sale::AGREED)));
  EXPECT_THAT(Move(sale.name(), ev::Sale::DELIVERED), FailsWith(type::v1::STATE_TRANSITION));
}

ev::RecordCareEventRequest Birth(const std::string& parent) {
  ev::RecordCareEventRequest request;
  request.set_parent(parent);
  request.mutable_care_event()->set_kind(ev::CareEvent::BIRTH);
  request.mutable_care_event()->set_text("her daughter was born");
  request.mutable_care_event()->set_said_by(PARTY_PERSON);
  request.mutable_care_event()->mutable_date()->set_month(6);
  request.mutable_care_event()->mutable_date()->set_day(3);
  *request.mutable_care_event()->mutable_said_time() = Stamp("2026-06-05");
  return request;
}

// Proves: E13
TEST_F(Life, ACareEventIsKeptAndMovesNoNumber) {
  story_.Recorded(ana_, Call("a call", "2026-06-05", 900, 300));
  const auto before = story_.RapportOf(ana_, kNow);
  ASSERT_OK_AND_ASSIGN(const auto event,
                       InCare<ev::CareEvent>("RecordCareEvent", Birth(ana_.relationship)));
  ev::GetCareEventRequest get;
  get.set_name(event.name());
  EXPECT_EQ(InCare<ev::CareEvent>("GetCareEvent", get)->SerializeAsString(),
            event.SerializeAsString());
  ev::ListCareEventsRequest list;
  list.set_parent(ana_.relationship);
  EXPECT_EQ(InCare<ev::ListCareEventsResponse>("ListCareEvents", list)->care_events_size(), 1);
  EXPECT_EQ(story_.RapportOf(ana_, kNow).SerializeAsString(), before.SerializeAsString());
}

// Proves: E13, P04
TEST_F(Life, CareEventsRefuseWhatCannotBe) {
  const auto refused = [&](const ev::RecordCareEventRequest& request) {
    return InCare<ev::CareEvent>("RecordCareEvent", request);
  };
  EXPECT_THAT(refused(Birth(Nobody())), FailsWith(type::v1::RESOURCE_UNKNOWN));
  auto request = Birth(ana_.relationship);
  request.mutable_care_event()->mutable_date()->set_month(2);
  request.mutable_care_event()->mutable_date()->set_day(30);
  EXPECT_THAT(refused(request), FailsWith(type::v1::FIELD));
  request.mutable_care_event()->mutable_date()->set_day(29);
  EXPECT_OK(refused(request)) << "a day of some year";
  request.mutable_care_event()->mutable_date()->set_year(2025);
  EXPECT_THAT(refused(request), FailsWith(type::v1::FIELD));
  request = Birth(ana_.relationship);
  *request.mutable_care_event()->mutable_said_time() = Stamp("2026-06-16");
  EXPECT_THAT(refused(request), FailsWith(type::v1::FIELD));
  request = Birth(ana_.relationship);
  request.mutable_care_event()->clear_said_by();
  EXPECT_THAT(refused(request), FailsWith(type::v1::FIELD));
  ev::GetCareEventRequest get;
  get.set_name(absl::StrCat(ana_.relationship, "/careEvents/nothing"));
  EXPECT_THAT(InCare<ev::CareEvent>("GetCareEvent", get), FailsWith(type::v1::RESOURCE_UNKNOWN));
  ev::ListCareEventsRequest list;
  list.set_parent(ana_.relationship);
  list.set_page_token("nonsense");
  EXPECT_THAT(InCare<ev::ListCareEventsResponse>("ListCareEvents", list),
              FailsWith(type::v1::PAGE_TOKEN));
  list.clear_page_token();
  list.set_parent(Nobody());
  EXPECT_THAT(InCare<ev::ListCareEventsResponse>("ListCareEvents", list),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
}

// Proves: E05, E11, E13
TEST_F(Life, IsOneStoryOnTheTimeline) {
  const auto call = story_.Recorded(ana_, Call("a call", "2026-06-01", 900, 300));
  const auto need = Stated("2026-06-02");
  auto request = ASale({need.name()}, ev::Sale::AGREED);
  *request.mutable_sale()->mutable_sale_time() = Stamp("2026-06-04");
  ASSERT_OK_AND_ASSIGN(const auto sale, InSales<ev::Sale>("RecordSale", request));
  ASSERT_OK_AND_ASSIGN(const auto event,
                       InCare<ev::CareEvent>("RecordCareEvent", Birth(ana_.relationship)));
  const auto visit = story_.Recorded(ana_, Meeting("a visit", "2026-06-07"));
  const auto fact = story_.Said(ana_, ev::Fact::PROBLEM, "slow", visit);
  for (const int page_size : {50, 1}) {
    std::vector<std::string> names;
    for (const auto& entry : story_.TimelineOf(ana_, page_size)) {
      names.push_back(entry.has_engagement() ? entry.engagement().name()
                      : entry.has_need()     ? entry.need().name()
                      : entry.has_sale()     ? entry.sale().name()
                      : entry.has_fact()     ? entry.fact().name()
                                             : entry.care_event().name());
    }
    EXPECT_THAT(names, ElementsAre(visit.name(), fact.name(), event.name(), sale.name(),
                                   need.name(), call.name()))
        << page_size;
  }
}

// What the other services learn from.
TEST_F(Life, IsPublishedInTheChangeFeed) {
  const auto need = Stated();
  ASSERT_OK_AND_ASSIGN(const auto sale,
                       InSales<ev::Sale>("RecordSale", ASale({need.name()}, ev::Sale::DELIVERED)));
  ASSERT_OK_AND_ASSIGN(const auto event,
                       InCare<ev::CareEvent>("RecordCareEvent", Birth(ana_.relationship)));
  std::set<std::string> wanted = {Need(need.name()).SerializeAsString(), sale.SerializeAsString(),
                                  event.SerializeAsString(),
                                  Promise(sale.after_care()).SerializeAsString()};
  const auto stream =
      story_.house.client("engagement")
          .ReadStream<feed::v1::ChangeBatch>("rapport.feed.v1.ChangeFeedService/WatchChanges",
                                             feed::v1::WatchChangesRequest());
  feed::v1::ChangeBatch batch;
  while (!wanted.empty() && stream->Read(&batch)) {
    for (const auto& change : batch.changes()) wanted.erase(change.resource().value());
    if (batch.caught_up()) break;
  }
  stream->Cancel();
  EXPECT_THAT(wanted, IsEmpty());
}

// Proves: N1, E09, E11, E13
TEST_F(Life, SurvivesAKill) {
  const auto need = Stated();
  ASSERT_OK_AND_ASSIGN(const auto sale,
                       InSales<ev::Sale>("RecordSale", ASale({need.name()}, ev::Sale::DELIVERED)));
  ASSERT_OK_AND_ASSIGN(const auto event,
                       InCare<ev::CareEvent>("RecordCareEvent", Birth(ana_.relationship)));
  const auto served = Need(need.name());
  const auto rapport = story_.RapportOf(ana_, kNow);
  story_.house.Kill("engagement");
  story_.house.Start("engagement");
  EXPECT_EQ(Need(need.name()).SerializeAsString(), served.SerializeAsString());
  ev::GetSaleRequest get;
  get.set_name(sale.name());
  EXPECT_EQ(InSales<ev::Sale>("GetSale", get)->SerializeAsString(), sale.SerializeAsString());
  EXPECT_EQ(Promise(sale.after_care()).state(), ev::Promise::OPEN);
  ev::GetCareEventRequest care;
  care.set_name(event.name());
  EXPECT_EQ(InCare<ev::CareEvent>("GetCareEvent", care)->SerializeAsString(),
            event.SerializeAsString());
  EXPECT_EQ(story_.RapportOf(ana_, kNow).SerializeAsString(), rapport.SerializeAsString());
}

}  // namespace
}  // namespace rapport::tests
