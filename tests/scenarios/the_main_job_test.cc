// The main job: from an address book and a mailbox to "whom shall I reach out to today, and why".
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "common/testing/matchers.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;

constexpr char kMonday[] = "2026-06-15 09:00";

bool SameUpToRounding(const google::protobuf::Message& a, const google::protobuf::Message& b,
                      std::string* difference) {
  google::protobuf::util::MessageDifferencer differencer;
  differencer.set_float_comparison(google::protobuf::util::MessageDifferencer::APPROXIMATE);
  differencer.ReportDifferencesToString(difference);
  return differencer.Compare(a, b);
}

rv::StepKind KindOf(const rv::WorklistItem* item) {
  return item == nullptr ? rv::STEP_KIND_UNSPECIFIED : item->suggestion().kind();
}

std::vector<rv::StepKind> SuggestedFor(Story& story, const Story::Known& who) {
  std::vector<rv::StepKind> kinds;
  const auto decision = story.NextStepsFor(who);
  for (const auto& suggestion : decision.suggestions()) {
    kinds.push_back(suggestion.kind());
  }
  return kinds;
}

const rv::Exclusion* WhyNot(const rv::Decision& decision, rv::StepKind kind) {
  for (const auto& exclusion : decision.excluded()) {
    if (exclusion.kind() == kind) return &exclusion;
  }
  return nullptr;
}

// Twenty calls over six years, begun by both sides in turn, then more than a year of quiet.
void AreOldFriends(Story& story, const Story::Known& who, const std::string& name) {
  for (int i = 0; i < 20; ++i) {
    auto call = Call(absl::StrCat("call ", i, " with ", name),
                     absl::StrCat(2019 + i / 4, "-0", 1 + i % 4, "-10"), 600, 300);
    call.set_initiator(i % 2 == 0 ? type::v1::PARTY_US : type::v1::PARTY_PERSON);
    story.Recorded(who, call);
  }
}

