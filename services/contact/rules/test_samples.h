// Instants, zones and ledgers, told briefly: for the tests of this folder.
#ifndef RAPPORT_SERVICES_CONTACT_RULES_TEST_SAMPLES_H_
#define RAPPORT_SERVICES_CONTACT_RULES_TEST_SAMPLES_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/time/proto_time.h"
#include "rapport/contact/v1/consent.pb.h"
#include "rapport/contact/v1/steward.pb.h"

namespace rapport::contact::rules {

inline constexpr char kAna[] = "tenants/home/people/ana";

// "2026-06-15T19:30:00Z"
inline absl::Time At(const std::string& text) {
  absl::Time t;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &t, &error)) << text << ": " << error;
  return t;
}

inline absl::TimeZone Zone(const std::string& name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

// Day 0 is the begin of 2026, UTC.
inline absl::Time Day(double day) { return At("2026-01-01T00:00:00Z") + day * absl::Hours(24); }

// The order-th entry of Ana's ledger, in force from that day on.
inline v1::ConsentEntry Entry(int order, v1::ConsentEntry::Decision decision, double day) {
  v1::ConsentEntry entry;
  entry.set_name(absl::StrCat(kAna, "/consentEntries/", absl::StrFormat("e%04d", order)));
  entry.set_decision(decision);
  if (decision == v1::ConsentEntry::GRANT) entry.set_lawful_basis(v1::ConsentEntry::CONSENT);
  *entry.mutable_effective_time() = time::ToProto(Day(day));
  return entry;
}
inline v1::ConsentEntry For(v1::ConsentEntry entry, type::v1::Purpose purpose) {
  entry.set_purpose(purpose);
  return entry;
}
inline v1::ConsentEntry By(v1::ConsentEntry entry, type::v1::Channel channel) {
  entry.set_channel(channel);
  return entry;
}
inline v1::ConsentEntry AtPoint(v1::ConsentEntry entry, const std::string& point) {
  entry.set_contact_point(point);
  return entry;
}
inline v1::ConsentEntry FromHouse(v1::ConsentEntry entry, const std::string& house) {
  entry.set_house(house);
  return entry;
}
inline v1::ConsentEntry Until(v1::ConsentEntry entry, double day) {
  *entry.mutable_expire_time() = time::ToProto(Day(day));
  return entry;
}
inline v1::ConsentEntry Correcting(v1::ConsentEntry entry, const v1::ConsentEntry& wrong) {
  entry.set_corrects(wrong.name());
  return entry;
}

inline v1::DailyWindow Window(int begin_hour, int end_hour, const std::vector<int>& weekdays = {}) {
  v1::DailyWindow window;
  window.set_begin_minute(begin_hour * 60);
  window.set_end_minute(end_hour * 60);
  for (const int day : weekdays) window.add_weekdays(day);
  return window;
}

}  // namespace rapport::contact::rules

#endif  // RAPPORT_SERVICES_CONTACT_RULES_TEST_SAMPLES_H_
