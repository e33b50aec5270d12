// The services with one or two of them away: what still answers, and what it says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kNow[] = "2026-06-15 09:00";

// A client that remembers nothing from call to call, as a browser tab opened just now.
std::unique_ptr<rpc::Client> Newcomer(const Story& story, const std::string& service) {
  rpc::ClientOptions options;
  options.target = story.house.SocketOf(service);
  options.own_connection = true;
  return std::make_unique<rpc::Client>(options);
}

absl::StatusOr<rv::GetWorklistResponse> Worklist(rpc::Client& client, const std::string& steward) {
  rv::GetWorklistRequest request;
  request.set_steward(steward);
  request.set_max_waiting(10);
  return client.Call<rv::GetWorklistResponse>(absl::StrCat(kRecommendation, "GetWorklist"),
                                              request);
}

// Proves: R19
TEST(Degradation, ObligationsAreStillShownWhileEngagementIsAway) {
  Story story(kNow);
  const auto mara = story.HasSteward("mara", "Mara");
  const auto ana = story.Knows("Ana", {"ana@example.org"}, {mara});
  const auto promise = story.WePromised(ana, "the list", "2026-06-16", "2026-06-10");
  ASSERT_EQ(story.WorklistOf(mara).degraded_size(), 0);
  story.house.Kill("engagement");
  rv::GetWorklistResponse worklist;
  // The service notices when it has heard nothing for a while.
  EXPECT_TRUE(Eventually(absl::Seconds(25), [&] {
    worklist = story.WorklistOf(mara);
    return worklist.degraded_size() > 0;
  }));
  ASSERT_EQ(worklist.items_size(), 1);
  EXPECT_EQ(worklist.items(0).suggestion().kind(), rv::KEEP_PROMISE);
  EXPECT_THAT(worklist.degraded(0), ::testing::HasSubstr("engagement"));
  EXPECT_THAT(story.NextStepsFor(ana).degraded(), Not(IsEmpty()));
  const auto briefing = story.BriefingOn(ana);
  EXPECT_THAT(briefing.degraded(), Not(IsEmpty()));
  ASSERT_EQ(briefing.we_owe_size(), 1);
  EXPECT_EQ(briefing.we_owe(0).sources(0), promise.name());

  story.house.Start("engagement");
  EXPECT_TRUE(
      Eventually(absl::Seconds(15), [&] { return story.WorklistOf(mara).degraded_size() == 0; }));
}

// Proves: P02
TEST(Alone, ContactServes) {
  House::Options options;
  options.services = {"contact"};
  Story story(kNow, options);
  const auto mara = story.HasSteward("mara", "Mara");
  const auto ana = story.Knows("Ana", {"ana@example.org"}, {mara});
  EXPECT_EQ(story.RelationshipOf(ana).standing(), cv::OPEN);
  story.Rests(ana);
  EXPECT_EQ(story.RelationshipOf(ana).standing(), cv::RESTING);
  EXPECT_EQ(story.house.Stop("contact"), 0);
}

