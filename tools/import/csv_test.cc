#include "tools/import/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <sstream>

namespace rapport::importer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Read {
  std::vector<std::vector<std::string>> records;
  std::vector<int64_t> lines;
  std::vector<ImportProblem> problems;
  char delimiter = 0;
};

Read ReadAll(const std::string& text, CsvOptions options = {}) {
  std::istringstream in(text);
  options.file = "t.csv";
  CsvReader reader(&in, options);
  Read read;
  while (auto next = reader.Next()) {
    if (auto* record = std::get_if<CsvRecord>(&*next)) {
      read.records.push_back(record->fields);
      read.lines.push_back(record->line);
    } else {
      read.problems.push_back(std::get<ImportProblem>(*next));
    }
  }
  read.delimiter = reader.delimiter();
  return read;
}

// Proves: C22
TEST(Csv, ReadsWhatTheStandardSays) {
  const Read read =
      ReadAll("name,note\r\nAna,\"says \"\"hello\"\", and\r\ngoes\"\r\n\"\",\r\n,\"a,b\"\r\n");
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_THAT(read.records, ElementsAre(ElementsAre("name", "note"),
                                        ElementsAre("Ana", "says \"hello\", and\ngoes"),
                                        ElementsAre("", ""), ElementsAre("", "a,b")));
  EXPECT_THAT(read.lines, ElementsAre(1, 2, 4, 5));
}

TEST(Csv, TakesEveryLineEndAndNoneAtTheEnd) {
  for (const char* end : {"\n", "\r\n", "\r"}) {
    const std::string text = std::string("a;b") + end + end + "c;d";
    EXPECT_THAT(ReadAll(text).records, ElementsAre(ElementsAre("a", "b"), ElementsAre("c", "d")));
  }
}

TEST(Csv, FindsTheDelimiterOfTheFirstRecord) {
  EXPECT_EQ(ReadAll("a,b;c\n").delimiter, ',');
  EXPECT_EQ(ReadAll("\"x,y,z\";b;c\n").delimiter, ';');
  EXPECT_EQ(ReadAll("a\tb, c\td\n").delimiter, '\t');
  EXPECT_EQ(ReadAll("a|b\n").delimiter, '|');
  EXPECT_EQ(ReadAll("alone\n").delimiter, ',');
  EXPECT_EQ(ReadAll("a,b\n", {.delimiter = ';'}).delimiter, ';');
}

TEST(Csv, BelievesASpreadsheetThatStatesItsDelimiter) {
  EXPECT_THAT(ReadAll("sep=;\na,b;c\n").records, ElementsAre(ElementsAre("a,b", "c")));
  EXPECT_THAT(ReadAll("sep=;\na,b;c\n", {.delimiter = ','}).records,
              ElementsAre(ElementsAre("a", "b;c")));
}

TEST(Csv, ReadsByteOrderMarksAndOldCharsets) {
  EXPECT_THAT(ReadAll("\xEF\xBB\xBFnome,p\n").records, ElementsAre(ElementsAre("nome", "p")));
  EXPECT_THAT(ReadAll(std::string("\xFF\xFE"
                                  "a\0;\0"
                                  "b\0\n\0",
                                  10))
                  .records,
              ElementsAre(ElementsAre("a", "b")));
  EXPECT_THAT(ReadAll("Jo\xE3o,x\n").records, ElementsAre(ElementsAre("Jo\xC3\xA3o", "x")));
  EXPECT_THAT(ReadAll("\xB1,x\n", {.charset = "iso-8859-2"}).records,
              ElementsAre(ElementsAre("\xC4\x85", "x")));
}

TEST(Csv, KeepsAQuoteInsideAFieldAndBlanksAroundOne) {
  EXPECT_THAT(ReadAll("5\" pipe, b \n\"c\" ,d\n").records,
              ElementsAre(ElementsAre("5\" pipe", " b "), ElementsAre("c", "d")));
}

TEST(Csv, SaysWhatCannotBeReadAndGoesOn) {
  const Read read = ReadAll("a,b\n\"c\"d,e\nf,g\n\"h,i\nj\n");
  EXPECT_THAT(read.records, ElementsAre(ElementsAre("a", "b"), ElementsAre("f", "g")));
  EXPECT_THAT(read.problems, ElementsAre(ImportProblem{"t.csv", 2, "text behind a closing quote"},
                                         ImportProblem{"t.csv", 4, "quote without end"},
                                         ImportProblem{"t.csv", 5, "part of a broken record"}));
}

TEST(Csv, AQuoteThatDoesNotEndTakesNoOtherRecordAlong) {
  const Read read = ReadAll(
      "name,note\nAna,\"never ends\nBob,one\n\"Cem\",two\nDan,\"three\"\nEve,\"two\nlines\"\n"
      "Fay\n");
  EXPECT_THAT(read.problems, ElementsAre(ImportProblem{"t.csv", 2, "text behind a closing quote"}));
  EXPECT_THAT(read.records, ElementsAre(ElementsAre("name", "note"), ElementsAre("Bob", "one"),
                                        ElementsAre("Cem", "two"), ElementsAre("Dan", "three"),
                                        ElementsAre("Eve", "two\nlines"), ElementsAre("Fay")));
  EXPECT_THAT(read.lines, ElementsAre(1, 3, 4, 5, 6, 8));
}

