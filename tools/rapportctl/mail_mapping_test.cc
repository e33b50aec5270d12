#include "tools/rapportctl/mail_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/time/proto_time.h"

namespace rapport::rapportctl {
namespace {

using importer::Mail;
using importer::MailAddress;
using importer::MailKind;
using ::rapport::engagement::v1::Engagement;
using ::testing::ElementsAre;

constexpr char kMara[] = "tenants/home/stewards/mara";

OwnAddresses Ours() {
  OwnAddresses ours;
  ours.Add("Mara@Atelier.example", kMara);
  ours.Add("jonas@atelier.example", "tenants/home/stewards/jonas");
  ours.Add("+494055590110", kMara);
  return ours;
}

Mail From(const char* from, std::vector<MailAddress> to, std::vector<MailAddress> cc = {}) {
  Mail mail;
  mail.message_id = "m1@x.example";
  mail.thread_key = "m0@x.example";
  mail.date = absl::FromUnixSeconds(1'770'000'000);
  mail.from = MailAddress{from, ""};
  mail.to = std::move(to);
  mail.cc = std::move(cc);
  mail.subject = "the export";
  mail.new_words = 42;
  return mail;
}

MailRecords Map(const Mail& mail) { return RecordsOf(mail, Ours(), "tenants/home", "mail"); }

std::vector<std::string> Addresses(const MailRecords& records) {
  std::vector<std::string> out;
  for (const auto& request : records.requests) out.push_back(request.contact_point().value());
  return out;
}

TEST(RecordsOf, TakesAnInboundMailAsOneEngagementOfItsSender) {
  const MailRecords records =
      Map(From("ana@lusotextil.example", {{"mara@atelier.example", ""}, {"bo@holz.example", ""}}));
  ASSERT_EQ(records.fate, MailRecords::Fate::kTaken);
  ASSERT_THAT(Addresses(records), ElementsAre("ana@lusotextil.example"));
  const auto& request = records.requests[0];
  EXPECT_EQ(request.parent(), "tenants/home");
  const Engagement& e = request.engagement();
  EXPECT_EQ(e.source(), "mail");
  EXPECT_EQ(e.source_id(), "m1@x.example#ana@lusotextil.example");
  EXPECT_EQ(e.direction(), Engagement::IN);
  EXPECT_EQ(e.kind(), Engagement::MESSAGE);
  EXPECT_EQ(e.channel(), Engagement::EMAIL);
  EXPECT_EQ(e.conduct(), Engagement::HUMAN);
  EXPECT_EQ(e.their_words(), 42);
  EXPECT_EQ(e.our_words(), 0);
  EXPECT_EQ(e.initiator(), type::v1::PARTY_PERSON);
  EXPECT_EQ(e.thread(), "m0@x.example");
  EXPECT_EQ(e.subject(), "the export");
  EXPECT_EQ(e.steward(), kMara);
  EXPECT_TRUE(e.needs_answer());
  EXPECT_EQ(time::FromProto(e.event_time()), absl::FromUnixSeconds(1'770'000'000));
}

TEST(RecordsOf, TakesAnOutboundMailAsOneEngagementForEachRecipient) {
  const MailRecords records =
      Map(From("MARA@atelier.example", {{"ana@a.example", ""}, {"jonas@atelier.example", ""}},
               {{"bo@b.example", ""}, {"Ana@A.example", ""}}));
  EXPECT_THAT(Addresses(records), ElementsAre("ana@a.example", "bo@b.example"));
  const Engagement& e = records.requests[1].engagement();
  EXPECT_EQ(e.direction(), Engagement::OUT);
  EXPECT_EQ(e.our_words(), 42);
  EXPECT_EQ(e.initiator(), type::v1::PARTY_US);
  EXPECT_EQ(e.steward(), kMara);
  EXPECT_FALSE(e.needs_answer());
}

TEST(RecordsOf, AsksForNoAnswerWhereWeOnlyGotACopy) {
  const MailRecords records =
      Map(From("ana@a.example", {{"bo@b.example", ""}}, {{"mara@atelier.example", ""}}));
  EXPECT_FALSE(records.requests[0].engagement().needs_answer());
  EXPECT_EQ(records.requests[0].engagement().steward(), kMara);
}

TEST(RecordsOf, LeavesTheInitiatorOpenWhereAThreadGoesOn) {
  Mail mail = From("ana@a.example", {{"mara@atelier.example", ""}});
  mail.in_reply_to = "m0@x.example";
  EXPECT_EQ(Map(mail).requests[0].engagement().initiator(), type::v1::PARTY_UNSPECIFIED);
}

TEST(RecordsOf, KeepsMachineMailWithoutCountingIt) {
  const std::vector<std::pair<MailKind, Engagement::NotCounted>> kinds = {
      {MailKind::kAutoReply, Engagement::AUTO_REPLY},
      {MailKind::kBounce, Engagement::BOUNCE},
      {MailKind::kBulk, Engagement::BULK},
      {MailKind::kAutomated, Engagement::MACHINE},
      {MailKind::kCalendarNotice, Engagement::MACHINE}};
  for (const auto& [kind, not_counted] : kinds) {
    Mail mail = From("shop@s.example", {{"mara@atelier.example", ""}});
    mail.kind = kind;
    const Engagement e = Map(mail).requests[0].engagement();
    EXPECT_EQ(e.not_counted(), not_counted);
    EXPECT_EQ(e.conduct(), Engagement::AUTOMATED);
    EXPECT_TRUE(e.disclosed());
    EXPECT_FALSE(e.needs_answer());
    EXPECT_EQ(e.initiator(), type::v1::PARTY_UNSPECIFIED);
  }
}

TEST(RecordsOf, KnowsThatPeopleWriteToLists) {
  Mail mail = From("ana@a.example", {{"list@l.example", ""}});
  mail.kind = MailKind::kList;
  const Engagement e = Map(mail).requests[0].engagement();
  EXPECT_EQ(e.not_counted(), Engagement::LIST);
  EXPECT_EQ(e.conduct(), Engagement::HUMAN);
}

TEST(RecordsOf, LeavesOutWhatHasNoOtherSide) {
  EXPECT_EQ(Map(From("mara@atelier.example", {{"jonas@atelier.example", ""}})).fate,
            MailRecords::Fate::kAmongOurselves);
  EXPECT_EQ(Map(From("mara@atelier.example", {})).fate, MailRecords::Fate::kNobody);
  Mail bounce = From("x", {{"mara@atelier.example", ""}});
  bounce.from.reset();
  EXPECT_EQ(Map(bounce).fate, MailRecords::Fate::kNobody);
  EXPECT_EQ(Map(From("not an address", {{"mara@atelier.example", ""}})).fate,
            MailRecords::Fate::kBadAddress);
}

TEST(RecordsOf, StopsAtFiftyRecipients) {
  std::vector<MailAddress> many;
  for (int i = 0; i < 80; ++i) many.push_back({absl::StrCat("p", i, "@x.example"), ""});
  EXPECT_EQ(Map(From("mara@atelier.example", many)).requests.size(), 50u);
}

TEST(RecordsOf, StaysInsideTheLimitsOfTheApi) {
  Mail mail = From("ana@a.example", {{"mara@atelier.example", ""}});
  for (int i = 0; i < 600; ++i) mail.subject += "ł\t";
  mail.message_id = absl::StrCat(std::string(2000, 'a'), "@x");
  mail.thread_key = std::string(2000, 'b');
  const Engagement one = Map(mail).requests[0].engagement();
  EXPECT_LE(one.subject().size(), 1000u);
  EXPECT_THAT(one.subject(), ::testing::Not(::testing::HasSubstr("\t")));
  EXPECT_LE(one.source_id().size(), 1000u);
  EXPECT_LE(one.thread().size(), 1000u);
  mail.message_id += "2";
  EXPECT_NE(Map(mail).requests[0].engagement().source_id(), one.source_id());
}

TEST(MailboxOwner, IsTheAddressOnMostMails) {
  MailboxOwner owner;
  EXPECT_EQ(owner.Address(), "");
  owner.See(From("ana@a.example", {{"me@x.example", "Mara Lindqvist"}}));
  owner.See(From("me@x.example", {{"bo@b.example", ""}}));
  owner.See(From("bo@b.example", {{"ana@a.example", ""}}, {{"me@x.example", ""}}));
  EXPECT_EQ(owner.Address(), "me@x.example");
  EXPECT_EQ(owner.NameOf("me@x.example"), "Mara Lindqvist");
}

TEST(MailboxOwner, IsTheRecipientOfASingleMail) {
  MailboxOwner owner;
  owner.See(From("ana@a.example", {{"me@x.example", ""}}));
  EXPECT_EQ(owner.Address(), "me@x.example");
}

}  // namespace
}  // namespace rapport::rapportctl
