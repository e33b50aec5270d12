// Laws of readiness over a hundred thousand generated histories in all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "services/recommendation/rules/next_steps.h"
#include "services/recommendation/rules/readiness.h"
#include "services/recommendation/rules/test_world.h"

namespace rapport::recommendation {
namespace {

using ::rapport::contact::v1::ContactObstacle;
using ::rapport::engagement::v1::Fact;
using ::rapport::engagement::v1::Feedback;
using ::rapport::engagement::v1::Need;
using ::rapport::engagement::v1::Promise;
using ::rapport::engagement::v1::Sale;

constexpr int kHistories = 30000;  // of three laws; the fourth takes a third of it

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  int Below(int n) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(n)); }
  bool Chance(int percent) { return Below(100) < percent; }
  double Share() { return Below(11) / 10.0; }
  // An instant up to `days` before the one that is asked about.
  google::protobuf::Timestamp Ago(int days) {
    return time::ToProto(kAsked - absl::Hours(24) * Below(days) - absl::Minutes(Below(1440)));
  }
  static const absl::Time kAsked;

 private:
  std::mt19937_64 engine_;
};
const absl::Time Dice::kAsked = absl::FromUnixSeconds(1773046800);  // 9 March 2026, 09:00

void Measure(Dice& dice, type::v1::Measure* out, double scale) {
  World::Measured(out, dice.Share() * scale);
  if (dice.Chance(15)) out->set_status(type::v1::MEASURE_STATUS_INSUFFICIENT);
  if (dice.Chance(10)) out->set_status(type::v1::MEASURE_STATUS_UNDEFINED);
}

// Mostly well, so that each condition often decides alone.
World SomeHistory(Dice& dice) {
  World world;
  world.Offers("migration", "re-keying", dice.Chance(70) ? v1::Offer::HIGH : v1::Offer::LOW);
  if (dice.Chance(10)) world.offers[0].add_requires_facts("own press");
  if (dice.Chance(10)) world.offers[0].add_eligible_labels("press");
  world.Asked();
  if (dice.Chance(80)) {
    Need& need = world.Needs("no more re-keying", "re-keying", "2026-03-02T09:00:00Z");
    need.set_explicit_(dice.Chance(70));
    if (dice.Chance(20)) need.set_state(static_cast<Need::State>(1 + dice.Below(5)));
    if (dice.Chance(20)) {
      need.set_wants_to_buy(true);
      *need.mutable_wants_to_buy_time() = dice.Ago(60);
    }
  }
  if (dice.Chance(40)) {
    Fact& fact =
        world.Said(static_cast<Fact::Slot>(1 + dice.Below(4)), "a fact", "2026-03-02T09:00:00Z");
    fact.add_topics(dice.Chance(70) ? "re-keying" : "own press");
    if (dice.Chance(30)) fact.set_said_by(type::v1::PARTY_US);
  }
  if (dice.Chance(60)) world.Understood(dice.Share(), dice.Share(), dice.Share(), dice.Share());
  if (dice.Chance(40))
    Measure(dice, world.live.understanding->mutable_rapport()->mutable_listening(), 1);
  if (dice.Chance(30))
    Measure(dice, world.live.understanding->mutable_rapport()->mutable_reliability(), 1);
  if (dice.Chance(30))
    world.live.understanding->mutable_rapport()->set_reliability_uncertainty(dice.Share());
  if (dice.Chance(40))
    Measure(dice, world.live.understanding->mutable_rapport()->mutable_give_ask(), 3);
  if (dice.Chance(10))
    world.relationship.set_standing(static_cast<contact::v1::Standing>(1 + dice.Below(3)));
  if (dice.Chance(8)) world.Guarded("a loss");
  if (dice.Chance(10)) {
    world.Denies(static_cast<contact::v1::ConsentVerdict>(2 + dice.Below(2)),
                 ContactObstacle::CONSENT_DENIED);
  }
  if (dice.Chance(12)) {
    Promise& promise = world.Promised("a thing", "2026-03-06T12:00:00Z");
    *promise.mutable_due_time() = dice.Ago(10);
    promise.set_kind(static_cast<Promise::Kind>(dice.Below(4)));
  }
  if (dice.Chance(12)) {
    world.Gave("a thing", "2026-03-06T12:00:00Z")
        .set_kind(static_cast<Feedback::Kind>(1 + dice.Below(4)));
  }
  if (dice.Chance(12)) {
    Sale& sale = world.Sold("migration", static_cast<Sale::Stage>(1 + dice.Below(5)),
                            "2026-03-01T09:00:00Z");
    *sale.mutable_moves(0)->mutable_time() = dice.Ago(200);
  }
  for (int i = dice.Below(8) - 4; i > 0; --i) {
    const auto then = absl::ToUnixMicros(time::FromProto(dice.Ago(12)));
    world.statistics.add_recent_asks_us(then);
    if (dice.Chance(60)) world.statistics.add_recent_proposals_us(then);
  }
  if (dice.Chance(3)) world.live.contact.reset();
  if (dice.Chance(3)) world.live.understanding.reset();
  return world;
}

