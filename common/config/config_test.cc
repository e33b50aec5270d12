#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "absl/time/time.h"
#include "common/config/command_line.h"
#include "common/config/describe.h"
#include "common/testing/matchers.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:0", "where to listen | host:port");
ABSL_FLAG(bool, cork, true, "answer several calls at once");
ABSL_FLAG(std::int32_t, workers, 2, "threads that read");
ABSL_FLAG(double, jitter, 0.5, "part of the time to live");
ABSL_FLAG(absl::Duration, cache_ttl, absl::Minutes(10), "time to live");
ABSL_FLAG(std::vector<std::string>, targets, {}, "addresses of the services");
ABSL_FLAG(std::string, pass_phrase, "", "a secret");

namespace rapport::config {
namespace {

using ::rapport::testing::IsOk;
using ::rapport::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class CommandLine : public ::testing::Test {
 protected:
  absl::StatusOr<Outcome> Parse(std::vector<const char*> arguments,
                                std::vector<const char*> environment = {}) {
    arguments.insert(arguments.begin(), "contact");
    environment.push_back(nullptr);
    return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data(),
                            environment.data(), program_, out_);
  }

  const Program program_ = {"contact", "0.1.0", "Keeps people.", {"pass_phrase"}};
  std::ostringstream out_;
  absl::FlagSaver saver_;
};

TEST_F(CommandLine, WinsOverTheEnvironmentWhichWinsOverTheDefault) {
  ASSERT_OK(Parse({}));
  EXPECT_EQ(absl::GetFlag(FLAGS_workers), 2);
  ASSERT_OK(Parse({}, {"RAPPORT_WORKERS=3", "PATH=/bin"}));
  EXPECT_EQ(absl::GetFlag(FLAGS_workers), 3);
  ASSERT_OK(Parse({"--workers=4"}, {"RAPPORT_WORKERS=3"}));
  EXPECT_EQ(absl::GetFlag(FLAGS_workers), 4);
}

TEST_F(CommandLine, TakesEveryWayOfWritingAFlag) {
  ASSERT_OK(Parse({"--listen", "[::1]:7101", "-workers=5", "--nocork", "--cache_ttl=90s",
                   "--targets=a:1,b:2", "--jitter", "0.25"}));
  EXPECT_EQ(absl::GetFlag(FLAGS_listen), "[::1]:7101");
  EXPECT_EQ(absl::GetFlag(FLAGS_workers), 5);
  EXPECT_FALSE(absl::GetFlag(FLAGS_cork));
  EXPECT_EQ(absl::GetFlag(FLAGS_cache_ttl), absl::Seconds(90));
  EXPECT_THAT(absl::GetFlag(FLAGS_targets), ElementsAre("a:1", "b:2"));
  EXPECT_EQ(absl::GetFlag(FLAGS_jitter), 0.25);
  ASSERT_OK(Parse({"--cork", "--workers=1", "--workers=6", "--listen=", "--"}));
  EXPECT_TRUE(absl::GetFlag(FLAGS_cork));
  EXPECT_EQ(absl::GetFlag(FLAGS_workers), 6);
  EXPECT_EQ(absl::GetFlag(FLAGS_listen), "");
}

TEST_F(CommandLine, RefusesWithOneClearLine) {
  EXPECT_THAT(Parse({"--worker=3"}),
              StatusIs(kInvalid, "unknown flag --worker, did you mean --workers?"));
  EXPECT_THAT(Parse({"--frobnicate"}), StatusIs(kInvalid, "unknown flag --frobnicate"));
  EXPECT_THAT(Parse({"--workers=many"}),
              StatusIs(kInvalid, "--workers: \"many\" is no valid integer"));
  EXPECT_THAT(Parse({"--cache_ttl=10"}),
              StatusIs(kInvalid, "--cache_ttl: \"10\" is no valid duration"));
  EXPECT_THAT(Parse({"--workers"}), StatusIs(kInvalid, "--workers needs a value"));
  EXPECT_THAT(Parse({"serve"}), StatusIs(kInvalid, "unexpected argument \"serve\""));
  EXPECT_THAT(Parse({"--", "serve"}), StatusIs(kInvalid, "unexpected argument \"serve\""));
  EXPECT_THAT(Parse({"--cork", "false"}), StatusIs(kInvalid, "unexpected argument \"false\""));
  EXPECT_THAT(Parse({"--nocork=true"}), StatusIs(kInvalid, "--nocork takes no value"));
  EXPECT_THAT(Parse({"--noworkers"}), StatusIs(kInvalid, HasSubstr("unknown flag --noworkers")));
  EXPECT_THAT(Parse({"--a\nb\x1b[31m"}), StatusIs(kInvalid, "unknown flag --a?b?[31m"));
  EXPECT_THAT(Parse({"-"}), StatusIs(kInvalid));
  EXPECT_THAT(Parse({"--"}), IsOk());
}

TEST_F(CommandLine, RefusesUnknownAndBadVariables) {
  EXPECT_THAT(Parse({}, {"RAPPORT_WORKRES=3"}),
              StatusIs(kInvalid,
                       "unknown environment variable RAPPORT_WORKRES, did you mean "
                       "RAPPORT_WORKERS?"));
  EXPECT_THAT(Parse({}, {"RAPPORT_workers=3"}), StatusIs(kInvalid));
  EXPECT_THAT(Parse({"--workers=4"}, {"RAPPORT_WORKERS=x"}),
              StatusIs(kInvalid, "RAPPORT_WORKERS: \"x\" is no valid integer"));
  EXPECT_THAT(Parse({}, {"RAPPORT_="}), StatusIs(kInvalid));
}

TEST_F(CommandLine, KnowsOnlyFlagsOfThisProject) {
  EXPECT_THAT(Parse({"--flagfile=/etc/passwd"}), StatusIs(kInvalid));
  EXPECT_THAT(Parse({"--undefok=x"}), StatusIs(kInvalid));
}

TEST_F(CommandLine, AnswersHelpAndVersionEvenInABrokenEnvironment) {
  EXPECT_EQ(*Parse({"--version"}, {"RAPPORT_NONSENSE=1"}), Outcome::kDone);
  EXPECT_EQ(out_.str(), "contact 0.1.0\n");
  out_.str("");
  EXPECT_EQ(*Parse({"--help"}), Outcome::kDone);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("Keeps people."), HasSubstr("--cache_ttl (duration")));
  EXPECT_THAT(Parse({"--help=yes"}), StatusIs(kInvalid));
}

