#include "tools/rapportctl/choices.h"

#include "common/testing/matchers.h"
#include "tools/rapportctl/outcome.h"

namespace rapport::rapportctl {
namespace {

using ::rapport::testing::StatusIs;

TEST(ReadChoice, TakesWordsAndSynonymsInAnyCase) {
  ASSERT_OK_AND_ASSIGN(const auto way, ReadChoice("channel", "In_Person", Ways()));
  EXPECT_EQ(way, type::v1::CHANNEL_IN_PERSON);
  ASSERT_OK_AND_ASSIGN(const auto stage, ReadChoice("stage", "declined for now", SaleStages()));
  EXPECT_EQ(stage, engagement::v1::Sale::DECLINED_FOR_NOW);
  ASSERT_OK_AND_ASSIGN(const auto party, ReadChoice("said_by", "THEM", Parties()));
  EXPECT_EQ(party, type::v1::PARTY_PERSON);
}

TEST(ReadChoice, KnowsTheFourSlotsByTheirLetters) {
  using engagement::v1::Fact;
  for (const auto& [letter, slot] :
       {std::pair("s", Fact::SITUATION), std::pair("P", Fact::PROBLEM),
        std::pair("i", Fact::IMPLICATION), std::pair("N", Fact::NEED_PAYOFF)}) {
    ASSERT_OK_AND_ASSIGN(const auto read, ReadChoice("fact.slot", letter, Slots()));
    EXPECT_EQ(read, slot);
  }
}

TEST(ReadChoice, ListsEachChoiceOnceWhereNothingFits) {
  const auto wrong = ReadChoice("offer.stake", "enormous", Stakes());
  ASSERT_THAT(wrong, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(ErrorText(wrong.status()),
            "rapportctl: stake: \"enormous\" is none of low, high\n"
            "            INVALID_ARGUMENT · FIELD · offer.stake\n");
  const auto fax = ReadChoice("channel", "fax", Ways());
  EXPECT_THAT(ErrorText(fax.status()),
              ::testing::HasSubstr("none of call, mail, sms, chat, letter, in-person, video, "
                                   "social, other\n"));
}

TEST(WordFor, GivesTheFirstWordOfAChoice) {
  EXPECT_EQ(WordFor(type::v1::CHANNEL_PHONE, Ways()), "call");
  EXPECT_EQ(WordFor(type::v1::CHANNEL_UNSPECIFIED, Ways()), "");
}

}  // namespace
}  // namespace rapport::rapportctl