Judged JudgeIt(const RelationshipFacts& facts) {
  const Circumstances at(facts, Dice::kAsked, absl::UTCTimeZone());
  return Judge(at, TiesOf(facts, *facts.offers[0], at.as_of));
}

bool Proposes(const World& world) {
  const v1::Decision decision = Decide(world.Facts(), Dice::kAsked, absl::UTCTimeZone());
  for (const auto& suggestion : decision.suggestions()) {
    if (suggestion.kind() == v1::PROPOSE) return true;
  }
  return false;
}

// Makes one change come true.
void Apply(const v1::ReadinessChange& change, World& world) {
  switch (change.code()) {
    case v1::RESTING:
      world.relationship.set_standing(contact::v1::OPEN);
      break;
    case v1::CARE_GUARD:
      world.relationship.clear_care_guard();
      break;
    case v1::CONSENT_UNKNOWN:
      world.live.contact->set_permitted(true);
      world.live.contact->clear_obstacles();
      world.live.contact->mutable_consent()->set_verdict(contact::v1::CONSENT_ALLOWED);
      break;
    case v1::PROMISE_BROKEN:
    case v1::AFTER_CARE_OPEN:
      for (auto& promise : world.promises) promise.set_state(Promise::REPAIRED);
      break;
    case v1::GRIEVANCE_OPEN:
      for (auto& feedback : world.feedback) feedback.set_state(Feedback::ACKNOWLEDGED);
      break;
    case v1::UNDERSTANDING_THIN: {
      auto& known = *world.live.understanding;
      double coverage = 0;
      for (auto& slot : *known.mutable_slots()) {
        for (const char* what : {"how they work", "hard for them", "leads to", "worth"}) {
          const int k = what[0] == 'h' ? (what[1] == 'o' ? 1 : 2) : what[0] == 'l' ? 3 : 4;
          if (slot.slot() == k && change.text().find(what) != std::string::npos) slot.set_fill(1);
        }
        coverage += slot.weight() * slot.fill();
      }
      World::Measured(known.mutable_coverage(), coverage);
      break;
    }
    case v1::NEED_NOT_EXPLICIT:
      world.Needs("said now", "re-keying", "2026-03-09T08:00:00Z").set_explicit_(true);
      break;
    case v1::LISTENED_TOO_LITTLE:
      World::Measured(world.live.understanding->mutable_rapport()->mutable_listening(), 0.6);
      break;
    case v1::PROMISES_UNRELIABLE:
      World::Measured(world.live.understanding->mutable_rapport()->mutable_reliability(), 0.5);
      break;
    case v1::ASK_HEAVY:
      World::Measured(world.live.understanding->mutable_rapport()->mutable_give_ask(), 1);
      break;
    case v1::PRESSURE_CAP:
      world.statistics.clear_recent_asks_us();
      world.statistics.clear_recent_proposals_us();
      break;
    case v1::RECENTLY_DECLINED:
    case v1::ALREADY_SERVED:
      for (auto& sale : world.sales) sale.set_stage(Sale::REVERSED);
      break;
    case v1::NOT_APPLICABLE:
      world.Said(Fact::SITUATION, "owns a press", "2026-03-08T09:00:00Z").add_topics("own press");
      break;
    default:
      FAIL() << v1::ReasonCode_Name(change.code());
  }
}

