// A real house moves from SQLite to PostgreSQL and back: whoever asks it notices nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/testing/postgres_server.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/harness/process.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kNow[] = "2026-06-15 10:00";
const char* const kServices[] = {"recommendation", "engagement", "contact"};  // in this order

class MovedHouse : public ::testing::Test {
 protected:
  MovedHouse() {
    story_.Recorded(ana_, Call("call of 1 April", "2026-04-01 10:00", 600, 300));
    story_.Recorded(ana_, Call("call of 1 May", "2026-05-01 10:00", 700, 200));
    story_.Recorded(ana_, MailFrom("her question", "2026-06-12 10:00"));
    story_.Recorded(zoe_, MailTo("our letter", "2026-06-01 10:00"));
    story_.WePromised(ana_, "the drawings", "2026-06-20 12:00", "2026-06-02 12:00");
    story_.Needs(ana_, "linen that lasts", "linen", true);
    story_.WishesRhythm(zoe_, 30, 60);
    story_.Allows(zoe_, type::v1::PURPOSE_PROPOSAL);
    story_.DoesNotWantToHearOf(ana_, "her divorce");
    create_.set_parent(story_.house.parent());
    create_.set_request_id("5a3c8a52-7d4f-4d57-8f5e-0d7f0c3d2b11");
    create_.mutable_person()->set_full_name("Maria");
    maria_ = story_.house.Must<cv::Person>(absl::StrCat(kPeople, "CreatePerson"), create_);
    letters_ = {{"nobody@example.org", MailFrom("from a stranger", "2026-06-10 10:00")}};
    EXPECT_THAT(story_.RecordedByAddress(letters_), SizeIs(1));
  }

  // Everything that callers see, in words.
  std::map<std::string, std::string> Seen() {
    std::map<std::string, std::string> seen;
    cv::ListPeopleRequest people;
    people.set_parent(story_.house.parent());
    seen["people"] =
        story_.house.Must<cv::ListPeopleResponse>(absl::StrCat(kPeople, "ListPeople"), people)
            .DebugString();
    for (const auto& [name, who] : {std::pair{"ana", ana_}, std::pair{"zoe", zoe_}}) {
      const std::string of = absl::StrCat(" of ", name);
      seen["relationship" + of] = story_.RelationshipOf(who).DebugString();
      seen["rapport" + of] = story_.RapportOf(who).DebugString();
      seen["rapport in May" + of] = story_.RapportOf(who, "2026-05-10").DebugString();
      seen["understanding" + of] = story_.UnderstandingOf(who).DebugString();
      for (const auto& entry : story_.TimelineOf(who)) {
        seen["timeline" + of] += entry.DebugString();
      }
      seen["next" + of] =
          story_.WorklistOf(mara_).items_size() > 0 ? StepsIn(story_.WorklistOf(mara_)) : "nothing";
    }
    return seen;
  }
  static std::string StepsIn(const rv::GetWorklistResponse& worklist) {
    std::string steps;
    for (const auto& item : worklist.items()) {
      absl::StrAppend(&steps, item.relationship(), " ", rv::StepKind_Name(item.suggestion().kind()),
                      "\n");
    }
    return steps;
  }

  void StopAll() {
    for (const char* service : kServices) EXPECT_EQ(story_.house.Stop(service), 0);
  }
  void StartAll() {
    for (const char* service : kServices) story_.house.Start(service);
    // The clients have seen them go, and look again in their own time.
    const auto reached = [&] {
      cv::ListPeopleRequest people;
      people.set_parent(story_.house.parent());
      ev::GetRapportRequest rapport;
      rapport.set_name(ana_.relationship);
      rv::GetWorklistRequest worklist;
      worklist.set_steward(mara_);
      House& house = story_.house;
      return house.Call<cv::ListPeopleResponse>(absl::StrCat(kPeople, "ListPeople"), people).ok() &&
             house.Call<ev::Rapport>(absl::StrCat(kRapport, "GetRapport"), rapport).ok() &&
             house
                 .Call<rv::GetWorklistResponse>(absl::StrCat(kRecommendation, "GetWorklist"),
                                                worklist)
                 .ok();
    };
    EXPECT_TRUE(Eventually(absl::Seconds(60), reached));
  }
  int Move(const std::string& service, const std::string& from, const std::string& to) {
    Process admin({RAPPORT_ADMIN_BINARY, "move", "--from=" + from, "--to=" + to,
                   "--service=" + service, "--all"},
                  story_.house.folder() + "/admin.log");
    return admin.Wait(absl::Seconds(60));
  }
  std::string File(const std::string& service, const std::string& suffix = "") const {
    return absl::StrCat("sqlite:", story_.house.StoreOf(service), suffix);
  }

  // Repeats of what was sent before the move are repeats still.
  void ExpectRepeatsAreKnown() {
    const auto again =
        story_.house.Must<cv::Person>(absl::StrCat(kPeople, "CreatePerson"), create_);
    EXPECT_EQ(again.name(), maria_.name());
    EXPECT_EQ(again.etag(), maria_.etag());
    EXPECT_TRUE(
        story_.Recorded(ana_, Call("call of 1 April", "2026-04-01 10:00", 600, 300)).repeated());
    EXPECT_THAT(story_.RecordedByAddress(letters_),
                ::testing::ElementsAre(ev::RecordResult::REPEATED));
    create_.mutable_person()->set_full_name("Another");
    EXPECT_THAT(story_.house.Call<cv::Person>(absl::StrCat(kPeople, "CreatePerson"), create_),
                FailsWith(type::v1::REQUEST_ID_REUSED));
    create_.mutable_person()->set_full_name("Maria");
  }
  void ExpectSeen(const std::map<std::string, std::string>& before) {
    const auto now = Seen();
    for (const auto& [what, words] : before) EXPECT_EQ(now.at(what), words) << what;
  }

  Story story_{kNow};
  const std::string mara_ = story_.HasSteward("mara", "Mara", 5);
  const Story::Known ana_ = story_.Knows("Ana", {"ana@example.org"}, {mara_});
  const Story::Known zoe_ = story_.Knows("Zoe", {"zoe@example.org"}, {mara_});
  cv::CreatePersonRequest create_;
  cv::Person maria_;
  std::vector<Story::Letter> letters_;
};

TEST_F(MovedHouse, GoesToPostgresAndBackAndNobodyNotices) {
  const std::string database = House::Postgres().CreateDatabase();
  auto before = Seen();
  EXPECT_NE(Move("contact", File("contact"), database), 0) << "it is in use";
  StopAll();
  for (const std::string service : kServices) {
    ASSERT_EQ(Move(service, File(service), database), 0) << service;
    story_.house.MoveTo(service, database);
  }
  StartAll();
  ExpectSeen(before);
  ExpectRepeatsAreKnown();
  // The feeds go on: what is new is learned from the new stores.
  story_.Recorded(zoe_, MailFrom("her answer", "2026-06-14 10:00"));
  EXPECT_THAT(StepsIn(story_.WorklistOf(mara_)), HasSubstr(zoe_.relationship));
  before = Seen();

  StopAll();
  for (const std::string service : {"engagement", "contact"}) {
    ASSERT_EQ(Move(service, database, File(service, ".back")), 0) << service;
    story_.house.MoveTo(service, File(service, ".back"));
  }
  // It has nothing of its own here, and hears everything again.
  story_.house.MoveTo("recommendation", File("recommendation", ".new"));
  StartAll();
  ExpectSeen(before);
  ExpectRepeatsAreKnown();
}

}  // namespace
}  // namespace rapport::tests
