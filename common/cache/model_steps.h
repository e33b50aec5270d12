// The steps of the model (model.h), shared by its sources.
#ifndef RAPPORT_COMMON_CACHE_MODEL_STEPS_H_
#define RAPPORT_COMMON_CACHE_MODEL_STEPS_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/cache/model.h"

namespace rapport::cache::model {

// Inside the model the clock stands at 0 and whatever lives ends at 1.
inline constexpr std::int64_t kNow = 0;
inline constexpr std::int64_t kAlive = 1;

EntryState Unpack(const Cell& cell);

inline std::uint8_t Bit(int n) { return static_cast<std::uint8_t>(1u << n); }
inline std::uint8_t Without(std::uint8_t bits, int n) {
  return static_cast<std::uint8_t>(bits & ~Bit(n));
}
// The place of an attempt's intent in Cell::intents; its id is one more.
inline int IntentBit(int w, int attempt) { return w * kAttempts + attempt; }
inline void Raise(std::uint8_t& to, std::uint8_t at_least) { to = std::max(to, at_least); }

// Adds every step that is possible in one state.
class Stepper {
 public:
  Stepper(const Config& config, const State& state, std::vector<Step>* out)
      : config_(config), mutant_(config.mutant), now_(state), out_(out) {}
  void Run();

 private:
  static Writer& W(State& s, int w) { return s.writers[static_cast<std::size_t>(w)]; }
  static const Writer& W(const State& s, int w) { return s.writers[static_cast<std::size_t>(w)]; }
  static Attempt& A(Writer& x, int a) { return x.attempts[static_cast<std::size_t>(a)]; }
  static const Attempt& A(const Writer& x, int a) {
    return x.attempts[static_cast<std::size_t>(a)];
  }
  static Reader& R(State& s, int r) { return s.readers[static_cast<std::size_t>(r)]; }
  static const Reader& R(const State& s, int r) { return s.readers[static_cast<std::size_t>(r)]; }

  void Add(const char* what, int who, const State& after, Breach breach = Breach::kNone) {
    out_->push_back({what, who, breach, after});
  }
  void AddRead(const char* what, int r, const State& after, Breach breach = Breach::kNone) {
    Add(what, kWriters + r, after, breach);
  }

  // The row and the connection.
  static Mode Row(const State& s) { return {s.mode, s.epoch}; }
  static void SetRow(State& s, Mode row) {
    s.mode = row.state;
    s.epoch = static_cast<std::uint8_t>(row.epoch);
  }
  bool Reaches(const State& s, int epoch) const {
    return mutant_ == Mutant::kRunIdIgnored ||
           MayUseConnection(s.run, s.run_of[static_cast<std::size_t>(epoch)]);
  }
  void CloseRow(State& s, std::uint8_t epoch) const;
  bool FenceIsOver(int epoch) const;

  // The scripts, as far as mutants spoil them.
  bool WithoutLeases() const {
    return mutant_ == Mutant::kDeleteAfterCommit || mutant_ == Mutant::kInvalidateBeforeCommit ||
           mutant_ == Mutant::kVersionCompare;
  }
  void DoMark(State& s, int w, int attempt, int epoch) const;
  void DoStamp(State& s, int w, int attempt, int epoch, std::uint8_t version) const;
  void DoUnmark(State& s, int w, int attempt, int epoch) const;
  LeaseAnswer DoLease(State& s, int r, int epoch, bool refresh) const;
  bool DoFill(State& s, int r) const;

  // Writes.
  bool Marks() const {
    return mutant_ != Mutant::kStampOnly && mutant_ != Mutant::kDeleteAfterCommit;
  }
  bool MarksUnder(ModeState mode) const {
    return mutant_ == Mutant::kClosingIsOff ? mode == ModeState::kOn : MustMark(mode);
  }
  int FreshAttempt(int w, int epoch) const;
  void SendUnmark(Writer& x) const;
  static void Answer(State& s, int w);
  void StepWriter(int w);
  void Begin(int w, Mode row);
  void AwaitMark(int w);
  void Commit(int w);
  void Rollback(int w);
  void EndDoubt(int w);
  void AwaitStamp(int w);
  void CrashWriter(int w);
  void LateMessages(int w);
  void EndIntents(int w);

  // Reads.
  Breach Finish(State& s, int r, std::uint8_t value) const;
  void StepReader(int r);
  void StartRead(int r);
  void GetStep(int r);
  void LeaseStep(int r);
  bool HasFollowers(int r) const;
  void LoadStep(int r);
  void ReturnLoad(int r);
  void StepFill(int r);

  void StepRedis();
  void StepManager();

  const Config& config_;
  const Mutant mutant_;
  const State& now_;
  std::vector<Step>* out_;
};

}  // namespace rapport::cache::model

#endif  // RAPPORT_COMMON_CACHE_MODEL_STEPS_H_
