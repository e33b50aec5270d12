#include "services/recommendation/rules/features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "google/type/money.pb.h"
#include "services/recommendation/rules/briefing.h"
#include "services/recommendation/rules/next_steps.h"
#include "services/recommendation/rules/test_world.h"

namespace rapport::recommendation {
namespace {

namespace pb = google::protobuf;

// Every field that can be reached from what the rules are given, through what they may read.
void Walk(const pb::Descriptor& type, std::set<const pb::Descriptor*>& seen,
          const std::function<void(const pb::FieldDescriptor&)>& visit) {
  if (!seen.insert(&type).second) return;
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    if (!MayRead(field)) continue;
    visit(field);
    if (field.message_type() != nullptr) Walk(*field.message_type(), seen, visit);
  }
}

// Proves: R12
TEST(Features, HoldNothingOfMoney) {
  std::set<const pb::Descriptor*> seen;
  int fields = 0;
  for (const pb::Descriptor* type : GivenToRules()) {
    Walk(*type, seen, [&](const pb::FieldDescriptor& field) {
      ++fields;
      EXPECT_NE(field.message_type(), google::type::Money::descriptor()) << field.full_name();
      for (const char* word : {"amount", "price", "revenue", "budget", "currency", "spend"}) {
        EXPECT_FALSE(absl::StrContains(field.name(), word)) << field.full_name();
      }
    });
  }
  EXPECT_GT(fields, 150);
}

// Proves: R12
TEST(Features, AreAllThatIsLeftOfASale) {
  World world;
  engagement::v1::Sale sale =
      world.Sold("migration", engagement::v1::Sale::DELIVERED, "2026-03-01T09:00:00Z");
  const std::string without = sale.SerializeAsString();
  sale.mutable_amount()->set_units(1000);
  sale.add_lines()->mutable_amount()->set_units(1000);
  KeepFeatures(&sale);
  EXPECT_EQ(sale.SerializeAsString(), without);
}

// Proves: R12
TEST(Features, DoublingEveryAmountChangesNothing) {
  World world;
  world.ReadyForMigration();
  world.Promised("send it", "2026-03-06T12:00:00Z");
  world.Gave("the delivery", "2026-03-01T12:00:00Z");
  world.Born(3, 11);
  world.Sold("other", engagement::v1::Sale::DELIVERED, "2026-02-01T09:00:00Z");
  world.Sold("migration", engagement::v1::Sale::AGREED, "2026-03-01T09:00:00Z");
  std::string first;
  for (const int units : {0, 1000, 2000, 1000000}) {
    for (auto& sale : world.sales) {
      sale.mutable_amount()->set_units(units);
      sale.mutable_amount()->set_currency_code("EUR");
      if (sale.lines().empty()) sale.add_lines();
      sale.mutable_lines(0)->mutable_amount()->set_units(units);
    }
    std::string all;
    for (int day = 0; day < 120; day += 3) {
      const absl::Time as_of = At("2026-03-01T09:00:00Z") + absl::Hours(24 * day);
      const v1::Decision decision = Decide(world.Facts(), as_of, absl::UTCTimeZone());
      all += decision.SerializeAsString();
      all += MakeBriefing(world.Facts(), decision, as_of, absl::UTCTimeZone(),
                          v1::GetBriefingRequest::FULL)
                 .SerializeAsString();
    }
    if (first.empty()) first = all;
    EXPECT_EQ(all, first);
  }
}

}  // namespace
}  // namespace rapport::recommendation
