// Whether something may be proposed, and what is missing, as text. Pure.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_RENDER_READINESS_H_
#define RAPPORT_TOOLS_RAPPORTCTL_RENDER_READINESS_H_

#include <string>

#include "rapport/recommendation/v1/recommendation_service.pb.h"
#include "tools/rapportctl/days.h"

namespace rapport::rapportctl {

struct ReadinessStyle {
  DayStyle days{};
  std::size_t width = 0;  // columns; 0: no limit
  bool all = false;       // also the conditions that hold or are not asked for
  std::string person{};   // display name
  std::string offer{};    // what people call it
};

// "Not now. Two things are missing, everything else holds: …", or that nothing stands in the way.
// The texts of the missing conditions are those of `exclusion`, as far as it has them.
std::string RenderReadiness(const recommendation::v1::Readiness& readiness,
                            const recommendation::v1::Exclusion& exclusion,
                            const ReadinessStyle& style);

// Why a step other than a proposal is not suggested.
std::string RenderExclusion(const recommendation::v1::Exclusion& exclusion,
                            const ReadinessStyle& style);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_RENDER_READINESS_H_
