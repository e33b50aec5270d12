// A house with people in it, told in plain words: what the stories and the component tests are
// written with. Every helper fails the test if the services refuse.
#ifndef RAPPORT_TESTS_SCENARIOS_STORY_H_
#define RAPPORT_TESTS_SCENARIOS_STORY_H_

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/errors.h"
#include "common/testing/matchers.h"
#include "rapport/contact/v1/consent_service.pb.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/contact/v1/relationship_service.pb.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/engagement/v1/need_service.pb.h"
#include "rapport/engagement/v1/promise_service.pb.h"
#include "rapport/engagement/v1/rapport_service.pb.h"
#include "rapport/engagement/v1/sale_service.pb.h"
#include "rapport/engagement/v1/understanding_service.pb.h"
#include "rapport/recommendation/v1/offer_service.pb.h"
#include "rapport/recommendation/v1/recommendation_service.pb.h"
#include "tests/harness/house.h"

namespace rapport::tests {

namespace cv = ::rapport::contact::v1;
namespace ev = ::rapport::engagement::v1;
namespace rv = ::rapport::recommendation::v1;

inline constexpr char kPeople[] = "rapport.contact.v1.PeopleService/";
inline constexpr char kRelationships[] = "rapport.contact.v1.RelationshipService/";
inline constexpr char kStewards[] = "rapport.contact.v1.StewardService/";
inline constexpr char kEngagements[] = "rapport.engagement.v1.EngagementService/";
inline constexpr char kPromises[] = "rapport.engagement.v1.PromiseService/";
inline constexpr char kRapport[] = "rapport.engagement.v1.RapportService/";
inline constexpr char kUnderstanding[] = "rapport.engagement.v1.UnderstandingService/";
inline constexpr char kConsentService[] = "rapport.contact.v1.ConsentService/";
inline constexpr char kNeedService[] = "rapport.engagement.v1.NeedService/";
inline constexpr char kSaleService[] = "rapport.engagement.v1.SaleService/";
inline constexpr char kOfferService[] = "rapport.recommendation.v1.OfferService/";
inline constexpr char kRecommendation[] = "rapport.recommendation.v1.RecommendationService/";

// The status carries this reason of error_reason.proto.
MATCHER_P(FailsWith, reason, type::v1::ErrorReason_Name(reason)) {
  *result_listener << testing::GetStatus(arg).ToString();
  return errors::ReasonOf(testing::GetStatus(arg)) == reason;
}

google::protobuf::Timestamp Stamp(absl::string_view when);

// Engagements. Ids are the words for them: "the call of 1 April" is one engagement however often
// it is recorded.
ev::Engagement Call(absl::string_view id, absl::string_view when, double their_seconds = 0,
                    double our_seconds = 0);
ev::Engagement Meeting(absl::string_view id, absl::string_view when);
// A human's mail to us that asks for an answer.
ev::Engagement MailFrom(absl::string_view id, absl::string_view when,
                        absl::string_view thread = "");
// A steward's mail.
ev::Engagement MailTo(absl::string_view id, absl::string_view when, absl::string_view thread = "");
// A machine's mail to us.
ev::Engagement NoiseFrom(absl::string_view id, absl::string_view when,
                         ev::Engagement::NotCounted why);

class Story {
 public:
  // A person and their relationship with the default house.
  struct Known {
    std::string person;
    std::string relationship;
  };

  explicit Story(absl::string_view now, House::Options options = {});

  House house;
  // The clock of the services.
  void ItIs(absl::string_view now);

  // contact
  std::string HasSteward(absl::string_view id, absl::string_view name, int daily_capacity = 0);
  Known Knows(absl::string_view name, const std::vector<std::string>& mail_addresses,
              const std::vector<std::string>& stewards = {});
  cv::Relationship RelationshipOf(const Known& who);
  void WishesRhythm(const Known& who, double wish_days, double tolerate_days);
  void DoesNotWantToHearOf(const Known& who, absl::string_view topic);
  void LivesIn(const Known& who, absl::string_view time_zone);
  void HasBirthday(const Known& who, int month, int day);
  void Allows(const Known& who, type::v1::Purpose purpose);
  cv::ContactDecision MayWe(const Known& who, type::v1::Purpose purpose);
  void Rests(const Known& who);
  void AskedUsToStop(const Known& who);
  void TookItBack(const Known& who);  // wants to hear from us again

  // engagement
  ev::Engagement Recorded(const Known& who, const ev::Engagement& engagement);
  // One request with many engagements, each from or to an address.
  struct Letter {
    std::string address;
    ev::Engagement engagement;
  };
  ev::BatchRecordEngagementsRequest Batch(const std::vector<Letter>& letters) const;
  std::vector<ev::RecordResult::Outcome> RecordedByAddress(const std::vector<Letter>& letters);
  ev::Engagement Retracted(const ev::Engagement& engagement, absl::string_view why);
  ev::Promise WePromised(const Known& who, absl::string_view text, absl::string_view due,
                         absl::string_view made);
  ev::Promise Kept(const ev::Promise& promise, absl::string_view when);
  ev::Promise Repaired(const ev::Promise& promise, absl::string_view when);
  ev::Promise As(const ev::Promise& promise);  // as it stands now
  ev::Fact Said(const Known& who, ev::Fact::Slot slot, absl::string_view text,
                const ev::Engagement& where, absl::string_view topic = "");
  ev::Understanding UnderstandingOf(const Known& who, absl::string_view as_of = "");
  // The person said that they need it, and with `solved` that they want it solved.
  ev::Need Needs(const Known& who, absl::string_view summary, absl::string_view topic, bool solved);
  ev::Need Outlived(const ev::Need& need, absl::string_view reason);  // as they say
  ev::Need NeededAgain(const ev::Need& need);                         // as they say
  ev::Need As(const ev::Need& need);
  ev::Sale WeProposed(const Known& who, absl::string_view summary, const rv::Offer& offer,
                      const std::vector<ev::Need>& needs, absl::string_view when);
  ev::Sale Became(const ev::Sale& sale, ev::Sale::Stage stage, absl::string_view when);
  ev::Feedback Gave(const Known& who, ev::Feedback::Kind kind, absl::string_view verbatim,
                    absl::string_view when);
  ev::Rapport RapportOf(const Known& who, absl::string_view as_of = "");
  std::vector<std::string> DriftingAt(absl::string_view as_of);
  ev::ExplainChangeResponse WhatChanged(const Known& who, absl::string_view from,
                                        absl::string_view to);
  std::vector<ev::TimelineEntry> TimelineOf(const Known& who, int page_size = 50);

  // recommendation
  rv::Offer Offers(absl::string_view id, absl::string_view serves, rv::Offer::Stake stake);
  rv::Readiness ReadinessFor(const Known& who, const rv::Offer& offer);
  rv::Briefing BriefingOn(const Known& who, absl::string_view as_of = "");
  rv::GetWorklistResponse WorklistOf(const std::string& steward, int capacity = 0,
                                     absl::string_view as_of = "");
  rv::Decision NextStepsFor(const Known& who, absl::string_view as_of = "");
  // The resource that a source names exists in the service that owns it.
  bool Exists(const std::string& resource_name);

 private:
  int people_ = 0;
};

// The suggestion for the relationship on a worklist, waiting ones included; null if there is none.
const rv::WorklistItem* ItemFor(const rv::GetWorklistResponse& worklist, const Story::Known& who);

}  // namespace rapport::tests

#endif  // RAPPORT_TESTS_SCENARIOS_STORY_H_
