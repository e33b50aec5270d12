#include "common/cache/simulator.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/cache/simulator_world.h"

namespace rapport::cache {
namespace {

constexpr std::int64_t kMs = 1000;  // in the world's microseconds
constexpr int kInstances = SimulatedWorld::kInstances;
constexpr int kNobody = SimulatedWorld::kNobody;

std::int64_t Millis(absl::Duration d) { return absl::ToInt64Milliseconds(d); }

struct Write {
  int client = 0;
  int instance = 0;
  std::vector<int> keys;
  std::vector<int> locked;  // by its transaction
  std::uint64_t intent = 0;
  SimulatedRow row;  // as its transaction sees it
  std::int64_t marked_at = 0;
  std::vector<std::uint64_t> versions;  // empty: not committed
};

struct Read {
  int client = 0;
  int instance = 0;
  int key = 0;
  std::uint64_t acked = 0;  // at its start
  std::uint64_t seen = 0;
  SimulatedRow row;
  std::uint64_t lease = 0;  // with which it will fill
  std::uint64_t arrived = 0;
  bool behind = false;  // nobody waits for it: an early refresh
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, const SimulatorOptions& options)
      : world_(seed, options, &report_),
        acked_(static_cast<std::size_t>(options.keys), 1),
        seen_(static_cast<std::size_t>(options.keys), 1) {
    for (auto& gate : gates_) gate.resize(static_cast<std::size_t>(options.keys));
  }

  SimulatorReport Run() {
    for (int i = 0; i < kInstances; ++i) Poll(i);
    for (int w = 0; w < world_.options.writers; ++w) NextWrite(w);
    for (int r = 0; r < world_.options.readers; ++r) NextRead(r);
    world_.Run();
    report_.unfinished += running_;
    return report_;
  }

 private:
  using WritePtr = std::shared_ptr<Write>;
  using ReadPtr = std::shared_ptr<Read>;
  struct Lease {
    SimulatedRow row;
    absl::Duration valid_until;
  };
  struct Gate {  // of one key in one instance
    std::vector<ReadPtr> waiting;
    bool loading = false;
    std::uint64_t sent = 0;
    std::vector<ReadPtr> late;  // flaw: joined after the load was sent
  };

  std::uint64_t NewId() { return ++last_id_; }
  static std::size_t At(int i) { return static_cast<std::size_t>(i); }
  int SomeInstance() { return static_cast<int>(world_.Draw(kInstances)); }

  void Poll(int instance) {
    if (world_.over()) return;
    const absl::Duration started = world_.Boot(instance);
    world_.ReadRow(instance, [this, instance, started](SimulatedRow row) {
      const absl::Duration until = started + kModeLease;
      if (until > leases_[At(instance)].valid_until) leases_[At(instance)] = {row, until};
    });
    world_.AfterOwn(kModePoll, instance, [this, instance] { Poll(instance); });
  }

  // --- writes

  void NextWrite(int client) {
    world_.After(world_.Between(kMs, 120 * kMs), kNobody, [this, client] {
      if (world_.over()) return;
      auto write = std::make_shared<Write>();
      write->client = client;
      write->instance = SomeInstance();
      const auto keys = static_cast<std::uint64_t>(world_.options.keys);
      write->keys = {static_cast<int>(world_.Draw(keys))};
      const int other = static_cast<int>(world_.Draw(keys));
      if (world_.Chance(30) && other != write->keys[0]) write->keys.push_back(other);
      ++running_;
      Begin(write);
    });
  }

  // A repetition that finds its record locks nothing, and touches the same entities.
  void Begin(const WritePtr& write) {
    const bool recorded = !write->versions.empty();
    write->locked = recorded ? std::vector<int>() : write->keys;
    std::sort(write->locked.begin(), write->locked.end());
    const Lease lease = leases_[At(write->instance)];
    const bool leased =
        world_.options.flaw == Flaw::kLeasedRow && world_.Boot(write->instance) < lease.valid_until;
    world_.Begin(write->instance, write->locked, [this, write, lease, leased](SimulatedRow row) {
      write->row = leased ? lease.row : row;
      write->intent = NewId();
      write->marked_at = world_.now();
      if (!MarksUnder(write->row.mode.state)) return Commit(write);
      TryMark(write, kMarkTries);
    });
  }

