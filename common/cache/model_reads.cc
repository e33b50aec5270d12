// What a read may do next.
#include <algorithm>

#include "common/cache/model_steps.h"

namespace rapport::cache::model {

Breach Stepper::Finish(State& s, int r, std::uint8_t value) const {
  Reader& x = R(s, r);
  x.at = ReaderAt::kDone;
  x.value = value;
  const Breach breach = value < x.acked                      ? Breach::kG1
                        : config_.check_g2 && value < x.seen ? Breach::kG2
                                                             : Breach::kNone;
  Raise(s.seen, value);
  return breach;
}

void Stepper::StepReader(int r) {
  switch (R(now_, r).at) {
    case ReaderAt::kStart:
      return StartRead(r);
    case ReaderAt::kGet:
      return GetStep(r);
    case ReaderAt::kLease:
      return LeaseStep(r);
    case ReaderAt::kLeased:
    case ReaderAt::kDirect:
      return LoadStep(r);
    case ReaderAt::kLoaded:
      return ReturnLoad(r);
    case ReaderAt::kFollow:
    case ReaderAt::kDone:
      return;
  }
}

void Stepper::StartRead(int r) {
  State s = now_;
  Reader& x = R(s, r);
  if (x.trusts == 0) {
    if (s.mode == ModeState::kOn) {
      x.trusts = 1;
      x.epoch = s.epoch;
      AddRead("reader's instance reads the row", r, s);
    }
    State direct = now_;
    R(direct, r).acked = direct.acked;
    R(direct, r).seen = direct.seen;
    R(direct, r).at = ReaderAt::kDirect;
    // Alone, such a read matters only by what it returns: one step will do.
    if (!config_.coalesce) Finish(direct, r, direct.db);
    return AddRead("read starts past the cache", r, direct);
  }
  // A lease that ends while nobody needs it to end is a lease that was never taken.
  x.trusts = 0;
  x.epoch = 0;
  AddRead("reader's lease on the row ends", r, s);
  State start = now_;
  Reader& y = R(start, r);
  if (!MayTrust(ModeState::kOn, absl::ZeroDuration(), absl::Nanoseconds(y.trusts))) return;
  y.trusts = 0;
  y.acked = start.acked;
  y.seen = start.seen;
  y.at = ReaderAt::kGet;
  AddRead("read starts", r, start);
}

void Stepper::GetStep(int r) {
  State s = now_;
  Reader& x = R(s, r);
  x.at = ReaderAt::kDirect;
  if (!Reaches(s, x.epoch)) return AddRead("GET finds no trusted Redis", r, s);
  const EntryState entry = Unpack(s.cells[x.epoch]);
  switch (OnGet(entry, 0, kNow)) {
    case ReadStep::kBypass:
      return AddRead("GET finds a mark", r, s);
    case ReadStep::kLease:
      x.at = ReaderAt::kLease;
      return AddRead("GET finds nothing", r, s);
    case ReadStep::kHit:
      break;
  }
  if (config_.refresh) {
    State refresh = now_;
    const LeaseAnswer answer = DoLease(refresh, r, x.epoch, true);
    R(refresh, r).at = ReaderAt::kLeased;
    if (answer == LeaseAnswer::kGo) {
      AddRead("GET hits and the reader refreshes", r, refresh);
    } else {
      refresh.cells[x.epoch].lease = 0;
      DoLease(refresh, r, x.epoch, true);
      AddRead("GET hits and the reader refreshes, the other's time has ended", r, refresh);
    }
  }
  const Breach breach = Finish(s, r, static_cast<std::uint8_t>(entry.version));
  AddRead("GET hits", r, s, breach);
}

void Stepper::LeaseStep(int r) {
  State s = now_;
  Reader& x = R(s, r);
  x.at = ReaderAt::kDirect;
  if (!Reaches(s, x.epoch)) return AddRead("LEASE finds no trusted Redis", r, s);
  const std::uint8_t value = s.cells[x.epoch].value;
  switch (DoLease(s, r, x.epoch, false)) {
    case LeaseAnswer::kBypass:
      return AddRead("LEASE finds a mark", r, s);
    case LeaseAnswer::kHit: {
      const Breach breach = Finish(s, r, static_cast<std::uint8_t>(value - 1));
      return AddRead("LEASE hits", r, s, breach);
    }
    case LeaseAnswer::kGo:
      x.at = ReaderAt::kLeased;
      return AddRead("LEASE is granted", r, s);
    case LeaseAnswer::kWait:
      break;
  }
  AddRead("LEASE is held by another reader", r, s);
  State ended = now_;
  ended.cells[x.epoch].lease = 0;
  DoLease(ended, r, x.epoch, false);
  R(ended, r).at = ReaderAt::kLeased;
  AddRead("LEASE is granted, the other's time has ended", r, ended);
}

bool Stepper::HasFollowers(int r) const {
  return std::any_of(now_.readers.begin(), now_.readers.end(),
                     [&](const Reader& x) { return x.leader == r + 1; });
}

void Stepper::LoadStep(int r) {
  State s = now_;
  Reader& x = R(s, r);
  x.value = s.db;
  x.fill = x.at == ReaderAt::kLeased ? 1 : 0;
  if (!config_.coalesce) {
    Finish(s, r, s.db);  // to return at once binds later reads the most
    return AddRead("system of record is read and the read returns", r, s);
  }
  x.at = ReaderAt::kLoaded;
  AddRead("system of record is read", r, s);
  if (HasFollowers(r)) return;
  for (int l = 0; l < config_.readers; ++l) {
    const Reader& leader = R(now_, l);
    const bool sent = leader.at == ReaderAt::kLoaded;
    const bool waits = leader.at == ReaderAt::kLeased || leader.at == ReaderAt::kDirect;
    if (l == r || !(sent || waits)) continue;
    State follow = now_;
    R(follow, r).at = ReaderAt::kFollow;
    R(follow, r).leader = static_cast<std::uint8_t>(l + 1);
    R(follow, r).arrived = sent ? 2 : 0;
    AddRead(sent ? "read joins a load that was sent" : "read joins a load", r, follow);
  }
}

void Stepper::ReturnLoad(int r) {
  State s = now_;
  const Reader leader = R(s, r);
  if (mutant_ == Mutant::kShareIfFilled && leader.fill != 0) return;
  Breach breach = Finish(s, r, leader.value);
  for (int f = 0; f < config_.readers; ++f) {
    Reader& x = R(s, f);
    if (x.leader != r + 1) continue;
    x.leader = 0;
    const bool shares = MayShare(x.arrived, 1) || mutant_ == Mutant::kShareAnyLoad ||
                        (mutant_ == Mutant::kShareIfFilled && leader.filled != 0);
    x.at = ReaderAt::kDirect;
    if (!shares) continue;
    const Breach broken = Finish(s, f, leader.value);
    if (breach == Breach::kNone) breach = broken;
  }
  AddRead("load returns, with those that may share it", r, s, breach);
}

void Stepper::StepFill(int r) {
  if (R(now_, r).fill == 0) return;
  State lost = now_;
  R(lost, r).fill = 0;
  AddRead("fill is lost", r, lost);
  State s = now_;
  Reader& x = R(s, r);
  if (!Reaches(s, x.epoch)) return;
  x.fill = 0;
  x.filled = DoFill(s, r) ? 1 : 0;
  AddRead("fill executes", r, s);
}

}  // namespace rapport::cache::model
