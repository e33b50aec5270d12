#include "tools/rapportctl/money.h"

#include "common/testing/matchers.h"

namespace rapport::rapportctl {
namespace {

using ::rapport::testing::StatusIs;

TEST(Money, IsReadAndSaid) {
  ASSERT_OK_AND_ASSIGN(auto money, ReadMoney("sale.amount", "1200 EUR"));
  EXPECT_EQ(money.units(), 1200);
  EXPECT_EQ(money.nanos(), 0);
  EXPECT_EQ(money.currency_code(), "EUR");
  EXPECT_EQ(MoneyWords(money), "1 200 EUR");
  ASSERT_OK_AND_ASSIGN(money, ReadMoney("sale.amount", "chf 1 200.5"));
  EXPECT_EQ(money.nanos(), 500'000'000);
  EXPECT_EQ(MoneyWords(money), "1 200.50 CHF");
  EXPECT_EQ(MoneyWords({}), "");
}

TEST(Money, RefusesWhatIsNoAmount) {
  for (const char* text : {"", "EUR", "12", "12 EURO", "twelve EUR", "1,200 EUR", "1.2.3 EUR",
                           "12. EUR", "-5 EUR", "1.0000000001 EUR", "99999999999999999999 EUR"}) {
    EXPECT_THAT(ReadMoney("sale.amount", text), StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

}  // namespace
}  // namespace rapport::rapportctl