// Proves: R02, R03, R06, R16, E04
TEST(TheMainJob, TheWorklistSaysWhomToReachOutToTodayAndWhy) {
  Story story(kMonday);
  const auto mara = story.HasSteward("mara", "Mara Vidal", 10);
  const auto ana = story.Knows("Ana Sousa", {"ana@example.org"}, {mara});
  const auto bo = story.Knows("Bo Berg", {"bo@example.org"}, {mara});
  const auto cy = story.Knows("Cy Cole", {"cy@example.org"}, {mara});
  const auto di = story.Knows("Di Dias", {"di@example.org"}, {mara});
  const auto eve = story.Knows("Eve Engel", {"eve@example.org"}, {mara});
  const auto flo = story.Knows("Flo Frei", {"flo@example.org"}, {mara});

  EXPECT_THAT(
      story.RecordedByAddress({
          {"ana@example.org", MailFrom("when do we meet?", "2026-06-12 15:00")},
          {"bo@example.org", MailFrom("bo's old mail", "2026-06-01 10:00", "bo")},
          {"bo@example.org", MailTo("re: bo's old mail", "2026-06-01 12:00", "bo")},
          {"cy@example.org", MailFrom("cy's mail", "2026-06-09 10:00", "cy")},
          {"cy@example.org", MailTo("re: cy's mail", "2026-06-09 11:00", "cy")},
          {"di@example.org", NoiseFrom("the list of June", "2026-06-14", ev::Engagement::LIST)},
          {"di@example.org", NoiseFrom("out of office", "2026-06-13", ev::Engagement::AUTO_REPLY)},
          {"flo@example.org", NoiseFrom("bounce", "2026-06-14", ev::Engagement::BOUNCE)},
      }),
      Each(ev::RecordResult::RECORDED));
  story.WePromised(bo, "send the drawings", "2026-06-05", "2026-06-01");
  story.WePromised(cy, "call the printer", "2026-06-16 12:00", "2026-06-09");
  story.WishesRhythm(di, 28, 42);
  story.Recorded(di, Call("the call with Di", "2026-04-01", 300, 300));
  AreOldFriends(story, eve, "Eve");
  story.Recorded(flo, Call("the call with Flo", "2026-06-10", 300, 300));

  const auto worklist = story.WorklistOf(mara);
  EXPECT_EQ(worklist.steward_name(), "Mara Vidal");
  EXPECT_EQ(worklist.degraded_size(), 0);
  EXPECT_EQ(worklist.capacity(), 10);
  EXPECT_EQ(KindOf(ItemFor(worklist, ana)), rv::ANSWER);
  EXPECT_EQ(KindOf(ItemFor(worklist, bo)), rv::REPAIR);
  EXPECT_EQ(KindOf(ItemFor(worklist, cy)), rv::KEEP_PROMISE);
  EXPECT_EQ(KindOf(ItemFor(worklist, di)), rv::LISTEN);
  EXPECT_EQ(KindOf(ItemFor(worklist, eve)), rv::CARE);
  EXPECT_EQ(KindOf(ItemFor(worklist, flo)), rv::WAIT);
  EXPECT_EQ(worklist.waiting_count(), 1);
  EXPECT_EQ(worklist.left_out(), 0);

  // Obligations first, then care, then listening; nobody twice.
  ASSERT_EQ(worklist.items_size(), 5) << worklist.DebugString();
  std::set<std::string> seen;
  for (int i = 0; i < worklist.items_size(); ++i) {
    const auto& item = worklist.items(i);
    EXPECT_EQ(item.position(), i + 1);
    EXPECT_TRUE(seen.insert(item.relationship()).second) << "twice: " << item.display_name();
    if (i > 0) {
      EXPECT_LE(worklist.items(i - 1).suggestion().step_class(), item.suggestion().step_class());
    }
  }
  EXPECT_EQ(worklist.items(3).relationship(), eve.relationship);
  EXPECT_EQ(worklist.items(4).relationship(), di.relationship);

  // Every step says why, from things that exist.
  for (const auto* items : {&worklist.items(), &worklist.waiting()}) {
    for (const auto& item : *items) {
      EXPECT_FALSE(item.suggestion().summary().empty());
      ASSERT_GE(item.suggestion().reasons_size(), 1) << item.DebugString();
      for (const auto& reason : item.suggestion().reasons()) {
        EXPECT_NE(reason.code(), rv::REASON_CODE_UNSPECIFIED);
        ASSERT_GE(reason.sources_size(), 1) << reason.DebugString();
        for (const auto& source : reason.sources()) EXPECT_TRUE(story.Exists(source)) << source;
      }
    }
  }
  // And why not, with what would change it.
  const auto decision = story.NextStepsFor(flo);
  for (const auto kind : {rv::REPAIR, rv::ANSWER, rv::KEEP_PROMISE, rv::CARE, rv::LISTEN}) {
    const auto* why_not = WhyNot(decision, kind);
    ASSERT_NE(why_not, nullptr) << rv::StepKind_Name(kind);
    EXPECT_GE(why_not->reasons_size(), 1);
  }
}

// Proves: R16
TEST(TheMainJob, WhatIsOverdueIsListedBeyondTheCapacity) {
  Story story(kMonday);
  const auto mara = story.HasSteward("mara", "Mara Vidal", 1);
  std::vector<Story::Known> overdue;
  for (int i = 0; i < 3; ++i) {
    const std::string address = absl::StrCat("p", i, "@example.org");
    overdue.push_back(story.Knows(absl::StrCat("Person ", i), {address}, {mara}));
    story.RecordedByAddress({{address, MailFrom(absl::StrCat("mail ", i), "2026-06-09 10:00")}});
  }
  const auto fresh = story.Knows("Fresh", {"fresh@example.org"}, {mara});
  story.RecordedByAddress({{"fresh@example.org", MailFrom("fresh mail", "2026-06-15 08:00")}});
  const auto worklist = story.WorklistOf(mara);
  EXPECT_EQ(worklist.capacity(), 1);
  EXPECT_EQ(worklist.items_size(), 3) << worklist.DebugString();
  EXPECT_EQ(worklist.over_capacity(), 2);
  EXPECT_EQ(worklist.left_out(), 1);
  for (const auto& who : overdue) EXPECT_NE(ItemFor(worklist, who), nullptr);
  EXPECT_EQ(ItemFor(worklist, fresh), nullptr);
  // Within two working days the fresh one is there too.
  story.ItIs("2026-06-17 09:00");
  EXPECT_NE(ItemFor(story.WorklistOf(mara), fresh), nullptr);
}

