// A child process of a test, stopped by its own id at the latest when the object goes.
#ifndef RAPPORT_TESTS_HARNESS_PROCESS_H_
#define RAPPORT_TESTS_HARNESS_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace rapport::tests {

class Process {
 public:
  // Starts `arguments[0]` with stdout and stderr appended to `log`. RAPPORT_* is taken out of the
  // environment; `environment` ("NAME=value") is added.
  Process(const std::vector<std::string>& arguments, const std::string& log,
          const std::vector<std::string>& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Signal(int signal) const;
  // kill -9, and waits.
  void Kill();
  // Exit code (128 + signal if it was killed) once the process has ended; -1 if it still runs after
  // `timeout`.
  int Wait(absl::Duration timeout);
  bool Running();
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  bool ended_ = false;
  int code_ = -1;
};

}  // namespace rapport::tests

#endif  // RAPPORT_TESTS_HARNESS_PROCESS_H_
