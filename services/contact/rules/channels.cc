#include "services/contact/rules/channels.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace rapport::contact::rules {

using type::v1::Channel;

namespace {

// The order in which ways that the person has not ranked are tried: what disturbs least first.
constexpr Channel kOrder[] = {
    type::v1::CHANNEL_EMAIL, type::v1::CHANNEL_CHAT,      type::v1::CHANNEL_PHONE,
    type::v1::CHANNEL_SMS,   type::v1::CHANNEL_VIDEO,     type::v1::CHANNEL_SOCIAL,
    type::v1::CHANNEL_POST,  type::v1::CHANNEL_IN_PERSON, type::v1::CHANNEL_OTHER};
constexpr int kLast = std::numeric_limits<int>::max();

// Ways that nobody is reached by who has not named them.
bool OnlyIfAgreed(Channel channel) {
  return channel == type::v1::CHANNEL_SMS || channel == type::v1::CHANNEL_VIDEO ||
         !NeedsPoint(channel);
}

int RankOf(absl::Span<const v1::ContactPoint> points, Channel channel) {
  int best = kLast;
  for (const auto& point : points) {
    if (!Leads(point.kind(), channel)) continue;
    best = std::min(best, point.rank() > 0 ? point.rank() : kLast - 1);
  }
  return best;
}

}  // namespace

bool Leads(v1::ContactPoint::Kind kind, Channel channel) {
  switch (channel) {
    case type::v1::CHANNEL_PHONE:
    case type::v1::CHANNEL_SMS:
      return kind == v1::ContactPoint::PHONE;
    case type::v1::CHANNEL_EMAIL:
      return kind == v1::ContactPoint::EMAIL;
    case type::v1::CHANNEL_CHAT:
      return kind == v1::ContactPoint::IN_APP || kind == v1::ContactPoint::SOCIAL;
    case type::v1::CHANNEL_POST:
      return kind == v1::ContactPoint::POSTAL;
    case type::v1::CHANNEL_SOCIAL:
      return kind == v1::ContactPoint::SOCIAL;
    case type::v1::CHANNEL_VIDEO:
      return kind != v1::ContactPoint::POSTAL;
    default:
      return true;
  }
}

bool NeedsPoint(Channel channel) {
  return channel != type::v1::CHANNEL_IN_PERSON && channel != type::v1::CHANNEL_OTHER &&
         channel != type::v1::CHANNEL_UNSPECIFIED;
}

bool Rings(Channel channel) {
  return channel == type::v1::CHANNEL_PHONE || channel == type::v1::CHANNEL_SMS ||
         channel == type::v1::CHANNEL_VIDEO || channel == type::v1::CHANNEL_IN_PERSON;
}

v1::ChannelPreference::Choice ChoiceFor(const v1::Preference& preference, Channel channel) {
  for (const auto& said : preference.channels()) {
    if (said.channel() == channel) return said.choice();
  }
  return v1::ChannelPreference::CHOICE_UNSPECIFIED;
}

std::vector<Channel> ChannelsToTry(const v1::Preference& preference,
                                   absl::Span<const v1::ContactPoint> living_points) {
  // unwanted, place among the wished, rank of the point, own order
  using Key = std::tuple<bool, int, int, int>;
  std::vector<std::pair<Key, Channel>> found;
  int order = 0;
  for (const Channel channel : kOrder) {
    ++order;
    const auto choice = ChoiceFor(preference, channel);
    const bool agreed =
        choice == v1::ChannelPreference::WISHED || choice == v1::ChannelPreference::ALLOWED;
    const int rank = NeedsPoint(channel) ? RankOf(living_points, channel) : kLast - 1;
    const bool reachable = rank != kLast && (agreed || !OnlyIfAgreed(channel));
    if (!reachable) continue;
    int place = kLast;
    for (int i = 0; i < preference.channels_size(); ++i) {
      if (preference.channels(i).channel() == channel && choice == v1::ChannelPreference::WISHED) {
        place = i;
      }
    }
    found.push_back({{choice == v1::ChannelPreference::UNWANTED, place, rank, order}, channel});
  }
  std::sort(found.begin(), found.end());
  std::vector<Channel> channels;
  channels.reserve(found.size());
  for (const auto& [key, channel] : found) channels.push_back(channel);
  return channels;
}

}  // namespace rapport::contact::rules
