// The limits of requests, at the limits.
#include "common/rpc/request_validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/testing/matchers.h"
#include "google/rpc/error_details.pb.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/engagement/v1/rapport.pb.h"

namespace rapport::rpc {
namespace {

using contact::v1::CreateStewardRequest;
using contact::v1::GetStewardRequest;
using contact::v1::UpdateSettingsRequest;
using contact::v1::UpdateStewardRequest;
using engagement::v1::RecordEngagementRequest;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

// The fields that are refused.
template <class Request>
std::vector<std::string> Refused(const Request& request,
                                 RequestValidator::Of of = RequestValidator::Of::kRequest) {
  const RequestValidator validator(Request::descriptor(), of);
  std::vector<std::string> fields;
  google::rpc::BadRequest bad;
  const auto proto = errors::ToProto(validator.Check(request, "home"));
  for (const auto& detail : proto.details()) {
    if (!detail.UnpackTo(&bad)) continue;
    for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
  }
  return fields;
}

CreateStewardRequest Called(const std::string& display_name) {
  CreateStewardRequest request;
  request.set_parent("tenants/home");
  request.mutable_steward()->set_display_name(display_name);
  return request;
}

// Proves: Z4
TEST(RequestValidator, TakesTextsAndListsUpToTheirLongest) {
  EXPECT_THAT(Refused(Called(std::string(200, 'x'))), IsEmpty());
  EXPECT_THAT(Refused(Called(std::string(201, 'x'))), ElementsAre("steward.display_name"));
  CreateStewardRequest request = Called("Ada");
  for (int i = 0; i < 50; ++i) request.mutable_steward()->add_addresses("ada@example.org");
  EXPECT_THAT(Refused(request), IsEmpty());
  request.mutable_steward()->add_addresses("ada@example.org");
  EXPECT_THAT(Refused(request), ElementsAre("steward.addresses"));
}

// Proves: Z4
TEST(RequestValidator, TakesNumbersWithinTheirBounds) {
  const auto refused = [](double days) {
    UpdateSettingsRequest request;
    request.mutable_settings()->mutable_default_rhythm()->set_wish_days(days);
    return !Refused(request).empty();
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double days : {0.0, 0.5, 3660.0}) EXPECT_FALSE(refused(days)) << days;
  for (const double days :
       {-1.0, 0.49, 3660.01, kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_TRUE(refused(days)) << days;
  }
  CreateStewardRequest request = Called("Ada");
  request.mutable_steward()->set_daily_capacity(500);
  EXPECT_THAT(Refused(request), IsEmpty());
  request.mutable_steward()->set_daily_capacity(501);
  EXPECT_THAT(Refused(request), ElementsAre("steward.daily_capacity"));
}

// Proves: Z4
TEST(RequestValidator, TakesFiniteNumbersOnlyWhereThereIsNoBound) {
  const auto refused = [](double volume) {
    engagement::v1::RelationshipStatistics statistics;
    statistics.set_volume(volume);
    return Refused(statistics, RequestValidator::Of::kStored);
  };
  EXPECT_THAT(refused(1e300), Not(Contains("volume")));
  EXPECT_THAT(refused(std::numeric_limits<double>::infinity()), Contains("volume"));
  EXPECT_THAT(refused(std::numeric_limits<double>::quiet_NaN()), Contains("volume"));
}

// Proves: Z4
TEST(RequestValidator, TakesInstantsOfTheYears1900To2200) {
  const auto refused = [](std::int64_t seconds, std::int32_t nanos) {
    RecordEngagementRequest request;
    request.mutable_engagement()->mutable_event_time()->set_seconds(seconds);
    request.mutable_engagement()->mutable_event_time()->set_nanos(nanos);
    return Refused(request);
  };
  constexpr std::int64_t kFirst = -2208988800;
  constexpr std::int64_t kLast = 7258118400;
  const auto event_time = Contains("engagement.event_time");
  EXPECT_THAT(refused(kFirst, 0), Not(event_time));
  EXPECT_THAT(refused(kLast, 999'999'999), Not(event_time));
  EXPECT_THAT(refused(kFirst - 1, 0), event_time);
  EXPECT_THAT(refused(kLast + 1, 0), event_time);
  EXPECT_THAT(refused(0, 1'000'000'000), event_time);
  EXPECT_THAT(refused(0, -1), event_time);
}

// Proves: Z3
TEST(RequestValidator, KnowsNamesOfItsTenantOnly) {
  const RequestValidator validator(GetStewardRequest::descriptor());
  GetStewardRequest request;
  request.set_name("tenants/home/stewards/ada");
  EXPECT_OK(validator.Check(request, "home"));
  EXPECT_OK(validator.Check(request, "")) << "who may name every tenant";
  EXPECT_EQ(errors::ReasonOf(validator.Check(request, "other")), type::v1::RESOURCE_UNKNOWN);
  EXPECT_EQ(errors::ReasonOf(validator.Check(request, "hom")), type::v1::RESOURCE_UNKNOWN);
  EXPECT_EQ(validator.TenantOf(request), "home");
  request.set_name("tenants/home/people/ada");
  EXPECT_THAT(Refused(request), ElementsAre("name"));
}

TEST(RequestValidator, WantsAWholeResourceButNotAWholePatch) {
  EXPECT_THAT(Refused(Called("")), ElementsAre("steward.display_name"));
  UpdateStewardRequest patch;
  patch.mutable_steward()->set_name("tenants/home/stewards/ada");
  EXPECT_THAT(Refused(patch), IsEmpty());
  patch.clear_steward();
  EXPECT_THAT(Refused(patch), ElementsAre("steward"));
}

}  // namespace
}  // namespace rapport::rpc
