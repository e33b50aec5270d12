#include "common/cache/protocol.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

namespace rapport::cache {
namespace {

constexpr std::int64_t kNow = 1'000'000;
constexpr Mode kOn{ModeState::kOn, 7};
constexpr Mode kClosing{ModeState::kClosing, 7};
constexpr Mode kOff{ModeState::kOff, 7};

TEST(CacheMode, ClosesInTwoStepsAndOpensAnotherEpoch) {
  static_assert(Close(kOn, 7) == kClosing);
  static_assert(EndFence(kClosing, 7) == kOff);
  static_assert(Open(kOff, 8) == Mode{ModeState::kOn, 8});
}

TEST(CacheMode, StaysAsItIsForWhoeverComesTooLate) {
  static_assert(Close(kOn, 6) == kOn);
  static_assert(Close(kClosing, 7) == kClosing);
  static_assert(Close(kOff, 7) == kOff);
  static_assert(EndFence(kOn, 7) == kOn);
  static_assert(EndFence(kClosing, 6) == kClosing);
  static_assert(Open(kOn, 8) == kOn);
  static_assert(Open(kClosing, 8) == kClosing);
}

TEST(CacheMode, IsTrustedByReadsThatStartInsideTheLease) {
  EXPECT_TRUE(MayTrust(ModeState::kOn, absl::Seconds(4), absl::Seconds(5)));
  EXPECT_FALSE(MayTrust(ModeState::kOn, absl::Seconds(5), absl::Seconds(5)));
  EXPECT_FALSE(MayTrust(ModeState::kClosing, absl::Seconds(4), absl::Seconds(5)));
  EXPECT_FALSE(MayTrust(ModeState::kOff, absl::Seconds(4), absl::Seconds(5)));
}

TEST(CacheMode, FenceOutlastsALeaseOnAClockThatRunsATenthSlow) {
  EXPECT_EQ(FenceLength(kModeLease), absl::Milliseconds(1100));
}

TEST(CacheWrite, MarksUnlessTheCacheIsOff) {
  static_assert(MustMark(ModeState::kOn) && MustMark(ModeState::kClosing));
  static_assert(!MustMark(ModeState::kOff));
}

TEST(CacheRead, SharesOnlyAReadThatWasNotYetSentWhenItArrived) {
  static_assert(MayShare(4, 5));
  static_assert(!MayShare(5, 5) && !MayShare(6, 5));
}

EntryState Value(std::uint64_t version) {
  EntryState entry;
  entry.kind = EntryKind::kValue;
  entry.version = version;
  entry.expires_ms = kNow + 600'000;
  return entry;
}

TEST(CacheRead, TakesWhatStandsAndGoesPastWhatIsMarked) {
  EntryState entry = Value(5);
  EXPECT_EQ(OnGet(entry, 0, kNow), ReadStep::kHit);
  EXPECT_EQ(OnGet(entry, 5, kNow), ReadStep::kHit);
  EXPECT_EQ(OnGet(entry, 6, kNow), ReadStep::kBypass);
  Mark(entry, 1, 30'000, kNow);
  EXPECT_EQ(OnGet(entry, 0, kNow), ReadStep::kBypass);
  EXPECT_EQ(OnGet(entry, 0, kNow + 30'000), ReadStep::kLease);
  EXPECT_EQ(OnGet(EntryState(), 0, kNow), ReadStep::kLease);
}

TEST(CacheRead, RefreshesEarlyOnlyNearTheEndAndSurelyAtTheEnd) {
  const absl::Time end = absl::FromUnixSeconds(1000);
  const absl::Duration cost = absl::Milliseconds(10);
  EXPECT_FALSE(RefreshEarly(end - kRefreshWindow - absl::Seconds(1), end, absl::Hours(1), 0.01));
  EXPECT_FALSE(RefreshEarly(end - absl::Seconds(1), end, cost, 0.5));
  EXPECT_TRUE(RefreshEarly(end - absl::Milliseconds(20), end, cost, 0.1));  // -ln 0.1 = 2.3
  EXPECT_TRUE(RefreshEarly(end, end, cost, 1.0));
}

TEST(CacheEntry, IsFilledOnlyWithTheLeaseThatStillStands) {
  EntryState entry;
  EXPECT_EQ(Lease(entry, 11, 3000, false, kNow), LeaseAnswer::kGo);
  EXPECT_EQ(Lease(entry, 12, 3000, false, kNow), LeaseAnswer::kWait);
  EXPECT_EQ(Fill(entry, 12, 5, EntryKind::kValue, 600'000, kNow), FillAnswer::kNoLease);
  EXPECT_EQ(Fill(entry, 11, 5, EntryKind::kValue, 600'000, kNow), FillAnswer::kStored);
  EXPECT_EQ(entry, Value(5));
  EXPECT_EQ(Fill(entry, 0, 5, EntryKind::kValue, 600'000, kNow), FillAnswer::kNoLease);
}

TEST(CacheEntry, LosesItsLeaseToTimeToMarksAndToStamps) {
  EntryState entry;
  Lease(entry, 11, 3000, false, kNow);
  EXPECT_EQ(Lease(entry, 12, 3000, false, kNow + 3000), LeaseAnswer::kGo);
  Mark(entry, 1, 30'000, kNow + 3000);
  EXPECT_EQ(Fill(entry, 12, 5, EntryKind::kValue, 600'000, kNow + 3000), FillAnswer::kNoLease);
  EXPECT_EQ(Lease(entry, 13, 3000, false, kNow + 3000), LeaseAnswer::kBypass);
  EXPECT_FALSE(Stamp(entry, 1, 5, 60'000, kNow + 3000));
  EXPECT_EQ(Lease(entry, 14, 3000, false, kNow + 3000), LeaseAnswer::kGo);
  EXPECT_FALSE(Stamp(entry, 1, 5, 60'000, kNow + 3000)) << "it is repeated";
  EXPECT_EQ(Lease(entry, 15, 3000, false, kNow + 3000), LeaseAnswer::kGo);
  EXPECT_TRUE(Stamp(entry, 2, 6, 60'000, kNow + 3000));
  EXPECT_EQ(Fill(entry, 15, 6, EntryKind::kValue, 600'000, kNow + 3000), FillAnswer::kNoLease);
}

TEST(CacheEntry, IsNotFilledBelowWhatWasStamped) {
  EntryState entry;
  Stamp(entry, 1, 9, 60'000, kNow);
  Lease(entry, 11, 3000, false, kNow);
  EXPECT_EQ(Fill(entry, 11, 8, EntryKind::kValue, 600'000, kNow), FillAnswer::kOld);
  EXPECT_EQ(Fill(entry, 11, 9, EntryKind::kNegative, 600'000, kNow), FillAnswer::kStored);
}

TEST(CacheEntry, KeepsItsValueWhileItIsRefreshed) {
  EntryState entry = Value(5);
  EXPECT_EQ(Lease(entry, 11, 3000, true, kNow), LeaseAnswer::kGo);
  EXPECT_EQ(Lease(entry, 12, 3000, true, kNow), LeaseAnswer::kHit);
  EXPECT_EQ(OnGet(entry, 0, kNow), ReadStep::kHit);
  EXPECT_EQ(entry.expires_ms, kNow + 600'000);
  EXPECT_EQ(Fill(entry, 11, 4, EntryKind::kValue, 600'000, kNow), FillAnswer::kOld);
  EXPECT_EQ(Fill(entry, 11, 6, EntryKind::kValue, 600'000, kNow), FillAnswer::kStored);
}

TEST(CacheEntry, WithTooManyWritesIsLeftToTimeAndForgetsNoneOfThem) {
  EntryState entry;
  const std::uint64_t writes = kMaxIntents + 5;
  for (std::uint64_t id = 1; id <= writes; ++id) Mark(entry, id, 30'000, kNow);
  EXPECT_EQ(entry.intents.size(), kMaxIntents);
  for (std::uint64_t id = 1; id <= writes; ++id) {
    EXPECT_FALSE(Stamp(entry, id, id, 60'000, kNow)) << id;
  }
  EXPECT_EQ(OnGet(entry, 0, kNow), ReadStep::kBypass);
  EXPECT_EQ(Lease(entry, 11, 3000, false, kNow + 30'000), LeaseAnswer::kGo);
}

// Laws over random histories: whatever an entry has been through, a script that runs twice or late
// leaves no more trust than before.
class CacheEntryLaws : public ::testing::Test {
 protected:
  std::uint64_t Draw(std::uint64_t below) { return random_() % below; }

  void Step(EntryState& entry, std::int64_t now) {
    switch (Draw(4)) {
      case 0:
        return Mark(entry, 1 + Draw(4), 1 + static_cast<std::int64_t>(Draw(100)), now);
      case 1:
        Stamp(entry, 1 + Draw(4), Draw(10), 1 + static_cast<std::int64_t>(Draw(100)), now);
        return;
      case 2:
        Lease(entry, 1 + Draw(4), 1 + static_cast<std::int64_t>(Draw(100)), Draw(2) == 0, now);
        return;
      default:
        Fill(entry, 1 + Draw(4), Draw(10), EntryKind::kValue,
             1 + static_cast<std::int64_t>(Draw(100)), now);
    }
  }

  // Calls `law` with an entry after each of many random histories.
  void ForEach(const std::function<void(EntryState, std::int64_t)>& law) {
    for (int history = 0; history < 2000; ++history) {
      EntryState entry;
      std::int64_t now = kNow;
      for (int step = 0; step < 20; ++step, now += static_cast<std::int64_t>(Draw(30))) {
        Step(entry, now);
        EntryState seen = entry;
        DropExpired(seen, now);
        law(seen, now);
      }
      if (HasFailure()) return;
    }
  }

  std::mt19937_64 random_{20240611};
};

TEST_F(CacheEntryLaws, AMarkTwiceIsAMarkOnce) {
  ForEach([&](EntryState entry, std::int64_t now) {
    Mark(entry, 2, 50, now);
    EntryState again = entry;
    Mark(again, 2, 50, now);
    EXPECT_EQ(again, entry);
  });
}

TEST_F(CacheEntryLaws, AMarkLeavesNothingToReadOrToFill) {
  ForEach([&](EntryState entry, std::int64_t now) {
    const std::uint64_t min_version = entry.min_version;
    const std::uint64_t held = entry.lease.id;
    Mark(entry, 2, 50, now);
    EXPECT_EQ(OnGet(entry, 0, now), ReadStep::kBypass);
    EXPECT_EQ(entry.min_version, min_version);
    EXPECT_EQ(Fill(entry, held, 100, EntryKind::kValue, 50, now), FillAnswer::kNoLease);
  });
}

TEST_F(CacheEntryLaws, AStampTwiceIsAStampOnce) {
  ForEach([&](EntryState entry, std::int64_t now) {
    Stamp(entry, 2, 5, 50, now);
    EntryState again = entry;
    Stamp(again, 2, 5, 50, now);
    EXPECT_EQ(again, entry);
  });
}

TEST_F(CacheEntryLaws, AStampNeverLowersWhatMayBeFilledNorBringsAValueBack) {
  ForEach([&](EntryState entry, std::int64_t now) {
    const EntryState before = entry;
    Stamp(entry, 2, 5, 50, now);
    EXPECT_GE(entry.min_version, before.min_version);
    EXPECT_GE(entry.min_version, 5u);
    if (entry.kind != EntryKind::kBlank) {
      EXPECT_EQ(entry.kind, before.kind);
      EXPECT_EQ(entry.version, before.version);
      EXPECT_GE(entry.version, 5u);
    }
    for (const Hold& intent : before.intents) {
      if (intent.id == 2) continue;
      EXPECT_EQ(std::count(entry.intents.begin(), entry.intents.end(), intent), 1);
    }
  });
}

TEST_F(CacheEntryLaws, AnUnmarkTakesItsOwnMarkAndLeavesWhatOthersLeft) {
  ForEach([&](EntryState entry, std::int64_t now) {
    const EntryState before = entry;
    Stamp(entry, 2, kUnmark, 50, now);
    EXPECT_EQ(entry.kind, before.kind);
    EXPECT_EQ(entry.version, before.version);
    EXPECT_EQ(entry.min_version, before.min_version);
    std::vector<Hold> others = before.intents;
    others.erase(std::remove_if(others.begin(), others.end(),
                                [](const Hold& intent) { return intent.id == 2; }),
                 others.end());
    EXPECT_EQ(entry.intents, others);
  });
}

TEST_F(CacheEntryLaws, AFillTwiceIsAFillOnce) {
  ForEach([&](EntryState entry, std::int64_t now) {
    if (Lease(entry, 9, 50, false, now) != LeaseAnswer::kGo) return;
    if (Fill(entry, 9, 20, EntryKind::kValue, 50, now) != FillAnswer::kStored) return;
    const EntryState stored = entry;
    EXPECT_EQ(Fill(entry, 9, 20, EntryKind::kValue, 50, now), FillAnswer::kNoLease);
    EXPECT_EQ(entry, stored);
  });
}

TEST_F(CacheEntryLaws, AValueStandsWithoutIntentsAndNotBelowWhatWasStamped) {
  ForEach([&](const EntryState& entry, std::int64_t) {
    if (entry.kind == EntryKind::kBlank) {
      EXPECT_EQ(entry.version, 0u);
    } else {
      EXPECT_TRUE(entry.intents.empty());
      EXPECT_GE(entry.version, entry.min_version);
    }
  });
}

}  // namespace
}  // namespace rapport::cache
