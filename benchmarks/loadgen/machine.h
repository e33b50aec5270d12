// What processes and the machine have used, read from /proc.
#ifndef RAPPORT_BENCHMARKS_LOADGEN_MACHINE_H_
#define RAPPORT_BENCHMARKS_LOADGEN_MACHINE_H_

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace rapport::benchmarks {

// Nanoseconds of the monotonic clock.
std::int64_t NowNs();

// Keeps the calling thread, and those it starts, on one core. False if that is not possible.
bool PinTo(int core);

// Seconds of CPU time, user and system. 0 if the process is gone.
double CpuSecondsOf(pid_t process);  // to 10 ms
double OwnCpuSeconds();
// Of a process and of its children, also of those that have ended. A PostgreSQL server is one.
double CpuSecondsWithChildren(pid_t process);  // to 10 ms
// All cores, all processes, with what the host took away (steal).
double BusySecondsOfMachine();

// A stretch of time: who used the CPU meanwhile.
class Stretch {
 public:
  // `server` may be 0. `engines` are what the server works with: a database, a cache.
  explicit Stretch(pid_t server, std::vector<pid_t> engines = {});
  struct Usage {
    double seconds = 0;         // of wall time
    double server_seconds = 0;  // of CPU time
    double engine_seconds = 0;  // with their children
    double own_seconds = 0;
    double other_seconds = 0;  // of everything else on the machine
  };
  Usage UntilNow() const;

 private:
  double EngineSeconds() const;

  pid_t server_;
  std::vector<pid_t> engines_;
  std::int64_t begin_ns_;
  double server_seconds_;
  double engine_seconds_;
  double own_seconds_;
  double machine_seconds_;
};

}  // namespace rapport::benchmarks

#endif  // RAPPORT_BENCHMARKS_LOADGEN_MACHINE_H_
