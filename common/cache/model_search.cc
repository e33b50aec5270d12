#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/cache/model.h"
#include "common/cache/model_steps.h"

namespace rapport::cache::model {
namespace {

static_assert(std::has_unique_object_representations_v<State>);

template <class T>
int CompareBytes(const T& a, const T& b) {
  static_assert(std::has_unique_object_representations_v<T>);
  return std::memcmp(&a, &b, sizeof(T));
}

// --- Canonical forms --------------------------------------------------------------------------

// Whether some read may still look at the entry of this epoch.
bool IsWatched(const Config& config, const State& s, std::uint8_t epoch) {
  for (int r = 0; r < config.readers; ++r) {
    const Reader& x = s.readers[static_cast<std::size_t>(r)];
    switch (x.at) {
      case ReaderAt::kStart:
        if (s.mode == ModeState::kOn && s.epoch == epoch) return true;
        if (x.trusts != 0 && x.epoch == epoch) return true;
        break;
      case ReaderAt::kGet:
      case ReaderAt::kLease:
        if (x.epoch == epoch) return true;
        break;
      default:
        break;
    }
  }
  return false;
}

// Whether the writer still needs to know which attempt is its own.
bool HasAttempt(const Writer& w) {
  return w.at == WriterAt::kMarking || w.at == WriterAt::kMarked || w.at == WriterAt::kInDoubt ||
         w.at == WriterAt::kStamping;
}

void ForgetWriter(const Config& config, Writer& w, std::uint8_t watched) {
  switch (w.at) {
    case WriterAt::kStart:
      w.mode = ModeState::kOn;
      w.epoch = 0;
      break;
    case WriterAt::kDone:
      w.mode = ModeState::kOn;
      w.epoch = 0;
      w.crashed = 1;
      break;
    case WriterAt::kRowRead:
      break;
    case WriterAt::kMarked:
    case WriterAt::kInDoubt:
      if (config.mutant == Mutant::kClosingIsOff) break;
      if (w.mode == ModeState::kOff) w.epoch = 0;
      if (w.mode == ModeState::kClosing) w.mode = ModeState::kOn;
      break;
    default:
      if (config.mutant != Mutant::kClosingIsOff) w.mode = ModeState::kOn;
  }
  if (!HasAttempt(w)) w.attempt = 0;
  bool stamps = false;
  for (std::uint8_t a = 0; a < kAttempts; ++a) {
    Attempt& attempt = w.attempts[a];
    const auto own = static_cast<std::uint8_t>(a == w.attempt ? 1u << w.epoch : 0u);
    const auto awaited = [&](WriterAt at) { return w.at == at ? own : std::uint8_t{0}; };
    attempt.marks &= static_cast<std::uint8_t>(watched | awaited(WriterAt::kMarking));
    attempt.stamps &= static_cast<std::uint8_t>(watched | awaited(WriterAt::kStamping));
    attempt.unmarks &= watched;
    stamps = stamps || attempt.stamps != 0;
  }
  if (w.at == WriterAt::kDone && !stamps) w.version = 0;
}

void ForgetReader(const Config& config, Reader& r, std::uint8_t watched) {
  if (config.mutant != Mutant::kShareIfFilled) {
    r.filled = 0;
    if ((watched >> r.epoch & 1) == 0) r.fill = 0;
  }
  switch (r.at) {
    case ReaderAt::kDone: {
      if (r.fill != 0) {
        r.acked = r.seen = r.filled = r.arrived = 0;
        break;
      }
      r = Reader();
      r.at = ReaderAt::kDone;
      break;
    }
    case ReaderAt::kLeased:
    case ReaderAt::kDirect:
      if (r.at == ReaderAt::kDirect) r.epoch = 0;
      // Alone it returns what the system of record holds later: never too old.
      if (!config.coalesce) r.acked = r.seen = 0;
      break;
    case ReaderAt::kFollow:
      r.epoch = 0;
      break;
    default:
      break;
  }
}

// An unmark that finds nothing to take away could only end a lease, whose time may end anyway.
void ForgetUnmarks(State& s, int w) {
  for (int a = 0; a < kAttempts; ++a) {
    Attempt& attempt = s.writers[static_cast<std::size_t>(w)].attempts[static_cast<std::size_t>(a)];
    if (attempt.unmarks == 0) continue;
    std::uint8_t useful = attempt.marks;
    for (int e = 0; e < kEpochs; ++e) {
      const auto at = static_cast<std::size_t>(e);
      const unsigned intents = s.cells[at].intents | s.saved[at].intents;
      if ((intents & Bit(IntentBit(w, a))) != 0) useful |= Bit(e);
    }
    attempt.unmarks &= useful;
  }
}

void Forget(const Config& config, State& s) {
  std::uint8_t watched = 0;
  for (std::uint8_t e = 0; e < kEpochs; ++e) {
    if (IsWatched(config, s, e)) {
      watched |= static_cast<std::uint8_t>(1u << e);
    } else {
      s.cells[e] = s.saved[e] = Cell();
    }
  }
  for (Writer& w : s.writers) ForgetWriter(config, w, watched);
  bool starting = false;
  for (int r = 0; r < config.readers; ++r) {
    Reader& reader = s.readers[static_cast<std::size_t>(r)];
    ForgetReader(config, reader, watched);
    starting = starting || reader.at == ReaderAt::kStart;
  }
  if (!starting) s.acked = s.seen = 0;
  if (s.faults >= config.faults || !config.restart) {
    s.has_saved = 1;
    s.saved = {};
  }
  for (int w = 0; w < config.writers; ++w) ForgetUnmarks(s, w);
}

// Who holds the leases and the intents, in one number for each of them.
std::uint64_t LeasesOf(const State& s, int reader) {
  std::uint64_t bits = 0;
  for (const auto* cells : {&s.cells, &s.saved}) {
    for (const Cell& cell : *cells) bits = bits << 1 | (cell.lease == reader + 1 ? 1 : 0);
  }
  return bits;
}
// `count` bits of intents from `first` on.
std::uint64_t IntentsOf(const State& s, int first, int count) {
  std::uint64_t bits = 0;
  for (const auto* cells : {&s.cells, &s.saved}) {
    for (const Cell& cell : *cells) {
      bits = bits << count | (static_cast<unsigned>(cell.intents) >> first & ((1u << count) - 1));
    }
  }
  return bits;
}

void SwapIntents(State& s, int a, int b) {
  for (auto* cells : {&s.cells, &s.saved}) {
    for (Cell& cell : *cells) {
      const unsigned differ = (cell.intents >> a ^ cell.intents >> b) & 1u;
      cell.intents = static_cast<std::uint8_t>(cell.intents ^ (differ << a | differ << b));
    }
  }
}

void SwapWriters(State& s) {
  std::swap(s.writers[0], s.writers[1]);
  for (int a = 0; a < kAttempts; ++a) SwapIntents(s, IntentBit(0, a), IntentBit(1, a));
}

void SwapAttempts(State& s, int w, std::uint8_t a, std::uint8_t b) {
  auto& attempts = s.writers[static_cast<std::size_t>(w)].attempts;
  std::swap(attempts[a], attempts[b]);
  SwapIntents(s, IntentBit(w, a), IntentBit(w, b));
}

// The writer's own attempt first, then those that left most.
void SortAttempts(State& s, int w) {
  Writer& writer = s.writers[static_cast<std::size_t>(w)];
  std::uint8_t begin = 0;
  if (HasAttempt(writer)) {
    begin = 1;
    if (writer.attempt != 0) SwapAttempts(s, w, 0, writer.attempt);
    writer.attempt = 0;
  }
  for (std::uint8_t end = kAttempts; end > begin + 1; --end) {
    for (std::uint8_t a = begin; a + 1 < end; ++a) {
      const auto next = static_cast<std::uint8_t>(a + 1);
      const int order = CompareBytes(writer.attempts[a], writer.attempts[next]);
      if (order < 0 ||
          (order == 0 && IntentsOf(s, IntentBit(w, a), 1) < IntentsOf(s, IntentBit(w, next), 1))) {
        SwapAttempts(s, w, a, next);
      }
    }
  }
}

void SwapReaders(State& s, std::uint8_t a, std::uint8_t b) {
  std::swap(s.readers[a], s.readers[b]);
  const auto rename = [&](std::uint8_t& name) {
    if (name == a + 1) {
      name = static_cast<std::uint8_t>(b + 1);
    } else if (name == b + 1) {
      name = static_cast<std::uint8_t>(a + 1);
    }
  };
  for (auto* cells : {&s.cells, &s.saved}) {
    for (Cell& cell : *cells) rename(cell.lease);
  }
  for (Reader& reader : s.readers) rename(reader.leader);
}

bool ReaderBefore(const State& s, std::uint8_t a, std::uint8_t b) {
  const int order = CompareBytes(s.readers[a], s.readers[b]);
  if (order != 0) return order < 0;
  return LeasesOf(s, a) < LeasesOf(s, b);
}

}  // namespace

void Canonicalise(const Config& config, State& s, Names* names) {
  if (!config.reduce) return;
  Forget(config, s);
  for (int w = 0; w < config.writers; ++w) SortAttempts(s, w);
  if (config.writers == 2) {
    const int order = CompareBytes(s.writers[1], s.writers[0]);
    if (order < 0 || (order == 0 && IntentsOf(s, IntentBit(1, 0), kAttempts) <
                                        IntentsOf(s, IntentBit(0, 0), kAttempts))) {
      SwapWriters(s);
      if (names != nullptr) std::swap((*names)[0], (*names)[1]);
    }
  }
  for (int end = config.readers; end > 1; --end) {  // bubbles: three at most
    for (std::uint8_t i = 0; i + 1 < end; ++i) {
      const auto next = static_cast<std::uint8_t>(i + 1);
      if (!ReaderBefore(s, next, i)) continue;
      SwapReaders(s, i, next);
      if (names != nullptr) std::swap((*names)[kWriters + i], (*names)[kWriters + next]);
    }
  }
}

// --- Search -----------------------------------------------------------------------------------

namespace {

struct Print {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

Print PrintOf(const State& s) {
  std::array<std::uint64_t, (sizeof(State) + 7) / 8> words{};
  std::memcpy(words.data(), &s, sizeof(State));
  Print print{0x243f6a8885a308d3, 0x13198a2e03707344};
  for (const std::uint64_t word : words) {
    print.a = (print.a ^ word) * 0x9e3779b97f4a7c15;
    print.a ^= print.a >> 32;
    print.b = (print.b + word) * 0xd6e8feb86659fd93;
    print.b ^= print.b >> 29;
  }
  print.a |= 1;  // 0 is an empty place
  return print;
}

// A set of 128-bit fingerprints: among 10^8 states two are taken for one with odds of 10^-22.
class Seen {
 public:
  bool Insert(Print print) {
    if ((count_ + 1) * 4 > slots_.size() * 3) Grow();
    if (!Place(print)) return false;
    ++count_;
    return true;
  }

