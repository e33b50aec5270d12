#include "services/recommendation/rules/worklist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
// rapidcheck's glue needs gtest first.
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "services/recommendation/rules/next_steps.h"
#include "services/recommendation/rules/test_world.h"
#include "services/recommendation/rules/ties.h"
#include "services/recommendation/rules/working_days.h"

namespace rapport::recommendation {
namespace {

using ::rapport::engagement::v1::CareEvent;
using ::rapport::engagement::v1::Fact;
using ::rapport::engagement::v1::Feedback;
using ::rapport::engagement::v1::Need;
using ::rapport::engagement::v1::Promise;
using ::testing::ElementsAre;

const absl::TimeZone kUtc = absl::UTCTimeZone();

std::vector<std::string> Ids(const std::vector<RankedRelationship>& list) {
  std::vector<std::string> ids;
  for (const auto& item : list) ids.push_back(item.relationship);
  return ids;
}

// Any of low..high-1, each as likely in the first case as in the last.
template <class T = int>
T Pick(T low, T high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(low, high));
}

// An instant around March 2026; often on the same few minutes, so that limits are met exactly.
absl::Time SomeTime(int days_before, int days_after) {
  const absl::Time day =
      At("2026-03-09T09:00:00Z") + absl::Hours(24) * Pick(-days_before, days_after);
  if (Pick(0, 3) != 0) return day;
  return day + absl::Microseconds(Pick<std::int64_t>(-kMicrosPerDay, kMicrosPerDay));
}

absl::TimeZone SomeZone() {
  static const char* const kZones[] = {"UTC",
                                       "Europe/Lisbon",
                                       "Asia/Tokyo",
                                       "America/New_York",
                                       "Pacific/Kiritimati",
                                       "Pacific/Pago_Pago"};
  return Zone(kZones[Pick(0, 6)]);
}

bool Chance(int percent) { return Pick(0, 100) < percent; }

std::string SomeTopic() {
  static const char* const kTopics[] = {"re-keying", "printing", "seats", "paper", "travel"};
  return kTopics[Pick(0, 5)];
}

// Gifts, asks, thanks, life events and a care guard.
void AddBalance(World& world) {
  if (Chance(30)) world.Guarded("a loss");
  if (Chance(30)) {
    *world.statistics.mutable_unthanked_time() = time::ToProto(SomeTime(120, 10));
  }
  if (Chance(40)) {
    world.statistics.set_asks(Pick(0, 4));
    world.statistics.set_gives(Pick(0, 4));
    if (Chance(80)) {
      world.statistics.add_recent_asks_us(absl::ToUnixMicros(SomeTime(Pick(10, 120), 10)));
    }
  }
  if (Chance(30)) {
    *world.statistics.mutable_last_outbound_time() = time::ToProto(SomeTime(40, 5));
  }
  if (Chance(30)) {
    *world.statistics.mutable_last_inbound_time() = world.statistics.last_two_way_time();
  }
  for (int i = Pick(-3, 3); i > 0; --i) {
    CareEvent& event = world.Happened(static_cast<CareEvent::Kind>(Pick(1, 12)), "something",
                                      "2026-03-09T09:00:00Z");
    *event.mutable_said_time() = time::ToProto(SomeTime(45, 10));
  }
}

void AddNeeds(World& world) {
  for (int i = Pick(-2, 4); i > 0; --i) {
    Need& need = world.Needs("a need", SomeTopic().c_str(), "2026-03-09T09:00:00Z");
    *need.mutable_stated_time() = time::ToProto(SomeTime(60, 10));
    need.set_state(static_cast<Need::State>(Chance(30) ? 5 : Pick(1, 6)));
    need.set_explicit_(Chance(50));
    need.set_wants_to_buy(Chance(30));
    if (Chance(50)) *need.mutable_wants_to_buy_time() = time::ToProto(SomeTime(60, 10));
    if (Chance(10)) need.add_offers("tenants/t/offers/o1");
  }
  for (int i = Pick(-2, 3); i > 0; --i) {
    Fact& fact = world.Said(static_cast<Fact::Slot>(Pick(1, 5)), "a fact", "2026-03-09T09:00:00Z");
    *fact.mutable_said_time() = time::ToProto(SomeTime(60, 10));
    if (Chance(60)) fact.add_topics(SomeTopic());
    if (Chance(10)) fact.set_superseded_by("another");
    if (Chance(10)) *fact.mutable_dispute_time() = fact.said_time();
  }
  for (int i = Pick(-1, 4); i > 0; --i) {
    world
        .Offers(absl::StrCat("o", i).c_str(), SomeTopic().c_str(),
                Chance(50) ? v1::Offer::HIGH : v1::Offer::LOW)
        .set_paused(Chance(10));
  }
}

// Promises, letters, feedback and days that matter: what comes before everything else.
void AddObligations(World& world) {
  for (int i = Pick(-2, 4); i > 0; --i) {
    Promise& promise = world.Promised("a thing", "2026-03-09T09:00:00Z");
    promise.set_state(static_cast<Promise::State>(Pick(1, 7)));
    if (Chance(40)) promise.set_kind(static_cast<Promise::Kind>(Pick(0, 4)));
    if (Chance(20)) promise.set_promised_by(type::v1::PARTY_PERSON);
    *promise.mutable_due_time() = time::ToProto(SomeTime(8, 12));
    if (Chance(5)) promise.clear_due_time();
  }
  if (Chance(20)) {
    auto& open = *world.statistics.add_open_promises();
    open.set_promise(Chance(50) ? "tenants/t/relationships/ana/promises/p1" : "other");
    open.set_promised_by(type::v1::PARTY_US);
    *open.mutable_due_time() = time::ToProto(SomeTime(8, 12));
  }
  for (int i = Pick(-2, 6); i > 0; --i) {
    auto& tail = world.Wrote("a subject", "2026-03-09T09:00:00Z");
    tail.set_awaits_us(Chance(70));
    *tail.mutable_time() = time::ToProto(SomeTime(35, 3));
  }
  for (int i = Pick(-3, 5); i > 0; --i) {
    Feedback& given = world.Gave("something", "2026-03-09T09:00:00Z");
    given.set_state(Chance(70) ? Feedback::RECEIVED : Feedback::ACKNOWLEDGED);
    given.set_kind(static_cast<Feedback::Kind>(Pick(1, 5)));
    *given.mutable_given_time() = time::ToProto(SomeTime(60, 3));
  }
  for (int i = Pick(-6, 21); i > 0; --i) {
    world.Born(Pick(1, 13), Pick(1, 32));
    if (Chance(30)) world.person.mutable_anniversaries()->rbegin()->mutable_date()->set_month(3);
  }
}

// Rare steps need many worlds to be met.
constexpr int kWorldsOfACase = 5;

// Half of them owe nothing and are often in rhythm, so that the later classes have their turn.
World SomeWorld() {
  World world;
  const bool calm = Chance(50);
  world.relationship.set_standing(calm ? contact::v1::OPEN
                                       : static_cast<contact::v1::Standing>(Pick(0, 4)));
  if (Chance(5)) world.relationship.clear_create_time();
  if (Chance(50)) {
    *world.relationship.mutable_create_time() = time::ToProto(SomeTime(20, 5));
  }
  if (Chance(20)) world.statistics.clear_last_two_way_time();
  if (world.statistics.has_last_two_way_time()) {
    *world.statistics.mutable_last_two_way_time() = time::ToProto(SomeTime(120, 10));
  }
  world.statistics.set_expected_days(Pick(0, 60));
  world.statistics.set_tolerated_days(calm ? 200 : Pick(0, 160) / 2.0);
  world.statistics.set_bond(Pick(0, 11) / 10.0);
  if (!calm) AddObligations(world);
  if (Chance(50)) world.person.set_time_zone(SomeZone().name());
  world.statistics_known = Chance(90);
  AddBalance(world);
  AddNeeds(world);
  return world;
}

void ExpectSame(const Rank& expected, const Rank& actual) {
  RC_ASSERT(expected.place == actual.place);
  RC_ASSERT(expected.kind == actual.kind);
  RC_ASSERT(expected.led == actual.led);
  RC_ASSERT(expected.score == actual.score);
  RC_ASSERT(expected.due_us == actual.due_us);
}

// Proves: R03, R16
RC_GTEST_PROP(IndexEntry, RanksARelationshipExactlyAsDecideDoes, ()) {
  for (int n = 0; n < kWorldsOfACase; ++n) {
    const World world = SomeWorld();
    const IndexEntry entry = MakeIndexEntry(world.Facts());
    for (int i = 0; i < 12; ++i) {
      const absl::Time as_of = SomeTime(10, 60);
      const absl::TimeZone zone = SomeZone();
      const v1::Decision decision = Decide(world.Facts(), as_of, zone);
      ExpectSame(RankOf(decision.suggestions(0)), RankAt(entry, as_of, zone));
    }
  }
}

// Proves: R03, R16
RC_GTEST_PROP(IndexEntry, MarksEverybodyToWhomSomethingMayBeProposed, ()) {
  for (int n = 0; n < kWorldsOfACase; ++n) {
    World world = SomeWorld();
    world.Asked();
    const IndexEntry entry = MakeIndexEntry(world.Facts());
    std::uint32_t offer_bits = 0;
    for (const v1::Offer& offer : world.offers) offer_bits |= TopicBits(offer);
    for (int i = 0; i < 6; ++i) {
      const absl::Time as_of = SomeTime(10, 60);
      const v1::Decision decision = Decide(world.Facts(), as_of, kUtc);
      const Rank index = RankAt(entry, as_of, kUtc);
      if (decision.suggestions(0).kind() == v1::PROPOSE) {
        RC_ASSERT(index.place >= ClassPlace::kRest);
        RC_ASSERT(MayPropose(entry.head, entry.tail, offer_bits));
        RC_ASSERT(!decision.suggestions(0).person_led() || entry.head.wants_to_buy);
      } else {
        ExpectSame(RankOf(decision.suggestions(0)), index);
      }
    }
  }
}

// Proves: R02, R03
RC_GTEST_PROP(Decide, DependsOnWhatIsKnownNotOnItsOrder, ()) {
  World world = SomeWorld();
  if (Chance(50)) world.Asked();
  const absl::Time as_of = SomeTime(5, 30);
  const RelationshipFacts facts = world.Facts();
  const std::string before = Decide(facts, as_of, kUtc).SerializeAsString();
  RelationshipFacts turned = facts;
  std::reverse(turned.promises.begin(), turned.promises.end());
  std::reverse(turned.feedback.begin(), turned.feedback.end());
  std::reverse(turned.needs.begin(), turned.needs.end());
  std::reverse(turned.facts.begin(), turned.facts.end());
  std::reverse(turned.care_events.begin(), turned.care_events.end());
  if (!turned.promises.empty()) turned.promises.push_back(turned.promises.front());
  auto reverse = [](auto* list) { std::reverse(list->begin(), list->end()); };
  reverse(world.statistics.mutable_threads());
  reverse(world.person.mutable_anniversaries());
  RC_ASSERT(Decide(turned, as_of, kUtc).SerializeAsString() == before);
}

// Proves: R02, R06, R19
RC_GTEST_PROP(Decide, AccountsForEveryKindAndKeepsTheOrderOfClasses, ()) {
  World world = SomeWorld();
  if (Chance(50)) world.Asked();
  const v1::Decision decision = Decide(world.Facts(), SomeTime(10, 60), SomeZone());
  std::set<int> kinds;
  std::set<std::string> offers;
  ClassPlace last{0};
  for (const auto& suggestion : decision.suggestions()) {
    RC_ASSERT(kinds.insert(suggestion.kind()).second);
    RC_ASSERT(PlaceOf(suggestion.step_class()) >= last);
    last = PlaceOf(suggestion.step_class());
    if (!suggestion.offer().empty()) offers.insert(suggestion.offer());
    RC_ASSERT(suggestion.reasons_size() > 0);
    for (const auto& reason : suggestion.reasons()) RC_ASSERT(reason.sources_size() > 0);
    const bool begins = suggestion.kind() == v1::CARE || suggestion.kind() == v1::LISTEN ||
                        suggestion.kind() == v1::THANK || suggestion.kind() == v1::GIVE ||
                        suggestion.kind() == v1::REST;
    RC_ASSERT(suggestion.kind() != v1::PROPOSE || !world.relationship.has_care_guard());
    RC_ASSERT(!begins || world.relationship.standing() != contact::v1::QUIETED);
    RC_ASSERT(!begins || world.statistics_known);
    RC_ASSERT(suggestion.kind() != v1::LISTEN ||
              world.relationship.standing() != contact::v1::RESTING);
  }
  for (const auto& exclusion : decision.excluded()) {
    if (exclusion.kind() == v1::PROPOSE && !exclusion.offer().empty()) {
      kinds.insert(v1::PROPOSE);
      RC_ASSERT(offers.insert(exclusion.offer()).second);
    } else {
      RC_ASSERT(kinds.insert(exclusion.kind()).second);
    }
    RC_ASSERT(exclusion.reasons_size() > 0);
    for (const auto& reason : exclusion.reasons()) {
      RC_ASSERT(reason.sources_size() > 0);
      RC_ASSERT(!reason.text().empty());
      RC_ASSERT(!reason.would_change().empty());
    }
  }
  RC_ASSERT(kinds.size() == 11u);
}

// An entry with little thought behind it; scores and due times often equal.
IndexEntry SomeEntry() {
  IndexEntry entry;
  entry.head.known = Chance(95);
  entry.head.met = Chance(80);
  entry.head.close = Chance(20);
  entry.head.standing = static_cast<std::uint8_t>(Pick(1, 4));
  entry.head.tolerated_s = 86400u * Pick<std::uint32_t>(1, 40);
  entry.head.since_us = absl::ToUnixMicros(SomeTime(60, 1));
  if (Chance(40)) entry.tail.earliest_due_us = absl::ToUnixMicros(SomeTime(8, 10));
  if (Chance(20)) {
    entry.tail.letters.time_s[0] = static_cast<std::uint32_t>(absl::ToUnixSeconds(SomeTime(40, 1)));
  }
  entry.head.obligation =
      entry.tail.earliest_due_us != kNever || entry.tail.letters.time_s[0] != kNoLetter;
  entry.head.outlived = Chance(20);
  entry.head.guarded = Chance(10);
  if (Chance(15)) {
    entry.head.moved = true;
    entry.tail.unthanked_s = static_cast<std::uint32_t>(absl::ToUnixSeconds(SomeTime(100, 1)));
  }
  if (Chance(30)) {
    entry.head.may_propose = true;
    entry.head.wants_to_buy = Chance(30);
    entry.tail.topic_bits = 1u << Pick(0, 3);
  }
  return entry;
}

struct Plain {
  std::map<std::string, IndexEntry> entries;
  std::map<std::string, std::set<std::string>> of_steward;
};

// Proves: R16
RC_GTEST_PROP(WorklistIndex, SelectsWhatAPlainSortWouldSelect, ()) {
  WorklistIndex index;
  Plain plain;
  const std::vector<std::string> stewards = {"mara", "ben", "cleo"};
  for (int i = Pick(0, 60); i > 0; --i) {
    const std::string id = absl::StrCat("r", Pick(0, 25));
    for (auto& [steward, ids] : plain.of_steward) ids.erase(id);
    plain.entries.erase(id);
    if (Chance(15)) {
      index.Remove(id);
      continue;
    }
    std::vector<std::string> chosen;
    for (const std::string& steward : stewards) {
      if (Chance(50)) chosen.push_back(steward);
      if (Chance(20) && !chosen.empty()) chosen.push_back(chosen.front());
    }
    plain.entries[id] = SomeEntry();
    for (const std::string& steward : chosen) plain.of_steward[steward].insert(id);
    index.Upsert(chosen, id, plain.entries[id]);
  }
  RC_ASSERT(index.size() == plain.entries.size());
  const absl::Time as_of = SomeTime(3, 10);
  const absl::TimeZone zone = SomeZone();
  const std::int64_t capacity = Pick(0, 12);
  const std::int64_t max_waiting = Pick(0, 5);
  const std::uint32_t offer_bits = Pick<std::uint32_t>(0, 8);
  for (const std::string& steward : stewards) {
    std::vector<RankedRelationship> steps;
    std::vector<RankedRelationship> waiting;
    for (const std::string& id : plain.of_steward[steward]) {
      const Rank rank = RankAt(plain.entries[id], as_of, zone);
      (rank.place == ClassPlace::kWait ? waiting : steps).push_back({id, rank});
    }
    const auto before = [](const RankedRelationship& a, const RankedRelationship& b) {
      if (Before(a.rank, b.rank)) return true;
      return !Before(b.rank, a.rank) && a.relationship < b.relationship;
    };
    std::sort(steps.begin(), steps.end(), before);
    std::sort(waiting.begin(), waiting.end(), before);
    // Within capacity, or owed since before the last working day.
    std::vector<std::string> expected;
    std::int64_t over = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const IndexEntry& entry = plain.entries[steps[i].relationship];
      bool late = entry.tail.earliest_due_us != kNever &&
                  PlusWorkingDay(absl::FromUnixMicros(entry.tail.earliest_due_us), zone) < as_of;
      const absl::Time asked = absl::FromUnixSeconds(entry.tail.letters.time_s[0]);
      if (asked <= as_of && as_of - asked < absl::Hours(24 * 30) + absl::Seconds(1)) {
        late = late || PlusWorkingDay(PlusWorkingDay(asked, zone), zone) < as_of;
      }
      const bool fits = static_cast<std::int64_t>(i) < capacity;
      if (!fits && late) ++over;
      if (fits || late) expected.push_back(steps[i].relationship);
    }
    // Those for whom something might be proposed, if a place is left.
    std::int64_t free = capacity;
    for (std::size_t i = 0; i < steps.size() && static_cast<std::int64_t>(i) < capacity; ++i) {
      free -= steps[i].rank.place < ClassPlace::kPropose;
    }
    std::vector<RankedRelationship> look;
    for (const auto* list : {&steps, &waiting}) {
      for (const auto& one : *list) {
        const IndexEntry& entry = plain.entries[one.relationship];
        if (free <= 0 || one.rank.place < ClassPlace::kRest) continue;
        if (!MayPropose(entry.head, entry.tail, offer_bits)) continue;
        look.push_back(one);
        look.back().rank.place = ClassPlace::kPropose;
        look.back().rank.led = entry.head.wants_to_buy;
        look.back().rank.due_us = kNever;
      }
    }
    std::sort(look.begin(), look.end(), before);
    look.resize(std::min(look.size(), static_cast<std::size_t>(kCandidatesPerPlace *
                                                               std::max<std::int64_t>(0, free))));
    const Selection got = index.Select(steward, capacity, as_of, zone, max_waiting, offer_bits);
    RC_ASSERT(Ids(got.may_propose) == Ids(look));
    RC_ASSERT(got.free_places == free);
    RC_ASSERT(Ids(got.items) == expected);
    RC_ASSERT(got.over_capacity == over);
    RC_ASSERT(got.left_out == static_cast<std::int64_t>(steps.size() - expected.size()));
    RC_ASSERT(got.waiting_count == static_cast<std::int64_t>(waiting.size()));
    waiting.resize(std::min(waiting.size(), static_cast<std::size_t>(max_waiting)));
    RC_ASSERT(Ids(got.waiting) == Ids(waiting));
    for (const auto& item : got.items) {
      ExpectSame(RankAt(plain.entries[item.relationship], as_of, zone), item.rank);
    }
    const std::vector<std::string> ids = Ids(got.items);
    RC_ASSERT(std::set<std::string>(ids.begin(), ids.end()).size() == ids.size());
  }
}

