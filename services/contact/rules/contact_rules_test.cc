#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "services/contact/rules/provenance.h"
#include "services/contact/rules/rhythm.h"
#include "services/contact/rules/standing.h"

namespace rapport::contact::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr v1::Standing kStandings[] = {v1::OPEN, v1::RESTING, v1::QUIETED};

// Proves: C11
TEST(Standing, FromEachThereIsAWayToEveryOther) {
  for (const auto from : kStandings) {
    for (const auto to : kStandings) {
      if (from == to) continue;
      EXPECT_EQ(CheckMove(from, to, type::v1::PARTY_PERSON, true), StandingRule::kNone);
    }
  }
}

// Proves: C11
TEST(Standing, OnlyThePersonsWordLeadsOutOfQuiet) {
  EXPECT_EQ(CheckMove(v1::QUIETED, v1::OPEN, type::v1::PARTY_US, true), StandingRule::kPersonsWord);
  EXPECT_EQ(CheckMove(v1::QUIETED, v1::OPEN, type::v1::PARTY_PERSON, false),
            StandingRule::kPersonsWord);
  EXPECT_EQ(CheckMove(v1::QUIETED, v1::RESTING, type::v1::PARTY_US, true),
            StandingRule::kPersonsWord);
  EXPECT_EQ(CheckMove(v1::OPEN, v1::QUIETED, type::v1::PARTY_US, false), StandingRule::kNone);
  EXPECT_EQ(CheckMove(v1::OPEN, v1::OPEN, type::v1::PARTY_US, false), StandingRule::kAlreadyThere);
}

// Proves: C13
TEST(Rhythm, NearestDeclarationWins) {
  v1::Settings settings;
  v1::Relationship relationship;
  EXPECT_FALSE(EffectiveRhythm(relationship, settings).has_value());

  settings.mutable_default_rhythm()->set_wish_days(90);
  EXPECT_EQ(EffectiveRhythm(relationship, settings)->source(), v1::Rhythm::TENANT);
  EXPECT_DOUBLE_EQ(EffectiveRhythm(relationship, settings)->tolerate_days(), 135);

  auto* vip = settings.add_label_rhythms();
  vip->set_label("vip");
  vip->mutable_rhythm()->set_wish_days(14);
  relationship.add_labels("friend");
  relationship.add_labels("vip");
  EXPECT_EQ(EffectiveRhythm(relationship, settings)->source(), v1::Rhythm::LABEL);
  EXPECT_DOUBLE_EQ(EffectiveRhythm(relationship, settings)->wish_days(), 14);

  relationship.mutable_rhythm()->set_wish_days(28);
  relationship.mutable_rhythm()->set_tolerate_days(42);
  EXPECT_EQ(EffectiveRhythm(relationship, settings)->source(), v1::Rhythm::PERSON);
  EXPECT_DOUBLE_EQ(EffectiveRhythm(relationship, settings)->tolerate_days(), 42);
}

const absl::Time kNow = absl::FromUnixSeconds(1700000000);

// Proves: C01
TEST(Provenance, ALessTrustedSourceCannotReplaceWhatThePersonSaid) {
  v1::Person card;
  v1::Person said;
  said.set_full_name("Ana Lopes");
  said.set_pronouns("she");
  EXPECT_TRUE(MergeCard(said, {"ana", v1::TRUST_PERSON}, kNow, &card));
  v1::Person book;
  book.set_full_name("LOPES, A.");
  book.set_title("Operations");
  EXPECT_TRUE(MergeCard(book, {"vcard:people.vcf", v1::TRUST_IMPORTED}, kNow, &card));
  EXPECT_EQ(card.full_name(), "Ana Lopes");
  EXPECT_EQ(card.title(), "Operations");
  ASSERT_EQ(card.provenance_size(), 3);
}

// Proves: C01
TEST(Provenance, ALaterWordOfTheSameTrustReplacesTheEarlierOne) {
  v1::Person card;
  v1::Person said;
  said.set_full_name("Ana Lopes");
  MergeCard(said, {"vcard:old.vcf", v1::TRUST_IMPORTED}, kNow, &card);
  said.set_full_name("Ana Lopes Pinto");
  EXPECT_TRUE(MergeCard(said, {"vcard:new.vcf", v1::TRUST_IMPORTED}, kNow, &card));
  EXPECT_EQ(card.full_name(), "Ana Lopes Pinto");
  ASSERT_EQ(card.provenance_size(), 1);
  EXPECT_EQ(card.provenance(0).source(), "vcard:new.vcf");
}

// Proves: C01, C04
TEST(Provenance, SayingTheSameTwiceChangesNothing) {
  v1::Person card;
  v1::Person said;
  said.set_full_name("Ana Lopes");
  said.add_labels("customer");
  auto* birthday = said.add_anniversaries();
  birthday->set_kind(v1::Anniversary::BIRTH);
  birthday->mutable_date()->set_month(3);
  birthday->mutable_date()->set_day(9);
  EXPECT_TRUE(MergeCard(said, {"vcard", v1::TRUST_IMPORTED}, kNow, &card));
  const std::string once = card.SerializeAsString();
  EXPECT_FALSE(MergeCard(said, {"vcard", v1::TRUST_IMPORTED}, kNow + absl::Hours(1), &card));
  EXPECT_EQ(card.SerializeAsString(), once);
}

TEST(Provenance, NamesTheFieldsThatAreProtected) {
  v1::Person before;
  v1::Person said;
  said.set_full_name("Ana Lopes");
  said.set_title("Operations");
  MergeCard(said, {"ana", v1::TRUST_PERSON}, kNow, &before);
  v1::Person after = before;
  after.set_full_name("Anna Lopez");
  EXPECT_THAT(ProtectedChanges(before, after, v1::TRUST_STEWARD), ElementsAre("full_name"));
  EXPECT_THAT(ProtectedChanges(before, after, v1::TRUST_PERSON), IsEmpty());
  NoteChanges(before, {"mara", v1::TRUST_PERSON}, kNow, &after);
  EXPECT_EQ(after.provenance(0).source(), "mara");
  EXPECT_EQ(after.provenance(1).source(), "ana");
}

}  // namespace
}  // namespace rapport::contact::rules
