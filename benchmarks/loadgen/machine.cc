#include "benchmarks/loadgen/machine.h"

#include <sched.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace rapport::benchmarks {
namespace {

double TicksPerSecond() { return static_cast<double>(sysconf(_SC_CLK_TCK)); }

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

std::int64_t NowNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

bool PinTo(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<unsigned>(core), &cores);
  return sched_setaffinity(0, sizeof cores, &cores) == 0;
}

double CpuSecondsOf(pid_t process) {
  std::ifstream in(absl::StrCat("/proc/", process, "/stat"));
  std::string line;
  if (!std::getline(in, line)) return 0;
  // The name of the program, in brackets, may hold anything; user and system time are the 12th and
  // 13th field behind it.
  std::istringstream rest(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) rest >> skipped;
  double user = 0;
  double system = 0;
  rest >> user >> system;
  return (user + system) / TicksPerSecond();
}

double OwnCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

double BusySecondsOfMachine() {
  std::ifstream in("/proc/stat");
  std::string name;
  in >> name;
  double busy = 0;
  // user, nice, system, idle, iowait, irq, softirq, steal
  for (int i = 0; i < 8; ++i) {
    double ticks = 0;
    in >> ticks;
    if (i != 3 && i != 4) busy += ticks;
  }
  return busy / TicksPerSecond();
}

Stretch::Stretch(pid_t server)
    : server_(server),
      begin_ns_(NowNs()),
      server_seconds_(server == 0 ? 0 : CpuSecondsOf(server)),
      own_seconds_(OwnCpuSeconds()),
      machine_seconds_(BusySecondsOfMachine()) {}

Stretch::Usage Stretch::UntilNow() const {
  Usage usage;
  usage.seconds = static_cast<double>(NowNs() - begin_ns_) * 1e-9;
  usage.server_seconds = server_ == 0 ? 0 : CpuSecondsOf(server_) - server_seconds_;
  usage.own_seconds = OwnCpuSeconds() - own_seconds_;
  usage.other_seconds = std::max(
      0.0, BusySecondsOfMachine() - machine_seconds_ - usage.server_seconds - usage.own_seconds);
  return usage;
}

}  // namespace rapport::benchmarks
