// What the house offers: OfferService over the wire.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "rapport/recommendation/v1/offer_service.pb.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kOffers[] = "rapport.recommendation.v1.OfferService/";

House::Options Alone() {
  House::Options options;
  options.services = {"recommendation"};
  return options;
}

class Offers : public ::testing::Test {
 protected:
  Offers() : story_("2026-06-15 09:00", Alone()) {}

  rv::CreateOfferRequest Request(const std::string& id) {
    rv::CreateOfferRequest request;
    request.set_parent(story_.house.parent());
    request.set_offer_id(id);
    auto& offer = *request.mutable_offer();
    offer.set_display_name("Migration");
    offer.add_serves("Re-Keying");
    offer.set_stake(rv::Offer::HIGH);
    return request;
  }
  rv::Offer Create(const std::string& id) {
    return story_.house.Must<rv::Offer>(absl::StrCat(kOffers, "CreateOffer"), Request(id));
  }
  absl::StatusOr<rv::Offer> TryCreate(const rv::CreateOfferRequest& request) {
    return story_.house.Call<rv::Offer>(absl::StrCat(kOffers, "CreateOffer"), request);
  }
  absl::StatusOr<rv::Offer> Get(const std::string& name) {
    rv::GetOfferRequest request;
    request.set_name(name);
    return story_.house.Call<rv::Offer>(absl::StrCat(kOffers, "GetOffer"), request);
  }
  absl::StatusOr<rv::Offer> Update(const rv::Offer& patch,
                                   const std::vector<std::string>& paths = {}) {
    rv::UpdateOfferRequest request;
    *request.mutable_offer() = patch;
    for (const auto& path : paths) request.mutable_update_mask()->add_paths(path);
    return story_.house.Call<rv::Offer>(absl::StrCat(kOffers, "UpdateOffer"), request);
  }
  absl::StatusOr<rv::Offer> Delete(const std::string& name, const std::string& etag = "") {
    rv::DeleteOfferRequest request;
    request.set_name(name);
    request.set_etag(etag);
    return story_.house.Call<rv::Offer>(absl::StrCat(kOffers, "DeleteOffer"), request);
  }
  rv::ListOffersResponse List(int page_size = 0, const std::string& token = "",
                              bool show_deleted = false) {
    rv::ListOffersRequest request;
    request.set_parent(story_.house.parent());
    request.set_page_size(page_size);
    request.set_page_token(token);
    request.set_show_deleted(show_deleted);
    return story_.house.Must<rv::ListOffersResponse>(absl::StrCat(kOffers, "ListOffers"), request);
  }
  static std::vector<std::string> Ids(const rv::ListOffersResponse& page) {
    std::vector<std::string> ids;
    for (const auto& offer : page.offers()) ids.push_back(offer.uid());
    return ids;
  }

  Story story_;
};

// Proves: R05
TEST_F(Offers, AreResourcesOfTheHouse) {
  const rv::Offer made = Create("migration");
  EXPECT_EQ(made.name(), story_.house.parent() + "/offers/migration");
  EXPECT_EQ(made.revision(), 1);
  EXPECT_THAT(made.serves(), ElementsAre("Re-Keying"));
  ASSERT_OK_AND_ASSIGN(const rv::Offer got, Get(made.name()));
  EXPECT_EQ(got.SerializeAsString(), made.SerializeAsString());
  rv::Offer patch = made;
  patch.set_paused(true);
  patch.set_rest_after_decline_days(30);
  ASSERT_OK_AND_ASSIGN(const rv::Offer updated,
                       Update(patch, {"paused", "rest_after_decline_days"}));
  EXPECT_TRUE(updated.paused());
  EXPECT_EQ(updated.rest_after_decline_days(), 30);
  EXPECT_EQ(updated.revision(), 2);
  auto nameless = Request("");
  EXPECT_OK(TryCreate(nameless));
}

