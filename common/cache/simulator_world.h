// What the simulated instances live in (simulator.h): time, Redis and the system of record.
#ifndef RAPPORT_COMMON_CACHE_SIMULATOR_WORLD_H_
#define RAPPORT_COMMON_CACHE_SIMULATOR_WORLD_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/cache/protocol.h"
#include "common/cache/simulator.h"

namespace rapport::cache {

// The row of trust, with the Redis process that it names.
struct SimulatedRow {
  Mode mode{ModeState::kOn, 1};
  std::uint64_t run = 1;
};

// Time is in microseconds since the start. Not thread-safe.
class SimulatedWorld {
 public:
  static constexpr int kInstances = 3;
  static constexpr int kNobody = -1;  // in place of an instance: happens whoever is stopped
  using Micros = std::int64_t;
  using Action = std::function<void()>;

  SimulatedWorld(std::uint64_t seed, const SimulatorOptions& options, SimulatorReport* report);

  // Runs until nothing is left to do.
  void Run();

  // --- chance and time
  std::uint64_t Draw(std::uint64_t below) { return random_() % below; }
  Micros Between(Micros low, Micros high) {
    return low + static_cast<Micros>(Draw(static_cast<std::uint64_t>(high - low)));
  }
  bool Chance(int percent) { return Draw(100) < static_cast<std::uint64_t>(percent); }
  Micros now() const { return now_; }
  std::int64_t now_ms() const { return now_ / 1000 + 1; }
  bool over() const { return now_ > options.length_ms * 1000; }
  // `action` runs on an instance; while the instance is stopped it waits.
  void After(Micros delay, int instance, Action action);
  // The same by the instance's own clock.
  void AfterOwn(absl::Duration delay, int instance, Action action);
  absl::Duration Boot(int instance) const;

  // --- Redis: `execute` runs there, if at all; `done` runs once, with false for an error or a
  // timeout. `twice`: the command may also run again later.
  void Call(int instance, std::uint64_t run, absl::Duration budget, bool twice, Action execute,
            std::function<void(bool)> done);
  EntryState& Entry(std::uint64_t epoch, int key) { return entries_[{epoch, key}]; }
  bool out_of_memory() const { return out_of_memory_; }
  bool RedisAnswers() const { return now_ >= redis_stopped_until_; }
  std::uint64_t run() const { return run_; }

  // --- system of record
  void ReadVersion(int instance, int key, std::function<void(std::uint64_t)> done);
  void ReadRow(int instance, std::function<void(SimulatedRow)> done);
  // Closes, waits out the fence by the instance's clock, ends it.
  void CloseAndFence(int instance, std::uint64_t epoch, Action done);
  // A transaction: waits for the locks of the keys, sees the row, and tells the instance. It lasts
  // until End is called on the server.
  void Begin(int instance, std::vector<int> keys, std::function<void(SimulatedRow)> begun);
  void End(const std::vector<int>& keys);
  // Runs `action` on the server, a moment later.
  void Send(Action action) { After(Between(100, 3000), kNobody, std::move(action)); }
  std::uint64_t Commit(int key) { return ++versions_[static_cast<std::size_t>(key)]; }

  const SimulatorOptions options;

 private:
  void Deliver(int instance, std::uint64_t run, bool twice, Action execute,
               std::function<void(bool)> reply);
  // Eviction; tells whether the entry went.
  bool Evicts(EntryState& entry);
  void Disturb();
  void Manage();
  void OpenWhenIdle(std::uint64_t run);

  SimulatorReport* const report_;
  std::mt19937_64 random_;
  Micros now_ = 0;
  std::uint64_t order_ = 0;
  std::map<std::pair<Micros, std::uint64_t>, std::pair<int, Action>> queue_;
  std::array<Micros, kInstances> stopped_until_{};
  std::array<double, kInstances> rate_{};

  std::map<std::pair<std::uint64_t, int>, EntryState> entries_;
  std::map<std::pair<std::uint64_t, int>, EntryState> saved_;
  std::uint64_t run_ = 1;
  Micros redis_stopped_until_ = 0;
  Micros redis_well_since_ = 0;
  bool out_of_memory_ = false;

  SimulatedRow row_;
  std::vector<std::uint64_t> versions_;
  std::vector<bool> locked_;
  int transactions_ = 0;
  bool opening_ = false;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_SIMULATOR_WORLD_H_
