// What a write may do next.
#include "common/cache/model_steps.h"

namespace rapport::cache::model {

void Stepper::StepWriter(int w) {
  State s = now_;
  Writer& x = W(s, w);
  switch (x.at) {
    case WriterAt::kStart:
      x.mode = s.mode;
      x.epoch = s.epoch;
      x.marked = 0;
      x.at = WriterAt::kMarked;
      if (MustMark(x.mode) && Marks()) {
        x.at = WriterAt::kMarking;
        x.marks |= Bit(x.epoch);
      }
      return Add("write reads the row and sends its mark", w, s);
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
      if (!MayCommit({x.mode, x.epoch}, Row(s))) {
        x.at = WriterAt::kStart;
        return Add("write finds another row in its transaction and starts again", w, s);
      }
      x.mode = s.mode;
      x.epoch = s.epoch;
      x.at = WriterAt::kInTransaction;
      return Add("write begins its transaction", w, s);
    case WriterAt::kInTransaction:
      return Commit(w);
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

void Stepper::AwaitMark(int w) {
  const bool reaches = Reaches(now_, W(now_, w).epoch);
  State s = now_;
  Writer& x = W(s, w);
  if (reaches) {
    DoMark(s, w, x.epoch);
    x.marks &= static_cast<std::uint8_t>(~Bit(x.epoch));
    x.marked = 1;
    x.at = WriterAt::kMarked;
    Add("mark executes", w, s);
  }
  if (reaches && now_.timeouts >= config_.timeouts) return;
  State failed = now_;
  Writer& y = W(failed, w);
  if (reaches) {
    ++failed.timeouts;
  } else {
    y.marks &= static_cast<std::uint8_t>(~Bit(y.epoch));
  }
  y.at = mutant_ == Mutant::kMarkFailureIgnored ? WriterAt::kMarked : WriterAt::kMarkFailed;
  Add(reaches ? "mark is not answered in time" : "mark finds no trusted Redis", w, failed);
}

void Stepper::Commit(int w) {
  State s = now_;
  Writer& x = W(s, w);
  x.version = ++s.db;
  x.marked = 0;
  if (!MustStamp(x.mode) || mutant_ == Mutant::kInvalidateBeforeCommit) {
    Answer(s, w);
    return Add("write commits and is acknowledged", w, s);
  }
  x.at = WriterAt::kStamping;
  x.stamps |= Bit(x.epoch);
  Add("write commits and sends its stamp", w, s);
}

void Stepper::AwaitStamp(int w) {
  const bool reaches = Reaches(now_, W(now_, w).epoch);
  State s = now_;
  Writer& x = W(s, w);
  if (reaches) {
    DoStamp(s, w, x.epoch);
    x.stamps &= static_cast<std::uint8_t>(~Bit(x.epoch));
    Answer(s, w);
    Add("stamp executes, write is acknowledged", w, s);
  }
  if (reaches && now_.timeouts >= config_.timeouts) return;
  State failed = now_;
  Writer& y = W(failed, w);
  if (reaches) {
    ++failed.timeouts;
  } else {
    y.stamps &= static_cast<std::uint8_t>(~Bit(y.epoch));
  }
  y.at = WriterAt::kStampFailed;
  if (mutant_ == Mutant::kFailedStampIgnored) Answer(failed, w);
  Add(reaches ? "stamp is not answered in time" : "stamp finds no trusted Redis", w, failed);
}

// The service dies; the client repeats the request elsewhere. Messages stay under way.
void Stepper::CrashWriter(int w) {
  const Writer& was = W(now_, w);
  if (!config_.crash || was.crashed != 0 || was.at == WriterAt::kStart ||
      was.at == WriterAt::kDone) {
    return;
  }
  State s = now_;
  Writer& x = W(s, w);
  x.crashed = 1;
  x.marked = 0;
  if (x.at < WriterAt::kStamping) {
    x.at = WriterAt::kStart;
    return Add("service dies before the commit, the request is repeated", w, s);
  }
  x.mode = s.mode;
  x.epoch = s.epoch;
  if (!MustStamp(x.mode) || mutant_ == Mutant::kRetryWithoutStamp) {
    Answer(s, w);
  } else {
    x.at = WriterAt::kStamping;
    x.stamps |= Bit(x.epoch);
  }
  Add("service dies after the commit, the request is repeated", w, s);
}

void Stepper::LateMessages(int w) {
  const Writer& was = W(now_, w);
  for (int e = 0; e < kEpochs; ++e) {
    if ((was.marks & Bit(e)) != 0 && !(was.at == WriterAt::kMarking && was.epoch == e)) {
      State s = now_;
      W(s, w).marks &= static_cast<std::uint8_t>(~Bit(e));
      Add("late mark is lost", w, s);
      if (Reaches(s, e)) {
        DoMark(s, w, e);
        Add("late mark executes", w, s);
      }
    }
    if ((was.stamps & Bit(e)) != 0 && !(was.at == WriterAt::kStamping && was.epoch == e)) {
      State s = now_;
      W(s, w).stamps &= static_cast<std::uint8_t>(~Bit(e));
      Add("late stamp is lost", w, s);
      if (Reaches(s, e)) {
        DoStamp(s, w, e);
        Add("late stamp executes", w, s);
      }
    }
  }
}

// An intent outlives the transaction that it stands for (kMarkToCommit < kIntentTtl).
void Stepper::EndIntents(int w) {
  const Writer& was = W(now_, w);
  const bool stands =
      was.marked != 0 && (was.at == WriterAt::kMarked || was.at == WriterAt::kInTransaction);
  for (int e = 0; e < kEpochs; ++e) {
    const Cell& cell = now_.cells[static_cast<std::size_t>(e)];
    if ((cell.intents & Bit(w)) == 0 || (stands && was.epoch == e)) continue;
    State s = now_;
    s.cells[static_cast<std::size_t>(e)].intents &= static_cast<std::uint8_t>(~Bit(w));
    Add("intent's time ends", w, s);
  }
}

void Stepper::Answer(State& s, int w) {
  W(s, w).at = WriterAt::kDone;
  Raise(s.acked, W(s, w).version);
}

}  // namespace rapport::cache::model
