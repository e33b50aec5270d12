#include "tools/rapportctl/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/errors.h"

namespace rapport::rapportctl {
namespace {

TEST(ExitCode, IsOneForEachWayToFail) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(errors::Bug()), 1);
  EXPECT_EQ(ExitCodeOf(errors::MalformedRequest()), 2);
  EXPECT_EQ(ExitCodeOf(errors::ResourceUnknown("tenants/home/people/x")), 3);
  EXPECT_EQ(ExitCodeOf(errors::ResourceExists("tenants/home/stewards/x")), 4);
  EXPECT_EQ(ExitCodeOf(errors::EtagMismatch("tenants/home/people/x")), 4);
  EXPECT_EQ(ExitCodeOf(errors::DisclosureMissing()), 5);
  EXPECT_EQ(ExitCodeOf(errors::TokenRefused()), 6);
  EXPECT_EQ(ExitCodeOf(errors::ScopeMissing("contact.read")), 6);
  EXPECT_EQ(ExitCodeOf(errors::Overloaded("write")), 7);
  EXPECT_EQ(ExitCodeOf(errors::StoreFull()), 7);
  EXPECT_EQ(ExitCodeOf(errors::DeadlinePassed()), 7);
}

TEST(ErrorText, NamesTheFieldTheCodeAndTheReason) {
  EXPECT_EQ(ErrorText(errors::InvalidField("engagement.channel", "\"fax\" is none of call, mail")),
            "rapportctl: channel: \"fax\" is none of call, mail\n"
            "            INVALID_ARGUMENT · FIELD · engagement.channel\n");
}

TEST(ErrorText, SaysOurOwnErrorsInOneLine) {
  EXPECT_EQ(ErrorText(absl::NotFoundError("nobody is called \"x\"")),
            "rapportctl: nobody is called \"x\"\n");
}

TEST(ErrorText, SaysWhatWouldChangeTheAnswer) {
  const std::string text =
      ErrorText(errors::StateTransition("promise", "RELEASED", "only an open promise can be kept"));
  EXPECT_THAT(text, ::testing::HasSubstr("only an open promise can be kept"));
  EXPECT_THAT(text, ::testing::EndsWith("            FAILED_PRECONDITION · STATE_TRANSITION\n"));
}

}  // namespace
}  // namespace rapport::rapportctl
