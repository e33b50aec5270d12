#include "tools/import/jscontact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace rapport::importer {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Read {
  std::vector<VCard> cards;
  std::vector<ImportProblem> problems;
};

Read ReadAll(const std::string& text) {
  std::istringstream in(text);
  JsContactReader reader(&in, {.file = "a.json"});
  Read read;
  while (auto next = reader.Next()) {
    if (auto* card = std::get_if<VCard>(&*next)) {
      read.cards.push_back(*std::move(card));
    } else {
      read.problems.push_back(std::get<ImportProblem>(*next));
    }
  }
  return read;
}

constexpr char kAna[] = R"({
  "@type": "Card", "version": "1.0", "uid": "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
  "updated": "2026-06-15T10:00:00Z",
  "name": {"@type": "Name", "full": "Dr. Ana Maria Lopes", "isOrdered": true,
           "components": [{"kind": "title", "value": "Dr."}, {"kind": "given", "value": "Ana"},
                          {"kind": "given2", "value": "Maria"},
                          {"kind": "surname", "value": "Lopes"}],
           "sortAs": {"surname": "Lopes"}},
  "nicknames": {"k1": {"name": "Aninha"}},
  "organizations": {"o1": {"name": "Lusotêxtil; Lda", "units": [{"name": "Sales"}]}},
  "titles": {"t1": {"name": "head"}, "t2": {"kind": "role", "name": "buyer"}},
  "speakToAs": {"grammaticalGender": "feminine", "pronouns": {"k1": {"pronouns": "she/her"}}},
  "emails": {"e1": {"address": "ana@a.example", "contexts": {"work": true}, "pref": 1},
             "e2": {"address": "ana@b.example", "label": "club"}},
  "phones": {"p1": {"number": "tel:+351-912-345-678", "features": {"mobile": true, "text": true}}},
  "onlineServices": {"s1": {"service": "Mastodon", "user": "@ana@social.example"},
                     "s2": {"uri": "xmpp:ana@jabber.example", "vCardName": "impp"}},
  "addresses": {"a1": {"countryCode": "PT", "full": "Rua 14, Lisboa",
                       "components": [{"kind": "number", "value": "14"},
                                      {"kind": "name", "value": "Rua Augusta"},
                                      {"kind": "locality", "value": "Lisboa"},
                                      {"kind": "postcode", "value": "1100"}]}},
  "anniversaries": {"b": {"kind": "birth", "date": {"@type": "PartialDate", "month": 2, "day": 29}},
                    "w": {"kind": "wedding", "date": {"@type": "Timestamp",
                                                      "utc": "2010-06-05T00:00:00Z"}},
                    "o": {"kind": "firstOrder", "date": {"year": 2020, "month": 5, "day": 2}}},
  "preferredLanguages": {"l1": {"language": "pt", "pref": 1}},
  "notes": {"n1": {"note": "likes, mornings;\nand tea"}},
  "keywords": {"friends": true, "a, b": true},
  "links": {"u1": {"uri": "https://ana.example/a,b"},
            "u2": {"uri": "https://x.example", "label": "shop"}},
  "personalInfo": {"h1": {"kind": "hobby", "value": "weaving", "level": "high"}},
  "example.com:shoe": {"size": 38.5, "left": [1, null, true]},
  "vCardProps": [["x-tea", {"group": "g"}, "unknown", "green\\,;"]]
})";

