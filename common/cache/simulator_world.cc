#include "common/cache/simulator_world.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

namespace rapport::cache {
namespace {

constexpr SimulatedWorld::Micros kMs = 1000;

}  // namespace

SimulatedWorld::SimulatedWorld(std::uint64_t seed, const SimulatorOptions& simulator_options,
                               SimulatorReport* report)
    : options(simulator_options),
      report_(report),
      random_(seed),
      versions_(static_cast<std::size_t>(simulator_options.keys), 1),
      locked_(static_cast<std::size_t>(simulator_options.keys), false) {
  for (double& rate : rate_) rate = 0.96 + 0.0001 * static_cast<double>(Draw(801));
  Disturb();
  Manage();
}

void SimulatedWorld::Run() {
  while (!queue_.empty()) {
    const auto first = queue_.begin();
    now_ = first->first.first;
    const int instance = first->second.first;
    Action action = std::move(first->second.second);
    queue_.erase(first);
    const Micros stopped =
        instance == kNobody ? 0 : stopped_until_[static_cast<std::size_t>(instance)];
    if (stopped > now_) {
      After(stopped - now_, instance, std::move(action));
    } else {
      action();
    }
  }
}

void SimulatedWorld::After(Micros delay, int instance, Action action) {
  queue_.emplace(std::pair(now_ + delay, ++order_), std::pair(instance, std::move(action)));
}

void SimulatedWorld::AfterOwn(absl::Duration delay, int instance, Action action) {
  const double rate = rate_[static_cast<std::size_t>(instance)];
  After(absl::ToInt64Microseconds(delay / rate) + 1, instance, std::move(action));
}

absl::Duration SimulatedWorld::Boot(int instance) const {
  return absl::Microseconds(now_) * rate_[static_cast<std::size_t>(instance)];
}

// --- Redis

void SimulatedWorld::Call(int instance, std::uint64_t run, absl::Duration budget, bool twice,
                          Action execute, std::function<void(bool)> done) {
  auto answered = std::make_shared<bool>(false);
  const std::function<void(bool)> reply = [answered, done = std::move(done)](bool ok) {
    if (*answered) return;
    *answered = true;
    done(ok);
  };
  After(absl::ToInt64Microseconds(budget), instance, [reply] { reply(false); });
  if (Chance(options.lost_percent)) return;
  const Micros delay = Chance(5) ? Between(10 * kMs, 300 * kMs) : Between(50, 1500);
  After(delay, kNobody, [this, instance, run, twice, execute = std::move(execute), reply] {
    Deliver(instance, run, twice, execute, reply);
  });
}

void SimulatedWorld::Deliver(int instance, std::uint64_t run, bool twice, Action execute,
                             std::function<void(bool)> reply) {
  if (now_ < redis_stopped_until_) {
    return After(redis_stopped_until_ - now_ + Between(1, 500), kNobody,
                 [this, instance, run, twice, execute, reply] {
                   Deliver(instance, run, twice, execute, reply);
                 });
  }
  if (!MayUseConnection(run_, run) && options.flaw != Flaw::kRunIdIgnored) {
    return After(Between(50, 500), instance, [reply] { reply(false); });
  }
  execute();
  if (twice && Chance(3)) {
    After(Between(kMs, 400 * kMs), kNobody, [this, run, execute] {
      if (run == run_) execute();
    });
  }
  After(Between(50, 1500), instance, [reply] { reply(true); });
}

bool SimulatedWorld::Evicts(EntryState& entry) {
  DropExpired(entry, now_ms());
  if (entry.intents.empty()) return true;
  if (options.spare_marks) return false;
  ++report_->marks_lost;
  return true;
}

void SimulatedWorld::Disturb() {
  if (over()) {
    out_of_memory_ = false;
    return;
  }
  After(Between(40 * kMs, 400 * kMs), kNobody, [this] { Disturb(); });
  switch (Draw(10)) {
    case 0:  // flush
      for (auto entry = entries_.begin(); entry != entries_.end();) {
        entry = Evicts(entry->second) ? entries_.erase(entry) : std::next(entry);
      }
      return;
    case 1:
    case 2:
    case 3: {  // eviction of one key of the current epoch
      const int key = static_cast<int>(Draw(static_cast<std::uint64_t>(options.keys)));
      const auto found = entries_.find({row_.mode.epoch, key});
      if (found != entries_.end() && Evicts(found->second)) entries_.erase(found);
      return;
    }
    case 4:
      saved_ = entries_;
      return;
    case 5:  // restart
      if (Chance(50)) return;
      ++report_->restarts;
      ++run_;
      entries_ = Chance(50) ? saved_ : decltype(entries_)();
      redis_well_since_ = now_;
      return;
    case 6:
      redis_stopped_until_ = now_ + Between(5 * kMs, 400 * kMs);
      return;
    case 7:
      out_of_memory_ = Chance(50);
      return;
    default: {
      Micros& stopped = stopped_until_[Draw(kInstances)];
      stopped = std::max(stopped, now_ + Between(5 * kMs, 1500 * kMs));
    }
  }
}

// --- System of record

void SimulatedWorld::ReadVersion(int instance, int key, std::function<void(std::uint64_t)> done) {
  const Micros there = Chance(5) ? Between(5 * kMs, 80 * kMs) : Between(100, 3 * kMs);
  const Micros back = Chance(5) ? Between(5 * kMs, 80 * kMs) : Between(100, 3 * kMs);
  After(there, kNobody, [this, instance, key, back, done = std::move(done)] {
    const std::uint64_t version = versions_[static_cast<std::size_t>(key)];
    After(back, instance, [version, done] { done(version); });
  });
}

void SimulatedWorld::ReadRow(int instance, std::function<void(SimulatedRow)> done) {
  const Micros there = Chance(5) ? Between(5 * kMs, 500 * kMs) : Between(100, 3 * kMs);
  const Micros back = Chance(5) ? Between(5 * kMs, 500 * kMs) : Between(100, 3 * kMs);
  After(there, kNobody, [this, instance, back, done = std::move(done)] {
    After(back, instance, [row = row_, done] { done(row); });
  });
}

void SimulatedWorld::CloseAndFence(int instance, std::uint64_t epoch, Action done) {
  After(Between(100, 3 * kMs), kNobody, [this, instance, epoch, done = std::move(done)] {
    const Mode closed = Close(row_.mode, epoch);
    if (!(closed == row_.mode)) ++report_->closes;
    row_.mode = closed;
    const absl::Duration fence =
        options.flaw == Flaw::kNoFence ? absl::ZeroDuration() : FenceLength(kModeLease);
    After(Between(100, 3 * kMs), instance, [this, instance, epoch, fence, done] {
      AfterOwn(fence, instance, [this, instance, epoch, done] {
        After(Between(100, 3 * kMs), kNobody, [this, instance, epoch, done] {
          row_.mode = EndFence(row_.mode, epoch);
          After(Between(100, 3 * kMs), instance, done);
        });
      });
    });
  });
}

void SimulatedWorld::Begin(int instance, std::vector<int> keys,
                           std::function<void(SimulatedRow)> begun) {
  Send([this, instance, keys = std::move(keys), begun = std::move(begun)] {
    const bool busy = opening_ || std::any_of(keys.begin(), keys.end(), [this](int key) {
                        return locked_[static_cast<std::size_t>(key)];
                      });
    if (busy) return Begin(instance, keys, begun);
    for (const int key : keys) locked_[static_cast<std::size_t>(key)] = true;
    ++transactions_;
    const Micros bodies = Chance(5) ? Between(20 * kMs, 400 * kMs) : Between(100, 5 * kMs);
    After(bodies, instance, [row = row_, begun] { begun(row); });
  });
}

void SimulatedWorld::End(const std::vector<int>& keys) {
  for (const int key : keys) locked_[static_cast<std::size_t>(key)] = false;
  --transactions_;
}

// The one leader, on no instance that stops.
void SimulatedWorld::Manage() {
  if (over()) return;
  After(Between(50 * kMs, 150 * kMs), kNobody, [this] { Manage(); });
  if (row_.mode.state == ModeState::kClosing ||
      (row_.mode.state == ModeState::kOn && RedisAnswers() && run_ != row_.run)) {
    CloseAndFence(0, row_.mode.epoch, [] {});
  } else if (row_.mode.state == ModeState::kOff && RedisAnswers() && !opening_ &&
             now_ - redis_well_since_ > 100 * kMs) {
    opening_ = true;
    OpenWhenIdle(run_);
  }
}

void SimulatedWorld::OpenWhenIdle(std::uint64_t run) {
  if (transactions_ > 0 && options.flaw != Flaw::kNoExclusion) {
    return After(Between(100, kMs), kNobody, [this, run] { OpenWhenIdle(run); });
  }
  row_.mode = Open(row_.mode, row_.mode.epoch + 1);
  row_.run = run;
  opening_ = false;
  ++report_->opens;
}

}  // namespace rapport::cache