// Proves: C12, R16
TEST(TheMainJob, EachStewardSeesTheirOwnPeople) {
  Story story(kMonday);
  const auto mara = story.HasSteward("mara", "Mara Vidal");
  const auto carl = story.HasSteward("carl", "Carl Amann");
  const auto ana = story.Knows("Ana", {"ana@example.org"}, {mara});
  const auto bo = story.Knows("Bo", {"bo@example.org"}, {mara, carl});
  const auto nobody = story.Knows("Nobody's", {"nobody@example.org"});
  story.RecordedByAddress({{"ana@example.org", MailFrom("from Ana", "2026-06-12")},
                           {"bo@example.org", MailFrom("from Bo", "2026-06-12")},
                           {"nobody@example.org", MailFrom("from nobody", "2026-06-12")}});
  auto of_mara = story.WorklistOf(mara);
  auto of_carl = story.WorklistOf(carl);
  EXPECT_EQ(of_mara.items_size(), 2);
  ASSERT_EQ(of_carl.items_size(), 1);
  EXPECT_EQ(of_carl.items(0).relationship(), bo.relationship);
  EXPECT_TRUE(story.RelationshipOf(nobody).orphaned());

  cv::AssignStewardsRequest hand_over;
  hand_over.set_name(ana.relationship);
  hand_over.add_stewards(carl);
  story.house.Must<cv::Relationship>(absl::StrCat(kRelationships, "AssignStewards"), hand_over);
  of_mara = story.WorklistOf(mara);
  of_carl = story.WorklistOf(carl);
  EXPECT_EQ(ItemFor(of_mara, ana), nullptr);
  EXPECT_NE(ItemFor(of_carl, ana), nullptr);
}

// Proves: E02
TEST(TheMainJob, MailOfAStrangerIsClaimedWhenThePersonAppears) {
  Story story(kMonday);
  const auto mara = story.HasSteward("mara", "Mara Vidal");
  const std::vector<Story::Letter> letters = {
      {"Eve.Engel@Example.ORG", MailFrom("hello", "2026-06-12 10:00")},
      {"eve.engel@example.org", MailFrom("are you there?", "2026-06-13 10:00")}};
  EXPECT_THAT(story.RecordedByAddress(letters), Each(ev::RecordResult::UNCLAIMED));
  EXPECT_EQ(story.WorklistOf(mara).items_size(), 0);

  // The mail first, then the person.
  const auto eve = story.Knows("Eve Engel", {"eve.engel@example.org"}, {mara});
  EXPECT_TRUE(
      Eventually(absl::Seconds(5), [&] { return story.RapportOf(eve).two_way_count() == 2; }));
  ASSERT_TRUE(Eventually(absl::Seconds(5), [&] {
    return KindOf(ItemFor(story.WorklistOf(mara), eve)) == rv::ANSWER;
  }));
  EXPECT_EQ(story.TimelineOf(eve).size(), 2u);
  EXPECT_THAT(story.RecordedByAddress(letters), Each(ev::RecordResult::REPEATED));

  // The person first, then the mail: the same.
  const auto fay = story.Knows("Fay Frost", {"fay@example.org"}, {mara});
  story.RecordedByAddress({{"FAY@example.org", MailFrom("hello too", "2026-06-12 10:00")},
                           {"fay@EXAMPLE.org", MailFrom("are you too?", "2026-06-13 10:00")}});
  const auto a = story.RapportOf(eve, kMonday);
  const auto b = story.RapportOf(fay, kMonday);
  EXPECT_EQ(a.two_way_count(), b.two_way_count());
  EXPECT_NEAR(a.health().value(), b.health().value(), 1e-12);
  EXPECT_EQ(a.turn(), b.turn());
}

