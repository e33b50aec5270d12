// rapportctl as its owner uses it: from "not yet" to "yes", and what it says when something is
// wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/json_util.h"
#include "tests/harness/process.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Said {
  int code = -1;
  std::string text;  // of both streams
};

class TheCommandLine : public ::testing::Test {
 protected:
  // The program lives by the clock of this machine, and so do the services.
  TheCommandLine()
      : story_(absl::FormatTime(absl::RFC3339_sec, absl::Now(), absl::UTCTimeZone())),
        ana_(story_.Knows("Ana Sousa", {"ana@example.org"},
                          {story_.HasSteward("mara", "Mara Vidal")})) {
    story_.LivesIn(ana_, "Europe/Lisbon");
  }

  Said Ctl(const std::vector<std::string>& words) {
    std::vector<std::string> arguments = {RAPPORTCTL_BINARY, "--dir", story_.house.folder(),
                                          "--tenant", story_.house.tenant()};
    for (const char* service : {"contact", "engagement", "recommendation"}) {
      arguments.push_back(absl::StrCat("--", service));
      arguments.push_back(story_.house.SocketOf(service));
    }
    arguments.insert(arguments.end(), words.begin(), words.end());
    const std::string log = absl::StrCat(story_.house.folder(), "/ctl-", ++runs_, ".log");
    Process process(arguments, log);
    Said said;
    said.code = process.Wait(absl::Seconds(30));
    std::ifstream in(log, std::ios::binary);
    said.text.assign(std::istreambuf_iterator<char>(in), {});
    return said;
  }
  std::string Done(const std::vector<std::string>& words) {
    const Said said = Ctl(words);
    EXPECT_EQ(said.code, 0) << words[0] << ": " << said.text;
    return said.text;
  }

  Story story_;
  const Story::Known ana_;
  int runs_ = 0;
};

// Proves: R04, R06
TEST_F(TheCommandLine, GoesFromNotYetToYes) {
  EXPECT_THAT(Done({"offer", "Migration", "--serves", "re-keying", "--stake", "high"}),
              HasSubstr("Migration (for re-keying; much is at stake)"));
  Done({"record", "ana", "--kind", "call", "--minutes-theirs", "15", "--minutes-ours", "10",
        "--gave", "help", "--when", "yesterday"});
  Done({"learn", "ana", "s", "moved the workshop"});
  Done({"learn", "ana", "p", "loses a day a week", "--topic", "re-keying"});
  Done({"consent", "ana", "--grant", "--purpose", "proposal", "--evidence", "yes, please"});

  const std::string why_not = Done({"why-not", "ana", "migration"});
  EXPECT_THAT(why_not, HasSubstr("Not now. Two things are missing, everything else holds:\n"
                                 "  understanding  0.40, needs 0.60  learn "));
  EXPECT_THAT(why_not, HasSubstr("  explicit need  –                 Ana Sousa has not said"));
  EXPECT_THAT(why_not, HasSubstr("If Ana asks for it, neither matters.\n"));
  EXPECT_EQ(Ctl({"check", "ana", "--offer", "migration"}).code, 9);

  Done({"learn", "ana", "i", "orders wait", "--topic", "re-keying"});
  Done({"learn", "ana", "n", "a day for new customers", "--topic", "re-keying"});
  EXPECT_THAT(Done({"need", "ana", "no more re-keying", "--topic", "re-keying", "--explicit"}),
              HasSubstr("; they want it solved) · re-keying"));
  EXPECT_THAT(Done({"check", "ana", "--offer", "migration"}),
              HasSubstr("Yes: \"Migration\" may be proposed to Ana Sousa.\n"));
  EXPECT_THAT(Done({"today"}), HasSubstr("Ana Sousa  propose"));

  // Care comes before everything.
  EXPECT_THAT(Done({"guard", "ana", "her father died", "--event", "bereavement"}),
              HasSubstr("A care guard stands since "));
  const Said guarded = Ctl({"check", "ana", "--offer", "migration"});
  EXPECT_EQ(guarded.code, 9);
  EXPECT_THAT(guarded.text, HasSubstr("  care guard  a care guard stands: \"her father died\""));
  EXPECT_THAT(guarded.text, Not(HasSubstr("asks for it")));
  EXPECT_THAT(Done({"brief", "ana"}), HasSubstr("Care            her father died"));
  Done({"guard", "ana", "--lift"});

  // A sale ends nothing.
  Done({"sale", "ana", "the migration", "--offer", "migration", "--need", "re-keying", "--led-by",
        "us", "--stage", "agreed", "--amount", "1200 EUR"});
  EXPECT_THAT(Done({"sale", "ana", "--advance", "migration", "--to", "delivered"}),
              HasSubstr("; we proposed it; 1 200 EUR; after-care promised)"));
  EXPECT_THAT(Done({"need", "ana"}), HasSubstr("no more re-keying (served "));
  EXPECT_THAT(Done({"timeline", "ana"}), HasSubstr("sale: the migration"));
  EXPECT_THAT(Done({"trust", "ana"}), HasSubstr("What it rests on\n"));
}

