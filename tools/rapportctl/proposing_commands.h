// The commands about what the house can do for people: offers, whether one is welcome, sales. As in
// commands.h.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_PROPOSING_COMMANDS_H_
#define RAPPORT_TOOLS_RAPPORTCTL_PROPOSING_COMMANDS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rapport/recommendation/v1/offer.pb.h"
#include "tools/rapportctl/context.h"

namespace rapport::rapportctl {

struct OfferOptions {
  std::string name{}, id{}, stake{};
  std::string pause{}, resume{}, withdraw{};
  std::vector<std::string> serves{}, labels{}, requires_facts{}, against{}, houses{};
  double rest_days = -1;  // after a decline; negative: the default of the service
};
// Without a name: all offers.
absl::Status Offer(Context& context, const OfferOptions& options);

// The offer that is meant by its resource name, id or display name, or a part of it.
absl::StatusOr<recommendation::v1::Offer> FindOffer(Connection& connection,
                                                    const std::string& typed);

struct CheckOptions {
  std::string who{}, purpose = "proposal", channel{}, offer{}, need{};
  bool automated = false;
  bool all = false;  // also what holds
};
// `no` becomes true if the answer is "not now".
absl::Status Check(Context& context, const CheckOptions& options, bool* no);

// Why `what` is not suggested for WHO: an offer, or a step such as "care".
absl::Status WhyNot(Context& context, const std::string& who, const std::string& what);

struct SaleOptions {
  std::string who{}, text{};
  std::string advance{};  // a resource name, or a part of the words of a sale of WHO
  std::string to{}, stage{}, offer{}, led_by{}, amount{}, reason{}, when{};
  std::vector<std::string> needs{};
  bool no_after_care = false;
};
// Without a text: the sales to WHO.
absl::Status Sale(Context& context, const SaleOptions& options);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_PROPOSING_COMMANDS_H_
