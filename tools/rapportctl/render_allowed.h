// What people allow as text: the ledger, and whether contact is welcome. Pure.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_RENDER_ALLOWED_H_
#define RAPPORT_TOOLS_RAPPORTCTL_RENDER_ALLOWED_H_

#include <map>
#include <string>
#include <vector>

#include "rapport/contact/v1/consent_service.pb.h"
#include "rapport/contact/v1/relationship.pb.h"
#include "tools/rapportctl/days.h"

namespace rapport::rapportctl {

// Resource names of contact points to what is written there.
using PointWords = std::map<std::string, std::string>;

// "allows proposals by mail (since 12 March 2024; consent)".
std::string ConsentLine(const contact::v1::ConsentEntry& entry, const PointWords& points,
                        const DayStyle& days);

// The ledger in the order in which it was written, numbered from 1.
std::string RenderLedger(const std::vector<contact::v1::ConsentEntry>& entries,
                         const PointWords& points, const DayStyle& days, std::size_t width);

// "Monday 9 March, 09:00 in Lisbon"; in the zone of the person, else of the steward.
std::string SayThere(absl::Time t, const std::string& zone_name, const DayStyle& days);

// Whether contact for the purpose is welcome, and when it is.
std::string RenderContact(const contact::v1::ContactDecision& decision, type::v1::Purpose purpose,
                          const DayStyle& days, std::size_t width);

// "The relationship rests since 12 March: the need is over.", with its care guard.
std::string StandingLine(const contact::v1::Relationship& relationship, const DayStyle& days);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_RENDER_ALLOWED_H_