// Proves: E02
TEST(TheMainJob, ARepeatedMailboxIsCountedOnceUnaryBatchAndStream) {
  Story story(kMonday);
  const auto ana = story.Knows("Ana", {"ana@example.org"});
  std::vector<Story::Letter> mailbox;
  for (int i = 0; i < 40; ++i) {
    mailbox.push_back({i == 39 ? "stranger@example.org" : "ana@example.org",
                       MailFrom(absl::StrCat("mail ", i), absl::StrCat("2026-05-", 10 + i % 20))});
  }
  auto stream = story.house.client("engagement")
                    .OpenStream<ev::StreamEngagementsRequest, ev::StreamEngagementsResponse>(
                        absl::StrCat(kEngagements, "StreamEngagements"));
  for (int pass = 0; pass < 2; ++pass) {
    for (int begin = 0; begin < 40; begin += 10) {
      ev::StreamEngagementsRequest request;
      *request.mutable_batch() =
          story.Batch({mailbox.begin() + begin, mailbox.begin() + begin + 10});
      request.set_position(begin + 10);
      ASSERT_TRUE(stream->Write(request));
    }
  }
  ASSERT_TRUE(stream->WritesDone());
  int recorded = 0;
  int repeated = 0;
  int unclaimed = 0;
  std::vector<std::int64_t> positions;
  ev::StreamEngagementsResponse ack;
  while (stream->Read(&ack)) {
    positions.push_back(ack.position());
    recorded += ack.recorded();
    repeated += ack.repeated();
    unclaimed += ack.unclaimed();
    EXPECT_EQ(ack.refused_size(), 0);
  }
  EXPECT_OK(stream->Finish());
  EXPECT_THAT(positions, ElementsAre(10, 20, 30, 40, 10, 20, 30, 40));
  EXPECT_EQ(recorded, 39);
  EXPECT_EQ(unclaimed, 1);
  EXPECT_EQ(repeated, 40);
  EXPECT_THAT(story.RecordedByAddress(mailbox), Each(ev::RecordResult::REPEATED));
  EXPECT_TRUE(story.Recorded(ana, mailbox[0].engagement).repeated());
  EXPECT_EQ(story.RapportOf(ana).two_way_count(), 39);
}

