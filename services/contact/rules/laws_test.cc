// Laws of consent and of hours, on generated ledgers and on every zone of the machine's database.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <set>

#include "common/time/zone_table.h"
#include "services/contact/rules/consent.h"
#include "services/contact/rules/quiet_hours.h"
#include "services/contact/rules/test_samples.h"

namespace rapport::contact::rules {
namespace {

using Ledger = std::vector<v1::ConsentEntry>;
using Random = std::mt19937_64;

constexpr int kLedgers = 100000;
constexpr int kDays = 60;

int Below(Random& random, int bound) {
  return static_cast<int>(random() % static_cast<std::uint64_t>(bound));
}

// Days are coarse, so that equal instants happen often.
v1::ConsentEntry AnEntry(Random& random, int order, const Ledger& before) {
  static constexpr v1::ConsentEntry::Decision kDecisions[] = {
      v1::ConsentEntry::GRANT, v1::ConsentEntry::GRANT, v1::ConsentEntry::REFUSE,
      v1::ConsentEntry::WITHDRAW};
  auto entry = Entry(order, kDecisions[Below(random, 4)], Below(random, kDays));
  entry.set_purpose(static_cast<type::v1::Purpose>(Below(random, 4)));
  entry.set_channel(static_cast<type::v1::Channel>(Below(random, 3)));
  if (Below(random, 4) == 0) entry.set_contact_point(absl::StrCat("p", Below(random, 2)));
  if (Below(random, 4) == 0) entry.set_house(Below(random, 2) == 0 ? "default" : "workshop");
  if (Below(random, 3) == 0) entry = Until(entry, Below(random, 2 * kDays));
  if (!before.empty() && Below(random, 8) == 0) {
    entry = Correcting(
        entry, before[static_cast<std::size_t>(Below(random, static_cast<int>(before.size())))]);
  }
  return entry;
}

Ledger ALedger(Random& random) {
  Ledger ledger;
  const int entries = Below(random, 9);
  for (int i = 0; i < entries; ++i) ledger.push_back(AnEntry(random, i, ledger));
  return ledger;
}

ConsentAsked AQuestion(Random& random) {
  return {static_cast<type::v1::Purpose>(1 + Below(random, 3)),
          static_cast<type::v1::Channel>(1 + Below(random, 2)),
          Below(random, 2) == 0 ? "" : absl::StrCat("p", Below(random, 2)),
          Below(random, 4) == 0 ? "workshop" : "default"};
}

// DENIED < UNKNOWN < ALLOWED
int Width(const v1::ConsentDecision& decision) {
  switch (decision.verdict()) {
    case v1::CONSENT_DENIED:
      return 0;
    case v1::CONSENT_UNKNOWN:
      return 1;
    default:
      return 2;
  }
}

// Proves: C15, S08
TEST(ConsentLaws, AWithdrawalThatIsTheNewestIsNeverAllowed) {
  Random random(1);
  for (int i = 0; i < kLedgers; ++i) {
    Ledger ledger = ALedger(random);
    const auto asked = AQuestion(random);
    v1::ConsentEntry withdrawal = Entry(1000, v1::ConsentEntry::WITHDRAW, 0);
    *withdrawal.mutable_effective_time() = time::ToProto(std::max(Day(0), NewestEffect(ledger)));
    // About as much as the question, or more.
    if (Below(random, 2) == 0) withdrawal.set_purpose(asked.purpose);
    if (Below(random, 2) == 0) withdrawal.set_channel(asked.channel);
    if (Below(random, 2) == 0) withdrawal.set_contact_point(asked.contact_point);
    if (Below(random, 2) == 0) withdrawal.set_house(asked.house);
    ledger.push_back(withdrawal);
    const absl::Time later =
        time::FromProto(withdrawal.effective_time()) + absl::Hours(Below(random, 5000));
    ASSERT_EQ(DecideConsent(ledger, asked, later).verdict(), v1::CONSENT_DENIED) << i;
  }
}

// Proves: C15
TEST(ConsentLaws, ADenialNeverWidens) {
  Random random(2);
  for (int i = 0; i < kLedgers; ++i) {
    Ledger ledger = ALedger(random);
    const auto asked = AQuestion(random);
    const absl::Time as_of = Day(Below(random, 2 * kDays));
    const int before = Width(DecideConsent(ledger, asked, as_of));
    auto denial = AnEntry(random, 1000, {});
    if (!IsDenial(denial)) denial.set_decision(v1::ConsentEntry::REFUSE);
    ledger.push_back(denial);
    ASSERT_LE(Width(DecideConsent(ledger, asked, as_of)), before) << i;
  }
}

// Proves: C14
TEST(ConsentLaws, TheOrderInWhichEntriesArriveDoesNotMatter) {
  Random random(3);
  for (int i = 0; i < kLedgers; ++i) {
    Ledger ledger = ALedger(random);
    const auto asked = AQuestion(random);
    const absl::Time as_of = Day(Below(random, 2 * kDays));
    const auto first = DecideConsent(ledger, asked, as_of);
    // The same lines read in another order give the same answer, byte for byte.
    std::shuffle(ledger.begin(), ledger.end(), random);
    ASSERT_EQ(DecideConsent(ledger, asked, as_of).SerializeAsString(), first.SerializeAsString())
        << i;
    // Written in another order they do too, where no two are in force from the same instant.
    std::set<absl::Time> instants;
    for (const auto& entry : ledger) instants.insert(time::FromProto(entry.effective_time()));
    if (instants.size() != ledger.size()) continue;
    Ledger rewritten = ledger;
    for (std::size_t k = 0; k < rewritten.size(); ++k) {
      rewritten[k].set_name(absl::StrCat("rewritten/", k));
      for (auto& other : rewritten) {
        if (other.corrects() == ledger[k].name()) other.set_corrects(rewritten[k].name());
      }
    }
    ASSERT_EQ(DecideConsent(rewritten, asked, as_of).verdict(), first.verdict()) << i;
  }
}

// Proves: C15
RC_GTEST_PROP(ConsentLaws, TheVerdictIsThatOfTheDecidingScope, ()) {
  Random random(*rc::gen::arbitrary<std::uint64_t>());
  const auto decision =
      DecideConsent(ALedger(random), AQuestion(random), Day(Below(random, 2 * kDays)));
  bool denied = false;
  bool allowed = false;
  bool named = decision.deciding_entry().empty();
  for (const auto& scope : decision.trail()) {
    denied |= scope.verdict() == v1::CONSENT_DENIED;
    allowed |= scope.verdict() == v1::CONSENT_ALLOWED;
    named |= scope.entry() == decision.deciding_entry() && scope.verdict() == decision.verdict();
    RC_ASSERT(scope.entry().empty() == (scope.verdict() == v1::CONSENT_UNKNOWN));
    RC_ASSERT(scope.entries() > 0);
  }
  RC_ASSERT(named);
  RC_ASSERT(decision.verdict() == (denied    ? v1::CONSENT_DENIED
                                   : allowed ? v1::CONSENT_ALLOWED
                                             : v1::CONSENT_UNKNOWN));
}

Hours SomeHours(Random& random) {
  const auto some = [&] {
    std::vector<time::DailyWindow> windows;
    const int count = Below(random, 3);
    for (int i = 0; i < count; ++i) {
      const unsigned weekdays = static_cast<unsigned>(1 + Below(random, 127));
      windows.push_back({Below(random, 96) * 15, Below(random, 97) * 15,
                         Below(random, 2) == 0 ? time::DailyWindow::kEveryDay : weekdays});
    }
    return windows;
  };
  Hours hours;
  hours.open = some();
  hours.quiet = some();
  return hours;
}

// What Permits says at each minute from `from` on: the first that is `wanted`, up to `limit`.
absl::Time ByTheMinute(bool wanted, const Hours& hours, const std::vector<absl::TimeZone>& zones,
                       absl::Time from, absl::Time limit) {
  absl::Time t = from;
  while (t < limit && Permits(hours, zones, t) != wanted) t += absl::Minutes(1);
  return t;
}

// Every zone, before and after each change of its clocks in a year that is past and one that comes.
// Proves: C18
TEST(HoursLaws, TheNextPermittedInstantIsPermittedAndNoneBeforeItIs) {
  const auto table = time::ZoneTable::Load();
  ASSERT_TRUE(table.ok());
  Random random(4);
  int cases = 0;
  int changes = 0;
  Hours night;
  night.quiet = {{20 * 60, 9 * 60}};
  for (const auto& name : table->all()) {
    const std::vector<absl::TimeZone> zones = {Zone(name)};
    std::vector<absl::Time> starts = {At("2026-06-15T00:00:00Z")};
    for (const char* year : {"2011-01-01T00:00:00Z", "2027-01-01T00:00:00Z"}) {
      for (absl::Time t = At(year); t < At(year) + absl::Hours(24 * 365);) {
        t = time::NextClockChange(zones[0], t);
        if (t > At(year) + absl::Hours(24 * 365)) break;
        starts.push_back(t - absl::Hours(8));
        starts.push_back(t - absl::Minutes(1));
        ++changes;
      }
    }
    for (const absl::Time start : starts) {
      for (const Hours& hours : {night, SomeHours(random)}) {
        const absl::Time from = start + absl::Minutes(Below(random, 600));
        const absl::Time limit = from + absl::Hours(30);
        const bool open = Permits(hours, zones, from);
        const absl::Time expected = ByTheMinute(!open, hours, zones, from, limit);
        const absl::Time found =
            open ? PermittedUntil(hours, zones, from) : NextPermitted(hours, zones, from);
        ASSERT_EQ(std::min(found, limit), expected) << name << " from " << from;
        ASSERT_TRUE(found == absl::InfiniteFuture() || Permits(hours, zones, found) == !open);
        if (open) {
          ASSERT_EQ(NextPermitted(hours, zones, from), from);
        }
        ++cases;
      }
    }
  }
  std::printf("%d cases, %d changes of clocks, %zu zones\n", cases, changes, table->all().size());
}

// Proves: C18
TEST(HoursLaws, HoldForPeopleWhoMayBeInSeveralZones) {
  const auto table = time::ZoneTable::Load();
  ASSERT_TRUE(table.ok());
  Random random(5);
  for (const char* region : {"PT", "US", "ES", "AU", "RU", "CL", "BR", "CA", "KI"}) {
    std::vector<absl::TimeZone> zones;
    for (const auto& name : table->OfRegion(region)) zones.push_back(Zone(name));
    for (int i = 0; i < 20; ++i) {
      const Hours hours = SomeHours(random);
      const absl::Time from = At("2026-01-01T00:00:00Z") + absl::Minutes(Below(random, 500000));
      const absl::Time limit = from + absl::Hours(48);
      const absl::Time next = NextPermitted(hours, zones, from);
      ASSERT_EQ(std::min(next, limit), ByTheMinute(true, hours, zones, from, limit))
          << region << " from " << from;
      if (next >= limit) continue;
      const absl::Time end = PermittedUntil(hours, zones, next);
      const absl::Time far = next + absl::Hours(48);
      ASSERT_EQ(std::min(end, far), ByTheMinute(false, hours, zones, next, far))
          << region << " from " << next;
    }
  }
}

}  // namespace
}  // namespace rapport::contact::rules
