#include "benchmarks/loadgen/probe.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "benchmarks/loadgen/caller.h"
#include "benchmarks/loadgen/machine.h"

namespace rapport::benchmarks {
namespace {

constexpr std::int64_t kPatienceNs = 60'000'000'000;

bool SomebodyListens(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

void Pause(std::int64_t nanoseconds) {
  const timespec pause{0, nanoseconds};
  nanosleep(&pause, nullptr);
}

pid_t Spawn(const std::vector<std::string>& command, int core) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  PinTo(core);
  const int nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, STDOUT_FILENO);
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

absl::StatusOr<FsyncLatency> ProbeFsync(const std::string& folder, int times) {
  const std::string path = folder + "/fsync-probe";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return absl::UnavailableError(absl::StrCat("cannot write ", path));
  const auto tidy = absl::MakeCleanup([&] {
    close(fd);
    unlink(path.c_str());
  });
  std::array<char, 4096> block{};
  FsyncLatency latency;
  for (Histogram* histogram : {&latency.append, &latency.overwrite}) {
    for (int i = 0; i < times; ++i) {
      block.fill(static_cast<char>('a' + i % 26));
      const std::int64_t begin = NowNs();
      if (pwrite(fd, block.data(), block.size(), i * 4096L) < 0 || fdatasync(fd) != 0) {
        return absl::UnavailableError("the disk refuses");
      }
      histogram->Record(NowNs() - begin);
    }
  }
  return latency;
}

absl::StatusOr<double> TimeToFirstAnswer(const std::vector<std::string>& command, int core,
                                         const std::string& target, const std::string& method,
                                         const std::string& request) {
  const std::string path = target.substr(target.find(':') + 1);
  const std::int64_t begin = NowNs();
  const pid_t child = Spawn(command, core);
  const auto end = absl::MakeCleanup([&] {
    kill(child, SIGTERM);
    waitpid(child, nullptr, 0);
  });
  while (!SomebodyListens(path)) {
    if (waitpid(child, nullptr, WNOHANG) != 0) return absl::UnavailableError("it ended at once");
    if (NowNs() - begin > kPatienceNs) return absl::DeadlineExceededError("nobody listens");
    Pause(200'000);
  }
  Caller caller(target, method, "");
  Caller::Ended ended;
  while (true) {
    caller.Start(request, 0);
    caller.Next(Caller::Wait::kForOne, &ended);
    const std::int64_t now = NowNs();
    if (ended.code == GRPC_STATUS_OK) return static_cast<double>(now - begin) * 1e-9;
    if (now - begin > kPatienceNs) return absl::DeadlineExceededError(ended.message);
    Pause(200'000);
  }
}

}  // namespace rapport::benchmarks
