#include "tools/rapportctl/house_lines.h"

#include "common/base/uuid.h"
#include "common/testing/matchers.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/engagement/v1/promise_service.pb.h"
#include "tools/rapportctl/json.h"

namespace rapport::rapportctl {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::HasSubstr;

constexpr char kPromise[] = R"({"method": "rapport.engagement.v1.PromiseService/MakePromise",
  "request": {"parent": "{relationship:ana@example.com}", "promise": {
    "promisedBy": "PARTY_US", "text": "say {hello} to {person:x@y.z}",
    "dueTime": "2026-03-12T10:00:00Z",
    "engagement": "{saved:talk}"}}, "save": "p"})";

absl::StatusOr<std::string> Known(absl::string_view placeholder) {
  if (placeholder == "tenant") return "tenants/home";
  if (placeholder == "relationship:ana@example.com") return "tenants/home/relationships/r1";
  if (placeholder == "person:x@y.z") return "tenants/home/people/p1";
  if (placeholder == "saved:talk") return "tenants/home/relationships/r1/engagements/e1";
  return absl::NotFoundError("nobody");
}

TEST(HouseLine, ResolvesPlaceholdersAndLeavesOtherBraces) {
  ASSERT_OK_AND_ASSIGN(HouseLine line, ReadHouseLine(kPromise));
  EXPECT_EQ(line.save, "p");
  ASSERT_OK(Resolve(Known, &line.request));
  ASSERT_OK_AND_ASSIGN(const TypedCall call, TypedCallOf(line, "identity"));
  const auto& request = static_cast<const engagement::v1::MakePromiseRequest&>(*call.request);
  EXPECT_EQ(request.parent(), "tenants/home/relationships/r1");
  EXPECT_EQ(request.promise().text(), "say {hello} to tenants/home/people/p1");
  EXPECT_EQ(request.promise().engagement(), "tenants/home/relationships/r1/engagements/e1");
}

TEST(HouseLine, GivesTheSameRequestIdToTheSameLine) {
  ASSERT_OK_AND_ASSIGN(HouseLine line, ReadHouseLine(kPromise));
  ASSERT_OK(Resolve(Known, &line.request));
  const auto id = [&](absl::string_view identity) {
    const TypedCall call = *TypedCallOf(line, identity);
    return static_cast<const engagement::v1::MakePromiseRequest&>(*call.request).request_id();
  };
  EXPECT_TRUE(base::IsUuid(id("one")));
  EXPECT_EQ(id("one"), id("one"));
  EXPECT_NE(id("one"), id("two"));
}

TEST(HouseLine, KeepsAStatedRequestId) {
  ASSERT_OK_AND_ASSIGN(
      const HouseLine line,
      ReadHouseLine(
          R"({"method": "rapport.contact.v1.StewardService/CreateSteward", "request": {"parent":
          "tenants/home", "requestId": "3d2ef519-8f17-5f40-86ec-f3fdbc98d7c2"}})"));
  EXPECT_TRUE(IsFoundation(line));
  const TypedCall call = *TypedCallOf(line, "identity");
  EXPECT_EQ(static_cast<const contact::v1::CreateStewardRequest&>(*call.request).request_id(),
            "3d2ef519-8f17-5f40-86ec-f3fdbc98d7c2");
}

TEST(HouseLine, SaysWhatIsWrongWithALine) {
  EXPECT_THAT(ReadHouseLine("not json"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadHouseLine("[]"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadHouseLine("{}"), StatusIs(absl::StatusCode::kInvalidArgument));
  const auto typed = [](const char* method, const char* request) {
    const auto line =
        ReadHouseLine(absl::StrCat(R"({"method": ")", method, R"(", "request": )", request, "}"));
    return TypedCallOf(*line, "x").status();
  };
  EXPECT_THAT(typed("rapport.contact.v1.PeopleService/Nothing", "{}"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("unknown method")));
  EXPECT_THAT(typed("nothing", "{}"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(typed("rapport.engagement.v1.EngagementService/StreamEngagements", "{}"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(typed("rapport.engagement.v1.PromiseService/MakePromise", R"({"shoeSize": 42})"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(HouseLine, KnowsTheMethodsOfAllServices) {
  for (const char* method : {"rapport.contact.v1.ConsentService/RecordConsent",
                             "rapport.contact.v1.RelationshipService/SetCareGuard",
                             "rapport.engagement.v1.NeedService/OutliveNeed",
                             "rapport.engagement.v1.SaleService/RecordSale",
                             "rapport.engagement.v1.CareService/RecordCareEvent",
                             "rapport.engagement.v1.UnderstandingService/ConfirmFact",
                             "rapport.recommendation.v1.OfferService/CreateOffer"}) {
    HouseLine line;
    line.method = method;
    EXPECT_OK(TypedCallOf(line, "identity").status()) << method;
  }
}

TEST(HouseLine, PassesOnWhatCannotBeResolved) {
  ASSERT_OK_AND_ASSIGN(HouseLine line,
                       ReadHouseLine(R"({"method": "m", "request": {"a": ["{person:no@body}"]}})"));
  EXPECT_THAT(Resolve(Known, &line.request), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace rapport::rapportctl
