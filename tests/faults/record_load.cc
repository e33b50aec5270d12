// Clients that read and write people, relationships and statistics through any process of a house,
// and write down what they did and saw (recorder.h). Says on standard output how far it is, some
// thirty times a second; "stop" on standard input ends the clients, reads everything back through
// every process, and ends the program. suite/load.py starts it.
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/mutex.h"
#include "tests/faults/recorded_calls.h"
#include "tests/faults/recorder.h"

ABSL_FLAG(std::string, contact, "", "targets of the contact service's processes");
ABSL_FLAG(std::string, engagement, "", "targets of the engagement service's processes");
ABSL_FLAG(std::string, out, "", "the recording");
ABSL_FLAG(int, clients, 8, "clients, each with connections of its own");
ABSL_FLAG(int, rate, 900, "calls a second of all clients; 0: as fast as they go");
ABSL_FLAG(int, ops, 550, "calls of one history");
ABSL_FLAG(int, people, 5, "people of one history, with three entities each");
ABSL_FLAG(double, writes, 0.25, "share of calls that write");
ABSL_FLAG(double, again, 0.2, "share of acknowledged writes that are sent once more");
ABSL_FLAG(int, timeout_ms, 3000, "deadline of a call");
ABSL_FLAG(int, give_up_ms, 20000, "how long a write is repeated");
ABSL_FLAG(std::uint32_t, seed, 1, "of all choices");

namespace rapport::tests {
namespace {

struct Counts {
  std::atomic<std::int64_t> acks{0}, reads{0}, failures{0}, histories{0};

  void Say() const {
    std::printf("{\"acks\":%lld,\"reads\":%lld,\"failures\":%lld,\"histories\":%lld}\n",
                static_cast<long long>(acks), static_cast<long long>(reads),
                static_cast<long long>(failures), static_cast<long long>(histories));
    std::fflush(stdout);
  }
};

Doors NewDoors() {
  return Doors(absl::GetFlag(FLAGS_contact), absl::GetFlag(FLAGS_engagement),
               absl::Milliseconds(absl::GetFlag(FLAGS_timeout_ms)));
}

// The history that calls belong to now, and the next ones, made ahead.
class Histories {
 public:
  Histories(Recorder* recorder, Counts* counts)
      : doors_(NewDoors()), recorder_(*recorder), counts_(*counts) {
    ahead_.push_back(Made(0));
    maker_ = std::thread([this] { Make(); });
  }
  ~Histories() { End(); }
  void End() {
    {
      base::MutexLock lock(&mu_);
      over_ = true;
      changed_.SignalAll();
    }
    if (maker_.joinable()) maker_.join();
  }
  // For one call. Stays with the same history, if the next one is not ready.
  HistoryPtr Next() {
    base::MutexLock lock(&mu_);
    if (begun_.empty() || (begun_.back()->calls >= absl::GetFlag(FLAGS_ops) && !ahead_.empty())) {
      begun_.push_back(ahead_.front());
      ahead_.pop_front();
      ++counts_.histories;
      changed_.SignalAll();
    }
    ++begun_.back()->calls;
    return begun_.back();
  }
  std::vector<HistoryPtr> begun() {
    base::MutexLock lock(&mu_);
    return begun_;
  }

 private:
  HistoryPtr Made(int number) {
    return NewHistory(doors_, absl::GetFlag(FLAGS_out), number, absl::GetFlag(FLAGS_people),
                      recorder_);
  }
  void Make() {
    for (int number = 1;; ++number) {
      {
        base::MutexLock lock(&mu_);
        while (!over_ && ahead_.size() >= 3) changed_.Wait(&mu_);
        if (over_) return;
      }
      HistoryPtr made = Made(number);
      base::MutexLock lock(&mu_);
      ahead_.push_back(std::move(made));
    }
  }

  const Doors doors_;
  Recorder& recorder_;
  Counts& counts_;
  base::Mutex mu_;
  base::CondVar changed_;
  bool over_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<HistoryPtr> ahead_ ABSL_GUARDED_BY(mu_);
  std::vector<HistoryPtr> begun_ ABSL_GUARDED_BY(mu_);
  std::thread maker_;
};

class Client {
 public:
  Client(int number, Histories* histories, Recorder* recorder, Counts* counts)
      : number_(number),
        histories_(*histories),
        recorder_(*recorder),
        counts_(*counts),
        random_(absl::GetFlag(FLAGS_seed) + static_cast<std::uint32_t>(number) * 7919U) {}