IndexEntry DueAt(const char* due, double silence_of_tolerated = 0.5) {
  World world;
  world.Promised("a thing", due);
  world.statistics.set_tolerated_days(7 / silence_of_tolerated);
  return MakeIndexEntry(world.Facts());
}

constexpr char kMondayNine[] = "2026-03-09T09:00:00Z";

// Proves: R03, R16
TEST(Worklist, PutsObligationsFirstAndThenTheLongestSilence) {
  World drifting;
  drifting.Spoke("2025-03-09T09:00:00Z");
  World birthday;
  birthday.Born(3, 9);
  World fine;
  WorklistIndex index;
  index.Upsert({{"mara"}}, "drifting", MakeIndexEntry(drifting.Facts()));
  index.Upsert({{"mara"}}, "birthday", MakeIndexEntry(birthday.Facts()));
  index.Upsert({{"mara"}}, "fine", MakeIndexEntry(fine.Facts()));
  index.Upsert({{"mara"}}, "due", DueAt("2026-03-10T09:00:00Z", 0.1));
  index.Upsert({{"mara"}}, "due-and-quiet", DueAt("2026-03-11T09:00:00Z", 0.9));
  const Selection list = index.Select("mara", 10, At(kMondayNine), kUtc, 10);
  EXPECT_THAT(Ids(list.items), ElementsAre("due-and-quiet", "due", "birthday", "drifting"));
  EXPECT_THAT(Ids(list.waiting), ElementsAre("fine"));
  EXPECT_EQ(list.waiting_count, 1);
  const Selection two = index.Select("mara", 2, At(kMondayNine), kUtc, 0);
  EXPECT_THAT(Ids(two.items), ElementsAre("due-and-quiet", "due"));
  EXPECT_EQ(two.left_out, 2);
  EXPECT_EQ(two.over_capacity, 0);
  EXPECT_TRUE(two.waiting.empty());
  EXPECT_TRUE(index.Select("nobody", 2, At(kMondayNine), kUtc, 2).items.empty());
}