// Proves: C14, C15
TEST_F(TheCommandLine, TellsWhatIsAllowedAndWhy) {
  Said said = Ctl({"check", "ana"});
  EXPECT_EQ(said.code, 9);
  EXPECT_THAT(said.text, HasSubstr("Not now: proposals by mail are not welcome.\n  they were not"));
  Done({"consent", "ana", "--grant", "--purpose", "proposal", "--channel", "mail"});
  EXPECT_THAT(Done({"check", "ana"}), HasSubstr("Yes: proposals by mail are welcome now"));
  Done({"consent", "ana", "--withdraw"});
  EXPECT_EQ(Ctl({"check", "ana"}).code, 9);
  Done({"consent", "ana", "--correct", "2", "--purpose", "ask"});
  EXPECT_EQ(Ctl({"check", "ana"}).code, 0);
  const std::string ledger = Done({"consent", "ana"});
  EXPECT_THAT(ledger, HasSubstr(" 1  allows proposals by mail (since "));
  EXPECT_THAT(ledger, HasSubstr(" 2  withdrew any contact (since "));
  EXPECT_THAT(ledger, HasSubstr(" · corrected by 3\n 3  withdrew asks (since "));
  // Someone asked for quiet; only their word lifts it.
  EXPECT_THAT(Done({"quiet", "ana", "--reason", "too many letters"}),
              HasSubstr("They asked us to stop reaching out, since "));
  EXPECT_EQ(Ctl({"quiet", "ana", "--lift"}).code, 2);
  Done({"quiet", "ana", "--lift", "--evidence", "her call"});
  EXPECT_THAT(Done({"rest", "ana", "--reason", "the need is over"}),
              HasSubstr("The relationship rests, since "));
  EXPECT_THAT(Done({"reopen", "ana"}), HasSubstr("The relationship is open."));
}

TEST_F(TheCommandLine, ListsWhatFitsAFilterInAnOrder) {
  for (const char* day : {"3 days ago", "yesterday", "2 days ago"}) {
    Done({"record", "ana", "--kind", "call", "--subject", day, "--when", day});
  }
  Done({"record", "ana", "--kind", "letter", "--direction", "in", "--when", "yesterday"});
  const std::vector<std::string> calls = {"list",           "engagements",         "ana",
                                          "--filter",       "kind = CONVERSATION", "--order-by",
                                          "event_time desc"};
  auto as_json = calls;
  as_json.insert(as_json.begin(), {"--output", "json"});
  ev::ListEngagementsResponse found;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(Done(as_json), &found).ok());
  ASSERT_EQ(found.engagements_size(), 3);
  EXPECT_EQ(found.engagements(0).subject(), "yesterday");
  EXPECT_EQ(found.engagements(1).subject(), "2 days ago");
  EXPECT_EQ(found.engagements(2).subject(), "3 days ago");

  auto two = calls;
  two.insert(two.end(), {"-n", "2"});
  const std::string text = Done(two);
  EXPECT_THAT(text, HasSubstr("\"yesterday\""));
  EXPECT_THAT(text, HasSubstr(found.engagements(0).name()));
  EXPECT_THAT(text, Not(HasSubstr("\"3 days ago\"")));
  EXPECT_THAT(text, HasSubstr("more: rapportctl list engagements … -n 10\n"));

  EXPECT_THAT(Done({"list", "people", "--filter", "full_name:\"sousa\""}), HasSubstr("Ana Sousa"));
  EXPECT_EQ(Done({"list", "people", "--filter", "full_name:\"nobody\""}), "Nothing fits.\n");
  EXPECT_THAT(Done({"list", "relationships", "ana"}), HasSubstr(ana_.relationship));
  EXPECT_THAT(Done({"list", "rapports", "--filter",
                    absl::StrCat("relationship = \"", ana_.relationship, "\"")}),
              HasSubstr(ana_.relationship));
  for (const char* kind : {"contact-points", "consents", "stewards", "promises", "facts",
                           "feedback", "needs", "sales", "care-events", "offers"}) {
    const bool of_all = std::string(kind) == "stewards" || std::string(kind) == "offers";
    Done(of_all ? std::vector<std::string>{"list", kind}
                : std::vector<std::string>{"list", kind, "ana"});
  }
}

