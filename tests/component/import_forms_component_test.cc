// Address books and tables in all their forms, through rapportctl into a running house and out
// again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/harness/process.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

constexpr char kNow[] = "2026-06-15 10:00";

struct Said {
  int code = -1;
  std::string text;
};

class ImportForms : public ::testing::Test {
 protected:
  ImportForms() : story_(kNow) { story_.HasSteward("mara", "Mara Vidal"); }

  Said Ctl(const std::vector<std::string>& words) {
    std::vector<std::string> arguments = {RAPPORTCTL_BINARY, "--dir",
                                          story_.house.folder() + "/ctl", "--tenant",
                                          story_.house.tenant()};
    for (const char* service : {"contact", "engagement", "recommendation"}) {
      arguments.push_back(absl::StrCat("--", service));
      arguments.push_back(story_.house.SocketOf(service));
    }
    arguments.insert(arguments.end(), words.begin(), words.end());
    const std::string log = absl::StrCat(story_.house.folder(), "/ctl-", ++runs_, ".log");
    Process process(arguments, log);
    Said said;
    said.code = process.Wait(absl::Seconds(60));
    said.text = ReadFile(log);
    return said;
  }

  static std::string ReadFile(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = absl::StrCat(story_.house.folder(), "/", name);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  std::vector<cv::PersonMatch> Find(const std::string& email) {
    cv::LookupPersonRequest request;
    request.set_parent(story_.house.parent());
    request.set_email(email);
    const auto answer =
        story_.house.Must<cv::LookupPersonResponse>(absl::StrCat(kPeople, "LookupPerson"), request);
    return {answer.matches().begin(), answer.matches().end()};
  }

  // The people of the house in a form, as export writes them.
  std::string Exported(const std::string& form, const std::string& file) {
    const std::string folder = absl::StrCat(story_.house.folder(), "/export-", ++runs_);
    const Said said = Ctl({"export", "--out", folder, "--cards", form});
    EXPECT_EQ(said.code, 0) << said.text;
    return ReadFile(absl::StrCat(folder, "/", file));
  }

  Story story_;
  int runs_ = 0;
};

// Proves: C22
TEST_F(ImportForms, AVCardComesBackWithEveryPropertyThatRapportDoesNotModel) {
  const std::vector<std::string> kept = {"item1.URL;TYPE=work;PREF=1:https://ana.example/a,b",
                                         "item1.X-ABLabel:Portfolio",
                                         "RELATED;TYPE=spouse;VALUE=text:Bo\\, her husband",
                                         "ROLE;LANGUAGE=pt:diretora",
                                         "TZ;VALUE=utc-offset:-0500",
                                         "GEO:geo:38.72,-9.14",
                                         "X-SHOE;X-P=\"a;b:c\":38\\,5",
                                         "PHOTO:data:image/png;base64,iVBORw0KGgo=",
                                         "GENDER:F;female"};
  const std::string card =
      absl::StrCat("BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:ana\r\nFN:Ana Lopes\r\n",
                   "EMAIL:ana@a.example\r\n", absl::StrJoin(kept, "\r\n"), "\r\nEND:VCARD\r\n");
  const std::string old =
      "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Lind;Bo\r\nFN:Bo Lind\r\nX-TEA:green\r\n"
      "KEY;ENCODING=b;TYPE=PGP:AAAA\r\nEND:VCARD\r\n";
  const Said said = Ctl({"import", Write("people.vcf", card + old)});
  ASSERT_EQ(said.code, 0) << said.text;
  const std::vector<std::string> lines =
      absl::StrSplit(absl::StrReplaceAll(Exported("vcard", "people.vcf"), {{"\r\n ", ""}}), "\r\n");
  EXPECT_THAT(lines, IsSupersetOf(kept));
  EXPECT_THAT(lines, IsSupersetOf(std::vector<std::string>{
                         "X-TEA:green", "KEY:data:application/pgp;base64,AAAA"}));
}

// Proves: C22
TEST_F(ImportForms, ATableBecomesPeopleByItsMapping) {
  const std::string mapping = Write("map.json", R"({"kind": "people", "source": "shop",
      "timeFormats": ["%d.%m.%Y"], "columns": {"Nr": "external_id", "Name": "full_name",
      "Mail": "email", "Geboren": "birthday", "Gruppe": {"field": "labels", "separator": "|"}}})");
  const std::string table = Write("kunden.csv",
                                  "\xEF\xBB\xBFNr;Name;Mail;Geboren;Gruppe\r\n"
                                  "1;\"Lopes; Ana\";ana@a.example;12.04.1985;friend|weaver\r\n"
                                  "2;Bo;bo@b.example;31.02.1980;\r\n"
                                  "3;\"Cy \"\"the\r\nKid\"\"\";not an address;;\r\n"
                                  "4;\"Di\"x;di@d.example;;\r\n"
                                  "5;Ed;ed@e.example;;\r\n");
  const Said dry = Ctl({"import", "--dry-run", "--mapping", mapping, table});
  EXPECT_EQ(dry.code, 0) << dry.text;
  EXPECT_THAT(dry.text, HasSubstr("kunden.csv 3 people"));
  EXPECT_THAT(dry.text, HasSubstr("2 lines not read"));
  EXPECT_THAT(Find("ana@a.example"), ::testing::IsEmpty()) << "a dry run changes nothing";