// Proves: R16
TEST(Worklist, ListsEveryObligationThatIsOverdueForMoreThanAWorkingDay) {
  WorklistIndex index;
  // Due on Friday at ten: overdue for a working day on Monday at ten.
  for (int i = 0; i < 5; ++i) {
    index.Upsert({{"mara"}}, absl::StrCat("late", i), DueAt("2026-03-06T10:00:00Z", 0.1));
  }
  index.Upsert({{"mara"}}, "fresh", DueAt("2026-03-10T09:00:00Z", 0.9));
  const Selection early = index.Select("mara", 1, At("2026-03-09T10:00:00Z"), kUtc, 0);
  EXPECT_EQ(early.items.size(), 1u);
  EXPECT_EQ(early.left_out, 5);
  const Selection late = index.Select("mara", 1, At("2026-03-09T10:00:01Z"), kUtc, 0);
  EXPECT_THAT(Ids(late.items), ElementsAre("fresh", "late0", "late1", "late2", "late3", "late4"));
  EXPECT_EQ(late.over_capacity, 5);
  EXPECT_EQ(late.left_out, 0);
}

// Proves: R16
TEST(Worklist, FollowsTheStewardsAndForgetsTheRemoved) {
  WorklistIndex index;
  index.Upsert({{"mara", "ben", "mara"}}, "a", DueAt(kMondayNine));
  index.Upsert({{"mara"}}, "b", DueAt(kMondayNine));
  const auto list = [&](const char* steward) {
    return Ids(index.Select(steward, 9, At(kMondayNine), kUtc, 0).items);
  };
  EXPECT_THAT(list("mara"), ElementsAre("a", "b"));
  EXPECT_THAT(list("ben"), ElementsAre("a"));
  index.Upsert({{"ben"}}, "b", DueAt(kMondayNine));
  index.Remove("a");
  index.Remove("never known");
  EXPECT_THAT(list("mara"), ElementsAre());
  EXPECT_THAT(list("ben"), ElementsAre("b"));
  EXPECT_EQ(index.size(), 1u);
}

