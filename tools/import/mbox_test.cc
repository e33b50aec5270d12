#include "tools/import/mbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace rapport::importer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<MboxItem> ReadAll(const std::string& text, MboxOptions options = {.file = "m.mbox"}) {
  std::istringstream in(text);
  MboxReader reader(&in, std::move(options));
  std::vector<MboxItem> items;
  while (auto item = reader.Next()) items.push_back(*std::move(item));
  return items;
}

const Mail& MailOf(const MboxItem& item) { return std::get<Mail>(item.content); }
const std::string& ReasonOf(const MboxItem& item) {
  return std::get<ImportProblem>(item.content).reason;
}

const char kFrom[] = "From ana@example.com Mon Mar  3 10:00:00 2025\n";

std::string Letter(const std::string& id, const std::string& body = "Hello there\n") {
  return "From: ana@example.com\nDate: Mon, 3 Mar 2025 10:00:00 +0100\nMessage-ID: <" + id +
         ">\n\n" + body;
}

TEST(Mbox, CoversTheFileWithoutAGap) {
  const std::string one = kFrom + Letter("1") + "\n";
  const std::string two = kFrom + Letter("2", "a\n>From here\n>>From there\nFrom nowhere\n") + "\n";
  const std::string three = kFrom + Letter("3");
  const auto items = ReadAll(one + two + three);
  ASSERT_THAT(items, SizeIs(3));
  EXPECT_EQ(items[0].start_offset, 0);
  EXPECT_EQ(items[0].line, 1);
  EXPECT_EQ(items[1].start_offset, static_cast<int64_t>(one.size()));
  EXPECT_EQ(items[1].line, 8);
  EXPECT_EQ(items[0].end_offset, items[1].start_offset);
  EXPECT_EQ(items[1].end_offset, static_cast<int64_t>(one.size() + two.size()));
  EXPECT_EQ(items[1].end_line, items[2].line);
  EXPECT_EQ(items[2].end_offset, static_cast<int64_t>(one.size() + two.size() + three.size()));
  EXPECT_EQ(MailOf(items[2]).message_id, "3");
  // "a", "From here", "From nowhere"; what was ">>From" is a quoted line.
  EXPECT_EQ(MailOf(items[1]).new_words, 5);
}

TEST(Mbox, ResumesBehindEveryItem) {
  const std::string file = kFrom + Letter("1") + "\n" + kFrom + Letter("2") + "\n" + kFrom +
                           "garbage\n\n" + kFrom + Letter("3");
  const auto all = ReadAll(file);
  ASSERT_THAT(all, SizeIs(4));
  for (size_t i = 0; i < all.size(); ++i) {
    const auto rest = ReadAll(
        file, {.file = "m.mbox", .start_offset = all[i].end_offset, .start_line = all[i].end_line});
    ASSERT_EQ(rest.size(), all.size() - i - 1);
    for (size_t k = 0; k < rest.size(); ++k) {
      EXPECT_EQ(rest[k].start_offset, all[i + 1 + k].start_offset);
      EXPECT_EQ(rest[k].line, all[i + 1 + k].line);
      EXPECT_EQ(rest[k].content.index(), all[i + 1 + k].content.index());
    }
  }
}

TEST(Mbox, FindsTheNextMailFromAWrongOffset) {
  const std::string file = kFrom + Letter("1") + "\n" + kFrom + Letter("2");
  const auto items = ReadAll(file, {.file = "m.mbox", .start_offset = 20, .start_line = 1});
  ASSERT_THAT(items, SizeIs(2));
  EXPECT_EQ(ReasonOf(items[0]), "no mail begins here; went on to the next one");
  EXPECT_EQ(MailOf(items[1]).message_id, "2");
}

TEST(Mbox, KnowsTheSeparatorsOfManyPrograms) {
  for (const std::string separator :
       {"From - Sat Jan 01 00:00:00 2000", "From 12345@xxx Thu Mar 05 13:32:54 +0000 2012",
        "From ana at example.com  Sat Jan  3 01:05:34 2004",
        "From ana@example.com Sat Jan  3 01:05 CET 2004",
        "From \"a b\"@x.org Sat Jan 3 1:05:34 2004 remote from uucp"}) {
    const auto items =
        ReadAll(separator + "\n" + Letter("1") + "\n" + separator + "\n" + Letter("2") + "\n");
    EXPECT_THAT(items, SizeIs(2)) << separator;
  }
  // CRLF, a file without blank lines between mails, and separators without a date.
  EXPECT_THAT(ReadAll("From a@x Sat Jan 3 01:05:34 2004\r\nFrom: a@x.org\r\n\r\nx\r\n\r\n"
                      "From a@x Sat Jan 3 01:05:34 2004\r\nFrom: a@x.org\r\n\r\ny\r\n"),
              SizeIs(2));
  EXPECT_THAT(ReadAll(kFrom + Letter("1") + kFrom + Letter("2")), SizeIs(2));
  EXPECT_THAT(ReadAll("From ana\n" + Letter("1") + "\nFrom bob\n" + Letter("2")), SizeIs(2));
}

