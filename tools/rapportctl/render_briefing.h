// What to know before contact, as one screen of text. Pure.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_RENDER_BRIEFING_H_
#define RAPPORT_TOOLS_RAPPORTCTL_RENDER_BRIEFING_H_

#include <string>

#include "rapport/recommendation/v1/suggestion.pb.h"
#include "tools/rapportctl/days.h"

namespace rapport::rapportctl {

struct BriefingStyle {
  DayStyle days{};
  std::size_t width = 0;  // columns; 0: no limit
  bool sources = false;   // under each line the resources that it rests on
  std::string typed{};    // what the user typed for the person, for hints
};

std::string RenderBriefing(const recommendation::v1::Briefing& briefing,
                           const BriefingStyle& style);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_RENDER_BRIEFING_H_