 private:
  bool Place(Print print) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = (print.b ^ print.a >> 20) & mask;
    for (; slots_[at].a != 0; at = (at + 1) & mask) {
      if (slots_[at].a == print.a && slots_[at].b == print.b) return false;
    }
    slots_[at] = print;
    return true;
  }
  void Grow() {
    std::vector<Print> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Print& print : old) {
      if (print.a != 0) Place(print);
    }
  }

  std::vector<Print> slots_ = std::vector<Print>(1 << 16);
  std::size_t count_ = 0;
};

struct Origin {
  std::uint32_t parent;
  std::uint32_t step;  // its place among the parent's successors
};

std::string Describe(const Step& step, const Names& names) {
  if (step.who < 0) return step.what;
  return absl::StrCat(step.who < kWriters ? "W" : "R",
                      static_cast<int>(names[static_cast<std::size_t>(step.who)]), ": ", step.what);
}

// Takes the steps again from the start, keeping the names that sorting moves about.
std::vector<std::string> Retrace(const Config& config, const std::vector<std::uint32_t>& steps) {
  Names names{0, 1, 0, 1, 2};
  State state;
  Canonicalise(config, state, &names);
  std::vector<std::string> trace;
  std::vector<Step> next;
  for (const std::uint32_t step : steps) {
    Successors(config, state, &next);
    trace.push_back(Describe(next[step], names));
    state = next[step].after;
    Canonicalise(config, state, &names);
  }
  return trace;
}

}  // namespace