TEST(Worklist, CountsThoseWhoWereNeverMetByTheirOwnLimit) {
  WorklistIndex index;
  const std::int64_t limit_us = absl::ToUnixMicros(At(kMondayNine)) - kNotMetAfterUs;
  IndexEntry entry;
  entry.head.known = 1;
  entry.head.standing = contact::v1::OPEN;
  entry.head.since_us = limit_us - kMicrosPerDay;
  entry.head.tolerated_s = 10 * static_cast<std::uint32_t>(kNotMetAfterUs / kMicrosPerSecond);
  index.Upsert({{"mara"}}, "for long", entry);
  index.Upsert({{"mara"}}, "for as long", entry);
  entry.head.since_us = limit_us + kMicrosPerDay;
  entry.head.tolerated_s = 1;
  index.Upsert({{"mara"}}, "not yet", entry);
  const Selection nobody = index.Select("mara", 0, At(kMondayNine), kUtc, 0);
  EXPECT_EQ(nobody.left_out, 2);
  EXPECT_EQ(nobody.waiting_count, 1);
}

std::size_t BytesForEach(bool everybodys) {
  WorklistIndex index;
  const IndexEntry entry = DueAt(kMondayNine);
  constexpr int kRelationships = 50000;
  for (int i = 0; i < kRelationships; ++i) {
    std::vector<std::string> stewards = {absl::StrCat("steward-", i % 100)};
    if (everybodys) stewards.emplace_back("everybody");
    index.Upsert(stewards, absl::StrCat("0195a8f0-0000-7000-8000-", absl::Dec(i, absl::kZeroPad12)),
                 entry);
  }
  return index.MemoryBytes() / kRelationships;
}

TEST(Worklist, HoldsARelationshipInTwoHundredBytesAndInAHundredAndTwentyMoreForASecondSteward) {
  EXPECT_LE(BytesForEach(false), 200u);
  EXPECT_GE(BytesForEach(false), 100u);
  EXPECT_LE(BytesForEach(true), 320u);
}

}  // namespace
}  // namespace rapport::recommendation
