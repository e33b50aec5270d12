#include "tools/import/mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rapport::importer {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Mail Parse(const std::string& bytes, const std::string& from_line = "") {
  Mail mail;
  EXPECT_EQ(ParseMail(bytes, from_line, &mail), "");
  return mail;
}

const std::string kHead = "From: Ana <ana@example.com>\nDate: Mon, 3 Mar 2025 10:00:00 +0100\n";

absl::Time Utc(int y, int mo, int d, int h, int mi) {
  return absl::FromCivil(absl::CivilSecond(y, mo, d, h, mi, 0), absl::UTCTimeZone());
}

TEST(Mail, ReadsAddressesInEveryForm) {
  const Mail mail = Parse(
      "From: =?utf-8?q?J=C3=BCrgen_Gro=C3=9F?= <Juergen@Example.COM>\n"
      "Sender: office@example.com\nReply-To: \"Desk, Help\" <help@example.com>\n"
      "To: team: a@x.org, B B <b@x.org>;, undisclosed-recipients:;\n"
      "To: a@x.org, 'Quoted Name' <c@x.org>, broken, \"e@x.org\" <e@x.org>\n"
      "Cc: =?iso-8859-1?Q?Andr=E9?= <d@X.org>,\n\t\xC3\x9Cn <u@m\xC3\xBCller.example>\n"
      "Bcc: z@x.org (Zoe)\nDate: Mon, 3 Mar 2025 10:00:00 +0100\n\nx\n");
  EXPECT_EQ(mail.from, (MailAddress{"juergen@example.com", "Jürgen Groß"}));
  EXPECT_EQ(mail.sender, (MailAddress{"office@example.com", ""}));
  EXPECT_THAT(mail.reply_to, ElementsAre(MailAddress{"help@example.com", "Desk, Help"}));
  EXPECT_THAT(mail.to,
              ElementsAre(MailAddress{"a@x.org", ""}, MailAddress{"b@x.org", "B B"},
                          MailAddress{"c@x.org", "Quoted Name"}, MailAddress{"e@x.org", ""}));
  EXPECT_THAT(mail.cc, ElementsAre(MailAddress{"d@x.org", "André"},
                                   MailAddress{"u@xn--mller-kva.example", "Ün"}));
  EXPECT_THAT(mail.bcc, ElementsAre(MailAddress{"z@x.org", "Zoe"}));
}

TEST(Mail, DecodesSubjects) {
  EXPECT_EQ(Parse(kHead + "Subject: =?utf-8?B?w6lsw6g=?=\n =?utf-8?Q?ve_?=x\n\nx").subject,
            "élève x");
  EXPECT_EQ(Parse(kHead + "Subject: caf\xE9\n\nx").subject, "café");
  EXPECT_EQ(Parse(kHead + "Subject: folded\n\tline\n\nx").subject, "folded line");
  EXPECT_EQ(Parse(kHead + "\nx").subject, "");
}

TEST(Mail, KnowsItsThread) {
  const Mail reply = Parse(kHead +
                           "Message-ID: <3@x>\nIn-Reply-To: Message of Monday <2@x>\n"
                           "References: <1@x>\n <2@x>\n\nx");
  EXPECT_EQ(reply.message_id, "3@x");
  EXPECT_FALSE(reply.synthetic_id);
  EXPECT_EQ(reply.in_reply_to, "2@x");
  EXPECT_THAT(reply.references, ElementsAre("1@x", "2@x"));
  EXPECT_EQ(reply.thread_key, "1@x");
  EXPECT_EQ(Parse(kHead + "Message-ID: <3@x>\nIn-Reply-To: <2@x>\n\nx").thread_key, "2@x");
  EXPECT_EQ(Parse(kHead + "Message-ID: 3@x\n\nx").thread_key, "3@x");
  std::string many = kHead + "Message-ID: <m@x>\nReferences:";
  for (int i = 0; i < 1000; ++i) many += " <" + std::to_string(i) + "@x>\n";
  const Mail chain = Parse(many + "\nx");
  EXPECT_THAT(chain.references, SizeIs(200));
  EXPECT_EQ(chain.thread_key, "0@x");
  EXPECT_EQ(chain.references.back(), "999@x");
}