// Proves: P02, E02
TEST(Alone, EngagementKeepsLettersUntilContactSaysWhoseTheyAre) {
  House::Options options;
  options.services = {"engagement", "contact"};
  Story story(kNow, options);
  story.house.Kill("contact");
  const std::vector<Story::Letter> letters = {
      {"ana@example.org", MailFrom("hello", "2026-06-12 10:00")}};
  EXPECT_THAT(story.RecordedByAddress(letters),
              ::testing::ElementsAre(ev::RecordResult::UNCLAIMED));
  ev::GetRapportRequest nobody;
  nobody.set_name(absl::StrCat(story.house.parent(), "/relationships/nobody"));
  EXPECT_THAT(story.house.Call<ev::Rapport>(absl::StrCat(kRapport, "GetRapport"), nobody),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
  story.house.Start("contact");
  const auto ana = story.Knows("Ana", {"ana@example.org"});
  EXPECT_TRUE(
      Eventually(absl::Seconds(5), [&] { return story.RapportOf(ana).two_way_count() == 1; }));
}

// Proves: P02, R19
TEST(Alone, RecommendationAnswersFromWhatItLearned) {
  Story story(kNow);
  const auto mara = story.HasSteward("mara", "Mara");
  const auto ana = story.Knows("Ana", {"ana@example.org"}, {mara});
  story.WePromised(ana, "the list", "2026-06-16", "2026-06-10");
  ASSERT_EQ(story.WorklistOf(mara).items_size(), 1);
  for (const char* service : {"contact", "engagement", "recommendation"}) story.house.Kill(service);
  story.house.Start("recommendation");
  const auto client = Newcomer(story, "recommendation");
  ASSERT_OK_AND_ASSIGN(const auto worklist, Worklist(*client, mara));
  // On PostgreSQL the restarted one knows that another replica has heard of both just now.
  EXPECT_EQ(worklist.degraded_size(), House::OnPostgres() ? 0 : 2);
  ASSERT_EQ(worklist.items_size(), 1);
  EXPECT_EQ(worklist.items(0).relationship(), ana.relationship);
}

TEST(Alone, RecommendationThatHasLearnedNothingKnowsNobody) {
  House::Options options;
  options.services = {"recommendation"};
  Story story(kNow, options);
  const auto client = Newcomer(story, "recommendation");
  EXPECT_THAT(Worklist(*client, absl::StrCat(story.house.parent(), "/stewards/mara")),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
}

TEST(Restart, KeepsEverything) {
  Story story(kNow);
  const auto mara = story.HasSteward("mara", "Mara");
  const auto ana = story.Knows("Ana", {"ana@example.org"}, {mara});
  const auto call = story.Recorded(ana, Call("a call", "2026-06-01", 600, 300));
  story.Said(ana, ev::Fact::PROBLEM, "the printer jams", call);
  story.WePromised(ana, "the list", "2026-06-16", "2026-06-10");
  story.RecordedByAddress({{"stranger@example.org", MailFrom("who am I?", "2026-06-12")}});
  const auto relationship = story.RelationshipOf(ana).SerializeAsString();
  const auto worklist = story.WorklistOf(mara).SerializeAsString();
  const auto briefing = story.BriefingOn(ana).SerializeAsString();
  const auto rapport = story.RapportOf(ana).SerializeAsString();
  for (const char* service : {"contact", "engagement", "recommendation"}) story.house.Kill(service);
  for (const char* service : {"contact", "engagement", "recommendation"}) {
    story.house.Start(service);
  }
  EXPECT_TRUE(Eventually(absl::Seconds(10), [&] {
    return story.WorklistOf(mara).SerializeAsString() == worklist;
  })) << story.WorklistOf(mara).DebugString();
  EXPECT_EQ(story.BriefingOn(ana).SerializeAsString(), briefing);
  EXPECT_EQ(story.RapportOf(ana).SerializeAsString(), rapport);
  EXPECT_TRUE(Eventually(absl::Seconds(5), [&] {
    return story.RelationshipOf(ana).first_exchange_time().seconds() ==
           Stamp("2026-06-01").seconds();
  })) << relationship;
  const auto stranger = story.Knows("Stranger", {"stranger@example.org"}, {mara});
  EXPECT_TRUE(
      Eventually(absl::Seconds(5), [&] { return story.RapportOf(stranger).two_way_count() == 1; }));
}

// Writes the entries of the worklist as a program with another layout would have left them.
void WriteOldEntries(const std::string& store) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open_v2(store.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
  EXPECT_EQ(
      sqlite3_exec(db, "UPDATE worklist SET layout = 1, entry = x'00'", nullptr, nullptr, nullptr),
      SQLITE_OK)
      << sqlite3_errmsg(db);
  EXPECT_EQ(sqlite3_changes(db), 2);
  sqlite3_close(db);
}

// Proves: P08
TEST(Restart, MakesEntriesOfAnotherLayoutAgain) {
  Story story(kNow);
  const auto mara = story.HasSteward("mara", "Mara");
  const auto ana = story.Knows("Ana", {"ana@example.org"}, {mara});
  story.Knows("Bo", {"bo@example.org"}, {mara});
  story.WePromised(ana, "the list", "2026-06-16", "2026-06-10");
  const auto worklist = story.WorklistOf(mara).SerializeAsString();
  story.house.Kill("recommendation");
  WriteOldEntries(story.house.StoreOf("recommendation"));
  story.house.Start("recommendation");
  EXPECT_TRUE(Eventually(absl::Seconds(10), [&] {
    return story.WorklistOf(mara).SerializeAsString() == worklist;
  })) << story.WorklistOf(mara).DebugString();
}

TEST(Deletion, TakesAPersonOffTheWorklistAndUndeletionBringsThemBack) {
  Story story(kNow);
  const auto mara = story.HasSteward("mara", "Mara");
  const auto ana = story.Knows("Ana", {"ana@example.org"}, {mara});
  story.WePromised(ana, "the list", "2026-06-16", "2026-06-10");
  ASSERT_EQ(story.WorklistOf(mara).items_size(), 1);
  cv::DeletePersonRequest remove;
  remove.set_name(ana.person);
  story.house.Must<cv::Person>(absl::StrCat(kPeople, "DeletePerson"), remove);
  EXPECT_EQ(story.WorklistOf(mara).items_size(), 0);
  cv::UndeletePersonRequest restore;
  restore.set_name(ana.person);
  story.house.Must<cv::Person>(absl::StrCat(kPeople, "UndeletePerson"), restore);
  EXPECT_EQ(story.WorklistOf(mara).items_size(), 1);
}

TEST(Consistency, AReadThatCannotSeeTheWriteSaysSo) {
  Story story(kNow);
  const auto mara = story.HasSteward("mara", "Mara");
  cv::UpdateStewardRequest update;
  update.mutable_steward()->set_name(mara);
  update.mutable_steward()->set_display_name("Mara Vidal");
  cv::Steward steward;
  std::string token;
  ASSERT_OK(story.house.client("contact").CallInto(absl::StrCat(kStewards, "UpdateSteward"), update,
                                                   &steward, {}, &token));
  const auto client = Newcomer(story, "recommendation");
  rv::GetWorklistRequest request;
  request.set_steward(mara);
  const std::string method = absl::StrCat(kRecommendation, "GetWorklist");
  rpc::CallOptions call;
  call.timeout = absl::Seconds(2);
  call.consistency_token = token;
  ASSERT_OK_AND_ASSIGN(const auto seen,
                       client->Call<rv::GetWorklistResponse>(method, request, call));
  EXPECT_EQ(seen.steward_name(), "Mara Vidal");

  // Contact stops; a write of its that nobody has heard of is waited for, in vain.
  story.house.Stop("contact");
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  ASSERT_EQ(parts.size(), 2u) << token;
  call.consistency_token = absl::StrCat(parts[0], ".", std::stoll(parts[1]) + (1LL << 40));
  call.timeout = absl::Milliseconds(500);
  const auto behind = client->Call<rv::GetWorklistResponse>(method, request, call);
  EXPECT_THAT(behind, testing::StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(behind, FailsWith(type::v1::BEHIND));
  call.consistency_token = token;
  EXPECT_OK(client->Call<rv::GetWorklistResponse>(method, request, call));
  call.consistency_token = "what?";
  EXPECT_THAT(client->Call<rv::GetWorklistResponse>(method, request, call),
              FailsWith(type::v1::CONSISTENCY_TOKEN));
}

}  // namespace
}  // namespace rapport::tests
