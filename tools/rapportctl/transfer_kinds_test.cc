#include "tools/rapportctl/transfer_kinds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "rapport/contact/v1/person.pb.h"
#include "rapport/engagement/v1/engagement.pb.h"
#include "rapport/engagement/v1/need.pb.h"
#include "tools/rapportctl/json.h"

namespace rapport::rapportctl {
namespace {

using ::rapport::engagement::v1::Engagement;

std::string FileOf(const google::protobuf::Message& resource) {
  google::protobuf::Any any;
  any.PackFrom(resource);
  const TransferKind* kind = KindOf(any);
  return kind == nullptr ? "" : kind->file;
}

Engagement Named(const char* name) {
  Engagement engagement;
  engagement.set_name(name);
  return engagement;
}

TEST(TransferKinds, PutsEachKindIntoAFileOfItsOwn) {
  std::set<std::string> files;
  for (const TransferKind& kind : TransferKinds()) EXPECT_TRUE(files.insert(kind.file).second);
  EXPECT_EQ(FileOf(contact::v1::Person()), "people.jsonl");
  EXPECT_EQ(FileOf(Named("tenants/a/relationships/r/engagements/e")), "engagements.jsonl");
  EXPECT_EQ(FileOf(Named("tenants/a/relationships/unclaimed/engagements/e")),
            "unclaimed_engagements.jsonl");
  EXPECT_EQ(FileOf(google::protobuf::Any()), "") << "this program does not know it";
}

TEST(TransferKinds, TellsAnEngagementThatWasClaimedLaterFromOneThatWaits) {
  Engagement claimed = Named("tenants/a/relationships/r/engagements/e");
  *claimed.add_amendments()->mutable_before() =
      Named("tenants/a/relationships/unclaimed/engagements/e");
  EXPECT_EQ(FileOf(claimed), "engagements.jsonl");
}

TEST(TransferKinds, KnowsTheKindOfALineBeforeItIsRead) {
  google::protobuf::Any any;
  any.PackFrom(contact::v1::Person());
  const TransferKind* kind = KindOfLine(ToJson(any, JsonLayout::kOneLine));
  ASSERT_NE(kind, nullptr);
  EXPECT_STREQ(kind->file, "people.jsonl");
  EXPECT_NE(KindOfLine("  { \"@type\" : \"x/rapport.engagement.v1.Need\""), nullptr);
  for (const char* line : {"", "{}", "{\"@type\"", "{\"@type\":", "{\"@type\":\"Card\"}"}) {
    EXPECT_EQ(KindOfLine(line), nullptr) << line;
  }
}

// Proves: C22
TEST(MoveNames, ChangesNamesButNoWordOfAnybody) {
  Engagement engagement = Named("tenants/a/relationships/r/engagements/e");
  engagement.set_steward("tenants/a/stewards/s");
  engagement.set_subject("tenants/a/ is where we live");
  engagement.set_source("tenants/ab/");
  *engagement.add_amendments()->mutable_before() = engagement;
  MoveNames("tenants/a/", "tenants/b/", &engagement);
  EXPECT_EQ(engagement.name(), "tenants/b/relationships/r/engagements/e");
  EXPECT_EQ(engagement.steward(), "tenants/b/stewards/s");
  EXPECT_EQ(engagement.subject(), "tenants/a/ is where we live");
  EXPECT_EQ(engagement.source(), "tenants/ab/");
  EXPECT_EQ(engagement.amendments(0).before().name(), "tenants/b/relationships/r/engagements/e");
  engagement::v1::Need need;
  need.add_facts("tenants/a/relationships/r/facts/f");
  MoveNames("tenants/a/", "tenants/b/", &need);
  EXPECT_EQ(need.facts(0), "tenants/b/relationships/r/facts/f");
}

}  // namespace
}  // namespace rapport::rapportctl
