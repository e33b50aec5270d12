// The other Failpoint(): linked into the service programs of the fault suite. Environment:
//
//   RAPPORT_FAIL=PLACE:ACTION@N[,...]   does ACTION when the process reaches PLACE (a name of
//                                       common/base/failpoint.h) for the N-th time:
//                     kill              kill -9, there and then
//                     kill+US           the same, US microseconds later, while the work goes on
//                     stop              SIGSTOP
//                     sleep+MS          waits MS milliseconds, at this and every later time
//   RAPPORT_FAIL_REACHED=FILE           a line with the name for each place that is reached, once
//
// A process with a RAPPORT_FAIL that is not so does not start.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "common/base/failpoint.h"

namespace rapport::base {
namespace {

enum class Action { kNone, kKill, kKillLater, kStop, kSleep };

struct Plan {
  Action action = Action::kNone;
  long amount = 0;
  long at = 0;
};

std::array<Plan, kFailpointCount> plans;
std::array<std::atomic<long>, kFailpointCount> times;
int reached = -1;

[[noreturn]] void Refuse(const std::string& what) {
  std::fprintf(stderr, "RAPPORT_FAIL: %s\n", what.c_str());
  _exit(2);
}

long Number(const std::string& text) {
  char* end = nullptr;
  const long value = std::strtol(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || value < 1) Refuse("not a number: " + text);
  return value;
}

std::size_t PlaceOf(const std::string& name) {
  for (std::size_t i = 0; i < kFailpointCount; ++i) {
    if (name == kFailpoints[i]) return i;
  }
  Refuse("no such place: " + name);
}

void Obey(const std::string& entry) {
  const std::size_t colon = entry.find(':');
  const std::size_t at = entry.find('@');
  if (colon == std::string::npos || at == std::string::npos || at < colon) {
    Refuse("not PLACE:ACTION@N: " + entry);
  }
  const std::string action = entry.substr(colon + 1, at - colon - 1);
  Plan& plan = plans[PlaceOf(entry.substr(0, colon))];
  plan.at = Number(entry.substr(at + 1));
  if (action == "kill") {
    plan.action = Action::kKill;
  } else if (action == "stop") {
    plan.action = Action::kStop;
  } else if (action.rfind("kill+", 0) == 0) {
    plan.action = Action::kKillLater;
    plan.amount = Number(action.substr(5));
  } else if (action.rfind("sleep+", 0) == 0) {
    plan.action = Action::kSleep;
    plan.amount = Number(action.substr(6));
  } else {
    Refuse("no such action: " + action);
  }
}

void KillAfter(long microseconds) {
  struct sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGKILL;
  timer_t timer = nullptr;
  struct itimerspec when = {};
  when.it_value = {microseconds / 1000000, microseconds % 1000000 * 1000};
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
      timer_settime(timer, 0, &when, nullptr) != 0) {
    Refuse("no timer");
  }
}

// Before main, and not seen by it: the product knows no such variables.
const bool obeyed = [] {
  if (const char* const file = std::getenv("RAPPORT_FAIL_REACHED"); file != nullptr) {
    reached = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (reached < 0) Refuse(std::string("cannot write ") + file);
  }
  const char* const text = std::getenv("RAPPORT_FAIL");
  std::string rest = text == nullptr ? "" : text;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    Obey(rest.substr(0, comma));
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
  }
  unsetenv("RAPPORT_FAIL");
  unsetenv("RAPPORT_FAIL_REACHED");
  return true;
}();

}  // namespace

void Failpoint(Place place) {
  const auto i = static_cast<std::size_t>(place);
  const long time = ++times[i];
  if (time == 1 && reached >= 0) {
    const std::string line = std::string(kFailpoints[i]) + "\n";
    if (write(reached, line.data(), line.size()) < 0) Refuse("cannot write what was reached");
  }
  const Plan& plan = plans[i];
  switch (plan.action) {
    case Action::kNone:
      return;
    case Action::kSleep:
      if (time >= plan.at) poll(nullptr, 0, static_cast<int>(plan.amount));
      return;
    case Action::kKill:
      if (time == plan.at) kill(getpid(), SIGKILL);
      return;
    case Action::kKillLater:
      if (time == plan.at) KillAfter(plan.amount);
      return;
    case Action::kStop:
      if (time == plan.at) kill(getpid(), SIGSTOP);
      return;
  }
}

}  // namespace rapport::base
