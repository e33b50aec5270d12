#include "common/cache/model.h"

#include <algorithm>

#include "common/cache/model_steps.h"

namespace rapport::cache::model {
namespace {

Cell Pack(const EntryState& entry) {
  Cell cell;
  if (entry.kind != EntryKind::kBlank) cell.value = static_cast<std::uint8_t>(entry.version + 1);
  cell.min_version = static_cast<std::uint8_t>(entry.min_version);
  cell.lease = static_cast<std::uint8_t>(entry.lease.id);
  for (const Hold& intent : entry.intents) {
    cell.intents = static_cast<std::uint8_t>(cell.intents | 1u << (intent.id - 1));
  }
  return cell;
}

bool IsEmpty(const Cell& cell) {
  return (cell.value | cell.min_version | cell.lease | cell.intents) == 0;
}

// Runs one of the scripts of protocol.h on the entry of an epoch.
template <class Do>
auto Change(State& s, int epoch, Do script) {
  Cell& cell = s.cells[static_cast<std::size_t>(epoch)];
  EntryState entry = Unpack(cell);
  const auto result = script(entry);
  cell = Pack(entry);
  return result;
}

}  // namespace

EntryState Unpack(const Cell& cell) {
  EntryState entry;
  entry.expires_ms = kAlive;
  if (cell.value > 0) {
    entry.kind = EntryKind::kValue;
    entry.version = cell.value - 1u;
  }
  entry.min_version = cell.min_version;
  if (cell.lease > 0) entry.lease = {cell.lease, kAlive};
  for (unsigned i = 0; i < kWriters * kAttempts; ++i) {
    if ((cell.intents >> i & 1) != 0) entry.intents.push_back({i + 1, kAlive});
  }
  return entry;
}

void Stepper::CloseRow(State& s, std::uint8_t epoch) const {
  const Mode closed = Close(Row(s), epoch);
  SetRow(s, mutant_ == Mutant::kOneStepOff ? EndFence(closed, epoch) : closed);
}

// No lease on the epoch is left with which a read could start.
bool Stepper::FenceIsOver(int epoch) const {
  if (mutant_ == Mutant::kNoFence) return true;
  return std::none_of(now_.readers.begin(), now_.readers.end(), [&](const Reader& r) {
    return r.at == ReaderAt::kStart && r.trusts != 0 && r.epoch <= epoch;
  });
}

void Stepper::DoMark(State& s, int w, int attempt, int epoch) const {
  Cell& cell = s.cells[static_cast<std::size_t>(epoch)];
  if (mutant_ == Mutant::kInvalidateBeforeCommit) {
    cell = Cell();
    return;
  }
  const std::uint8_t lease = cell.lease;
  Change(s, epoch, [&](EntryState& entry) {
    Mark(entry, static_cast<std::uint64_t>(IntentBit(w, attempt)) + 1, kAlive, kNow);
    return 0;
  });
  if (mutant_ == Mutant::kLeaseInOtherKey) cell.lease = lease;
}

void Stepper::DoStamp(State& s, int w, int attempt, int epoch, std::uint8_t version) const {
  Cell& cell = s.cells[static_cast<std::size_t>(epoch)];
  if (mutant_ == Mutant::kDeleteAfterCommit) {
    cell = Cell();
    return;
  }
  const std::uint8_t lease = cell.lease;
  Change(s, epoch, [&](EntryState& entry) {
    return Stamp(entry, static_cast<std::uint64_t>(IntentBit(w, attempt)) + 1, version, kAlive,
                 kNow);
  });
  if (mutant_ == Mutant::kLeaseInOtherKey) cell.lease = lease;
  if (mutant_ == Mutant::kOneFlag) cell.intents = 0;
  if (mutant_ == Mutant::kStampCarriesValue && version != kUnmark && cell.intents == 0 &&
      version >= cell.min_version) {
    cell.value = static_cast<std::uint8_t>(version + 1);
  }
}

void Stepper::DoUnmark(State& s, int w, int attempt, int epoch) const {
  DoStamp(s, w, attempt, epoch, kUnmark);
  if (mutant_ == Mutant::kUnmarkTakesAll) s.cells[static_cast<std::size_t>(epoch)].intents = 0;
}

LeaseAnswer Stepper::DoLease(State& s, int r, int epoch, bool refresh) const {
  if (WithoutLeases()) s.cells[static_cast<std::size_t>(epoch)].lease = 0;
  return Change(s, epoch, [&](EntryState& entry) {
    return Lease(entry, static_cast<std::uint64_t>(r) + 1, kAlive, refresh, kNow);
  });
}

bool Stepper::DoFill(State& s, int r) const {
  const Reader& reader = R(s, r);
  Cell& cell = s.cells[reader.epoch];
  if (mutant_ == Mutant::kDeleteAfterCommit || mutant_ == Mutant::kInvalidateBeforeCommit) {
    cell.value = static_cast<std::uint8_t>(reader.value + 1);
    return true;
  }
  if (mutant_ == Mutant::kVersionCompare) cell.lease = static_cast<std::uint8_t>(r + 1);
  return Change(s, reader.epoch, [&](EntryState& entry) {
    return Fill(entry, static_cast<std::uint64_t>(r) + 1, reader.value, EntryKind::kValue, kAlive,
                kNow) == FillAnswer::kStored;
  });
}

void Stepper::StepRedis() {
  for (int e = 0; e < kEpochs; ++e) {
    const Cell& cell = now_.cells[static_cast<std::size_t>(e)];
    if (IsEmpty(cell)) continue;
    if (cell.intents == 0) {
      State s = now_;
      s.cells[static_cast<std::size_t>(e)] = Cell();
      Add("key's time ends", -1, s);
    }
    if (!config_.evict || now_.faults >= config_.faults) continue;
    State s = now_;
    ++s.faults;
    Cell& evicted = s.cells[static_cast<std::size_t>(e)];
    if (mutant_ == Mutant::kLeaseInOtherKey) {
      evicted.min_version = 0;
      evicted.intents = 0;
    } else {
      evicted = Cell();
    }
    Add("Redis evicts the key", -1, s);
  }
  if (now_.faults >= config_.faults) return;
  if (config_.evict && std::count_if(now_.cells.begin(), now_.cells.end(), IsEmpty) + 1 < kEpochs) {
    State s = now_;
    ++s.faults;
    s.cells = {};
    Add("Redis is flushed", -1, s);
  }
  if (!config_.restart) return;
  if (now_.has_saved == 0) {
    State s = now_;
    s.has_saved = 1;
    s.saved = s.cells;
    Add("Redis saves its data", -1, s);
  }
  State empty = now_;
  ++empty.faults;
  ++empty.run;
  empty.cells = {};
  Add("Redis is killed and starts empty", -1, empty);
  if (now_.has_saved == 0) return;
  State old = empty;
  old.cells = now_.saved;
  Add("Redis is killed and starts from old data", -1, old);
}

void Stepper::StepManager() {
  if (now_.mode == ModeState::kOn && now_.run != now_.run_of[now_.epoch]) {
    State s = now_;
    CloseRow(s, s.epoch);
    Add("manager sees another Redis and closes", -1, s);
  }
  if (now_.mode == ModeState::kClosing && FenceIsOver(now_.epoch)) {
    State s = now_;
    SetRow(s, EndFence(Row(s), s.epoch));
    Add("manager has waited out the fence", -1, s);
  }
  if (now_.mode != ModeState::kOff || now_.epoch + 1 >= kEpochs) return;
  const bool running = std::any_of(now_.writers.begin(), now_.writers.end(), [](const Writer& w) {
    return w.at == WriterAt::kMarking || w.at == WriterAt::kMarked || w.at == WriterAt::kInDoubt;
  });
  if (running && mutant_ != Mutant::kNoExclusion) return;
  State s = now_;
  SetRow(s, Open(Row(s), s.epoch + 1u));
  s.run_of[s.epoch] = s.run;
  Add("manager opens a new epoch", -1, s);
}

void Stepper::Run() {
  for (int w = 0; w < config_.writers; ++w) {
    StepWriter(w);
    CrashWriter(w);
    LateMessages(w);
    EndIntents(w);
  }
  for (int r = 0; r < config_.readers; ++r) {
    StepReader(r);
    StepFill(r);
  }
  StepRedis();
  StepManager();
}

void Successors(const Config& config, const State& state, std::vector<Step>* out) {
  out->clear();
  Stepper(config, state, out).Run();
}

}  // namespace rapport::cache::model
