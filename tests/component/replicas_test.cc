// Two replicas of every service on one database: whichever is asked, the answer is the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "absl/strings/str_cat.h"
#include "rapport/recommendation/v1/offer_service.pb.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::SizeIs;

constexpr char kNow[] = "2026-06-15 10:00";

class Replicas : public ::testing::Test {
 protected:
  static House::Options Two() {
    setenv("RAPPORT_TEST_STORE", "postgres", 1);
    House::Options options;
    options.services = {"contact",   "engagement",   "recommendation",
                        "contact/2", "engagement/2", "recommendation/2"};
    return options;
  }
  // Through one replica of the service whose method it is.
  template <class Response>
  absl::StatusOr<Response> At(const std::string& replica, absl::string_view method,
                              const google::protobuf::MessageLite& request) {
    return story_.house.client(replica).Call<Response>(method, request);
  }
  static ev::RecordEngagementRequest ACall(const Story::Known& who, const std::string& id) {
    ev::RecordEngagementRequest request;
    request.set_relationship(who.relationship);
    *request.mutable_engagement() = Call(id, "2026-06-12 10:00", 60, 30);
    return request;
  }

  Story story_{kNow, Two()};
  const std::string mara_ = story_.HasSteward("mara", "Mara", 5);
  const Story::Known ana_ = story_.Knows("Ana", {"ana@example.org"}, {mara_});
};

// Proves: S01, P05
TEST_F(Replicas, SeeWhatTheOtherAcknowledged) {
  for (int round = 0; round < 50; ++round) {
    const std::string writer = round % 2 == 0 ? "contact" : "contact/2";
    const std::string reader = round % 2 == 0 ? "contact/2" : "contact";
    cv::UpdatePersonRequest update;
    update.mutable_person()->set_name(ana_.person);
    update.mutable_person()->set_full_name(absl::StrCat("Ana ", round));
    update.mutable_update_mask()->add_paths("full_name");
    ASSERT_OK(At<cv::Person>(writer, absl::StrCat(kPeople, "UpdatePerson"), update));
    cv::GetPersonRequest get;
    get.set_name(ana_.person);
    ASSERT_OK_AND_ASSIGN(const auto read,
                         At<cv::Person>(reader, absl::StrCat(kPeople, "GetPerson"), get));
    ASSERT_EQ(read.full_name(), absl::StrCat("Ana ", round));
  }
}

// Proves: E02, E03, N8
TEST_F(Replicas, CountEveryEngagementOnceWhoeverRecordsIt) {
  constexpr int kThreads = 8;
  constexpr int kEach = 25;
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&, t] {
      const std::string replica = t % 2 == 0 ? "engagement" : "engagement/2";
      const std::string other = t % 2 == 0 ? "engagement/2" : "engagement";
      for (int i = 0; i < kEach; ++i) {
        const auto call = ACall(ana_, absl::StrCat("call ", t, ".", i));
        const std::string method = absl::StrCat(kEngagements, "RecordEngagement");
        EXPECT_OK(At<ev::Engagement>(replica, method, call));
        const auto again = At<ev::Engagement>(other, method, call);
        EXPECT_OK(again);
        EXPECT_TRUE(again->repeated());
      }
    });
  }
  for (auto& writer : writers) writer.join();
  for (const std::string replica : {"engagement", "engagement/2"}) {
    ev::GetRapportRequest get;
    get.set_name(ana_.relationship);
    ASSERT_OK_AND_ASSIGN(const auto rapport,
                         At<ev::Rapport>(replica, absl::StrCat(kRapport, "GetRapport"), get));
    EXPECT_EQ(rapport.two_way_count(), kThreads * kEach) << replica << rapport.DebugString();
  }
}

// Proves: R01, S05
TEST_F(Replicas, LearnTheSameAndGoOnWhenTheOneThatFollowsIsGone) {
  const auto worklist_at = [&](const std::string& replica) {
    rv::GetWorklistRequest request;
    request.set_steward(mara_);
    return At<rv::GetWorklistResponse>(replica, absl::StrCat(kRecommendation, "GetWorklist"),
                                       request);
  };
  story_.Recorded(ana_, MailFrom("her question", "2026-06-12 10:00"));
  for (const std::string replica : {"recommendation", "recommendation/2"}) {
    ASSERT_OK_AND_ASSIGN(const auto worklist, worklist_at(replica));
    ASSERT_THAT(worklist.items(), SizeIs(1)) << replica;
    EXPECT_EQ(worklist.items(0).suggestion().kind(), rv::ANSWER);
  }
  story_.house.Kill("recommendation");
  const auto zoe = story_.Knows("Zoe", {"zoe@example.org"}, {mara_});
  story_.Recorded(zoe, MailFrom("her question as well", "2026-06-12 11:00"));
  EXPECT_TRUE(Eventually(absl::Seconds(30), [&] {
    const auto worklist = worklist_at("recommendation/2");
    return worklist.ok() && worklist->items_size() == 2;
  }));
}

// Proves: R04
TEST_F(Replicas, KnowAnOfferThatWasMadeAtTheOther) {
  rv::CreateOfferRequest create;
  create.set_parent(story_.house.parent());
  create.set_offer_id("linen");
  create.mutable_offer()->set_display_name("Linen");
  create.mutable_offer()->add_serves("linen");
  create.mutable_offer()->set_stake(rv::Offer::LOW);
  ASSERT_OK(At<rv::Offer>("recommendation/2", absl::StrCat(kOfferService, "CreateOffer"), create));
  story_.Needs(ana_, "linen that lasts", "linen", true);
  rv::GetBriefingRequest brief;
  brief.set_relationship(ana_.relationship);
  ASSERT_OK_AND_ASSIGN(
      const auto briefing,
      At<rv::Briefing>("recommendation", absl::StrCat(kRecommendation, "GetBriefing"), brief));
  EXPECT_GT(briefing.not_yet_size(), 0) << briefing.DebugString();
}

}  // namespace
}  // namespace rapport::tests