TEST(Mail, GetsAStableIdWhereItHasNone) {
  const Mail one = Parse(kHead + "X-Mozilla-Status: 0001\nSubject: a\n\nx");
  const Mail same = Parse(kHead + "X-Mozilla-Status: 0009\nStatus: RO\nSubject: a\n\nx");
  const Mail other = Parse(kHead + "Subject: b\n\nx");
  EXPECT_TRUE(one.synthetic_id);
  EXPECT_THAT(one.message_id, EndsWith("@synthetic.invalid"));
  EXPECT_EQ(one.message_id, same.message_id);
  EXPECT_NE(one.message_id, other.message_id);
}

TEST(Mail, HasTheBestDateThereIs) {
  const std::string from = "From: a@x.org\n";
  const std::string line = "From a@x Sat Jan  3 01:05:00 2004";
  EXPECT_EQ(Parse(kHead + "\nx", line).date, Utc(2025, 3, 3, 9, 0));
  const Mail received = Parse(from +
                                  "Received: from a by b;\n Tue, 4 Mar 2025 08:00:00 +0000\n"
                                  "Received: by c; Tue, 4 Mar 2025 07:00:00 +0000\n"
                                  "Date: someday\n\nx",
                              line);
  EXPECT_EQ(received.date, Utc(2025, 3, 4, 8, 0));
  EXPECT_EQ(received.date_source, MailDateSource::kReceived);
  const Mail envelope = Parse(from + "Date: Thu, 1 Jan 1970 00:00:00 +0000\n\nx", line);
  EXPECT_EQ(envelope.date, Utc(2004, 1, 3, 1, 5));
  EXPECT_EQ(envelope.date_source, MailDateSource::kFromLine);
  EXPECT_EQ(Parse(from + "Date: 3 Mar 25 10:00 EST\n\nx").date, Utc(2025, 3, 3, 15, 0));
  Mail mail;
  EXPECT_EQ(ParseMail(from + "\nx", "", &mail), "no date");
}

struct BodyCase {
  std::string what, rest;
  int64_t words;
};
class MailBodyWords : public ::testing::TestWithParam<BodyCase> {};

TEST_P(MailBodyWords, CountsOnlyNewText) {
  EXPECT_EQ(Parse(kHead + GetParam().rest).new_words, GetParam().words) << GetParam().what;
}

const char kAlternative[] =
    "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n";