  bool MarksUnder(ModeState state) const {
    return world_.options.flaw == Flaw::kClosingIsOff ? state == ModeState::kOn : MustMark(state);
  }

  void TryMark(const WritePtr& write, int tries) {
    if (tries == 0) {
      return Rollback(write, [this, write] {
        world_.CloseAndFence(write->instance, write->row.mode.epoch,
                             [this, write] { Begin(write); });
      });
    }
    world_.Call(
        write->instance, write->row.run, kMarkBudget, true,
        [this, keys = write->keys, epoch = write->row.mode.epoch, intent = write->intent] {
          for (const int key : keys) {
            cache::Mark(world_.Entry(epoch, key), intent, Millis(kIntentTtl), world_.now_ms());
          }
        },
        [this, write, tries](bool ok) { ok ? Commit(write) : TryMark(write, tries - 1); });
  }

  void Commit(const WritePtr& write) {
    if (world_.Chance(3)) return Rollback(write, [this, write] { Begin(write); });
    if (world_.Chance(3)) return LoseCommit(write);
    const std::int64_t disk =
        world_.Chance(5) ? world_.Between(20 * kMs, 400 * kMs) : world_.Between(200, 5 * kMs);
    world_.After(disk, kNobody, [this, write] {
      if (!CommitOnServer(write)) {  // the client repeats the request elsewhere
        write->instance = SomeInstance();
        return world_.After(world_.Between(100, 3 * kMs), write->instance,
                            [this, write] { Begin(write); });
      }
      if (world_.Chance(3)) {  // the instance dies, the client repeats the request elsewhere
        write->instance = SomeInstance();
        return world_.After(world_.Between(100, 3 * kMs), write->instance,
                            [this, write] { Begin(write); });
      }
      world_.After(world_.Between(100, 3 * kMs), write->instance, [this, write] { Stamp(write); });
    });
  }

  // False: it took too long.
  bool CommitOnServer(const WritePtr& write) {
    const bool late = world_.now() - write->marked_at > absl::ToInt64Microseconds(kMarkToCommit);
    if (!late && write->versions.empty()) {
      for (const int key : write->keys) write->versions.push_back(world_.Commit(key));
    }
    world_.End(write->locked);
    return !late;
  }

  // Back on the instance `then` runs; the mark is taken away whenever it is.
  void Rollback(const WritePtr& write, SimulatedWorld::Action then) {
    ++report_.rollbacks;
    world_.Send([this, write, then = std::move(then)] {
      world_.End(write->locked);
      world_.After(world_.Between(100, 3 * kMs), write->instance, [this, write, then] {
        Unmark(write);
        then();
      });
    });
  }

  void Unmark(const WritePtr& write) {
    if (!MarksUnder(write->row.mode.state)) return;
    CallStamp(write, std::vector<std::uint64_t>(write->keys.size(), kUnmark), [](bool) {});
  }

  // The instance loses the server, which commits or not, in its own time; the repeated request
  // waits for that.
  void LoseCommit(const WritePtr& write) {
    if (world_.options.flaw == Flaw::kUnmarkInDoubt) Unmark(write);
    world_.After(world_.Between(100, 400 * kMs), kNobody, [this, write] {
      if (world_.Chance(50)) {
        world_.End(write->locked);
      } else {
        CommitOnServer(write);
      }
      write->instance = SomeInstance();
      world_.After(world_.Between(100, 3 * kMs), write->instance, [this, write] { Begin(write); });
    });
  }

  void Stamp(const WritePtr& write) {
    if (!MarksUnder(write->row.mode.state)) return Acknowledge(write);
    TryStamp(write, kMarkTries);
  }