// Proves: R04, R06
TEST(ReadinessLaws, TheSmallestChangesMakeItReadyAndNoneIsSuperfluous) {
  Dice dice(1);
  int changed = 0;
  for (int i = 0; i < kHistories; ++i) {
    World world = SomeHistory(dice);
    const Judged judged = JudgeIt(world.Facts());
    ASSERT_TRUE(judged.changes.empty() || !judged.ready) << i;
    if (judged.changes.empty()) continue;
    ++changed;
    World without = world;
    const auto left_out =
        static_cast<std::size_t>(dice.Below(static_cast<int>(judged.changes.size())));
    for (std::size_t k = 0; k < judged.changes.size(); ++k) {
      Apply(judged.changes[k], world);
      if (k != left_out) Apply(judged.changes[k], without);
    }
    ASSERT_TRUE(JudgeIt(world.Facts()).ready) << i;
    // A change of the same kind may do for another one (two promises, two caps).
    bool alone = true;
    for (std::size_t k = 0; k < judged.changes.size(); ++k) {
      const auto group = [](v1::ReasonCode code) {
        return code == v1::AFTER_CARE_OPEN  ? v1::PROMISE_BROKEN
               : code == v1::ALREADY_SERVED ? v1::RECENTLY_DECLINED
                                            : code;
      };
      if (k != left_out && judged.changes[left_out].code() != v1::UNDERSTANDING_THIN &&
          group(judged.changes[k].code()) == group(judged.changes[left_out].code())) {
        alone = false;
      }
    }
    if (alone) {
      ASSERT_FALSE(JudgeIt(without.Facts()).ready) << i;
    }
  }
  EXPECT_GT(changed, kHistories / 10);
}

// Proves: R04
TEST(ReadinessLaws, MoreUnderstandingNeverMakesItWorse) {
  Dice dice(2);
  int ready = 0;
  for (int i = 0; i < kHistories; ++i) {
    World world = SomeHistory(dice);
    const Judged before = JudgeIt(world.Facts());
    if (world.live.understanding) {
      double fills[4] = {};
      for (int k = 0; k < 4; ++k) {
        const double fill = world.live.understanding->slots(k).fill();
        fills[k] = dice.Chance(50) ? fill : fill + (1 - fill) * dice.Share();
      }
      world.Understood(fills[0], fills[1], fills[2], fills[3]);
    }
    Fact& fact =
        world.Said(static_cast<Fact::Slot>(1 + dice.Below(4)), "more", "2026-03-08T09:00:00Z");
    fact.add_topics(dice.Chance(50) ? "re-keying" : "own press");
    const Judged after = JudgeIt(world.Facts());
    ASSERT_LE(after.obstacles(), before.obstacles()) << i;
    ASSERT_TRUE(after.ready || !before.ready) << i;
    ready += after.ready;
  }
  EXPECT_GT(ready, kHistories / 50);
}

// Proves: R04, C15, E13
TEST(ReadinessLaws, IsShutWithoutEvidenceWithAGrievanceAGuardOrAWithdrawal) {
  Dice dice(3);
  int proposed = 0;
  for (int i = 0; i < kHistories / 3; ++i) {
    const World world = SomeHistory(dice);
    const Judged judged = JudgeIt(world.Facts());
    const bool led = judged.ties.person_led;
    if (!led) {
      World thin = world;
      thin.facts.clear();
      thin.needs.clear();
      if (thin.live.understanding) thin.Understood(0, 0, 0, 0);
      ASSERT_FALSE(JudgeIt(thin.Facts()).ready) << i;
      World hurt = world;
      hurt.Gave("the delivery", "2026-03-08T09:00:00Z").set_kind(Feedback::GRIEVANCE);
      ASSERT_FALSE(JudgeIt(hurt.Facts()).ready) << i;
      World withdrawn = world;
      if (withdrawn.live.contact) {
        withdrawn.Denies(contact::v1::CONSENT_DENIED, ContactObstacle::CONSENT_DENIED);
      }
      ASSERT_FALSE(JudgeIt(withdrawn.Facts()).ready) << i;
      ASSERT_FALSE(Proposes(withdrawn)) << i;
    }
    proposed += Proposes(world);
    World guarded = world;
    guarded.Guarded("a loss");
    ASSERT_FALSE(Proposes(guarded)) << i;
  }
  EXPECT_GT(proposed, kHistories / 300);
}

// Proves: R04
TEST(ReadinessLaws, WhatCannotSpeakNeverPasses) {
  Dice dice(4);
  for (int i = 0; i < kHistories; ++i) {
    const World world = SomeHistory(dice);
    for (const Condition& condition : JudgeIt(world.Facts()).conditions) {
      const auto& shown = condition.shown;
      if (shown.waived() || !shown.met()) continue;
      const bool silent = shown.status() == type::v1::MEASURE_STATUS_INSUFFICIENT ||
                          shown.status() == type::v1::MEASURE_STATUS_UNDEFINED;
      ASSERT_TRUE(!silent || (shown.code() == v1::PROMISES_UNRELIABLE &&
                              world.live.understanding->rapport().reliability_uncertainty() >= 1))
          << i << " " << shown.term();
    }
  }
}

}  // namespace
}  // namespace rapport::recommendation