  void Run(const std::atomic<bool>& stop) {
    const int rate = absl::GetFlag(FLAGS_rate);
    const absl::Duration pace =
        rate == 0 ? absl::ZeroDuration() : absl::Seconds(1) * absl::GetFlag(FLAGS_clients) / rate;
    absl::Time next = absl::Now() + pace * Chance();
    while (!stop) {
      const absl::Duration early = next - absl::Now();
      if (early > absl::ZeroDuration()) {
        poll(nullptr, 0, static_cast<int>(absl::ToInt64Milliseconds(early)));
      }
      next = std::max(next + pace, absl::Now() - pace * 4);
      const HistoryPtr history = histories_.Next();
      const Kind kind = static_cast<Kind>(random_() % kKinds);
      const std::size_t person = random_() % history->people.size();
      if (Chance() < absl::GetFlag(FLAGS_writes)) {
        Write(*history, kind, person);
      } else {
        const bool read = Read(doors_, *history, kind, person,
                               {.client = number_, .process = AnyProcess(kind)}, recorder_)
                              .ok();
        ++(read ? counts_.reads : counts_.failures);
      }
    }
  }

 private:
  double Chance() { return std::uniform_real_distribution<>(0, 1)(random_); }
  std::size_t AnyProcess(Kind kind) { return random_() % doors_.Of(kind).size(); }

  void Write(const History& history, Kind kind, std::size_t person) {
    const std::string value = absl::StrCat("c", number_, "-", ++written_);
    const RecordedWrite write = NewWrite(history, kind, person, value);
    Record record = {.entity = history.Entity(kind, person),
                     .op = 'w',
                     .client = number_,
                     .begin = BootNanoseconds(),
                     .value = value,
                     .tries = 0};
    const absl::Time limit = absl::Now() + absl::Milliseconds(absl::GetFlag(FLAGS_give_up_ms));
    absl::Status status;
    do {
      if (record.tries++ > 0) {
        ++counts_.failures;
        poll(nullptr, 0, 2);
      }
      record.process = AnyProcess(kind);
      status = write(doors_, &record);
      if (!status.ok()) record.failed_code = status.raw_code();
    } while (!status.ok() && absl::Now() < limit);
    if (status.ok()) {
      record.done = BootNanoseconds();
      ++counts_.acks;
    }
    recorder_.Add(record);
    if (status.ok() && Chance() < absl::GetFlag(FLAGS_again)) SendAgain(write, record);
  }

  // An impatient client, at another process perhaps.
  void SendAgain(const RecordedWrite& write, Record record) {
    record.op = 'a';
    record.tries = 1;
    record.version = -1;
    record.process =
        random_() %
        doors_.Of(record.entity.find('s') == std::string::npos ? kPerson : kStatistics).size();
    record.begin = BootNanoseconds();
    record.failed_code = write(doors_, &record).raw_code();
    record.done = record.failed_code == 0 ? BootNanoseconds() : 0;
    recorder_.Add(record);
  }

  const int number_;
  Histories& histories_;
  Recorder& recorder_;
  Counts& counts_;
  std::mt19937 random_;
  const Doors doors_ = NewDoors();
  int written_ = 0;
};

// Everything, through every process.
void ReadBack(const std::vector<HistoryPtr>& histories, Recorder& recorder) {
  const Doors doors = NewDoors();
  for (const HistoryPtr& history : histories) {
    for (std::size_t i = 0; i < history->people.size(); ++i) {
      const auto listed = Listed(doors, history->people[i]);
      recorder.AddListed(history->Entity(kStatistics, i), listed);
      if (!listed.empty()) AwaitFirstExchange(doors, history->people[i]);
      for (const Kind kind : {kPerson, kRelationship, kStatistics}) {
        for (std::size_t at = 0; at < doors.Of(kind).size(); ++at) {
          Insist("read back", [&] {
            return Read(doors, *history, kind, i, {.client = 99, .process = at}, recorder);
          });
        }
      }
    }
  }
}

void Run() {
  Recorder recorder(absl::GetFlag(FLAGS_out));
  Counts counts;
  Histories histories(&recorder, &counts);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < absl::GetFlag(FLAGS_clients); ++i) {
    threads.emplace_back([&, i] { Client(i, &histories, &recorder, &counts).Run(stop); });
  }
  pollfd input{0, POLLIN, 0};
  while (poll(&input, 1, 30) == 0) counts.Say();
  stop = true;
  for (auto& thread : threads) thread.join();
  histories.End();
  counts.Say();
  ReadBack(histories.begun(), recorder);
}

}  // namespace
}  // namespace rapport::tests

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  rapport::tests::Run();
  return 0;
}
