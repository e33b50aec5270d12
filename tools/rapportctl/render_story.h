// What happened, as text: the timeline, single engagements and promises, and what moved health.
// Pure.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_RENDER_STORY_H_
#define RAPPORT_TOOLS_RAPPORTCTL_RENDER_STORY_H_

#include <map>
#include <string>
#include <vector>

#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/engagement/v1/rapport_service.pb.h"
#include "rapport/recommendation/v1/suggestion.pb.h"
#include "tools/rapportctl/days.h"

namespace rapport::rapportctl {

// "mail from them", "call", "visit, planned": without its time.
std::string EngagementWords(const engagement::v1::Engagement& engagement);
// One engagement in a line: words, subject and what was talked.
std::string EngagementLine(const engagement::v1::Engagement& engagement);
// "we promised: send the drawings".
std::string PromiseWords(const engagement::v1::Promise& promise);
// "we promised: send the drawings (due on Friday)".
std::string PromiseLine(const engagement::v1::Promise& promise, const DayStyle& days);
std::string FactLine(const engagement::v1::Fact& fact);
std::string FeedbackLine(const engagement::v1::Feedback& feedback);

// Newest first, one entry a line, the time in front.
std::string RenderTimeline(const std::vector<engagement::v1::TimelineEntry>& entries,
                           const DayStyle& days, std::size_t width);

// Resource name to words, for what is cited.
using SourceWords = std::map<std::string, std::string>;

// Why this is suggested and other steps are not, with the sources in words where they are known.
std::string RenderDecision(const std::string& display_name,
                           const recommendation::v1::Decision& decision, const SourceWords& sources,
                           const DayStyle& days, std::size_t width);

// "Health 0.66 → 0.59", its causes, and what health is made of now.
std::string RenderChange(const engagement::v1::ExplainChangeResponse& change,
                         const engagement::v1::Rapport& rapport, const SourceWords& sources,
                         const DayStyle& days, std::size_t width);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_RENDER_STORY_H_