TEST(TheMainJob, ABadLetterInAMailboxStopsNothingElse) {
  Story story(kMonday);
  const auto ana = story.Knows("Ana", {"ana@example.org"});
  auto request = story.Batch({{"ana@example.org", MailFrom("good", "2026-06-01")},
                              {"not an address", MailFrom("bad address", "2026-06-02")},
                              {"ana@example.org", MailFrom("no time", "2026-06-03")},
                              {"ana@example.org", MailFrom("good too", "2026-06-04")}});
  request.mutable_requests(2)->mutable_engagement()->clear_event_time();
  const auto response = story.house.Must<ev::BatchRecordEngagementsResponse>(
      absl::StrCat(kEngagements, "BatchRecordEngagements"), request);
  ASSERT_EQ(response.results_size(), 4);
  EXPECT_EQ(response.results(0).outcome(), ev::RecordResult::RECORDED);
  EXPECT_EQ(response.results(1).status().code(),
            static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(response.results(2).status().code(),
            static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(response.results(3).outcome(), ev::RecordResult::RECORDED);
  EXPECT_EQ(story.RapportOf(ana).two_way_count(), 2);
}

// Proves: C11, R02
TEST(TheMainJob, QuietingEndsListeningAndCareAtOnceButNotWhatWeOwe) {
  Story story(kMonday);
  const auto mara = story.HasSteward("mara", "Mara Vidal");
  const auto friend_ = story.Knows("Old Friend", {"friend@example.org"}, {mara});
  AreOldFriends(story, friend_, "friend");
  const auto silent = story.Knows("Silent", {"silent@example.org"}, {mara});
  story.Recorded(silent, Call("the last call", "2025-06-01", 300, 300));
  EXPECT_THAT(SuggestedFor(story, friend_), Contains(rv::CARE));
  EXPECT_THAT(SuggestedFor(story, silent), Contains(rv::LISTEN));

  for (const auto& who : {friend_, silent}) {
    story.AskedUsToStop(who);
    EXPECT_THAT(SuggestedFor(story, who), ElementsAre(rv::WAIT));
    EXPECT_EQ(KindOf(ItemFor(story.WorklistOf(mara), who)), rv::WAIT);
    EXPECT_NE(WhyNot(story.NextStepsFor(who), rv::LISTEN), nullptr);
  }
  EXPECT_EQ(story.WorklistOf(mara).items_size(), 0);

  story.WePromised(silent, "send the last invoice", "2026-06-16", "2026-06-15 09:00");
  EXPECT_EQ(KindOf(ItemFor(story.WorklistOf(mara), silent)), rv::KEEP_PROMISE);

  // Their own word brings them back, nothing else.
  story.ItIs("2026-06-15 12:00");
  story.Recorded(friend_, MailFrom("a mail from a quieted friend", "2026-06-15 11:00"));
  EXPECT_EQ(story.RelationshipOf(friend_).standing(), cv::QUIETED);
  story.TookItBack(friend_);
  EXPECT_EQ(story.RelationshipOf(friend_).standing(), cv::OPEN);
}

// Proves: C11
TEST(TheMainJob, ARestingRelationshipIsLeftInPeaceUntilThePersonWrites) {
  Story story(kMonday);
  const auto mara = story.HasSteward("mara", "Mara Vidal");
  const auto ana = story.Knows("Ana", {"ana@example.org"}, {mara});
  story.Recorded(ana, Call("the last call", "2025-06-01", 300, 300));
  EXPECT_THAT(story.DriftingAt(kMonday), Contains(ana.relationship));
  story.Rests(ana);
  EXPECT_THAT(SuggestedFor(story, ana), ElementsAre(rv::WAIT));
  EXPECT_EQ(story.WorklistOf(mara).items_size(), 0);
  EXPECT_THAT(story.DriftingAt(kMonday), ::testing::IsEmpty());

  story.ItIs("2026-06-16 09:00");
  story.RecordedByAddress({{"ana@example.org", MailFrom("I need you again", "2026-06-16 08:00")}});
  EXPECT_TRUE(Eventually(absl::Seconds(5),
                         [&] { return story.RelationshipOf(ana).standing() == cv::OPEN; }));
  EXPECT_EQ(KindOf(ItemFor(story.WorklistOf(mara), ana)), rv::ANSWER);
}

// Proves: E03, E22
TEST(TheMainJob, ARetractedCallEqualsNeverHavingHappened) {
  Story story(kMonday);
  const auto mara = story.HasSteward("mara", "Mara Vidal");
  const auto ana = story.Knows("Ana", {"ana@example.org"}, {mara});
  story.Recorded(ana, Call("a call", "2026-02-01", 600, 300));
  story.Recorded(ana, Call("another call", "2026-02-20", 200, 300));
  story.RecordedByAddress({{"ana@example.org", MailFrom("question", "2026-06-12", "q")}});
  const auto rapport = story.RapportOf(ana, kMonday);
  const auto worklist = story.WorklistOf(mara, 0, kMonday);

  auto answer = MailTo("the answer", "2026-06-13", "q");
  answer.add_items()->set_direction(ev::Item::ASK);
  std::vector<ev::Engagement> mistakes = {
      story.Recorded(ana, answer), story.Recorded(ana, Call("a wrong call", "2026-06-14", 60, 900)),
      story.Recorded(ana, Call("an old wrong call", "2024-06-14", 60, 900))};
  EXPECT_NE(story.RapportOf(ana, kMonday).turn(), rapport.turn());
  EXPECT_EQ(KindOf(ItemFor(story.WorklistOf(mara, 0, kMonday), ana)), rv::WAIT);

  for (const auto& mistake : mistakes) {
    const auto retracted = story.Retracted(mistake, "that was another Ana");
    EXPECT_EQ(retracted.state(), ev::Engagement::RETRACTED);
    ASSERT_EQ(retracted.amendments_size(), 1);
    EXPECT_EQ(retracted.amendments(0).reason(), "that was another Ana");
  }
  std::string difference;
  EXPECT_TRUE(SameUpToRounding(rapport, story.RapportOf(ana, kMonday), &difference)) << difference;
  EXPECT_TRUE(SameUpToRounding(worklist, story.WorklistOf(mara, 0, kMonday), &difference))
      << difference;
  EXPECT_EQ(story.TimelineOf(ana).size(), 6u) << "the record itself stays";
}

// Proves: E03
TEST(TheMainJob, AnAmendmentKeepsWhatStoodThereAndTheMeasuresFollow) {
  Story story(kMonday);
  const auto ana = story.Knows("Ana", {"ana@example.org"});
  const auto call = story.Recorded(ana, Call("the call", "2026-05-01", 600, 300));
  EXPECT_NEAR(story.RapportOf(ana, "2026-06-01").silence_days().value(), 31, 1e-9);
  ev::AmendEngagementRequest amend;
  amend.mutable_engagement()->set_name(call.name());
  *amend.mutable_engagement()->mutable_event_time() = Stamp("2026-05-11");
  amend.mutable_update_mask()->add_paths("event_time");
  amend.set_reason("it was ten days later");
  const auto amended =
      story.house.Must<ev::Engagement>(absl::StrCat(kEngagements, "AmendEngagement"), amend);
  ASSERT_EQ(amended.amendments_size(), 1);
  EXPECT_EQ(amended.amendments(0).before().event_time().seconds(), call.event_time().seconds());
  EXPECT_EQ(amended.amendments(0).reason(), "it was ten days later");
  EXPECT_NEAR(story.RapportOf(ana, "2026-06-01").silence_days().value(), 21, 1e-9);
  EXPECT_NEAR(story.RapportOf(ana).their_reliability().n(), 0, 1e-9);
}

// Proves: E02
TEST(TheMainJob, APlanCountsForNothingUntilItHappens) {
  Story story(kMonday);
  const auto ana = story.Knows("Ana", {"ana@example.org"});
  story.Recorded(ana, Call("the call", "2026-05-01", 600, 300));
  const auto before = story.RapportOf(ana, "2026-06-20 12:00");
  const auto meeting = Meeting("the meeting", "2026-06-20 10:00");
  EXPECT_EQ(story.Recorded(ana, meeting).state(), ev::Engagement::PLANNED);
  std::string difference;
  EXPECT_TRUE(SameUpToRounding(before, story.RapportOf(ana, "2026-06-20 12:00"), &difference))
      << difference;
  // Time alone does not make a plan real: somebody has to say that it happened.
  story.ItIs("2026-06-21 09:00");
  EXPECT_EQ(story.RapportOf(ana).two_way_count(), 1);
  EXPECT_EQ(story.Recorded(ana, meeting).state(), ev::Engagement::RECORDED);
  EXPECT_EQ(story.RapportOf(ana).two_way_count(), 2);
  EXPECT_TRUE(story.Recorded(ana, meeting).repeated());
  EXPECT_EQ(story.RapportOf(ana).two_way_count(), 2);
}

// Proves: E23
TEST(TheMainJob, ExplainChangeAddsUpToTheDifference) {
  Story story(kMonday);
  const auto ana = story.Knows("Ana", {"ana@example.org"});
  const auto call = story.Recorded(ana, Call("a call", "2026-02-01", 600, 300));
  story.Recorded(ana, MailFrom("a mail", "2026-03-01"));
  story.Recorded(ana, MailTo("an answer", "2026-03-03", "a mail"));
  story.Recorded(ana, Call("an early call, recorded late", "2026-01-10", 100, 900));
  const auto kept = story.WePromised(ana, "the list", "2026-03-10", "2026-03-03");
  story.Kept(kept, "2026-03-09");
  const auto broken = story.WePromised(ana, "the drawing", "2026-04-10", "2026-03-03");
  story.Said(ana, ev::Fact::PROBLEM, "the printer jams", call);
  const auto change = story.WhatChanged(ana, "2026-01-20", "2026-06-10");
  double sum = 0;
  std::set<std::string> sources;
  absl::Time last = absl::InfinitePast();
  for (const auto& line : change.lines()) {
    sum += line.difference();
    sources.insert(line.source());
    if (line.cause() == ev::ChangeLine::PASSAGE_OF_TIME) continue;
    const absl::Time at = absl::FromUnixSeconds(line.time().seconds());
    EXPECT_GE(at, last);
    last = at;
  }
  EXPECT_NEAR(sum, change.to_health().value() - change.from_health().value(), 1e-9);
  EXPECT_NEAR(change.to_health().value(), story.RapportOf(ana, "2026-06-10").health().value(),
              1e-12);
  EXPECT_NEAR(change.from_health().value(), story.RapportOf(ana, "2026-01-20").health().value(),
              1e-12);
  EXPECT_TRUE(sources.contains(call.name()));
  EXPECT_TRUE(sources.contains(kept.name()));
  EXPECT_TRUE(sources.contains(broken.name())) << change.DebugString();
}

// Proves: E05
TEST(TheMainJob, TheTimelineIsStableUnderInsertsFromPageToPage) {
  Story story(kMonday);
  const auto ana = story.Knows("Ana", {"ana@example.org"});
  ev::Engagement call;
  for (int i = 0; i < 9; ++i) {
    call = story.Recorded(ana, Call(absl::StrCat("call ", i), absl::StrCat("2026-03-0", 1 + i)));
  }
  story.WePromised(ana, "a promise", "2026-07-01", "2026-03-04");
  story.Said(ana, ev::Fact::SITUATION, "a fact", call);
  story.Gave(ana, ev::Feedback::PRAISE, "good", "2026-03-02");
  const auto whole = story.TimelineOf(ana);
  ASSERT_EQ(whole.size(), 12u);

  ev::ListTimelineRequest request;
  request.set_parent(ana.relationship);
  request.set_page_size(5);
  std::vector<ev::TimelineEntry> paged;
  do {
    const auto page = story.house.Must<ev::ListTimelineResponse>(
        absl::StrCat(kEngagements, "ListTimeline"), request);
    EXPECT_LE(page.entries_size(), 5);
    paged.insert(paged.end(), page.entries().begin(), page.entries().end());
    request.set_page_token(page.next_page_token());
    // Something newer arrives while we read.
    story.Recorded(ana, Call(absl::StrCat("new ", paged.size()), "2026-06-01"));
  } while (!request.page_token().empty());
  ASSERT_EQ(paged.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(paged[i].SerializeAsString(), whole[i].SerializeAsString()) << i;
    if (i > 0) {
      EXPECT_LE(whole[i].time().seconds(), whole[i - 1].time().seconds());
    }
  }
}

// Proves: P10
TEST(TheMainJob, TheSameQuestionAboutTheSameDayHasTheSameAnswerLater) {
  Story story(kMonday);
  const auto mara = story.HasSteward("mara", "Mara Vidal");
  const auto ana = story.Knows("Ana", {"ana@example.org"}, {mara});
  story.Recorded(ana, Call("a call", "2026-02-01", 600, 300));
  story.RecordedByAddress({{"ana@example.org", MailFrom("question", "2026-06-12", "q")}});
  const auto rapport = story.RapportOf(ana);
  const auto worklist = story.WorklistOf(mara);
  const auto briefing = story.BriefingOn(ana);
  EXPECT_EQ(rapport.as_of().seconds(), Stamp(kMonday).seconds());
  story.ItIs("2027-09-01 09:00");
  std::string difference;
  EXPECT_TRUE(SameUpToRounding(rapport, story.RapportOf(ana, kMonday), &difference)) << difference;
  EXPECT_TRUE(SameUpToRounding(worklist, story.WorklistOf(mara, 0, kMonday), &difference))
      << difference;
  EXPECT_TRUE(SameUpToRounding(briefing, story.BriefingOn(ana, kMonday), &difference))
      << difference;
  EXPECT_EQ(KindOf(ItemFor(story.WorklistOf(mara), ana)), rv::LISTEN);
}

}  // namespace
}  // namespace rapport::tests