TEST(Mbox, FindsTheSameMailsFromWhereverItStarts) {
  // The first separator has no readable date, the second has, the third has none.
  const std::string file = "From ana x 10200:00\n" + Letter("1") + "\n" + kFrom + Letter("2") +
                           "\nFrom bob\n" + Letter("3");
  const auto all = ReadAll(file);
  ASSERT_THAT(all, SizeIs(3));
  const auto rest = ReadAll(
      file, {.file = "m", .start_offset = all[0].end_offset, .start_line = all[0].end_line});
  ASSERT_THAT(rest, SizeIs(2));
  EXPECT_EQ(rest[0].end_offset, all[1].end_offset);
}

TEST(Mbox, LeavesSentencesAlone) {
  const auto items = ReadAll(kFrom + Letter("1",
                                            "Hi\n\nFrom March 3 on I am away.\n\nFrom what I "
                                            "hear: nothing.\n"));
  EXPECT_THAT(items, SizeIs(1));
}

TEST(Mbox, ReadsASingleMail) {
  const auto items = ReadAll(Letter("1", "From Ana Mon Mar  3 10:00:00 2025\n\nFrom here\n"));
  ASSERT_THAT(items, SizeIs(1));
  EXPECT_EQ(MailOf(items[0]).message_id, "1");
  EXPECT_EQ(items[0].end_line, 8);
  const auto late = ReadAll("\n\n" + Letter("2"));
  EXPECT_EQ(late.at(0).start_offset, 0);
  EXPECT_EQ(late.at(0).line, 1);
  EXPECT_EQ(MailOf(late.at(0)).message_id, "2");
  EXPECT_THAT(ReadAll(""), IsEmpty());
  EXPECT_THAT(ReadAll("\n\n"), IsEmpty());
  EXPECT_EQ(ReasonOf(ReadAll("no mail at all\n").at(0)), "no headers");
}

TEST(Mbox, ReportsWhatItCannotReadAndGoesOn) {
  const auto items = ReadAll(std::string("From - Mon Mar  3 10:00:00 2025\n\n\n") + kFrom +
                             "Subject: nobody\n\nx\n\n" + kFrom + Letter("3"));
  ASSERT_THAT(items, SizeIs(3));
  EXPECT_EQ(std::get<ImportProblem>(items[0].content), (ImportProblem{"m.mbox", 1, "no headers"}));
  EXPECT_EQ(std::get<ImportProblem>(items[1].content),
            (ImportProblem{"m.mbox", 4, "no sender address"}));
  EXPECT_EQ(MailOf(items[2]).message_id, "3");
  EXPECT_EQ(ReasonOf(ReadAll("From: a@x.org\nDate: soon\n\nx\n").at(0)), "no date");
}

TEST(Mbox, ReadsTheFrontOfAHugeMail) {
  const std::string file = kFrom + Letter("1", "two words\n" + std::string(100'000, 'x') + "\n") +
                           "\n" + kFrom + Letter("2");
  const auto items = ReadAll(file, {.file = "m.mbox", .max_message_bytes = 2000});
  ASSERT_THAT(items, SizeIs(2));
  EXPECT_TRUE(items[0].truncated);
  EXPECT_EQ(MailOf(items[0]).message_id, "1");
  EXPECT_FALSE(items[1].truncated);
}

TEST(Mbox, SurvivesPartBombs) {
  std::string deep = "From: a@x.org\nDate: Mon, 3 Mar 2025 10:00:00 +0100\n";
  for (int i = 0; i < 100'000; ++i) deep += "Content-Type: message/rfc822\n\n";
  EXPECT_THAT(ReadAll(deep), SizeIs(1));
  std::string parts = "From: a@x.org\nDate: Mon, 3 Mar 2025 10:00:00 +0100\n";
  for (int i = 0; i < 50'000; ++i) {
    const std::string b = std::to_string(i);
    parts += "Content-Type: multipart/mixed; boundary=" + b + "\n\n--" + b + "\n";
  }
  EXPECT_THAT(ReadAll(parts), SizeIs(1));
}

TEST(Mbox, ReadsDeeplyNestedPartsUpToALimit) {
  std::string nested = "From: a@x.org\nDate: Mon, 3 Mar 2025 10:00:00 +0100\n";
  for (int i = 0; i < 990; ++i) {
    const std::string b = std::to_string(i);
    nested += "Content-Type: multipart/mixed; boundary=" + b + "\n\n--" + b + "\n";
  }
  EXPECT_THAT(ReadAll(nested + "\nHi\n"), SizeIs(1));
}

TEST(FromLine, HasATimeWhereItNamesOne) {
  const auto utc = [](int y, int mo, int d, int h, int mi, int s) {
    return std::optional(
        absl::FromCivil(absl::CivilSecond(y, mo, d, h, mi, s), absl::UTCTimeZone()));
  };
  EXPECT_EQ(FromLineTime("From a@x Sat Jan  3 01:05:34 1996"), utc(1996, 1, 3, 1, 5, 34));
  EXPECT_EQ(FromLineTime("From a@x Thu Mar 05 13:32:54 +0200 2012"), utc(2012, 3, 5, 11, 32, 54));
  EXPECT_EQ(FromLineTime("From a@x Thu Mar 05 13:32 2012 -0100"), utc(2012, 3, 5, 14, 32, 0));
  for (const char* bad : {"", "From ", "From x", "From March 3 on", "From a@x Thu Mar 99 1:1 2012",
                          "From a@x Thu Mar 05 25:00 2012", "From a@x Thu Mar 05 13:32 12",
                          "From: a Thu Mar 05 13:32 2012"}) {
    EXPECT_EQ(FromLineTime(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace rapport::importer
