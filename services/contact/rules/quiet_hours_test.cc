#include "services/contact/rules/quiet_hours.h"

#include <gtest/gtest.h>

#include "services/contact/rules/channels.h"
#include "services/contact/rules/test_samples.h"

namespace rapport::contact::rules {
namespace {

using ::rapport::type::v1::CHANNEL_CHAT;
using ::rapport::type::v1::CHANNEL_EMAIL;
using ::rapport::type::v1::CHANNEL_PHONE;
using ::rapport::type::v1::CHANNEL_POST;
using ::rapport::type::v1::CHANNEL_SMS;
using ::rapport::type::v1::PURPOSE_CARE;
using ::rapport::type::v1::PURPOSE_PROPOSAL;
using ::rapport::type::v1::PURPOSE_SERVICE;

v1::Preference QuietAtNight() {
  v1::Preference preference;
  *preference.add_quiet_hours() = Window(20, 9);
  return preference;
}

std::vector<absl::TimeZone> Zones(const std::vector<std::string>& names) {
  std::vector<absl::TimeZone> zones;
  for (const auto& name : names) zones.push_back(Zone(name));
  return zones;
}

// The example of story V5.
// Proves: C17, C18
TEST(QuietHours, NotAtHalfPastEightInLisbonButAtNineTheNextDay) {
  const Hours hours = HoursFor(QuietAtNight(), CHANNEL_EMAIL, true);
  const auto lisbon = Zones({"Europe/Lisbon"});
  const absl::Time asked = At("2026-06-15T19:30:00Z");
  EXPECT_FALSE(Permits(hours, lisbon, asked));
  EXPECT_EQ(NextPermitted(hours, lisbon, asked), At("2026-06-16T08:00:00Z"));
  EXPECT_EQ(PermittedUntil(hours, lisbon, At("2026-06-16T08:00:00Z")), At("2026-06-16T19:00:00Z"));
}

// Proves: C18
TEST(QuietHours, OnTheNightWhenTheClocksChangeTheyEndAtNineLocalTime) {
  const Hours hours = HoursFor(QuietAtNight(), CHANNEL_EMAIL, true);
  const auto lisbon = Zones({"Europe/Lisbon"});
  // 29 March 2026, clocks go forward: 09:00 is 08:00Z; the day before it was 09:00Z.
  EXPECT_EQ(NextPermitted(hours, lisbon, At("2026-03-27T21:00:00Z")), At("2026-03-28T09:00:00Z"));
  EXPECT_EQ(NextPermitted(hours, lisbon, At("2026-03-28T21:00:00Z")), At("2026-03-29T08:00:00Z"));
  // 25 October 2026, clocks go back.
  EXPECT_EQ(NextPermitted(hours, lisbon, At("2026-10-23T20:00:00Z")), At("2026-10-24T08:00:00Z"));
  EXPECT_EQ(NextPermitted(hours, lisbon, At("2026-10-24T20:00:00Z")), At("2026-10-25T09:00:00Z"));
}

// Proves: C18
TEST(QuietHours, ThatEndAtATimeWhichDoesNotExistEndWhenTheClocksChange) {
  v1::Preference preference;
  *preference.add_quiet_hours() = Window(20, 2);
  preference.mutable_quiet_hours(0)->set_end_minute(90);  // 01:30
  const Hours hours = HoursFor(preference, CHANNEL_EMAIL, true);
  EXPECT_EQ(NextPermitted(hours, Zones({"Europe/Lisbon"}), At("2026-03-28T21:00:00Z")),
            At("2026-03-29T01:00:00Z"));
}

// Proves: C18
TEST(QuietHours, OfAnHourThatComesTwiceAreQuietTwice) {
  v1::Preference preference;
  *preference.add_quiet_hours() = Window(20, 2);
  preference.mutable_quiet_hours(0)->set_end_minute(90);  // 01:30
  const Hours hours = HoursFor(preference, CHANNEL_EMAIL, true);
  const auto lisbon = Zones({"Europe/Lisbon"});
  EXPECT_EQ(NextPermitted(hours, lisbon, At("2026-10-24T21:00:00Z")), At("2026-10-25T00:30:00Z"));
  EXPECT_EQ(PermittedUntil(hours, lisbon, At("2026-10-25T00:30:00Z")), At("2026-10-25T01:00:00Z"));
  EXPECT_EQ(NextPermitted(hours, lisbon, At("2026-10-25T01:00:00Z")), At("2026-10-25T01:30:00Z"));
}

// Proves: C18
TEST(QuietHours, HoldInEveryZoneThatThePersonMayBeIn) {
  const Hours hours = HoursFor(QuietAtNight(), CHANNEL_EMAIL, true);
  const auto portugal = Zones({"Atlantic/Azores", "Atlantic/Madeira", "Europe/Lisbon"});
  // It is 09:00 in the Azores (summer, UTC) when it is 10:00 in Lisbon.
  EXPECT_EQ(NextPermitted(hours, portugal, At("2026-06-15T19:30:00Z")), At("2026-06-16T09:00:00Z"));
  EXPECT_EQ(PermittedUntil(hours, portugal, At("2026-06-16T09:00:00Z")),
            At("2026-06-16T19:00:00Z"));
  EXPECT_TRUE(Permits(hours, portugal, At("2026-06-16T18:59:59Z")));
  EXPECT_FALSE(Permits(hours, portugal, At("2026-06-16T19:00:00Z"))) << "20:00 in Lisbon alone";
}

// Proves: C18
TEST(QuietHours, WithoutAnHourThatHoldsEverywhereThereIsNone) {
  v1::Preference preference;
  auto* calls = preference.add_channels();
  calls->set_channel(CHANNEL_PHONE);
  calls->set_choice(v1::ChannelPreference::WISHED);
  *calls->add_windows() = Window(9, 10);
  const Hours hours = HoursFor(preference, CHANNEL_PHONE, true);
  const auto far_apart = Zones({"America/New_York", "Pacific/Honolulu"});
  EXPECT_EQ(NextPermitted(hours, far_apart, At("2026-06-15T00:00:00Z")), absl::InfiniteFuture());
}

// Proves: C18
TEST(QuietHours, AnHourThatTwoPlacesShareOnlyInWinterIsFound) {
  v1::Preference preference;
  auto* calls = preference.add_channels();
  calls->set_channel(CHANNEL_PHONE);
  calls->set_choice(v1::ChannelPreference::WISHED);
  *calls->add_windows() = Window(9, 10);
  const Hours hours = HoursFor(preference, CHANNEL_PHONE, true);
  // London has the time of Reykjavik from 25 October on.
  const auto north = Zones({"Atlantic/Reykjavik", "Europe/London"});
  EXPECT_EQ(NextPermitted(hours, north, At("2026-06-15T00:00:00Z")), At("2026-10-25T09:00:00Z"));
}

// Proves: C17
TEST(QuietHours, AChannelHasItsOwnWindowsAndDays) {
  v1::Preference preference = QuietAtNight();
  auto* calls = preference.add_channels();
  calls->set_channel(CHANNEL_PHONE);
  calls->set_choice(v1::ChannelPreference::WISHED);
  *calls->add_windows() = Window(8, 12, {1, 2});  // mornings of Monday and Tuesday
  const auto utc = Zones({"UTC"});
  const Hours by_phone = HoursFor(preference, CHANNEL_PHONE, true);
  // Wednesday 17 June 2026 -> Monday 22 June, and not before the quiet hours end at nine.
  EXPECT_EQ(NextPermitted(by_phone, utc, At("2026-06-17T10:00:00Z")), At("2026-06-22T09:00:00Z"));
  EXPECT_EQ(PermittedUntil(by_phone, utc, At("2026-06-22T09:00:00Z")), At("2026-06-22T12:00:00Z"));
  const Hours by_mail = HoursFor(preference, CHANNEL_EMAIL, true);
  EXPECT_TRUE(Permits(by_mail, utc, At("2026-06-17T10:00:00Z")));
}

// Proves: C17
TEST(QuietHours, WhereNobodyNamedHoursOnlyWhatRingsKeepsToCustomaryOnes) {
  const auto utc = Zones({"UTC"});
  const absl::Time night = At("2026-06-15T03:00:00Z");
  const v1::Preference none;
  EXPECT_TRUE(Permits(HoursFor(none, CHANNEL_EMAIL, true), utc, night));
  for (const auto channel : {CHANNEL_PHONE, CHANNEL_SMS}) {
    EXPECT_FALSE(Permits(HoursFor(none, channel, true), utc, night));
    EXPECT_EQ(NextPermitted(HoursFor(none, channel, true), utc, night), At("2026-06-15T09:00:00Z"));
  }
  v1::Preference night_owl;
  *night_owl.add_quiet_hours() = Window(6, 14);
  EXPECT_TRUE(Permits(HoursFor(night_owl, CHANNEL_PHONE, true), utc, night)) << "their own words";
}

// Proves: C18
TEST(QuietHours, WhereTheZoneIsNotKnownOnlyCustomaryHoursArePermitted) {
  const auto utc = Zones({"UTC"});
  v1::Preference night_owl;
  *night_owl.add_quiet_hours() = Window(6, 14);
  for (const auto& preference : {v1::Preference(), night_owl}) {
    const Hours hours = HoursFor(preference, CHANNEL_EMAIL, false);
    EXPECT_FALSE(Permits(hours, utc, At("2026-06-15T03:00:00Z")));
    EXPECT_FALSE(Permits(hours, utc, At("2026-06-15T20:00:00Z")));
    EXPECT_TRUE(Permits(hours, utc, At("2026-06-15T19:59:00Z")));
  }
}

// Proves: C17
TEST(QuietHours, DoNotBindAnAnswerThatWaitsUntilThePersonLooks) {
  for (const auto channel : {CHANNEL_EMAIL, CHANNEL_CHAT, CHANNEL_POST}) {
    EXPECT_FALSE(BoundByHours(PURPOSE_SERVICE, channel));
    EXPECT_TRUE(BoundByHours(PURPOSE_CARE, channel));
    EXPECT_TRUE(BoundByHours(PURPOSE_PROPOSAL, channel));
  }
  EXPECT_TRUE(BoundByHours(PURPOSE_SERVICE, CHANNEL_PHONE));
  EXPECT_TRUE(BoundByHours(PURPOSE_SERVICE, CHANNEL_SMS));
}

TEST(QuietHours, WithoutAnyThereIsNoEndAndNoWaiting) {
  const auto lisbon = Zones({"Europe/Lisbon"});
  const absl::Time t = At("2026-06-15T03:00:00Z");
  EXPECT_EQ(NextPermitted(Hours(), lisbon, t), t);
  EXPECT_EQ(PermittedUntil(Hours(), lisbon, t), absl::InfiniteFuture());
}

TEST(QuietHours, AllDayLongLeaveNoInstant) {
  v1::Preference never;
  *never.add_quiet_hours() = Window(0, 24);
  EXPECT_EQ(NextPermitted(HoursFor(never, CHANNEL_EMAIL, true), Zones({"Europe/Lisbon"}),
                          At("2026-06-15T03:00:00Z")),
            absl::InfiniteFuture());
}

// Proves: C18
TEST(NotBefore, BeginsWhenTheDayHasBegunInEveryZone) {
  type::v1::PartialDate day;
  day.set_year(2026);
  day.set_month(6);
  day.set_day(15);
  EXPECT_EQ(BegunEverywhere(day, Zones({"Europe/Lisbon"})), At("2026-06-14T23:00:00Z"));
  EXPECT_EQ(BegunEverywhere(day, Zones({"Atlantic/Azores", "Europe/Lisbon"})),
            At("2026-06-15T00:00:00Z"));
  day.set_year(2028);
  day.set_month(2);
  day.set_day(29);
  EXPECT_EQ(BegunEverywhere(day, Zones({"UTC"})), At("2028-02-29T00:00:00Z"));
}

// Proves: C17
TEST(Channels, TheWishedOnesComeFirstAndTheUnwantedOnesLast) {
  std::vector<v1::ContactPoint> points(3);
  points[0].set_kind(v1::ContactPoint::EMAIL);
  points[1].set_kind(v1::ContactPoint::PHONE);
  points[1].set_rank(1);
  points[2].set_kind(v1::ContactPoint::POSTAL);
  v1::Preference preference;
  const auto first = [&] { return ChannelsToTry(preference, points).front(); };
  EXPECT_EQ(first(), CHANNEL_PHONE) << "the person's rank of the points";
  auto* said = preference.add_channels();
  said->set_channel(CHANNEL_PHONE);
  said->set_choice(v1::ChannelPreference::UNWANTED);
  EXPECT_EQ(first(), CHANNEL_EMAIL) << "nobody gets a short message who did not name it";
  EXPECT_EQ(ChannelsToTry(preference, points).back(), CHANNEL_PHONE);
  said = preference.add_channels();
  said->set_channel(CHANNEL_POST);
  said->set_choice(v1::ChannelPreference::WISHED);
  EXPECT_EQ(first(), CHANNEL_POST);
  EXPECT_TRUE(ChannelsToTry(preference, {}).empty());
}

}  // namespace
}  // namespace rapport::contact::rules
