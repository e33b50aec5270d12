#include <sstream>

#include "common/testing/matchers.h"
#include "tools/rapportctl/files.h"
#include "tools/rapportctl/import_ledger.h"
#include "tools/rapportctl/import_run.h"
#include "tools/rapportctl/progress.h"
#include "tools/rapportctl/settings.h"

namespace rapport::rapportctl {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::HasSubstr;

std::string Folder() {
  std::string pattern = ::testing::TempDir() + "/rapportctl-XXXXXX";
  return mkdtemp(pattern.data());
}

std::string Write(const std::string& dir, const std::string& name, const std::string& text) {
  EXPECT_OK(WriteFile(dir + "/" + name, text));
  return dir + "/" + name;
}

TEST(LookAtFile, KnowsFilesByNameAndByContent) {
  const std::string dir = Folder();
  const auto kind = [&](const char* name, const char* text) {
    return LookAtFile(Write(dir, name, text))->kind;
  };
  EXPECT_EQ(kind("a.VCF", ""), ImportKind::kPeople);
  EXPECT_EQ(kind("a.mbox", ""), ImportKind::kMail);
  EXPECT_EQ(kind("a.eml", ""), ImportKind::kMail);
  EXPECT_EQ(kind("a.ics", ""), ImportKind::kCalendar);
  EXPECT_EQ(kind("a.jsonl", ""), ImportKind::kHouse);
  EXPECT_EQ(kind("people", "BEGIN:VCARD\r\n"), ImportKind::kPeople);
  EXPECT_EQ(kind("Inbox", "From ana@a.example Mon Jan  5 10:00:00 2026\n"), ImportKind::kMail);
  EXPECT_EQ(kind("one", "Return-Path: <ana@a.example>\n"), ImportKind::kMail);
  EXPECT_EQ(kind("invite", "BEGIN:VCALENDAR\r\n"), ImportKind::kCalendar);
  EXPECT_EQ(kind("list", "{\"method\": \"m\"}"), ImportKind::kHouse);
}

TEST(LookAtFile, KnowsTheFormsOfAddressBooksAndExports) {
  const std::string dir = Folder();
  const auto look = [&](const char* name, const char* text) {
    return *LookAtFile(Write(dir, name, text));
  };
  for (const auto& [name, text, form] :
       {std::tuple("a.jcard", "", "jcard"), std::tuple("b.jscontact", "", "jscontact"),
        std::tuple("c.json", "[ [\"vcard\", []]]", "jcard"),
        std::tuple("d", "\n[\"vcard\",[]]", "jcard"),
        std::tuple("e.json", "[{ \"@type\": \"Card\"}]", "jscontact"),
        std::tuple("f.ndjson", "{\"version\":\"1.0\",\"@type\":\"Card\"}", "jscontact")}) {
    EXPECT_EQ(look(name, text).kind, ImportKind::kPeople) << name;
    EXPECT_EQ(look(name, text).form, form) << name;
  }
  EXPECT_TRUE(look("g.CSV", "a,b\n").is_table);
  EXPECT_TRUE(look("h.tsv", "a\tb\n").is_table);
  const char* line = "{\"@type\":\"type.googleapis.com/rapport.contact.v1.Person\",\"name\":\"x\"}";
  EXPECT_EQ(look("people.jsonl", line).kind, ImportKind::kRestore);
  EXPECT_EQ(look("everything", line).kind, ImportKind::kRestore);
}

TEST(LookAtFile, RefusesWhatItDoesNotKnow) {
  const std::string dir = Folder();
  EXPECT_THAT(LookAtFile(dir + "/nothing.vcf"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(LookAtFile(dir), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(LookAtFile(Write(dir, "a.txt", "hello")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("neither an address book")));
}

ImportedFile Entry() {
  return {.state = {.size = 10, .mtime_ns = 20, .inode = 30},
          .offset = 7,
          .line = 3,
          .complete = false,
          .counts = {.items = 5, .fresh = 4, .not_counted = 3, .unreadable = 1}};
}

TEST(ImportLedger, RemembersHowFarAFileWasRead) {
  const std::string path = Folder() + "/import.json";
  ASSERT_OK(ImportLedger::Open(path, "house").Put("/mail.mbox", Entry()));
  const ImportLedger again = ImportLedger::Open(path, "house");
  const ImportedFile* found = again.Find("/mail.mbox", Entry().state);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->offset, 7);
  EXPECT_EQ(found->line, 3);
  EXPECT_EQ(found->counts, Entry().counts);
}

TEST(ImportLedger, ForgetsFilesThatChangedAndOtherHouses) {
  const std::string path = Folder() + "/import.json";
  ASSERT_OK(ImportLedger::Open(path, "house").Put("/mail.mbox", Entry()));
  FileState grown = Entry().state;
  grown.size = 11;
  EXPECT_EQ(ImportLedger::Open(path, "house").Find("/mail.mbox", grown), nullptr);
  EXPECT_EQ(ImportLedger::Open(path, "other").Find("/mail.mbox", Entry().state), nullptr);
}

TEST(ImportLedger, ReadsABrokenFileAsAnEmptyOne) {
  const std::string path = Write(Folder(), "import.json", "{ torn");
  EXPECT_EQ(ImportLedger::Open(path, "house").Find("/mail.mbox", Entry().state), nullptr);
}

TEST(ImportReport, ShowsTheFirstAndKeepsAll) {
  const std::string dir = Folder();
  ImportReport report("some/people.vcf");
  report.Unreadable(411, "no name and no contact point");
  report.Unreadable(630, "broken base64");
  report.Partly(12, "telephone number not taken");
  EXPECT_THAT(report.FirstUnreadable(1),
              ::testing::ElementsAre("people.vcf line 411: no name and no contact point"));
  ASSERT_OK(report.Save(dir));
  ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(dir + "/people.vcf.report.json"));
  EXPECT_THAT(text, HasSubstr("broken base64"));
  EXPECT_THAT(text, HasSubstr("telephone number not taken"));
  // Nothing to report any more: the old report goes.
  ASSERT_OK(ImportReport("some/people.vcf").Save(dir));
  EXPECT_THAT(ReadFile(dir + "/people.vcf.report.json"), StatusIs(absl::StatusCode::kNotFound));
}

TEST(ImportReport, GoesOnWhereAnInterruptedRunEnded) {
  const std::string dir = Folder();
  ImportReport before("mail.mbox");
  before.Unreadable(10, "no date");
  before.Unreadable(90, "no sender address");
  ASSERT_OK(before.Save(dir));
  ImportReport after("mail.mbox");
  after.Continue(dir, 50);
  after.Unreadable(90, "no sender address");
  EXPECT_THAT(
      after.FirstUnreadable(5),
      ::testing::ElementsAre("mail.mbox line 10: no date", "mail.mbox line 90: no sender address"));
}

ImportedResult Result(const char* path, ImportKind kind, ImportCounts counts) {
  return {.file = {.given = path, .path = path, .kind = kind},
          .counts = counts,
          .report = ImportReport(path)};
}

TEST(SummaryLine, SaysWhatCameIn) {
  EXPECT_EQ(SummaryLine({Result("/x/people.vcf", ImportKind::kPeople, {.items = 38, .fresh = 38}),
                         Result("/x/mail.mbox", ImportKind::kMail,
                                {.items = 1912, .fresh = 1912, .not_counted = 311})}),
            "people.vcf 38 people · mail.mbox 1 912 messages (311 lists and auto-replies kept, not "
            "counted)");
  EXPECT_EQ(SummaryLine({Result("people.vcf", ImportKind::kPeople,
                                {.items = 38, .fresh = 38, .unreadable = 2})}),
            "people.vcf 38 people, 2 cards not read");
  EXPECT_EQ(SummaryLine({Result("people.vcf", ImportKind::kPeople, {.items = 38})}),
            "people.vcf 38 people (nothing new)");
  ImportedResult known = Result("people.vcf", ImportKind::kPeople, {.items = 38, .fresh = 38});
  known.skipped = true;
  EXPECT_EQ(SummaryLine({known}), "people.vcf 38 people (known already)");
}

TEST(Settings, ComeFromFlagsThenFileThenDefaults) {
  const std::string dir = Folder();
  Write(dir, "connection.json",
        R"({"contact": "unix:/c.sock", "engagement": "e:1", "tenant": "atelier", "steward": "mara",
            "key": "owner.jwk", "issuer": "i", "audience": ["a", "b"]})");
  ASSERT_OK_AND_ASSIGN(const Settings settings, LoadSettings({.dir = dir, .engagement = "flag:2"}));
  EXPECT_EQ(settings.contact, "unix:/c.sock");
  EXPECT_EQ(settings.engagement, "flag:2");
  EXPECT_EQ(settings.recommendation, "127.0.0.1:7103");
  EXPECT_EQ(settings.tenant, "atelier");
  EXPECT_EQ(settings.steward, "mara");
  EXPECT_EQ(settings.key, dir + "/owner.jwk");
  EXPECT_EQ(settings.issuer, "i");
  EXPECT_THAT(settings.audiences, ::testing::ElementsAre("a", "b"));
  EXPECT_OK(LoadSettings({.dir = dir + "/nothing"}));
  Write(dir, "connection.json", "{");
  EXPECT_THAT(LoadSettings({.dir = dir}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(Progress, DrawsABarOnATerminalAndWipesIt) {
  std::ostringstream out;
  absl::Time now = absl::UnixEpoch();
  {
    Progress progress(&out, {.terminal = true, .now = [&] { return now; }}, "mail.mbox", 200);
    progress.Set(20);
    EXPECT_EQ(out.str(), "");  // what is quick leaves no trace
    now += absl::Seconds(2);
    progress.Set(100);
    EXPECT_THAT(out.str(), HasSubstr("██████████░░░░░░░░░░  50 %"));
  }
  EXPECT_THAT(out.str(), ::testing::EndsWith("\r\x1b[K"));
}

TEST(Progress, WritesPlainLinesElsewhere) {
  std::ostringstream out;
  absl::Time now = absl::UnixEpoch();
  Progress progress(&out, {.terminal = false, .now = [&] { return now; }}, "mail.mbox", 200);
  now += absl::Seconds(6);
  progress.Set(100);
  progress.Set(150);
  EXPECT_EQ(out.str(), "mail.mbox 50 %\n");
}

}  // namespace
}  // namespace rapport::rapportctl
