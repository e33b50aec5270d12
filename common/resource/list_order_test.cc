#include "common/resource/list_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/testing/matchers.h"
#include "google/rpc/error_details.pb.h"
#include "rapport/contact/v1/person.pb.h"
#include "rapport/engagement/v1/engagement.pb.h"
#include "rapport/engagement/v1/rapport.pb.h"

namespace rapport::resource {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using contact::v1::Person;
using engagement::v1::Rapport;

template <class M>
bool Before(const std::string& order_by, const M& a, const M& b) {
  const auto order = ListOrder::Parse(order_by, M::descriptor());
  EXPECT_OK(order) << order_by;
  return order.ok() && order->Before(order->PlaceOf(a), order->PlaceOf(b));
}

Person Named(const std::string& name, std::int64_t revision) {
  Person person;
  person.set_full_name(name);
  person.set_revision(revision);
  return person;
}

TEST(ListOrder, TheFirstFieldWeighsMost) {
  EXPECT_TRUE(Before("full_name, revision desc", Named("a", 1), Named("b", 2)));
  EXPECT_TRUE(Before("full_name, revision desc", Named("a", 2), Named("a", 1)));
  EXPECT_FALSE(Before("full_name, revision desc", Named("a", 1), Named("a", 1)));
  EXPECT_TRUE(Before(" full_name  desc , revision asc", Named("b", 1), Named("a", 2)));
}

TEST(ListOrder, WhatIsNotSetComesFirstInEveryOrder) {
  Person dated;
  dated.mutable_delete_time()->set_seconds(1);
  EXPECT_TRUE(Before("delete_time", Person(), dated));
  EXPECT_TRUE(Before("delete_time desc", Person(), dated));
  EXPECT_FALSE(Before("delete_time desc", dated, Person()));
}

TEST(ListOrder, RealNumbersStandInTheirOrder) {
  const double numbers[] = {
      -std::numeric_limits<double>::infinity(), -2.5,        -1e-300, 0, 1e-300, 0.5, 1,
      std::numeric_limits<double>::infinity(),  std::nan("")};
  for (std::size_t i = 0; i + 1 < std::size(numbers); ++i) {
    Rapport a;
    Rapport b;
    a.set_expected_days(numbers[i]);
    b.set_expected_days(numbers[i + 1]);
    EXPECT_TRUE(Before("expected_days", a, b)) << i;
    EXPECT_TRUE(Before("expected_days desc", b, a)) << i;
  }
  Rapport zero;
  zero.set_expected_days(-0.0);
  EXPECT_FALSE(Before("expected_days", zero, Rapport()));
}

TEST(ListOrder, AMeasureIsItsValue) {
  Rapport low;
  low.mutable_health()->set_value(0.2);
  low.mutable_health()->set_status(type::v1::MEASURE_STATUS_OK);
  Rapport high = low;
  high.mutable_health()->set_value(0.8);
  Rapport silent;
  silent.mutable_health()->set_value(0.5);
  EXPECT_TRUE(Before("health", low, high));
  EXPECT_TRUE(Before("health desc", high, low));
  EXPECT_TRUE(Before("health desc", silent, high));
}

TEST(ListOrder, RefusesWhatHasNoOrder) {
  for (const char* bad :
       {"shoe_size", "full_name down", "labels", "external_ids.id", ",", "full_name,",
        "full_name asc desc", "name_components", "full_name, revision, uid, name",
        "create_time.seconds.x", "full_name;revision"}) {
    const auto order = ListOrder::Parse(bad, Person::descriptor());
    EXPECT_THAT(order, testing::StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
    EXPECT_EQ(errors::ReasonOf(order.status()), type::v1::FIELD) << bad;
  }
}

TEST(ListOrder, AFieldThatIsNotThereIsAnsweredWithThoseThatAre) {
  const auto* type = engagement::v1::Engagement::descriptor();
  const auto status = ListOrder::Parse("time", type).status();
  google::rpc::BadRequest bad;
  const auto proto = errors::ToProto(status);
  for (const auto& detail : proto.details()) detail.UnpackTo(&bad);
  ASSERT_EQ(bad.field_violations_size(), 1);
  EXPECT_EQ(bad.field_violations(0).field(), "order_by");
  const std::string& said = bad.field_violations(0).description();
  EXPECT_THAT(said, HasSubstr("Engagement; it may name name, "));
  EXPECT_THAT(said, HasSubstr(", event_time, "));
  EXPECT_THAT(said, Not(HasSubstr("topics"))) << "a list has no place in an order";
  // Whole to the last one; and all that it names is taken.
  const auto names = said.substr(said.find("it may name ") + 12);
  for (const absl::string_view name : absl::StrSplit(names, ", ")) {
    EXPECT_OK(ListOrder::Parse(name, type)) << name;
  }
}

}  // namespace
}  // namespace rapport::resource