TEST(Csv, TheRestOfABrokenRecordIsNoRecord) {
  // The quote shows on its own line; the next line goes on in it.
  Read read = ReadAll("name,note\nAna,\"said \"hi\" and\nwent home\",\"x\"\nBob,y\n");
  EXPECT_THAT(read.records, ElementsAre(ElementsAre("name", "note"), ElementsAre("Bob", "y")));
  EXPECT_THAT(read.problems, ElementsAre(ImportProblem{"t.csv", 2, "text behind a closing quote"},
                                         ImportProblem{"t.csv", 3, "part of a broken record"}));
  // It shows some lines later, in a record whose first quotes are in order.
  read = ReadAll("a,b,c\n\"0\n1\",\"first\n\nmiddle\nsome \"quoted\" end\",z\n2,x,y\n");
  EXPECT_THAT(read.records, ElementsAre(ElementsAre("a", "b", "c"), ElementsAre("2", "x", "y")));
  EXPECT_THAT(read.problems, ElementsAre(ImportProblem{"t.csv", 2, "text behind a closing quote"},
                                         ImportProblem{"t.csv", 3, "part of a broken record"},
                                         ImportProblem{"t.csv", 5, "part of a broken record"},
                                         ImportProblem{"t.csv", 6, "part of a broken record"}));
}

TEST(Csv, ABrokenRecordTakesNoRecordsAlongThatAreLongerOrShorterThanTheFirst) {
  Read read = ReadAll("name,mail\nAna,a@x,\nBob,\"b\"z,\nCem,c@x,\nDan,d@x,\n");
  EXPECT_THAT(read.problems, ElementsAre(ImportProblem{"t.csv", 3, "text behind a closing quote"}));
  EXPECT_THAT(read.lines, ElementsAre(1, 2, 4, 5));
  read = ReadAll("name,mail,city\nAna,a@x\nBob,\"b\"z\nCem,c@x\n");
  EXPECT_THAT(read.lines, ElementsAre(1, 2, 4));
  // Nothing before it shows that the first record is too short; the lines behind it do.
  read = ReadAll("name,mail\nBob,\"b\"z,\nCem,c@x,\nDan,d@x,\nEve,e@x,\n");
  EXPECT_THAT(read.lines, ElementsAre(1, 4, 5));
  EXPECT_THAT(read.problems, ElementsAre(ImportProblem{"t.csv", 2, "text behind a closing quote"},
                                         ImportProblem{"t.csv", 3, "part of a broken record"}));
}

TEST(Csv, ReadsNoLineMoreThanTwiceHoweverManyQuotesAreBroken) {
  // Each of these lines opens a quote that the others do not close, and each second line is a
  // record.
  std::string text = "a,b\n";
  for (int i = 0; i < 20'000; ++i) text += "x\",\"z\nc,d\n";
  const std::clock_t begin = std::clock();
  const Read read = ReadAll(text);
  EXPECT_LT(std::clock() - begin, 5 * CLOCKS_PER_SEC);
  EXPECT_EQ(read.records.size(), 20'001U);
  EXPECT_EQ(read.problems.size(), 20'000U);
}

TEST(Csv, KeepsInsideItsLimits) {
  const Read read = ReadAll("a,b\n" + std::string(100, 'x') + "\n\"" + std::string(30, 'y') + "\n" +
                                std::string(30, 'z') + "\nc,d\n1,2,3,4,5\n",
                            {.max_record_bytes = 50, .max_fields = 4});
  EXPECT_THAT(read.records, ElementsAre(ElementsAre("a", "b"), ElementsAre("c", "d")));
  EXPECT_THAT(read.problems, ElementsAre(ImportProblem{"t.csv", 2, "record larger than 50 bytes"},
                                         ImportProblem{"t.csv", 3, "record larger than 50 bytes"},
                                         ImportProblem{"t.csv", 4, "part of a broken record"},
                                         ImportProblem{"t.csv", 6, "too many fields"}));
}

TEST(Csv, ReadsBackWhatItWrites) {
  const std::vector<std::vector<std::string>> records = {
      {"plain", "with, comma", "with \"quotes\""},
      {"two\nlines", " blank ", ""},
      {""},
      {"sep=;"},
      {"sep=", ""},
      {"\xEF\xBB\xBFx"}};
  for (const auto& record : records) {
    EXPECT_THAT(ReadAll(CsvLine(record, ',') + "\n", {.delimiter = ','}).records,
                ElementsAre(record));
  }
  const std::vector<std::string> tempting = {"a;b", "c,d", "e\tf", "g|h"};
  for (const char delimiter : {',', ';', '\t', '|'}) {
    EXPECT_THAT(ReadAll(CsvLine(tempting, delimiter) + "\n", {.delimiter = delimiter}).records,
                ElementsAre(tempting));
  }
}

}  // namespace
}  // namespace rapport::importer
