// A service that is told to stop ends what it has begun: nobody notices but by waiting.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "absl/time/clock.h"
#include "tests/faults/load.h"
#include "tests/harness/house.h"

namespace rapport::tests {
namespace {

// Proves: P01
TEST(GracefulStop, FailsNoCallOfAClientThatWaitsAndRepeats) {
  House house;
  // Clients with the retry policy of the project that wait for a connection.
  Load load(&house, {.failures_expected = false, .wait_for_ready = true});
  load.Start();
  absl::Duration longest;
  for (int stop = 0; stop < 10; ++stop) {
    const char* const service = stop % 5 < 2   ? "engagement"
                                : stop % 5 < 4 ? "contact"
                                               : "recommendation";
    const std::int64_t before = load.acknowledged();
    ASSERT_TRUE(Eventually(absl::Seconds(60), [&] { return load.acknowledged() >= before + 50; }));
    const absl::Time begin = absl::Now();
    EXPECT_EQ(house.Stop(service), 0) << service;
    longest = std::max(longest, absl::Now() - begin);
    house.Start(service);
    if (HasFailure()) break;
  }
  const std::int64_t last = load.acknowledged();
  EXPECT_TRUE(Eventually(absl::Seconds(60), [&] { return load.acknowledged() >= last + 50; }));
  load.Stop();
  EXPECT_EQ(load.repeated(), 0) << "calls that failed in spite of the retry policy";
  load.Check();
  std::printf("10 stops, %lld acknowledged calls, none failed; longest stop %s\n",
              static_cast<long long>(load.acknowledged()), absl::FormatDuration(longest).c_str());
}

}  // namespace
}  // namespace rapport::tests