// Proves: Z8
TEST_F(CommandLine, NeverPrintsASecret) {
  EXPECT_EQ(*Parse({"--pass_phrase=xyzzy", "--workers=9", "--print_config"}), Outcome::kDone);
  EXPECT_EQ(out_.str(),
            "--cache_ttl=10m\n--cork=true\n--jitter=0.5\n--listen=127.0.0.1:0\n"
            "--pass_phrase=***\n--targets=\n--workers=9\n");
}

TEST_F(CommandLine, PrintsItsFlagsAsMarkdown) {
  EXPECT_EQ(*Parse({"--print_flags", "--workers=7"}), Outcome::kDone);
  const std::string table = out_.str();
  EXPECT_THAT(table, HasSubstr("| `--cache_ttl` | `RAPPORT_CACHE_TTL` | duration | `10m` | time to "
                               "live |\n"));
  EXPECT_THAT(table, HasSubstr("| `--workers` | `RAPPORT_WORKERS` | integer | `2` |"));
  EXPECT_THAT(table, HasSubstr("where to listen \\| host:port"));
  EXPECT_THAT(table, Not(HasSubstr("gtest")));
  std::ostringstream again;
  PrintFlagsMarkdown(program_, again);
  EXPECT_EQ(again.str(), table);
}

}  // namespace
}  // namespace rapport::config