  void TryStamp(const WritePtr& write, int tries) {
    if (tries == 0) {
      if (world_.options.flaw == Flaw::kFailedStampIgnored) return Acknowledge(write);
      return world_.CloseAndFence(write->instance, write->row.mode.epoch,
                                  [this, write] { Acknowledge(write); });
    }
    CallStamp(write, write->versions, [this, write, tries](bool ok) {
      ok ? Acknowledge(write) : TryStamp(write, tries - 1);
    });
  }

  void CallStamp(const WritePtr& write, std::vector<std::uint64_t> versions,
                 std::function<void(bool)> done) {
    world_.Call(
        write->instance, write->row.run, kMarkBudget, true,
        [this, keys = write->keys, epoch = write->row.mode.epoch, intent = write->intent,
         versions = std::move(versions)] {
          for (std::size_t i = 0; i < keys.size(); ++i) {
            cache::Stamp(world_.Entry(epoch, keys[i]), intent, versions[i], Millis(kBlankTtl),
                         world_.now_ms());
          }
        },
        std::move(done));
  }

  void Acknowledge(const WritePtr& write) {
    for (std::size_t i = 0; i < write->keys.size(); ++i) {
      std::uint64_t& acked = acked_[At(write->keys[i])];
      acked = std::max(acked, write->versions[i]);
    }
    ++report_.writes;
    --running_;
    NextWrite(write->client);
  }

  // --- reads

  void NextRead(int client) {
    world_.After(world_.Between(200, 40 * kMs), kNobody, [this, client] {
      if (world_.over()) return;
      auto read = std::make_shared<Read>();
      read->client = client;
      read->instance = SomeInstance();
      read->key = static_cast<int>(world_.Draw(static_cast<std::uint64_t>(world_.options.keys)));
      ++running_;
      // The client sends now; the instance may be stopped.
      read->acked = acked_[At(read->key)];
      read->seen = seen_[At(read->key)];
      world_.After(world_.Between(50, 500), read->instance, [this, read] { StartRead(read); });
    });
  }

  void StartRead(const ReadPtr& read) {
    const Lease& lease = leases_[At(read->instance)];
    read->row = lease.row;
    if (!MayTrust(lease.row.mode.state, world_.Boot(read->instance), lease.valid_until)) {
      return Load(read);
    }
    auto got = std::make_shared<EntryState>();
    world_.Call(
        read->instance, read->row.run, kReadBudget, false,
        [this, read, got] {
          EntryState& entry = world_.Entry(read->row.mode.epoch, read->key);
          if (entry.expires_ms <= world_.now_ms()) entry = EntryState();
          *got = entry;
        },
        [this, read, got](bool ok) {
          if (!ok) return Load(read);
          switch (OnGet(*got, 0, world_.now_ms())) {
            case ReadStep::kHit:
              if (world_.Chance(5)) Refresh(read);
              return Hit(read, got->version);
            case ReadStep::kBypass:
              return Load(read);
            case ReadStep::kLease:
              return AskLease(read, false);
          }
        });
  }

  void Refresh(const ReadPtr& read) {
    auto behind = std::make_shared<Read>(*read);
    behind->behind = true;
    ++running_;
    AskLease(behind, true);
  }

  void AskLease(const ReadPtr& read, bool refresh) {
    const std::uint64_t id = NewId();
    auto answer = std::make_shared<LeaseAnswer>(LeaseAnswer::kBypass);
    auto version = std::make_shared<std::uint64_t>(0);
    world_.Call(
        read->instance, read->row.run, kReadBudget, false,
        [this, read, id, refresh, answer, version] {
          if (world_.out_of_memory()) return;  // refused
          EntryState& entry = world_.Entry(read->row.mode.epoch, read->key);
          *answer = cache::Lease(entry, id, Millis(kLeaseTtl), refresh, world_.now_ms());
          *version = entry.version;
        },
        [this, read, id, answer, version](bool ok) {
          if (ok && *answer == LeaseAnswer::kGo) read->lease = id;
          if (ok && *answer == LeaseAnswer::kHit) return Hit(read, *version);
          Load(read);
        });
  }