INSTANTIATE_TEST_SUITE_P(
    Bodies, MailBodyWords,
    ::testing::Values(
        BodyCase{"plain", "\nHello dear Bob!\n", 3}, BodyCase{"empty", "\n", 0},
        BodyCase{"quotes", "\nYes.\n> old words\n >> older\nFine by me\n", 4},
        BodyCase{"attribution", "\nYes.\nOn Mon, 3 Mar 2025, Bob <b@x.org> wrote:\n> old\n\nNo\n",
                 2},
        BodyCase{"attribution over two lines",
                 "\nYes.\nOn Mon, 3 Mar 2025 at 10:00, Bob Long Name\n<b@x.org> wrote:\n\n> old\n",
                 1},
        BodyCase{"attribution without quote marks",
                 "\nYes.\nOn Mon, 3 Mar 2025, Bob wrote:\n\nold text\n", 1},
        BodyCase{"German attribution", "\nJa.\nAm 03.03.25 um 10:00 schrieb Bob <b@x>:\n> alt\n",
                 1},
        BodyCase{"French attribution",
                 "Content-Type: text/plain; charset=utf-8\n\nOui.\nLe lun. 3 mars 2025 à 10:00, B "
                 "<b@x> a écrit\xC2\xA0:\n> vieux\n",
                 1},
        BodyCase{"no attribution", "\nOn reflection, as Bob wrote:\nall is well\n", 8},
        BodyCase{"original message", "\nSee below\n-----Original Message-----\nFrom: x\nold\n", 2},
        BodyCase{"forwarded", "\nFYI\n\n---------- Forwarded message ---------\nFrom: x\nold\n", 1},
        BodyCase{"Outlook block",
                 "\nOK\n________________\nFrom: B\nSent: now\nTo: A\nSubject: s\n\nold", 1},
        BodyCase{"German Outlook block",
                 "\nOK\n\nVon: B\nGesendet: jetzt\nAn: A\nBetreff: s\n\nalt", 1},
        BodyCase{"From: alone is text", "\nFrom: my heart\nthanks a lot\n", 6},
        BodyCase{"signature", "\nBye now\n-- \nAna\nSome Company\n", 2},
        BodyCase{"device line", "\nBye now\n\nSent from my iPhone\n", 2},
        BodyCase{"web address", "\nSee https://example.com/a/b?c=d here\n", 3},
        BodyCase{"punctuation is no word", "\nyes - no ... * 42 !\n", 3},
        BodyCase{"Chinese", "Content-Type: text/plain; charset=utf-8\n\n你好世界\n", 2},
        BodyCase{"quoted-printable",
                 "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
                 "quoted-printable\n\nH=C3=A9llo won=\nder\n",
                 2},
        BodyCase{
            "base64",
            "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\naGVsbG8gd29ybGQ=\n", 2},
        BodyCase{"broken charset",
                 "Content-Type: text/plain; charset=utf-8\n\ncaf\xE9 \xFF\xFE late\n", 2},
        BodyCase{"unknown charset", "Content-Type: text/plain; charset=foo-9\n\ncaf\xE9 late\n", 2},
        BodyCase{"UTF-16",
                 std::string("Content-Type: text/plain; charset=utf-16le\n"
                             "Content-Transfer-Encoding: base64\n\naABpACAAeQBvAHUA\n"),
                 2},
        BodyCase{"html",
                 "Content-Type: text/html\n\n<html><head><title>t</title><style>p{}</style></head>"
                 "<body><p>Hello&nbsp;dear <b>B</b>ob</p><div>&lt;3 x</div><script>no()</script>"
                 "<blockquote>old <blockquote>older</blockquote> old</blockquote>bye</body></html>",
                 6},
        BodyCase{"html of Gmail",
                 "Content-Type: text/html\n\n<div dir=\"ltr\">Fine with me</div><br>"
                 "<div class=\"gmail_quote\"><div class=\"gmail_attr\">On x wrote:</div>"
                 "<blockquote>old</blockquote></div>",
                 3},
        BodyCase{"html of Outlook",
                 "Content-Type: text/html\n\n<p>OK then</p><div id=\"divRplyFwdMsg\"><b>From:</b> "
                 "B</div><p>old old old</p>",
                 2},
        BodyCase{"html hidden text",
                 "Content-Type: text/html\n\n<div style=\"display: none\">pre header</div><p>Hi</p>"
                 "<!-- no --><!--[if mso]>no<![endif]-->",
                 1},
        BodyCase{"html unclosed", "Content-Type: text/html\n\n<p>Hi <a href=\"x>there", 2},
        BodyCase{"alternative prefers plain",
                 std::string(kAlternative) +
                     "one two\n--b\nContent-Type: text/html\n\n<p>one two three</p>\n--b--\n",
                 2},
        BodyCase{"alternative with an empty plain part",
                 std::string(kAlternative) +
                     "\n--b\nContent-Type: text/html\n\n<p>one two three</p>\n--b--\n",
                 3},
        BodyCase{"attachments do not count",
                 "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nHi "
                 "all\n--b\nContent-Type: text/plain; name=a.txt\n\nmany words in here\n--b\n"
                 "Content-Type: text/plain\nContent-Disposition: attachment\n\nmore\n--b\n"
                 "Content-Type: message/rfc822\n\nSubject: x\n\nold mail text\n--b\n"
                 "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA\n--b--\n",
                 2},
        BodyCase{"related html",
                 "Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n"
                 "<p>Hi all</p>\n--b\nContent-Type: image/png\n\nx\n--b--\n",
                 2},
        BodyCase{"missing end boundary",
                 "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHi all", 2}));

struct KindCase {
  std::string headers;
  MailKind kind;
};
class MailKinds : public ::testing::TestWithParam<KindCase> {};

TEST_P(MailKinds, AreToldByTheirHeaders) {
  std::string bytes = GetParam().headers;
  if (bytes.find("From:") == std::string::npos) bytes = "From: ana@example.com\n" + bytes;
  const Mail mail = Parse("Date: Mon, 3 Mar 2025 10:00:00 +0100\n" + bytes + "\nHello\n");
  EXPECT_EQ(MailKindName(mail.kind), MailKindName(GetParam().kind))
      << GetParam().headers << mail.kind_reason;
}

