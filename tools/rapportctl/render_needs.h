// Needs, sales and what happened in a person's life as lines; what is understood, and trust. Pure.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_RENDER_NEEDS_H_
#define RAPPORT_TOOLS_RAPPORTCTL_RENDER_NEEDS_H_

#include <string>
#include <vector>

#include "rapport/engagement/v1/care.pb.h"
#include "rapport/engagement/v1/need.pb.h"
#include "rapport/engagement/v1/sale.pb.h"
#include "rapport/engagement/v1/understanding_service.pb.h"
#include "tools/rapportctl/days.h"
#include "tools/rapportctl/render_story.h"

namespace rapport::rapportctl {

// "they need: no more re-keying (stated on Thursday; they want it solved)".
std::string NeedLine(const engagement::v1::Need& need, const DayStyle& days);
// "sale: two seats (delivered 12 March; they asked for it; 240 EUR)".
std::string SaleLine(const engagement::v1::Sale& sale, const DayStyle& days);
// "their life: her father died (bereavement, their words)".
std::string CareEventLine(const engagement::v1::CareEvent& event);

// What is known slot by slot with what each is worth, what is in doubt, and what is worth asking.
// `facts` are all facts of the relationship.
std::string RenderUnderstanding(const engagement::v1::Understanding& understanding,
                                const std::vector<engagement::v1::Fact>& facts,
                                const DayStyle& days, std::size_t width);

// Trust, its four parts, and the postings that were asked for.
std::string RenderTrust(const engagement::v1::Trust& trust, const SourceWords& sources,
                        const DayStyle& days, std::size_t width);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_RENDER_NEEDS_H_
