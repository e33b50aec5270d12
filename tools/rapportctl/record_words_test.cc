#include "tools/rapportctl/record_words.h"

#include "common/testing/matchers.h"
#include "common/time/proto_time.h"
#include "tools/rapportctl/outcome.h"

namespace rapport::rapportctl {
namespace {

using ::rapport::engagement::v1::Engagement;
using ::rapport::testing::StatusIs;

absl::StatusOr<Engagement> From(const RecordOptions& options) {
  return EngagementFrom(options,
                        {.now = absl::FromUnixSeconds(1'773'050'000), .zone = absl::UTCTimeZone()});
}

TEST(Record, UnderstandsACall) {
  ASSERT_OK_AND_ASSIGN(const Engagement call, From({.kind = "call",
                                                    .subject = "how it goes",
                                                    .minutes_ours = 10,
                                                    .minutes_theirs = 15,
                                                    .topics = {"export"}}));
  EXPECT_EQ(call.kind(), Engagement::CONVERSATION);
  EXPECT_EQ(call.channel(), Engagement::PHONE);
  EXPECT_EQ(call.direction(), Engagement::MUTUAL);
  EXPECT_EQ(call.conduct(), Engagement::HUMAN);
  EXPECT_EQ(call.our_seconds(), 600);
  EXPECT_EQ(call.their_seconds(), 900);
  EXPECT_EQ(call.duration().seconds(), 1500);
  EXPECT_EQ(call.topics(0), "export");
  EXPECT_EQ(time::FromProto(call.event_time()), absl::FromUnixSeconds(1'773'050'000));
}

TEST(Record, TakesTheKindFromTheChannel) {
  ASSERT_OK_AND_ASSIGN(const Engagement mail, From({.channel = "mail", .direction = "in"}));
  EXPECT_EQ(mail.kind(), Engagement::MESSAGE);
  EXPECT_EQ(mail.channel(), Engagement::EMAIL);
  ASSERT_OK_AND_ASSIGN(const Engagement talk, From({.channel = "In_Person"}));
  EXPECT_EQ(talk.kind(), Engagement::MEETING);
}

TEST(Record, RefusesUnknownWordsAndListsTheKnownOnes) {
  const auto fax = From({.channel = "fax"});
  ASSERT_THAT(fax, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(ErrorText(fax.status()),
            "rapportctl: channel: \"fax\" is none of call, mail, sms, chat, letter, in-person, "
            "video, social, other\n"
            "            INVALID_ARGUMENT · FIELD · engagement.channel\n");
  EXPECT_THAT(From({.kind = "call", .began = "nobody"}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(From({.kind = "call", .reaction = "furious"}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(From({.kind = "call", .minutes_ours = -1}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(Record, AsksForADirectionWhereItCannotBeGuessed) {
  EXPECT_THAT(From({.kind = "gift"}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(From({}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_OK(From({.kind = "gift", .direction = "out", .gave = {"gift"}}));
}

}  // namespace
}  // namespace rapport::rapportctl
