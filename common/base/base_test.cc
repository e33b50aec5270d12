#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "common/base/digest.h"
#include "common/base/errors.h"
#include "common/base/id.h"
#include "common/base/uuid.h"
#include "common/testing/matchers.h"
#include "google/rpc/error_details.pb.h"

namespace rapport {
namespace {

class CountingRng : public base::Rng {
 public:
  std::uint64_t Next() override { return next_++; }

 private:
  std::uint64_t next_ = 0x0123456789abcdefULL;
};

TEST(Uuid, VersionSevenCarriesTheTimeAndSortsByIt) {
  // RFC 9562 A.6: 2022-02-22T19:22:22Z, rand_a CC3, rand_b 18C4DC0C0C07398F.
  EXPECT_EQ(base::UuidV7(absl::FromUnixMillis(0x017F22E279B0), 0xCC3, 0x18C4DC0C0C07398F),
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  CountingRng rng;
  const std::string early = base::NewUuidV7(absl::FromUnixSeconds(1000), rng);
  const std::string late = base::NewUuidV7(absl::FromUnixSeconds(1001), rng);
  EXPECT_LT(early, late);
  EXPECT_TRUE(base::IsUuid(early));
  EXPECT_FALSE(base::IsUuid(early.substr(1)));
  EXPECT_FALSE(base::IsUuid("017f22e2-79b0-7cc3-98c4-dc0c0c07398g"));
}

TEST(Id, TakesOnlyLowerCaseSegments) {
  EXPECT_TRUE(base::IsIdSegment("a"));
  EXPECT_TRUE(base::IsIdSegment("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"));
  for (const char* bad : {"", "-a", "a-", "A", "a/b", "a b", "\xc3\xa9", "a.b"}) {
    EXPECT_FALSE(base::IsIdSegment(bad)) << bad;
  }
  EXPECT_FALSE(base::IsIdSegment(std::string(64, 'a')));
  EXPECT_TRUE(base::IsIdSegment(std::string(63, 'a')));
}

// Proves: P04
TEST(Errors, CarryReasonFieldsAndSurviveTheWire) {
  const absl::Status status =
      errors::InvalidFields({{"engagement.channel", "must be set"}, {"parent", "malformed"}});
  EXPECT_THAT(status, testing::StatusIs(absl::StatusCode::kInvalidArgument));
  const absl::Status back = errors::FromProto(errors::ToProto(status));
  EXPECT_EQ(errors::ReasonOf(back), type::v1::FIELD);
  google::rpc::BadRequest bad;
  const google::rpc::Status wire = errors::ToProto(back);
  ASSERT_EQ(wire.details_size(), 2);
  for (const auto& any : wire.details()) {
    if (any.Is<google::rpc::BadRequest>()) any.UnpackTo(&bad);
  }
  ASSERT_EQ(bad.field_violations_size(), 2);
  EXPECT_EQ(bad.field_violations(0).field(), "engagement.channel");
}

// Proves: P04
TEST(Errors, DetailsNeverExceedFourKilobytes) {
  std::vector<errors::FieldViolation> many;
  for (int i = 0; i < 500; ++i) many.push_back({std::string(1000, 'f'), std::string(1000, 'd')});
  const auto proto = errors::ToProto(errors::InvalidFields(many));
  EXPECT_LE(proto.ByteSizeLong(), 4096U);
  EXPECT_EQ(proto.details_size(), 2);
  EXPECT_LE(errors::ToProto(errors::ResourceUnknown(std::string(100000, 'x'))).ByteSizeLong(),
            4096U);
}

TEST(Errors, ABrokenFilterIsAFieldWithAPlace) {
  google::rpc::BadRequest bad;
  google::rpc::ErrorInfo info;
  const auto proto = errors::ToProto(errors::FilterSyntax(3, "a word without a field"));
  for (const auto& detail : proto.details()) {
    detail.UnpackTo(&bad);
    detail.UnpackTo(&info);
  }
  ASSERT_EQ(bad.field_violations_size(), 1);
  EXPECT_EQ(bad.field_violations(0).field(), "filter");
  EXPECT_EQ(bad.field_violations(0).description(), "at byte 3: a word without a field");
  EXPECT_EQ(info.metadata().at("position"), "3");
}

TEST(Errors, SayWhenToComeBack) {
  EXPECT_GT(errors::RetryAfter(errors::Overloaded("write")), absl::ZeroDuration());
  EXPECT_EQ(errors::RetryAfter(errors::Rate(absl::Milliseconds(1500))), absl::Milliseconds(1500));
  EXPECT_EQ(errors::RetryAfter(errors::Bug()), absl::ZeroDuration());
}

// Each value of the enum is raised by exactly one constructor, with the code that its comment
// names. Proves: P04
TEST(Errors, EveryPublishedReasonHasAConstructor) {
  const std::vector<absl::Status> all = {errors::InvalidField("f", "d"),
                                         errors::MalformedRequest(),
                                         errors::RequestIdReused(),
                                         errors::BadPageToken(),
                                         errors::UnknownMaskPath("p"),
                                         errors::BadConsistencyToken(),
                                         errors::ResourceUnknown("n"),
                                         errors::ResourceExists("n"),
                                         errors::ContactPointTaken("f"),
                                         errors::ExternalIdTaken("f"),
                                         errors::RelationshipExists("n"),
                                         errors::EtagMismatch("n"),
                                         errors::RevisionRace(),
                                         errors::FilterSyntax(3, "p"),
                                         errors::StateTransition("n", "S", "c"),
                                         errors::Quieted("n", "c"),
                                         errors::DisclosureMissing(),
                                         errors::PurgePassed("n"),
                                         errors::HumanRequired("n", "c"),
                                         errors::Rate(absl::Seconds(1)),
                                         errors::StoreFull(),
                                         errors::MessageTooLarge(),
                                         errors::Overloaded("q"),
                                         errors::Draining(),
                                         errors::StoreUnavailable(),
                                         errors::Behind("o", 1),
                                         errors::DependencyUnavailable("s"),
                                         errors::DeadlinePassed(),
                                         errors::TokenRefused(),
                                         errors::ScopeMissing("s"),
                                         errors::Bug(),
                                         errors::MethodUnknown()};
  std::set<int> seen;
  for (const auto& status : all) {
    EXPECT_TRUE(seen.insert(errors::ReasonOf(status)).second) << status;
  }
  const auto* published = type::v1::ErrorReason_descriptor();
  for (int i = 0; i < published->value_count(); ++i) {
    if (published->value(i)->number() == 0) continue;
    EXPECT_TRUE(seen.contains(published->value(i)->number())) << published->value(i)->name();
  }
}

TEST(Errors, AnErrorOfAnItemKeepsItsReasonAndSaysWhichItemItIs) {
  const auto status =
      errors::OfItem("requests[3]", errors::InvalidField("steward.display_name", "must be set"));
  EXPECT_THAT(status, testing::StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(errors::ReasonOf(status), type::v1::FIELD);
  google::rpc::BadRequest bad;
  google::rpc::ErrorInfo info;
  const auto proto = errors::ToProto(status);
  for (const auto& detail : proto.details()) {
    detail.UnpackTo(&bad);
    detail.UnpackTo(&info);
  }
  ASSERT_EQ(bad.field_violations_size(), 1);
  EXPECT_EQ(bad.field_violations(0).field(), "requests[3].steward.display_name");
  EXPECT_EQ(info.metadata().at("item"), "requests[3]");
  EXPECT_EQ(status.message(), "requests[3].steward.display_name: must be set");
  // What no constructor made goes through as it is: the store looks at it.
  EXPECT_EQ(errors::OfItem("requests[3]", absl::CancelledError("x")), absl::CancelledError("x"));
}

// The vectors of FIPS 180-4.
TEST(Digest, IsSha256) {
  EXPECT_EQ(absl::BytesToHexString(base::Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(absl::BytesToHexString(base::Sha256("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace rapport