  void Hit(const ReadPtr& read, std::uint64_t version) {
    if (!read->behind) ++report_.hits;
    Return(read, version, "from Redis");
  }

  // Two generations: who arrives before the load is sent shares it, the others share the next.
  void Load(const ReadPtr& read) {
    Gate& gate = gates_[At(read->instance)][At(read->key)];
    read->arrived = ++tick_;
    const bool first = gate.waiting.empty();
    if (gate.loading && world_.options.flaw == Flaw::kSharesAnyLoad) {
      gate.late.push_back(read);
      return;
    }
    gate.waiting.push_back(read);
    if (!first || gate.loading) return;
    SendSoon(read->instance, read->key);
  }

  void SendSoon(int instance, int key) {
    world_.After(world_.Between(1, 500), instance, [this, instance, key] {
      Gate& gate = gates_[At(instance)][At(key)];
      gate.loading = true;
      gate.sent = ++tick_;
      auto sharing = std::make_shared<std::vector<ReadPtr>>();
      sharing->swap(gate.waiting);
      world_.ReadVersion(instance, key, [this, instance, key, sharing](std::uint64_t version) {
        Loaded(instance, key, *sharing, version);
      });
    });
  }

  void Loaded(int instance, int key, const std::vector<ReadPtr>& sharing, std::uint64_t version) {
    Gate& gate = gates_[At(instance)][At(key)];
    gate.loading = false;
    for (const ReadPtr& read : sharing) {
      if (!MayShare(read->arrived, gate.sent)) ++report_.unfinished;
      if (read->lease != 0) FillEntry(read, version);
      Return(read, version, "from the system of record");
    }
    for (const ReadPtr& read : gate.late) Return(read, version, "from a load sent before");
    gate.late.clear();
    if (!gate.waiting.empty()) SendSoon(instance, key);
  }

  // Nobody waits for the answer.
  void FillEntry(const ReadPtr& read, std::uint64_t version) {
    world_.Call(
        read->instance, read->row.run, kReadBudget, false,
        [this, read, version] {
          if (world_.out_of_memory()) return;
          EntryState& entry = world_.Entry(read->row.mode.epoch, read->key);
          if (world_.options.flaw == Flaw::kFillsWithoutLease) {
            DropExpired(entry, world_.now_ms());
            entry.lease = {read->lease, world_.now_ms() + 1};
            entry.expires_ms = std::max(entry.expires_ms, world_.now_ms() + 1);
          }
          const FillAnswer answer = Fill(entry, read->lease, version, EntryKind::kValue,
                                         Millis(kPositiveTtl), world_.now_ms());
          if (answer == FillAnswer::kStored) ++report_.fills;
        },
        [](bool) {});
  }

  void Return(const ReadPtr& read, std::uint64_t version, const char* source) {
    --running_;
    if (read->behind) return;
    ++report_.reads;
    const bool stale = version < read->acked;
    const bool travel = !stale && version < read->seen && world_.options.spare_marks;
    report_.stale_after_ack += stale ? 1 : 0;
    report_.time_travel += travel ? 1 : 0;
    if ((stale || travel) && report_.first_breach.empty()) {
      report_.first_breach = absl::StrCat(
          "at ", world_.now() / kMs, " ms key ", read->key, " returned version ", version, " ",
          source, "; at its start ", read->acked, " was acknowledged and ", read->seen, " seen");
    }
    std::uint64_t& seen = seen_[At(read->key)];
    seen = std::max(seen, version);
    NextRead(read->client);
  }

  SimulatorReport report_;
  SimulatedWorld world_;
  std::array<Lease, kInstances> leases_{};
  std::array<std::vector<Gate>, kInstances> gates_;
  std::vector<std::uint64_t> acked_;  // the ledger, for each key
  std::vector<std::uint64_t> seen_;
  std::int64_t running_ = 0;
  std::uint64_t last_id_ = 0;
  std::uint64_t tick_ = 0;
};

}  // namespace

SimulatorReport Simulate(std::uint64_t seed, const SimulatorOptions& options) {
  return Simulation(seed, options).Run();
}

}  // namespace rapport::cache
