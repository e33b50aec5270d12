// What every resource gets from the registry, where a service adds something to it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kNow[] = "2026-06-15 09:00";

class StandardMethods : public ::testing::Test {
 protected:
  // Relationships whose rapport fits, over all pages.
  std::vector<std::string> Standing(const std::string& filter, absl::string_view as_of = "") {
    ev::ListRapportsRequest request;
    request.set_parent(story_.house.parent());
    request.set_page_size(1);
    request.set_filter(filter);
    if (!as_of.empty()) *request.mutable_as_of() = Stamp(as_of);
    std::vector<std::string> found;
    do {
      const auto page = story_.house.Must<ev::ListRapportsResponse>(
          absl::StrCat(kRapport, "ListRapports"), request);
      for (const auto& rapport : page.rapports()) found.push_back(rapport.relationship());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return found;
  }
  std::vector<std::string> Promised(const Story::Known& who, const std::string& filter,
                                    const std::string& order_by = "") {
    ev::ListPromisesRequest request;
    request.set_parent(who.relationship);
    request.set_filter(filter);
    request.set_order_by(order_by);
    const auto page = story_.house.Must<ev::ListPromisesResponse>(
        absl::StrCat(kPromises, "ListPromises"), request);
    std::vector<std::string> texts;
    for (const auto& promise : page.promises()) texts.push_back(promise.text());
    return texts;
  }
  cv::CreatePersonRequest ToCreate(const std::string& id, const std::string& external_id) {
    cv::CreatePersonRequest request;
    request.set_parent(story_.house.parent());
    request.set_person_id(id);
    request.mutable_person()->set_full_name("Somebody");
    auto* external = request.mutable_person()->add_external_ids();
    external->set_source("shop");
    external->set_id(external_id);
    return request;
  }
  std::vector<std::string> People(const std::string& filter) {
    cv::ListPeopleRequest request;
    request.set_parent(story_.house.parent());
    request.set_filter(filter);
    const auto page =
        story_.house.Must<cv::ListPeopleResponse>(absl::StrCat(kPeople, "ListPeople"), request);
    std::vector<std::string> ids;
    for (const auto& person : page.people()) ids.push_back(person.uid());
    return ids;
  }

  Story story_{kNow};
};

TEST_F(StandardMethods, RelationshipsAreFoundByWhatIsDerived) {
  const auto steward = story_.HasSteward("ines", "Ines");
  const auto ana = story_.Knows("Ana", {"ana@example.org"}, {steward});
  const auto rui = story_.Knows("Rui", {"rui@example.org"});
  story_.WishesRhythm(ana, 10, 20);
  story_.WishesRhythm(rui, 10, 20);
  story_.Recorded(ana, Call("ana", "2026-05-20 09:00", 900, 600));
  story_.Recorded(rui, Call("rui", "2026-05-20 09:00", 900, 600));
  EXPECT_THAT(Standing("vitality = DRIFTING"),
              UnorderedElementsAre(ana.relationship, rui.relationship));
  EXPECT_THAT(Standing(absl::StrCat("vitality = DRIFTING AND steward = \"", steward, "\"")),
              ElementsAre(ana.relationship));
  EXPECT_THAT(Standing("silence_days < 27 AND standing = OPEN AND last_care_time:*"),
              UnorderedElementsAre(ana.relationship, rui.relationship));
  EXPECT_THAT(Standing("vitality = ALIVE"), IsEmpty());
  EXPECT_THAT(Standing("vitality = ALIVE", "2026-05-25"),
              UnorderedElementsAre(ana.relationship, rui.relationship));
}

TEST_F(StandardMethods, PromisesAreFilteredByTheStateThatCallersSee) {
  const auto ana = story_.Knows("Ana", {"ana@example.org"});
  story_.WePromised(ana, "forgotten", "2026-06-10", "2026-06-01");
  story_.WePromised(ana, "late", "2026-07-10", "2026-06-02");
  story_.WePromised(ana, "soon", "2026-06-20", "2026-06-03");
  EXPECT_THAT(Promised(ana, "state = BROKEN"), ElementsAre("forgotten"));
  EXPECT_THAT(Promised(ana, "state = OPEN", "due_time"), ElementsAre("soon", "late"));
  EXPECT_THAT(Promised(ana, "", "promise_time desc"), ElementsAre("soon", "late", "forgotten"));
}

TEST_F(StandardMethods, EngagementsAreListedByTheirTime) {
  const auto ana = story_.Knows("Ana", {"ana@example.org"});
  story_.Recorded(ana, Call("second", "2026-06-02 09:00", 900, 600));
  story_.Recorded(ana, Call("first", "2026-06-01 09:00", 900, 600));
  story_.Recorded(ana, MailFrom("a mail", "2026-06-03 09:00"));
  ev::ListEngagementsRequest request;
  request.set_parent(ana.relationship);
  request.set_filter("kind = CONVERSATION");
  request.set_order_by("event_time desc");
  const auto page = story_.house.Must<ev::ListEngagementsResponse>(
      absl::StrCat(kEngagements, "ListEngagements"), request);
  ASSERT_EQ(page.engagements_size(), 2);
  EXPECT_EQ(page.engagements(0).source_id(), "second");
  request.set_parent(absl::StrCat(story_.house.parent(), "/relationships/unclaimed"));
  EXPECT_EQ(
      story_.house
          .Must<ev::ListEngagementsResponse>(absl::StrCat(kEngagements, "ListEngagements"), request)
          .engagements_size(),
      0);
}

TEST_F(StandardMethods, PeopleGetTheIdThatWasChosenAndOpenTheirRelationship) {
  ASSERT_OK_AND_ASSIGN(
      const auto nora,
      story_.house.Call<cv::Person>(absl::StrCat(kPeople, "CreatePerson"), ToCreate("nora", "1")));
  EXPECT_EQ(nora.name(), absl::StrCat(story_.house.parent(), "/people/nora"));
  EXPECT_THAT(
      story_.house.Call<cv::Person>(absl::StrCat(kPeople, "CreatePerson"), ToCreate("nora", "2")),
      FailsWith(type::v1::RESOURCE_EXISTS));
  cv::ListRelationshipsRequest request;
  request.set_parent(story_.house.parent());
  request.set_person(nora.name());
  request.set_filter("house = default AND orphaned");
  EXPECT_EQ(story_.house
                .Must<cv::ListRelationshipsResponse>(
                    absl::StrCat(kRelationships, "ListRelationships"), request)
                .relationships_size(),
            1);
}

TEST_F(StandardMethods, ABatchOfPeopleIsMadeWhollyOrNotAtAll) {
  cv::BatchCreatePeopleRequest batch;
  batch.set_parent(story_.house.parent());
  *batch.add_requests() = ToCreate("a", "1");
  *batch.add_requests() = ToCreate("b", "1");  // another person holds it by then
  const auto refused = story_.house.Call<cv::BatchCreatePeopleResponse>(
      absl::StrCat(kPeople, "BatchCreatePeople"), batch);
  EXPECT_THAT(refused, FailsWith(type::v1::EXTERNAL_ID_TAKEN));
  EXPECT_THAT(People(""), IsEmpty());
  *batch.mutable_requests(1) = ToCreate("b", "2");
  const auto made = story_.house.Must<cv::BatchCreatePeopleResponse>(
      absl::StrCat(kPeople, "BatchCreatePeople"), batch);
  EXPECT_EQ(made.people_size(), 2);
  EXPECT_THAT(People("external_ids.id:2"), ElementsAre("b"));
}

TEST_F(StandardMethods, AContactPointComesBackUnlessItIsTakenOrItsPersonIsGone) {
  const auto ana = story_.Knows("Ana", {"ana@example.org"});
  cv::ListContactPointsRequest list;
  list.set_parent(ana.person);
  const auto points = story_.house.Must<cv::ListContactPointsResponse>(
      absl::StrCat(kPeople, "ListContactPoints"), list);
  cv::DeleteContactPointRequest remove;
  remove.set_name(points.contact_points(0).name());
  story_.house.Must<cv::ContactPoint>(absl::StrCat(kPeople, "DeleteContactPoint"), remove);
  cv::UndeleteContactPointRequest undelete;
  undelete.set_name(remove.name());
  const auto back =
      story_.house.Must<cv::ContactPoint>(absl::StrCat(kPeople, "UndeleteContactPoint"), undelete);
  EXPECT_FALSE(back.has_delete_time());
  cv::DeletePersonRequest forget;
  forget.set_name(ana.person);
  story_.house.Must<cv::Person>(absl::StrCat(kPeople, "DeletePerson"), forget);
  EXPECT_THAT(
      story_.house.Call<cv::ContactPoint>(absl::StrCat(kPeople, "UndeleteContactPoint"), undelete),
      FailsWith(type::v1::RESOURCE_UNKNOWN));
}

TEST_F(StandardMethods, OffersComeBackAndChangeTogetherOrNotAtAll) {
  rv::BatchCreateOffersRequest batch;
  batch.set_parent(story_.house.parent());
  for (const char* id : {"a", "b"}) {
    auto* item = batch.add_requests();
    item->set_parent(story_.house.parent());
    item->set_offer_id(id);
    item->mutable_offer()->set_display_name(id);
    item->mutable_offer()->add_serves("reports");
    item->mutable_offer()->set_stake(rv::Offer::LOW);
  }
  const auto made = story_.house.Must<rv::BatchCreateOffersResponse>(
      absl::StrCat(kOfferService, "BatchCreateOffers"), batch);
  ASSERT_EQ(made.offers_size(), 2);
  rv::DeleteOfferRequest remove;
  remove.set_name(made.offers(0).name());
  story_.house.Must<rv::Offer>(absl::StrCat(kOfferService, "DeleteOffer"), remove);
  rv::UndeleteOfferRequest undelete;
  undelete.set_name(remove.name());
  EXPECT_EQ(story_.house.Must<rv::Offer>(absl::StrCat(kOfferService, "UndeleteOffer"), undelete)
                .revision(),
            3);
  rv::BatchUpdateOffersRequest update;
  update.set_parent(story_.house.parent());
  for (const auto& offer : made.offers()) {
    auto* patch = update.add_requests()->mutable_offer();
    patch->set_name(offer.name());
    patch->set_paused(true);
  }
  update.mutable_requests(1)->mutable_offer()->set_etag("\"9\"");
  EXPECT_THAT(story_.house.Call<rv::BatchUpdateOffersResponse>(
                  absl::StrCat(kOfferService, "BatchUpdateOffers"), update),
              FailsWith(type::v1::ETAG_MISMATCH));
  rv::ListOffersRequest list;
  list.set_parent(story_.house.parent());
  list.set_filter("paused");
  EXPECT_EQ(
      story_.house.Must<rv::ListOffersResponse>(absl::StrCat(kOfferService, "ListOffers"), list)
          .offers_size(),
      0);
}

TEST_F(StandardMethods, SeveralRelationshipsAreChangedAtOnce) {
  const auto ana = story_.Knows("Ana", {"ana@example.org"});
  const auto rui = story_.Knows("Rui", {"rui@example.org"});
  cv::BatchUpdateRelationshipsRequest update;
  update.set_parent(story_.house.parent());
  for (const auto& who : {ana, rui}) {
    auto* patch = update.add_requests()->mutable_relationship();
    patch->set_name(who.relationship);
    patch->add_labels("press");
  }
  story_.house.Must<cv::BatchUpdateRelationshipsResponse>(
      absl::StrCat(kRelationships, "BatchUpdateRelationships"), update);
  cv::ListRelationshipsRequest list;
  list.set_parent(story_.house.parent());
  list.set_filter("labels:press");
  EXPECT_EQ(story_.house
                .Must<cv::ListRelationshipsResponse>(
                    absl::StrCat(kRelationships, "ListRelationships"), list)
                .relationships_size(),
            2);
}

}  // namespace
}  // namespace rapport::tests
