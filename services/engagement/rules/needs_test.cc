#include "services/engagement/rules/needs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "services/engagement/rules/samples.h"

namespace rapport::engagement::rules {
namespace {

using ::rapport::type::v1::PARTY_PERSON;
using ::rapport::type::v1::PARTY_UNSPECIFIED;
using ::rapport::type::v1::PARTY_US;
using ::testing::ElementsAre;
using N = v1::Need;
const Parameters kDefaults;

N Stated(type::v1::Party origin = PARTY_PERSON, double day = 0) {
  N need;
  need.set_origin(origin);
  EXPECT_EQ(StateNeed(Day(day), &need), NeedRule::kNone);
  return need;
}

NeedRule Advance(N::State to, N* need, double day = 1, NeedWords words = {PARTY_PERSON}) {
  return AdvanceNeed(to, words, Day(day), kDefaults, need);
}

// Proves: E09
TEST(Needs, AreStatedByThePersonAndSensedByUs) {
  EXPECT_EQ(Stated().state(), N::STATED);
  EXPECT_EQ(Stated(PARTY_US).state(), N::SENSED);
  EXPECT_EQ(time::FromProto(Stated().stated_time()), Day(0));
  N need;
  need.set_origin(PARTY_US);
  need.set_explicit_(true);
  EXPECT_EQ(StateNeed(Day(0), &need), NeedRule::kNotSaidByPerson);
  need.set_origin(PARTY_PERSON);
  need.clear_explicit_();
  need.set_wants_to_buy(true);
  EXPECT_EQ(StateNeed(Day(0), &need), NeedRule::kNone);
  EXPECT_TRUE(need.explicit_()) << "who asks to buy wants it solved";
  EXPECT_EQ(time::FromProto(need.wants_to_buy_time()), Day(0));
}

// Every pair of states: only the moves of the life of a need are possible.
// Proves: E09
TEST(Needs, MoveAlongTheirLifeOnly) {
  const std::vector<N::State> states = {N::SENSED, N::STATED, N::BEING_SERVED, N::SERVED,
                                        N::OUTLIVED};
  const auto in = [](N::State state) {
    N need = Stated(state == N::SENSED ? PARTY_US : PARTY_PERSON);
    if (state == N::BEING_SERVED || state == N::SERVED) {
      EXPECT_EQ(Advance(N::BEING_SERVED, &need, 0), NeedRule::kNone);
    }
    if (state == N::SERVED) {
      EXPECT_EQ(Advance(N::SERVED, &need, 0), NeedRule::kNone);
    }
    if (state == N::OUTLIVED) {
      EXPECT_EQ(OutliveNeed(PARTY_US, "", Day(0), kDefaults, &need), NeedRule::kNone);
    }
    EXPECT_EQ(need.state(), state);
    return need;
  };
  std::vector<std::string> moves;
  for (const auto from : states) {
    for (const auto to : states) {
      N need = in(from);
      const std::string before = need.SerializeAsString();
      if (Advance(to, &need) == NeedRule::kNone) {
        moves.push_back(absl::StrCat(N::State_Name(from), ">", N::State_Name(to)));
        EXPECT_EQ(need.state(), to);
        EXPECT_EQ(time::FromProto(need.state_time()), Day(1));
      } else {
        EXPECT_EQ(need.SerializeAsString(), before) << "a refused move changes nothing";
      }
    }
  }
  EXPECT_THAT(moves, ElementsAre("SENSED>STATED", "STATED>BEING_SERVED", "BEING_SERVED>STATED",
                                 "BEING_SERVED>SERVED"));
}

// Proves: E09
TEST(Needs, AreNotStatedByUs) {
  N need = Stated(PARTY_US);
  EXPECT_EQ(Advance(N::STATED, &need, 1, {PARTY_US}), NeedRule::kNotSaidByPerson);
  EXPECT_EQ(Advance(N::STATED, &need, 1, {PARTY_PERSON}), NeedRule::kNone);
  EXPECT_EQ(time::FromProto(need.stated_time()), Day(1));
  EXPECT_EQ(need.origin(), PARTY_US) << "we brought it up all the same";
}

// Proves: E09
TEST(Needs, TakeUpWhatThePersonAdds) {
  N need = Stated();
  EXPECT_EQ(Advance(N::STATE_UNSPECIFIED, &need, 1, {PARTY_PERSON}), NeedRule::kNothingNew);
  EXPECT_EQ(Advance(N::STATE_UNSPECIFIED, &need, 1, {PARTY_US, true}), NeedRule::kNotSaidByPerson);
  EXPECT_EQ(Advance(N::STATE_UNSPECIFIED, &need, 1, {PARTY_PERSON, true}), NeedRule::kNone);
  EXPECT_TRUE(need.explicit_());
  EXPECT_FALSE(need.wants_to_buy());
  EXPECT_EQ(need.state(), N::STATED);
  EXPECT_EQ(time::FromProto(need.state_time()), Day(0)) << "it has not moved";
  EXPECT_EQ(time::FromProto(need.stated_time()), Day(1));
  EXPECT_EQ(Advance(N::BEING_SERVED, &need, 2, {PARTY_PERSON, false, true}), NeedRule::kNone);
  EXPECT_TRUE(need.wants_to_buy());
  EXPECT_EQ(time::FromProto(need.wants_to_buy_time()), Day(2));
  EXPECT_EQ(Advance(N::SERVED, &need, 3), NeedRule::kNone);
  EXPECT_FALSE(need.wants_to_buy()) << "the wish is fulfilled";
  EXPECT_EQ(time::FromProto(need.wants_to_buy_time()), Day(2));
  EXPECT_EQ(Advance(N::STATE_UNSPECIFIED, &need, 4, {PARTY_PERSON, true}), NeedRule::kOver);
  N sensed = Stated(PARTY_US);
  EXPECT_EQ(Advance(N::STATE_UNSPECIFIED, &sensed, 4, {PARTY_PERSON, true}), NeedRule::kNotStated);
}

// Proves: E09
TEST(Needs, AreOutlivedAndComeBack) {
  N need = Stated();
  EXPECT_EQ(OutliveNeed(PARTY_PERSON, "sold the workshop", Day(5), kDefaults, &need),
            NeedRule::kNone);
  EXPECT_EQ(need.outlived_said_by(), PARTY_PERSON);
  EXPECT_EQ(need.moves(1).reason(), "sold the workshop");
  EXPECT_EQ(OutliveNeed(PARTY_PERSON, "", Day(6), kDefaults, &need), NeedRule::kOutlived);
  EXPECT_EQ(ReviveNeed({PARTY_US}, Day(6), kDefaults, &need), NeedRule::kOutlivedByPerson);
  EXPECT_EQ(ReviveNeed({PARTY_PERSON, true}, Day(4), kDefaults, &need), NeedRule::kBeforeLastMove);
  EXPECT_EQ(ReviveNeed({PARTY_PERSON, true}, Day(60), kDefaults, &need), NeedRule::kNone);
  EXPECT_EQ(need.state(), N::STATED);
  EXPECT_EQ(need.outlived_said_by(), PARTY_UNSPECIFIED);
  EXPECT_EQ(time::FromProto(need.stated_time()), Day(60));
  EXPECT_EQ(ReviveNeed({PARTY_PERSON}, Day(61), kDefaults, &need), NeedRule::kNotOver);
  EXPECT_EQ(ReviveNeed({PARTY_US, true}, Day(61), kDefaults, &need), NeedRule::kNotSaidByPerson);
}

TEST(Needs, AreSensedAnewIfOnlyWeThinkSo) {
  N need = Stated();
  ASSERT_EQ(OutliveNeed(PARTY_US, "", Day(1), kDefaults, &need), NeedRule::kNone);
  EXPECT_EQ(ReviveNeed({PARTY_US}, Day(2), kDefaults, &need), NeedRule::kNone);
  EXPECT_EQ(need.state(), N::SENSED);
}

// Proves: E11
TEST(Needs, FollowTheSalesThatServeThem) {
  N need = Stated(PARTY_US);
  EXPECT_EQ(MoveBySale(N::STATED, "a", Day(1), kDefaults, &need), NeedRule::kNone);
  EXPECT_EQ(need.state(), N::SENSED) << "nothing was under way";
  EXPECT_EQ(MoveBySale(N::BEING_SERVED, "a", Day(1), kDefaults, &need), NeedRule::kNone);
  EXPECT_EQ(need.state(), N::BEING_SERVED);
  EXPECT_EQ(MoveBySale(N::STATED, "a", Day(2), kDefaults, &need), NeedRule::kNone);
  EXPECT_EQ(need.state(), N::STATED);
  EXPECT_EQ(MoveBySale(N::SERVED, "b", Day(1), kDefaults, &need), NeedRule::kNone);
  EXPECT_EQ(time::FromProto(need.state_time()), Day(2)) << "never before the last move";
  EXPECT_THAT(need.served_by(), ElementsAre("b"));
  EXPECT_EQ(MoveBySale(N::SERVED, "c", Day(3), kDefaults, &need), NeedRule::kNone);
  EXPECT_THAT(need.served_by(), ElementsAre("b", "c"));
  EXPECT_EQ(time::FromProto(need.state_time()), Day(2)) << "it is served since then";
  EXPECT_EQ(MoveBySale(N::STATED, "x", Day(4), kDefaults, &need), NeedRule::kNone);
  EXPECT_EQ(need.state(), N::SERVED) << "x has not served it";
  EXPECT_EQ(MoveBySale(N::STATED, "b", Day(4), kDefaults, &need), NeedRule::kNone);
  EXPECT_EQ(need.state(), N::STATED);
  EXPECT_THAT(need.served_by(), ElementsAre("c"));
  EXPECT_EQ(need.moves(5).sale(), "b");
}

TEST(Needs, DoNotMoveForever) {
  N need = Stated();
  for (int i = 1; i < kDefaults.max_moves; ++i) {
    ASSERT_EQ(Advance(N::STATE_UNSPECIFIED, &need, i, {PARTY_PERSON, true}), NeedRule::kNone);
  }
  EXPECT_EQ(Advance(N::BEING_SERVED, &need, 300), NeedRule::kTooManyMoves);
  EXPECT_EQ(MoveBySale(N::SERVED, "a", Day(300), kDefaults, &need), NeedRule::kTooManyMoves);
}

// Proves: E09
TEST(NeedAt, TakesLaterMovesBack) {
  N need = Stated();
  ASSERT_EQ(Advance(N::BEING_SERVED, &need, 2, {PARTY_PERSON, false, true}), NeedRule::kNone);
  ASSERT_EQ(MoveBySale(N::SERVED, "a", Day(4), kDefaults, &need), NeedRule::kNone);
  ASSERT_EQ(ReviveNeed({PARTY_PERSON}, Day(6), kDefaults, &need), NeedRule::kNone);
  EXPECT_EQ(NeedAt(need, Day(1)).state(), N::STATED);
  EXPECT_FALSE(NeedAt(need, Day(1)).explicit_());
  EXPECT_TRUE(NeedAt(need, Day(3)).wants_to_buy());
  EXPECT_FALSE(NeedAt(need, Day(4)).wants_to_buy());
  EXPECT_THAT(NeedAt(need, Day(5)).served_by(), ElementsAre("a"));
  EXPECT_EQ(time::FromProto(NeedAt(need, Day(5)).stated_time()), Day(2));
  EXPECT_EQ(NeedAt(need, Day(7)).SerializeAsString(), need.SerializeAsString());
  EXPECT_EQ(NeedMicros(need), absl::ToUnixMicros(Day(0)));
}

TEST(NeedRuleText, SaysEachRuleInWords) {
  EXPECT_EQ(NeedRuleText(NeedRule::kNone), "");
  for (int rule = 1; rule <= static_cast<int>(NeedRule::kTooManyMoves); ++rule) {
    EXPECT_THAT(std::string(NeedRuleText(static_cast<NeedRule>(rule))),
                ::testing::MatchesRegex("[a-z].*[^.]"));
  }
}

}  // namespace
}  // namespace rapport::engagement::rules
