// Amounts as people type them. Pure.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_MONEY_H_
#define RAPPORT_TOOLS_RAPPORTCTL_MONEY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/type/money.pb.h"

namespace rapport::rapportctl {

// "1200 EUR", "EUR 1 200.50". INVALID_ARGUMENT for anything else, as FIELD of `field`.
absl::StatusOr<google::type::Money> ReadMoney(absl::string_view field, absl::string_view text);

// "1 200.50 EUR"; empty for no currency.
std::string MoneyWords(const google::type::Money& money);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_MONEY_H_