Outcome Explore(const Config& config, std::uint64_t max_states) {
  Outcome outcome;
  Seen seen;
  std::vector<Origin> origins = {{0, 0}};
  State start;
  Canonicalise(config, start);
  seen.Insert(PrintOf(start));
  std::vector<State> level = {start};
  std::vector<State> deeper;
  std::vector<Step> next;
  std::uint32_t first = 0;  // the number of the level's first state
  while (!level.empty()) {
    const auto first_deeper = static_cast<std::uint32_t>(origins.size());
    for (std::uint32_t i = 0; i < level.size(); ++i) {
      Successors(config, level[i], &next);
      for (std::uint32_t step = 0; step < next.size(); ++step) {
        ++outcome.transitions;
        if (next[step].breach != Breach::kNone) {
          outcome.breach = next[step].breach;
          outcome.states = origins.size();
          std::vector<std::uint32_t> path = {step};
          for (std::uint32_t at = first + i; at != 0; at = origins[at].parent) {
            path.push_back(origins[at].step);
          }
          std::reverse(path.begin(), path.end());
          outcome.trace = Retrace(config, path);
          return outcome;
        }
        Canonicalise(config, next[step].after);
        if (!seen.Insert(PrintOf(next[step].after))) continue;
        origins.push_back({first + i, step});
        deeper.push_back(next[step].after);
        if (origins.size() >= max_states) {
          outcome.complete = false;
          outcome.states = origins.size();
          return outcome;
        }
      }
    }
    first = first_deeper;
    level.swap(deeper);
    deeper.clear();
  }
  outcome.states = origins.size();
  return outcome;
}

}  // namespace rapport::cache::model
