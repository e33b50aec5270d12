#include "benchmarks/loadgen/machine.h"

#include <sched.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace rapport::benchmarks {
namespace {

double TicksPerSecond() { return static_cast<double>(sysconf(_SC_CLK_TCK)); }

// What /proc says of a process, in seconds of CPU time.
struct Stat {
  pid_t parent = 0;
  double own = 0;
  double ended_children = 0;
};

std::optional<Stat> ReadStat(pid_t process) {
  std::ifstream in(absl::StrCat("/proc/", process, "/stat"));
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  // The name of the program, in brackets, may hold anything. Behind it: state, parent, nine fields,
  // then user and system time of the process, and of its children that have ended.
  std::istringstream rest(line.substr(line.rfind(')') + 1));
  std::string skipped;
  Stat stat;
  rest >> skipped >> stat.parent;
  for (int i = 0; i < 9; ++i) rest >> skipped;
  double user = 0;
  double system = 0;
  double children_user = 0;
  double children_system = 0;
  rest >> user >> system >> children_user >> children_system;
  stat.own = (user + system) / TicksPerSecond();
  stat.ended_children = (children_user + children_system) / TicksPerSecond();
  return stat;
}

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
  const auto found = ReadStat(process);
  return found ? found->own : 0;
}

double CpuSecondsWithChildren(pid_t process) {
  const auto own = ReadStat(process);
  if (!own) return 0;
  double seconds = own->own + own->ended_children;
  std::error_code unreadable;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", unreadable)) {
    pid_t child = 0;
    if (!absl::SimpleAtoi(entry.path().filename().native(), &child)) continue;
    const auto found = ReadStat(child);
    if (found && found->parent == process) seconds += found->own;
  }
  return seconds;
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

Stretch::Stretch(pid_t server, std::vector<pid_t> engines)
    : server_(server),
      engines_(std::move(engines)),
      begin_ns_(NowNs()),
      server_seconds_(server == 0 ? 0 : CpuSecondsOf(server)),
      engine_seconds_(EngineSeconds()),
      own_seconds_(OwnCpuSeconds()),
      machine_seconds_(BusySecondsOfMachine()) {}

double Stretch::EngineSeconds() const {
  double seconds = 0;
  for (const pid_t engine : engines_) seconds += CpuSecondsWithChildren(engine);
  return seconds;
}

Stretch::Usage Stretch::UntilNow() const {
  Usage usage;
  usage.seconds = static_cast<double>(NowNs() - begin_ns_) * 1e-9;
  usage.server_seconds = server_ == 0 ? 0 : CpuSecondsOf(server_) - server_seconds_;
  usage.engine_seconds = EngineSeconds() - engine_seconds_;
  usage.own_seconds = OwnCpuSeconds() - own_seconds_;
  usage.other_seconds =
      std::max(0.0, BusySecondsOfMachine() - machine_seconds_ - usage.server_seconds -
                        usage.engine_seconds - usage.own_seconds);
  return usage;
}

}  // namespace rapport::benchmarks
