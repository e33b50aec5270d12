#include "common/time/clock.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "common/time/proto_time.h"

namespace rapport::time {
namespace {

// Proves: P10
TEST(FakeClock, StandsStillUntilTold) {
  FakeClock clock(absl::FromUnixSeconds(100));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(100));
  clock.Advance(absl::Hours(24));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(100 + 86400));
}

TEST(FileClock, FollowsItsFileAndKeepsTheLastInstantWhenTheFileBreaks) {
  const std::string path = testing::TempDir() + "/now";
  std::ofstream(path) << "2026-03-09T09:00:00Z\n";
  auto clock = FileClock::Open(path);
  ASSERT_TRUE(clock.ok()) << clock.status();
  EXPECT_EQ(absl::FormatTime((*clock)->Now(), absl::UTCTimeZone()), "2026-03-09T09:00:00+00:00");
  std::ofstream(path) << "nonsense";
  EXPECT_EQ(absl::FormatTime((*clock)->Now(), absl::UTCTimeZone()), "2026-03-09T09:00:00+00:00");
  std::ofstream(path) << "2026-05-12T00:00:00Z";
  EXPECT_EQ(absl::FormatTime((*clock)->Now(), absl::UTCTimeZone()), "2026-05-12T00:00:00+00:00");
  std::remove(path.c_str());
  EXPECT_FALSE(FileClock::Open(path).ok());
}

TEST(ProtoTime, KeepsMicrosecondsBeforeAndAfterTheEpoch) {
  for (const std::int64_t us : {-1500000LL, -1LL, 0LL, 1LL, 1763765998123456LL}) {
    EXPECT_EQ(absl::ToUnixMicros(FromProto(ToProto(absl::FromUnixMicros(us)))), us);
  }
}

}  // namespace
}  // namespace rapport::time
