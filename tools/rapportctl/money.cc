#include "tools/rapportctl/money.h"

#include <cstdint>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/errors.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {

absl::StatusOr<google::type::Money> ReadMoney(absl::string_view field, absl::string_view text) {
  std::string currency;
  std::string whole;
  std::string fraction;
  bool point = false;
  bool good = true;
  for (const char c : text) {
    if (absl::ascii_isalpha(static_cast<unsigned char>(c))) {
      currency += absl::ascii_toupper(static_cast<unsigned char>(c));
    } else if (absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      (point ? fraction : whole) += c;
    } else if (c == '.' && !point) {
      point = true;
    } else if (c != ' ') {
      good = false;
    }
  }
  google::type::Money out;
  std::int64_t units = 0;
  std::int32_t nanos = 0;
  good = good && currency.size() == 3 && !whole.empty() && absl::SimpleAtoi(whole, &units) &&
         (!point || (!fraction.empty() && fraction.size() <= 9));
  if (good && point) {
    fraction.resize(9, '0');
    good = absl::SimpleAtoi(fraction, &nanos);
  }
  if (!good) {
    return errors::InvalidField(
        std::string(field), absl::StrCat("\"", Clip(Plain(text), 40),
                                         "\" is no amount; write \"1200 EUR\" or \"1200.50 EUR\""));
  }
  out.set_currency_code(currency);
  out.set_units(units);
  out.set_nanos(nanos);
  return out;
}

std::string MoneyWords(const google::type::Money& money) {
  if (money.currency_code().empty()) return "";
  const int cents = std::abs(money.nanos()) / 10'000'000;
  return absl::StrCat(money.units() == 0 && money.nanos() < 0 ? "-" : "", Grouped(money.units()),
                      cents == 0 ? "" : absl::StrFormat(".%02d", cents), " ",
                      Plain(money.currency_code()));
}

}  // namespace rapport::rapportctl