  const Said said = Ctl({"import", "--strict", "--mapping", mapping, table});
  EXPECT_EQ(said.code, 8) << said.text;
  EXPECT_THAT(said.text, HasSubstr("kunden.csv line 3: column \"Geboren\" is no day"));
  EXPECT_THAT(said.text, HasSubstr("kunden.csv line 6: text behind a closing quote"));
  EXPECT_THAT(said.text, HasSubstr("kunden.csv 3 people"));
  EXPECT_THAT(said.text, Not(HasSubstr("31.02.1980"))) << "what stands there is nobody's business";
  const auto ana = Find("ana@a.example");
  ASSERT_EQ(ana.size(), 1u);
  EXPECT_EQ(ana[0].person().full_name(), "Lopes; Ana");
  EXPECT_EQ(ana[0].person().anniversaries(0).date().year(), 1985);
  EXPECT_THAT(ana[0].person().labels(), ::testing::ElementsAre("friend", "weaver"));
  EXPECT_EQ(ana[0].relationships_size(), 1);

  const Said again = Ctl({"import", "--again", "--mapping", mapping, table});
  EXPECT_THAT(again.text, HasSubstr("kunden.csv 3 people (nothing new), 2 lines not read"));
}

// Proves: C22
TEST_F(ImportForms, ATableBecomesEngagements) {
  const auto ana = story_.Knows("Ana", {"ana@a.example"});
  const std::string table =
      Write("calls.csv",
            "source,source_id,email,event_time,kind,direction,conduct,their_seconds,our_seconds\n"
            "pbx,c1,ana@a.example,2026-06-01 10:00,conversation,mutual,human,300,200\n"
            "pbx,c2,ana@a.example,2026-06-02 10:00,meeting,mutual,human,,\n"
            "pbx,c3,nobody@a.example,2026-06-02 11:00,message,in,human,,\n"
            "pbx,c4,ana@a.example,yesterday,message,in,human,,\n"
            "pbx,c5,ana@a.example,2026-06-02 10:00,dance,in,human,,\n");
  const Said said = Ctl({"import", table});
  ASSERT_EQ(said.code, 0) << said.text;
  EXPECT_THAT(said.text, HasSubstr("calls.csv 3 engagements, 2 lines not read"));
  EXPECT_THAT(said.text, HasSubstr("line 5: column \"event_time\" is no time of the given forms"));
  EXPECT_EQ(story_.TimelineOf(ana).size(), 2u);
  EXPECT_THAT(Ctl({"import", "--again", table}).text,
              HasSubstr("calls.csv 3 engagements (nothing new)"));
  EXPECT_EQ(story_.TimelineOf(ana).size(), 2u);
}

TEST_F(ImportForms, ATableThatSaysNothingIsRefusedWithAWayOut) {
  const Said said = Ctl({"import", Write("x.csv", "Name,Mail\nAna,a@b.example\n")});
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(said.text, HasSubstr("--mapping FILE"));
  EXPECT_EQ(Ctl({"import", "--dry-run", Write("m.mbox", "From a\n\n")}).code, 2);
}

// Proves: C22
TEST_F(ImportForms, CardsGoInAndOutAsJCardAndAsJsContact) {
  const std::string jcard = Write(
      "people.jcard",
      R"(["vcard",[["version",{},"text","4.0"],["uid",{},"uri","urn:uuid:si"],["fn",{},"text","Simon"],
      ["email",{"type":"work"},"text","si@a.example"],["x-tea",{"x-p":"q"},"unknown","raw\\,;"]]])");
  const std::string jscontact =
      Write("people.json",
            R"([{"@type":"Card","version":"1.0","uid":"urn:uuid:ana","name":{"full":"Ana Lopes"},
      "emails":{"e1":{"address":"ana@a.example","contexts":{"work":true},"pref":1}},
      "personalInfo":{"h1":{"kind":"hobby","value":"weaving"}},"example.com:shoe":{"size":38}},
      {"@type":"Card","notes":{}}])");
  const Said said = Ctl({"import", jcard, jscontact});
  ASSERT_EQ(said.code, 0) << said.text;
  EXPECT_THAT(said.text,
              HasSubstr("people.jcard 1 person · people.json 1 person, 1 card not read"));
  ASSERT_EQ(Find("si@a.example").size(), 1u);
  ASSERT_EQ(Find("ana@a.example").size(), 1u);

  const std::string out = Exported("jscontact", "people.jscontact");
  EXPECT_THAT(out, HasSubstr(R"("personalInfo":{"h1":{"kind":"hobby","value":"weaving"}})"));
  EXPECT_THAT(out, HasSubstr(R"("example.com:shoe":{"size":38})"));
  EXPECT_THAT(out, HasSubstr(R"("vCardProps":[["x-tea",{"x-p":"q"},"unknown","raw\\,;"]])"));
  const std::string as_jcard = Exported("jcard", "people.jcard");
  EXPECT_THAT(as_jcard, HasSubstr(R"(["x-tea",{"x-p":"q"},"unknown","raw\\,;"])"));
  EXPECT_THAT(as_jcard, HasSubstr(R"(["jsprop",{"jsptr":"example.com:shoe"})"));

  // What was written is known already.
  for (const char* form : {"jcard", "jscontact"}) {
    const std::string name = absl::StrCat("back.", form);
    const std::string file = Write(name, Exported(form, absl::StrCat("people.", form)));
    EXPECT_THAT(Ctl({"import", file}).text, HasSubstr(name + " 2 people")) << form;
  }
  EXPECT_EQ(Find("ana@a.example").size(), 1u);
}

}  // namespace
}  // namespace rapport::tests