TEST_F(TheCommandLine, SaysPlainlyWhatIsWrong) {
  const auto fails = [&](const std::vector<std::string>& words, int code, const char* text) {
    const Said said = Ctl(words);
    EXPECT_EQ(said.code, code) << said.text;
    EXPECT_THAT(said.text, HasSubstr(text));
    EXPECT_THAT(said.text, HasSubstr("rapportctl: "));
  };
  fails({"learn", "ana", "x", "something"}, 2, "slot: \"x\" is none of s, p, i, n\n");
  fails({"learn", "nobody", "p", "something"}, 3, "nobody is called \"nobody\"");
  fails({"need", "ana", "--outlive", "parking", "--said-by", "them"}, 3,
        "no need of Ana Sousa says \"parking\"");
  fails({"why-not", "ana", "parking"}, 3, "is part of no offer, and no step: repair, ");
  fails({"guard", "ana", "--lift"}, 5, "STATE_TRANSITION");
  fails({"sale", "ana", "seats", "--led-by", "them", "--amount", "much"}, 2, "is no amount");
  fails({"consent", "ana", "--purpose", "proposal"}, 2, "--grant, --refuse or --withdraw");
  fails({"offer", "Seats", "--serves", "seats"}, 2, "--stake low or high");
  fails({"list", "cars"}, 2, "kind: \"cars\" is none of people, ");
  fails({"list", "needs"}, 2, "who: of whom? rapportctl list needs WHO\n");
  fails({"list", "offers", "ana"}, 2, "who");
  fails({"list", "people", "--filter", "full_name = "}, 2,
        "INVALID_ARGUMENT · FILTER_SYNTAX · filter\n");
  fails({"list", "sales", "ana", "--order-by", "time"}, 2, "it may name name, ");
  fails({"list", "sales", "ana", "--order-by", "time"}, 2, "INVALID_ARGUMENT · FIELD · order_by\n");
  fails({"list", "rapports", "--order-by", "health"}, 2, "INVALID_ARGUMENT · FIELD · order_by\n");
  fails({"--as-of", "yesterday", "list", "needs", "ana"}, 2, "INVALID_ARGUMENT · FIELD · as_of\n");
}

TEST_F(TheCommandLine, GivesTheAnswersOfTheServicesAsJson) {
  Done({"need", "ana", "two seats", "--topic", "seats", "--wants-to-buy"});
  ev::ListNeedsResponse needs;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(Done({"--output", "json", "need", "ana"}), &needs)
          .ok());
  ASSERT_EQ(needs.needs_size(), 1);
  EXPECT_TRUE(needs.needs(0).wants_to_buy());
  Done({"offer", "Seats", "--serves", "seats", "--stake", "high", "--id", "seats"});
  rv::Readiness readiness;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(
                  Done({"--output", "json", "check", "ana", "--need", "seats"}), &readiness)
                  .ok());
  EXPECT_TRUE(readiness.person_led());
  EXPECT_EQ(readiness.offer(), absl::StrCat(story_.house.parent(), "/offers/seats"));
}

}  // namespace
}  // namespace rapport::tests
