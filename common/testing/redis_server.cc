#include "common/testing/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace rapport::testing {
namespace {

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "a Redis for tests: %s\n", what.c_str());
  std::abort();
}

}  // namespace

int FreePort() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(probe, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Die("no free port");
  }
  close(probe);
  return ntohs(address.sin_port);
}

RedisServer::RedisServer(std::vector<std::string> arguments, const std::string& configuration)
    : arguments_(std::move(arguments)) {
  const char* temporary = std::getenv("TMPDIR");
  folder_ = std::string(temporary == nullptr ? "/tmp" : temporary) + "/rapport_redis_XXXXXX";
  if (mkdtemp(folder_.data()) == nullptr) Die("cannot make " + folder_);
  socket_ = folder_ + "/s";
  if (socket_.size() >= sizeof(sockaddr_un::sun_path)) Die("TMPDIR is too long for a socket");
  std::ofstream(folder_ + "/redis.conf") << configuration;
  Start();
}

RedisServer::~RedisServer() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RedisServer::Signal(int signal) const { kill(pid_, signal); }

void RedisServer::Kill() {
  if (pid_ <= 0) return;
  Signal(SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::Start() {
  std::vector<std::string> arguments = {"redis-server", folder_ + "/redis.conf",
                                        "--port",       "0",
                                        "--unixsocket", socket_,
                                        "--save",       "",
                                        "--appendonly", "no",
                                        "--dir",        folder_,
                                        "--logfile",    "redis.log",
                                        "--daemonize",  "no",
                                        "--databases",  "1"};
  arguments.insert(arguments.end(), arguments_.begin(), arguments_.end());
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  unlink(socket_.c_str());
  const int out = open((folder_ + "/output").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // nothing outlives the test
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  close(out);
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (!Accepts()) {
    if (waitpid(pid_, nullptr, WNOHANG) != 0) {
      pid_ = -1;
      Die("redis-server is not installed or ended at once, see " + folder_);
    }
    if (absl::Now() > deadline) Die("redis-server does not answer, see " + folder_);
    poll(nullptr, 0, 2);
  }
}

// True once a PING is answered with PONG; a server that still loads its data answers otherwise.
bool RedisServer::Accepts() const {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.c_str(), socket_.size());
  bool pong = false;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      write(fd, "PING\r\n", 6) == 6) {
    pollfd wait{fd, POLLIN, 0};
    char reply[5];
    pong =
        poll(&wait, 1, 1000) == 1 && read(fd, reply, 5) == 5 && std::memcmp(reply, "+PONG", 5) == 0;
  }
  close(fd);
  return pong;
}

}  // namespace rapport::testing