INSTANTIATE_TEST_SUITE_P(
    Headers, MailKinds,
    ::testing::Values(
        KindCase{"Subject: Lunch?\n", MailKind::kHuman},
        KindCase{"Auto-Submitted: no\nPrecedence: first-class\n", MailKind::kHuman},
        KindCase{"Subject: Re: Automatic reply: Lunch\n", MailKind::kHuman},
        KindCase{"Subject: Out of office next week?\n", MailKind::kHuman},
        KindCase{"Subject: Vacation photos\n", MailKind::kHuman},
        KindCase{"From: postmaster@example.com\nSubject: your question\n", MailKind::kHuman},
        KindCase{"Auto-Submitted: auto-replied (vacation)\n", MailKind::kAutoReply},
        KindCase{"Auto-Submitted: Auto-Replied; owner=x\n", MailKind::kAutoReply},
        KindCase{"X-Autoreply: yes\n", MailKind::kAutoReply},
        KindCase{"X-Autorespond: x\n", MailKind::kAutoReply},
        KindCase{"Precedence: auto_reply\n", MailKind::kAutoReply},
        KindCase{"Subject: Automatic reply: Lunch\n", MailKind::kAutoReply},
        KindCase{"Subject: Out of Office: Lunch\n", MailKind::kAutoReply},
        KindCase{"Subject: Abwesenheitsnotiz: Mittag\n", MailKind::kAutoReply},
        KindCase{"Subject: =?utf-8?q?R=C3=A9ponse_automatique_?=: x\n", MailKind::kAutoReply},
        KindCase{"Subject: Out of office until Monday\nPrecedence: bulk\n", MailKind::kAutoReply},
        KindCase{"Subject: Urlaub\nX-Auto-Response-Suppress: All\n", MailKind::kAutoReply},
        KindCase{"Content-Type: multipart/report; report-type=disposition-notification; "
                 "boundary=b\n",
                 MailKind::kAutoReply},
        KindCase{"From: MAILER-DAEMON (Mail System)\nReturn-Path: <>\n", MailKind::kBounce},
        KindCase{"From: Mail Delivery <mailer-daemon@googlemail.com>\n", MailKind::kBounce},
        KindCase{"From: postmaster@example.com\nReturn-Path: <>\n", MailKind::kBounce},
        KindCase{"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
                 MailKind::kBounce},
        KindCase{"X-Failed-Recipients: b@x.org\n", MailKind::kBounce},
        KindCase{"List-Id: Devs <dev.x.org>\n", MailKind::kList},
        KindCase{"List-Post: <mailto:dev@x.org>\nList-Unsubscribe: <x>\nPrecedence: bulk\n",
                 MailKind::kList},
        KindCase{"Precedence: list\n", MailKind::kList},
        KindCase{"X-Mailing-List: dev@x.org\n", MailKind::kList},
        KindCase{"List-Id: <news.shop>\nFeedback-ID: 1:2:3\n", MailKind::kBulk},
        KindCase{"List-Post: NO (posting not allowed)\nList-Id: <a.x>\n", MailKind::kBulk},
        KindCase{"List-Unsubscribe: <mailto:u@x.org>\n", MailKind::kBulk},
        KindCase{"Feedback-ID: a:b\n", MailKind::kBulk},
        KindCase{"Precedence: junk\n", MailKind::kBulk},
        KindCase{"Content-Type: text/calendar; method=REQUEST\n", MailKind::kCalendarNotice},
        KindCase{"Content-Class: urn:content-classes:calendarmessage\n", MailKind::kCalendarNotice},
        KindCase{"Auto-Submitted: auto-generated\n", MailKind::kAutomated},
        KindCase{"X-Auto-Response-Suppress: DR, OOF\n", MailKind::kAutomated},
        KindCase{"Return-Path: <>\n", MailKind::kAutomated},
        KindCase{"From: Shop <no-reply@shop.example>\n", MailKind::kAutomated},
        KindCase{"From: do_not_reply+x@shop.example\n", MailKind::kAutomated},
        KindCase{"From: notifications@host.example\n", MailKind::kAutomated}));

TEST(Mail, FindsAnInvitationBesideItsText) {
  const Mail mail = Parse(kHead +
                          "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: "
                          "text/plain\n\nLunch\n--b\nContent-Type: text/calendar; method=reply\n\n"
                          "BEGIN:VCALENDAR\n--b--\n");
  EXPECT_EQ(mail.kind, MailKind::kCalendarNotice);
  EXPECT_EQ(mail.kind_reason, "text/calendar with method REPLY");
}

TEST(Mail, NamesItsList) {
  EXPECT_EQ(Parse(kHead + "List-Id: \"The <Devs>\" <Dev.X.org>\n\nx").list_id, "dev.x.org");
  EXPECT_EQ(Parse(kHead + "\nx").list_id, "");
}

}  // namespace
}  // namespace rapport::importer
