// What a write may do next.
#include <cstdlib>

#include "common/cache/model_steps.h"

namespace rapport::cache::model {

void Stepper::StepWriter(int w) {
  State s = now_;
  Writer& x = W(s, w);
  switch (x.at) {
    case WriterAt::kStart:
      if (mutant_ != Mutant::kRowReadBefore) return Begin(w, Row(s));
      x.mode = s.mode;
      x.epoch = s.epoch;
      x.at = WriterAt::kRowRead;
      return Add("write reads the row before its transaction", w, s);
    case WriterAt::kRowRead:
      return Begin(w, {x.mode, x.epoch});
    case WriterAt::kMarking:
      return AwaitMark(w);
    case WriterAt::kMarkFailed:
      CloseRow(s, x.epoch);
      x.at = WriterAt::kFenceThenStart;
      return Add("write closes the cache", w, s);
    case WriterAt::kFenceThenStart:
      if (!FenceIsOver(x.epoch)) return;
      SetRow(s, EndFence(Row(s), x.epoch));
      x.at = WriterAt::kStart;
      return Add("write has waited out the fence and starts again", w, s);
    case WriterAt::kMarked:
      Commit(w);
      return Rollback(w);
    case WriterAt::kInDoubt:
      return EndDoubt(w);
    case WriterAt::kStamping:
      return AwaitStamp(w);
    case WriterAt::kStampFailed:
      CloseRow(s, x.epoch);
      x.at = WriterAt::kFenceThenAnswer;
      return Add("write closes the cache after its commit", w, s);
    case WriterAt::kFenceThenAnswer:
      if (!FenceIsOver(x.epoch)) return;
      SetRow(s, EndFence(Row(s), x.epoch));
      Answer(s, w);
      return Add("write has waited out the fence and is acknowledged", w, s);
    case WriterAt::kDone:
      return;
  }
}

// One that nothing in the epoch still names: ids are random.
int Stepper::FreshAttempt(int w, int epoch) const {
  if (mutant_ == Mutant::kSameIntent) return 0;
  const auto e = static_cast<std::size_t>(epoch);
  for (int a = 0; a < kAttempts; ++a) {
    const Attempt& attempt = A(W(now_, w), a);
    const unsigned messages = attempt.marks | attempt.stamps | attempt.unmarks;
    const unsigned intents = now_.cells[e].intents | now_.saved[e].intents;
    if ((messages & Bit(epoch)) == 0 && (intents & Bit(IntentBit(w, a))) == 0) return a;
  }
  std::abort();  // kAttempts is too small for the configuration
}

// A repetition that finds its record begins like the first run, and touches the same entity.
void Stepper::Begin(int w, Mode row) {
  State s = now_;
  Writer& x = W(s, w);
  x.mode = row.state;
  x.epoch = static_cast<std::uint8_t>(row.epoch);
  x.at = WriterAt::kMarked;
  if (!MarksUnder(x.mode)) return Add("write begins its transaction, without a mark", w, s);
  x.attempt = static_cast<std::uint8_t>(FreshAttempt(w, x.epoch));
  if (!Marks()) return Add("write begins its transaction", w, s);
  x.at = WriterAt::kMarking;
  A(x, x.attempt).marks |= Bit(x.epoch);
  Add("write begins its transaction and sends its mark", w, s);
}

void Stepper::AwaitMark(int w) {
  const int epoch = W(now_, w).epoch;
  const int attempt = W(now_, w).attempt;
  const bool reaches = Reaches(now_, epoch);
  if (reaches) {
    State s = now_;
    Writer& x = W(s, w);
    DoMark(s, w, attempt, epoch);
    if (mutant_ == Mutant::kStampBeforeCommit) {
      DoStamp(s, w, attempt, epoch, static_cast<std::uint8_t>(s.db + 1));
    }
    x.at = WriterAt::kMarked;
    if (now_.timeouts < config_.timeouts) {
      State twice = s;
      ++twice.timeouts;
      Add("mark's first try is late, the second executes", w, twice);
    }
    A(x, attempt).marks = Without(A(x, attempt).marks, epoch);
    Add("mark executes", w, s);
    if (now_.timeouts >= config_.timeouts) return;
  }
  State failed = now_;
  Writer& y = W(failed, w);
  if (reaches) {
    ++failed.timeouts;
  } else {
    A(y, attempt).marks = Without(A(y, attempt).marks, epoch);
  }
  y.at = WriterAt::kMarked;
  if (mutant_ != Mutant::kMarkFailureIgnored) {
    y.at = WriterAt::kMarkFailed;
    if (reaches) SendUnmark(y);
  }
  Add(reaches ? "mark is not answered in time, rollback" : "mark finds no trusted Redis, rollback",
      w, failed);
}

void Stepper::SendUnmark(Writer& x) const {
  if (MarksUnder(x.mode) && Marks()) A(x, x.attempt).unmarks |= Bit(x.epoch);
}

void Stepper::Commit(int w) {
  State s = now_;
  Writer& x = W(s, w);
  if (x.version == 0) x.version = ++s.db;
  if (!MarksUnder(x.mode) || mutant_ == Mutant::kInvalidateBeforeCommit ||
      mutant_ == Mutant::kStampBeforeCommit) {
    Answer(s, w);
    return Add("write commits and is acknowledged", w, s);
  }
  x.at = WriterAt::kStamping;
  A(x, x.attempt).stamps |= Bit(x.epoch);
  Add("write commits and sends its stamp", w, s);
}

void Stepper::Rollback(int w) {
  if (now_.rollbacks >= config_.rollbacks) return;
  State s = now_;
  Writer& x = W(s, w);
  ++s.rollbacks;
  SendUnmark(x);
  x.at = WriterAt::kStart;
  Add("transaction is rolled back, unmark is sent", w, s);
}

// A repetition waits for this, because both write the same record.
void Stepper::EndDoubt(int w) {
  State s = now_;
  W(s, w).at = WriterAt::kStart;
  Add("transaction in doubt is rolled back", w, s);
  if (W(s, w).version == 0) W(s, w).version = ++s.db;
  Add("transaction in doubt is committed", w, s);
}

void Stepper::AwaitStamp(int w) {
  const int epoch = W(now_, w).epoch;
  const int attempt = W(now_, w).attempt;
  const bool reaches = Reaches(now_, epoch);
  if (reaches) {
    State s = now_;
    Writer& x = W(s, w);
    DoStamp(s, w, attempt, epoch, x.version);
    Answer(s, w);
    if (now_.timeouts < config_.timeouts) {
      State twice = s;
      ++twice.timeouts;
      Add("stamp's first try is late, the second executes, write is acknowledged", w, twice);
    }
    A(x, attempt).stamps = Without(A(x, attempt).stamps, epoch);
    Add("stamp executes, write is acknowledged", w, s);
    if (now_.timeouts >= config_.timeouts) return;
  }
  State failed = now_;
  Writer& y = W(failed, w);
  if (reaches) {
    ++failed.timeouts;
  } else {
    A(y, attempt).stamps = Without(A(y, attempt).stamps, epoch);
  }
  y.at = WriterAt::kStampFailed;
  if (mutant_ == Mutant::kFailedStampIgnored) Answer(failed, w);
  Add(reaches ? "stamp is not answered in time" : "stamp finds no trusted Redis", w, failed);
}

// The service dies, or loses the system of record; the client repeats the request elsewhere.
// Messages stay under way.
void Stepper::CrashWriter(int w) {
  if (!config_.crash || W(now_, w).crashed != 0) return;
  State s = now_;
  Writer& x = W(s, w);
  x.crashed = 1;
  switch (x.at) {
    case WriterAt::kStart:
    case WriterAt::kRowRead:
    case WriterAt::kInDoubt:
    case WriterAt::kDone:
      return;
    case WriterAt::kMarking:
    case WriterAt::kMarkFailed:
    case WriterAt::kFenceThenStart:
      x.at = WriterAt::kStart;
      return Add("service dies before COMMIT, the request is repeated", w, s);
    case WriterAt::kMarked:
      if (mutant_ == Mutant::kUnmarkInDoubt) SendUnmark(x);
      x.at = WriterAt::kInDoubt;
      return Add("service is lost during COMMIT", w, s);
    case WriterAt::kStamping:
    case WriterAt::kStampFailed:
    case WriterAt::kFenceThenAnswer:
      x.at = WriterAt::kStart;
      if (mutant_ == Mutant::kRetryWithoutTouch) Answer(s, w);
      return Add("service dies after COMMIT, the request is repeated", w, s);
  }
}

// A message that never executes is one that stays under way.
void Stepper::LateMessages(int w) {
  const Writer& was = W(now_, w);
  for (int a = 0; a < kAttempts; ++a) {
    for (int e = 0; e < kEpochs; ++e) {
      if (!Reaches(now_, e)) continue;
      const bool current = was.attempt == a && was.epoch == e;
      State s = now_;
      Attempt& sent = A(W(s, w), a);
      if ((sent.marks & Bit(e)) != 0 && !(current && was.at == WriterAt::kMarking)) {
        sent.marks = Without(sent.marks, e);
        DoMark(s, w, a, e);
        Add("late mark executes", w, s);
        s = now_;
      }
      if ((sent.stamps & Bit(e)) != 0 && !(current && was.at == WriterAt::kStamping)) {
        sent.stamps = Without(sent.stamps, e);
        DoStamp(s, w, a, e, was.version);
        Add("late stamp executes", w, s);
        s = now_;
      }
      if ((sent.unmarks & Bit(e)) != 0) {
        DoUnmark(s, w, a, e);
        Add("unmark executes, and may again", w, s);
        sent.unmarks = Without(sent.unmarks, e);
        Add("unmark executes", w, s);
      }
    }
  }
}

// An intent outlives the transaction that it stands for (kMarkToCommit < kIntentTtl).
void Stepper::EndIntents(int w) {
  const Writer& was = W(now_, w);
  const bool stands =
      (was.at == WriterAt::kMarked || was.at == WriterAt::kInDoubt) && MarksUnder(was.mode);
  for (int a = 0; a < kAttempts; ++a) {
    for (int e = 0; e < kEpochs; ++e) {
      const Cell& cell = now_.cells[static_cast<std::size_t>(e)];
      if ((cell.intents & Bit(IntentBit(w, a))) == 0) continue;
      if (stands && was.attempt == a && was.epoch == e) continue;
      State s = now_;
      Cell& ended = s.cells[static_cast<std::size_t>(e)];
      ended.intents = Without(ended.intents, IntentBit(w, a));
      Add("intent's time ends", w, s);
    }
  }
}

void Stepper::Answer(State& s, int w) {
  W(s, w).at = WriterAt::kDone;
  Raise(s.acked, W(s, w).version);
}

}  // namespace rapport::cache::model
