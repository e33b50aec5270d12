// Which contact points lead to a person by which channel, and which channel to try first.
#ifndef RAPPORT_SERVICES_CONTACT_RULES_CHANNELS_H_
#define RAPPORT_SERVICES_CONTACT_RULES_CHANNELS_H_

#include <vector>

#include "absl/types/span.h"
#include "rapport/contact/v1/person.pb.h"
#include "rapport/contact/v1/steward.pb.h"
#include "rapport/type/v1/common.pb.h"

namespace rapport::contact::rules {

// Whether a point of this kind leads to the person by the channel. What happens in person, and what
// is not known, needs no point and goes with any.
bool Leads(v1::ContactPoint::Kind kind, type::v1::Channel channel);
bool NeedsPoint(type::v1::Channel channel);
// A channel that demands attention when it is used: calls, video calls, short messages, visits. The
// others wait until the person looks.
bool Rings(type::v1::Channel channel);

// What the person said about the channel; CHOICE_UNSPECIFIED if nothing.
v1::ChannelPreference::Choice ChoiceFor(const v1::Preference& preference,
                                        type::v1::Channel channel);

// The channels that can be tried, best first: those the person wishes in their order, then those
// that a living point leads to, by the person's rank of the points; unwanted ones last. Short
// messages, video calls and visits only if the person wished or allowed them. Empty if no way to
// the person is known.
std::vector<type::v1::Channel> ChannelsToTry(const v1::Preference& preference,
                                             absl::Span<const v1::ContactPoint> living_points);

}  // namespace rapport::contact::rules

#endif  // RAPPORT_SERVICES_CONTACT_RULES_CHANNELS_H_
