#include "tests/harness/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace rapport::tests {

Process::Process(const std::vector<std::string>& arguments, const std::string& log,
                 const std::vector<std::string>& environment) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (std::strncmp(*variable, "RAPPORT_", 8) != 0) variables.emplace_back(*variable);
  }
  variables.insert(variables.end(), environment.begin(), environment.end());
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::vector<char*> envp;
  envp.reserve(variables.size() + 1);
  for (const auto& variable : variables) envp.push_back(const_cast<char*>(variable.c_str()));
  envp.push_back(nullptr);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // nothing outlives the test
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  close(out);
}

Process::~Process() {
  if (Running()) Kill();
}

void Process::Signal(int signal) const { kill(pid_, signal); }

void Process::Kill() {
  if (ended_) return;
  Signal(SIGKILL);
  Wait(absl::InfiniteDuration());
}

int Process::Wait(absl::Duration timeout) {
  if (ended_) return code_;
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  struct pollfd wait = {descriptor, POLLIN, 0};
  const int milliseconds = timeout == absl::InfiniteDuration()
                               ? -1
                               : static_cast<int>(absl::ToInt64Milliseconds(timeout));
  const int ready = poll(&wait, 1, milliseconds);
  close(descriptor);
  if (ready <= 0) return -1;
  int status = 0;
  waitpid(pid_, &status, 0);
  ended_ = true;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return code_;
}

bool Process::Running() { return !ended_ && Wait(absl::ZeroDuration()) == -1; }

}  // namespace rapport::tests
