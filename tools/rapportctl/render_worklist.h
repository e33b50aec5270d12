// Today's list as text. Pure.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_RENDER_WORKLIST_H_
#define RAPPORT_TOOLS_RAPPORTCTL_RENDER_WORKLIST_H_

#include <string>

#include "rapport/recommendation/v1/recommendation_service.pb.h"
#include "tools/rapportctl/days.h"

namespace rapport::rapportctl {

struct WorklistStyle {
  DayStyle days;
  std::size_t width = 0;        // columns; 0: no limit
  int daily_capacity = 0;       // what the steward said; 0: nothing
  bool capacity_asked = false;  // --capacity was given
  bool show_waiting = false;
};

// "Good morning, Mara. Six people today; you said you have time for six." and the lines.
std::string RenderWorklist(const recommendation::v1::GetWorklistResponse& list,
                           const WorklistStyle& style);

// "answer", "repair", "keep promise", … for a column.
std::string StepWord(recommendation::v1::StepKind kind);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_RENDER_WORKLIST_H_