TEST_F(Offers, RefuseWhatTheyCannotMean) {
  Create("migration");
  EXPECT_THAT(TryCreate(Request("migration")), FailsWith(type::v1::RESOURCE_EXISTS));
  auto no_topic = Request("a");
  no_topic.mutable_offer()->clear_serves();
  EXPECT_THAT(TryCreate(no_topic), FailsWith(type::v1::FIELD));
  auto blank = Request("a");
  blank.mutable_offer()->add_serves("  ");
  EXPECT_THAT(TryCreate(blank), FailsWith(type::v1::FIELD));
  auto twice = Request("a");
  twice.mutable_offer()->add_serves("RE-KEYING");
  EXPECT_THAT(TryCreate(twice), FailsWith(type::v1::FIELD));
  auto both = Request("a");
  both.mutable_offer()->add_contra_indications("re-keying");
  EXPECT_THAT(TryCreate(both), FailsWith(type::v1::FIELD));
  auto no_stake = Request("a");
  no_stake.mutable_offer()->clear_stake();
  EXPECT_THAT(TryCreate(no_stake), FailsWith(type::v1::FIELD));
  auto dry = Request("dry");
  dry.set_validate_only(true);
  EXPECT_OK(TryCreate(dry));
  EXPECT_THAT(Ids(List()), ElementsAre("migration"));
}

TEST_F(Offers, ChangeOnlyAsTheyWereRead) {
  rv::Offer made = Create("migration");
  made.set_display_name("Moving house");
  ASSERT_OK(Update(made));
  EXPECT_THAT(Update(made), FailsWith(type::v1::ETAG_MISMATCH));
  made.clear_etag();
  EXPECT_THAT(Update(made, {"shoe_size"}), FailsWith(type::v1::UPDATE_MASK));
  made.clear_serves();
  EXPECT_THAT(Update(made, {"serves"}), FailsWith(type::v1::FIELD));
  made.set_name(story_.house.parent() + "/offers/nobody");
  EXPECT_THAT(Update(made), FailsWith(type::v1::RESOURCE_UNKNOWN));
  made.clear_name();
  EXPECT_THAT(Update(made), FailsWith(type::v1::FIELD));
}

TEST_F(Offers, AreWithdrawnSoftly) {
  const rv::Offer made = Create("migration");
  EXPECT_THAT(Delete(made.name(), "\"7\""), FailsWith(type::v1::ETAG_MISMATCH));
  ASSERT_OK_AND_ASSIGN(const rv::Offer gone, Delete(made.name(), made.etag()));
  EXPECT_TRUE(gone.has_delete_time());
  EXPECT_TRUE(gone.has_purge_time());
  EXPECT_THAT(Delete(made.name()), FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(List().offers(), IsEmpty());
  EXPECT_THAT(Ids(List(0, "", true)), ElementsAre("migration"));
  ASSERT_OK_AND_ASSIGN(const rv::Offer still, Get(made.name()));
  EXPECT_TRUE(still.has_delete_time());
  EXPECT_THAT(Get(story_.house.parent() + "/offers/nobody"), FailsWith(type::v1::RESOURCE_UNKNOWN));
}

TEST_F(Offers, AreListedPageByPageAndSurviveARestart) {
  for (const char* id : {"c", "a", "b"}) Create(id);
  const auto first = List(2);
  EXPECT_THAT(Ids(first), ElementsAre("a", "b"));
  EXPECT_THAT(Ids(List(2, first.next_page_token())), ElementsAre("c"));
  rv::ListOffersRequest broken;
  broken.set_parent(story_.house.parent());
  broken.set_page_token("bm90IGEgdG9rZW4");
  EXPECT_THAT(
      story_.house.Call<rv::ListOffersResponse>(absl::StrCat(kOffers, "ListOffers"), broken),
      FailsWith(type::v1::PAGE_TOKEN));
  story_.house.Kill("recommendation");
  story_.house.Start("recommendation");
  EXPECT_THAT(Ids(List()), ElementsAre("a", "b", "c"));
}

}  // namespace
}  // namespace rapport::tests
