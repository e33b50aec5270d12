// What the tests of rendering share.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_TEST_SAMPLES_H_
#define RAPPORT_TOOLS_RAPPORTCTL_TEST_SAMPLES_H_

#include <gtest/gtest.h>

#include <cstdint>

#include "absl/time/time.h"
#include "google/protobuf/text_format.h"
#include "tools/rapportctl/days.h"

namespace rapport::rapportctl {

// A message from its text form.
template <class Message>
Message Parse(const char* text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

// Monday, 9 March 2026, 09:00 UTC; the Thursday before is 1772704800.
constexpr std::int64_t kNow = 1'773'046'800;
inline DayStyle Days() { return {.now = absl::FromUnixSeconds(kNow), .zone = absl::UTCTimeZone()}; }

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_TEST_SAMPLES_H_