// Proves: C22, C01
TEST(JsContact, ReadsTheFieldsOfAPerson) {
  const Read read = ReadAll(kAna);
  ASSERT_THAT(read.cards, SizeIs(1));
  const Contact& c = read.cards[0].contact;
  EXPECT_EQ(c.formatted_name, "Dr. Ana Maria Lopes");
  EXPECT_EQ(c.prefix, "Dr.");
  EXPECT_EQ(c.given, "Ana");
  EXPECT_EQ(c.additional, "Maria");
  EXPECT_EQ(c.family, "Lopes");
  EXPECT_EQ(c.uid, "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  EXPECT_THAT(c.nicknames, ElementsAre("Aninha"));
  EXPECT_EQ(c.organisation, "Lusotêxtil; Lda");
  EXPECT_THAT(c.units, ElementsAre("Sales"));
  EXPECT_EQ(c.title, "head");
  EXPECT_EQ(c.role, "buyer");
  EXPECT_EQ(c.pronouns, "she/her");
  ASSERT_THAT(c.emails, SizeIs(2));
  EXPECT_EQ(c.emails[0].value, "ana@a.example");
  EXPECT_EQ(c.emails[0].preference, 1);
  EXPECT_THAT(c.emails[0].types, ElementsAre("work"));
  EXPECT_EQ(c.emails[1].label, "club");
  ASSERT_THAT(c.phones, SizeIs(1));
  EXPECT_EQ(c.phones[0].number, "+351-912-345-678");
  EXPECT_THAT(c.phones[0].types, ElementsAre("cell", "text"));
  ASSERT_THAT(c.messengers, SizeIs(1));
  EXPECT_EQ(c.messengers[0].value, "xmpp:ana@jabber.example");
  ASSERT_THAT(c.profiles, SizeIs(1));
  EXPECT_EQ(c.profiles[0].value, "@ana@social.example");
  ASSERT_THAT(c.addresses, SizeIs(1));
  EXPECT_EQ(c.addresses[0].street, "14 Rua Augusta");
  EXPECT_EQ(c.addresses[0].country, "PT");
  EXPECT_EQ(c.addresses[0].formatted, "Rua 14, Lisboa");
  EXPECT_EQ(c.birthday, (ContactDate{std::nullopt, 2, 29}));
  EXPECT_EQ(c.anniversary, (ContactDate{2010, 6, 5}));
  ASSERT_THAT(c.days, SizeIs(1));
  EXPECT_EQ(c.days[0].label, "firstOrder");
  EXPECT_THAT(c.languages, ElementsAre("pt"));
  EXPECT_EQ(c.note, "likes, mornings;\nand tea");
  EXPECT_THAT(c.categories, ElementsAre("friends", "a, b"));
  EXPECT_THAT(c.unmodelled, Contains("g.X-TEA:green\\,;"));
}

// Proves: C22
TEST(JsContact, GivesBackWhatVCardHasNoWordFor) {
  const Json ana = Json::parse(kAna);
  const Json back = JsContactOf(LinesOfJsContact(ana));
  const auto same = [&](const char* pointer) {
    const nlohmann::json::json_pointer at(pointer);
    const nlohmann::json a = ana, b = back;
    ASSERT_TRUE(b.contains(at)) << pointer << " " << b;
    EXPECT_EQ(a.at(at), b.at(at)) << pointer;
  };
  for (const char* pointer : {"/uid",
                              "/updated",
                              "/name/full",
                              "/name/sortAs",
                              "/personalInfo",
                              "/example.com:shoe",
                              "/vCardProps",
                              "/keywords",
                              "/emails/e1/address",
                              "/emails/e1/contexts",
                              "/emails/e1/pref",
                              "/emails/e2/label",
                              "/phones/p1/number",
                              "/phones/p1/features",
                              "/links/u1/uri",
                              "/links/u2",
                              "/speakToAs/grammaticalGender",
                              "/speakToAs/pronouns/k1/pronouns",
                              "/addresses/a1/full",
                              "/addresses/a1/countryCode",
                              "/onlineServices/s1/service",
                              "/onlineServices/s1/user",
                              "/onlineServices/s2/uri",
                              "/notes/n1/note",
                              "/titles/t2/kind",
                              "/titles/t2/name",
                              "/organizations/o1/name"}) {
    same(pointer);
  }
  // A second trip changes nothing more.
  EXPECT_EQ(nlohmann::json(JsContactOf(LinesOfJsContact(back))), nlohmann::json(back));
}

// Proves: C22
TEST(JsContact, CarriesPropertiesOfVCardWordForWord) {
  const std::vector<std::string> lines = {"FN:Ana",
                                          "item1.URL:https://ana.example",
                                          "item1.X-ABLABEL:Portfolio",
                                          "X-SHOE;X-P=\"a;b\":38\\,5",
                                          "GEO:geo:38.72,-9.14",
                                          "GENDER:F;female",
                                          "PHOTO:data:image/png;base64,iVBORw0KGgo="};
  const Json card = JsContactOf(lines);
  EXPECT_EQ(card["media"]["u1"]["uri"], "data:image/png;base64,iVBORw0KGgo=");
  const std::vector<std::string> back = LinesOfJsContact(card);
  EXPECT_THAT(back, ::testing::UnorderedElementsAreArray(lines));
}

TEST(JsContact, TakesACardWithoutUid) {
  EXPECT_THAT(ReadAll(R"({"@type":"Card","version":"2.0","name":{"full":"Bo"}})").cards, SizeIs(1));
}

TEST(JsContact, SaysWhatCannotBeReadAndGoesOn) {
  const Read read = ReadAll(
      "[{\"@type\":\"Card\",\"name\":{\"full\":\"A\"}},\n{\"@type\":\"Group\"},\n"
      "{\"@type\":\"Card\",\"name\":7,\"emails\":[],\"phones\":{\"p\":3}},\n"
      "{\"@type\":\"Card\",\"name\":{\"full\":\"B\",\"components\":{}},\"anniversaries\":{\"x\":"
      "{\"date\":{\"month\":99,\"day\":1}}}}]");
  ASSERT_THAT(read.cards, SizeIs(2));
  EXPECT_THAT(read.problems,
              ElementsAre(ImportProblem{"a.json", 2, "not a JSContact card"},
                          ImportProblem{"a.json", 3, "no name and no contact point"}));
  EXPECT_THAT(read.cards[1].contact.unmodelled,
              ElementsAre("JSPROP;JSPTR=anniversaries/x:{\"date\":{\"month\":99,\"day\":1}}"));
}

}  // namespace
}  // namespace rapport::importer
