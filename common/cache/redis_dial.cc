#include "common/cache/redis_dial.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"

namespace rapport::cache {
namespace {

absl::Status Unreachable(absl::string_view why) {
  return RedisError(RedisFailure::kUnreachable, why);
}
absl::Status FailedCall(absl::string_view call) {
  return Unreachable(absl::StrCat(call, ": ", strerrordesc_np(errno)));
}

// Waits until the socket is ready or the deadline has passed.
absl::Status Await(const BootClock& clock, int fd, short events, absl::Duration deadline) {
  while (true) {
    const absl::Duration left = deadline - clock.Now();
    if (left <= absl::ZeroDuration()) return Unreachable("no answer in time");
    pollfd polled{fd, events, 0};
    const timespec timeout = absl::ToTimespec(left);
    const int ready = ppoll(&polled, 1, &timeout, nullptr);
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return FailedCall("poll");
  }
}

absl::StatusOr<Socket> ConnectTo(const BootClock& clock, const sockaddr* address, socklen_t size,
                                 absl::Duration deadline) {
  Socket made(socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (made.fd() < 0) return FailedCall("socket");
  if (connect(made.fd(), address, size) == 0) return made;
  if (errno != EINPROGRESS) return FailedCall("connect");
  RETURN_IF_ERROR(Await(clock, made.fd(), POLLOUT, deadline));
  socklen_t length = sizeof(errno);
  int error = 0;
  if (getsockopt(made.fd(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  errno = error;
  if (error != 0) return FailedCall("connect");
  return made;
}

absl::StatusOr<Socket> ConnectUnix(const BootClock& clock, absl::string_view path,
                                   absl::Duration deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError("the path of the Redis socket is empty or too long");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return ConnectTo(clock, reinterpret_cast<const sockaddr*>(&address), sizeof(address), deadline);
}

bool IsLoopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
  return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

absl::StatusOr<Socket> ConnectTcp(const BootClock& clock, const RedisOptions& options,
                                  absl::Duration deadline) {
  const std::size_t colon = options.address.rfind(':');
  absl::string_view name = absl::string_view(options.address).substr(0, colon);
  if (absl::ConsumePrefix(&name, "[")) absl::ConsumeSuffix(&name, "]");
  const std::string host(name);
  const std::string port = options.address.substr(colon + 1);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return Unreachable(absl::StrCat("host name: ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  absl::Status why = Unreachable("the host has no address");
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    if (!options.allow_clear_network && !IsLoopback(at->ai_addr)) {
      why = absl::FailedPreconditionError("Redis without TLS beyond this machine is not allowed");
      continue;
    }
    auto made = ConnectTo(clock, at->ai_addr, at->ai_addrlen, deadline);
    if (made.ok()) {
      const int on = 1;
      setsockopt(made->fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      return made;
    }
    why = std::move(made).status();
  }
  return why;
}

absl::Status SendAll(const BootClock& clock, int fd, absl::string_view bytes,
                     absl::Duration deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      RETURN_IF_ERROR(Await(clock, fd, POLLOUT, deadline));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return absl::OkStatus();  // it may have said why before it closed: read
    } else if (errno != EINTR) {
      return FailedCall("send");
    }
  }
  return absl::OkStatus();
}

// The next reply; an error reply is an error.
absl::StatusOr<RedisReply> Receive(const BootClock& clock, int fd, ReplyReader& reader,
                                   absl::Duration deadline) {
  while (true) {
    ASSIGN_OR_RETURN(auto reply, reader.Next());
    if (reply.has_value()) {
      if (reply->kind == RedisReply::Kind::kError) return ErrorOfReply(reply->text);
      return *std::move(reply);
    }
    std::array<char, 4096> bytes{};
    const ssize_t got = recv(fd, bytes.data(), bytes.size(), 0);
    if (got > 0) {
      RETURN_IF_ERROR(reader.Feed({bytes.data(), static_cast<std::size_t>(got)}));
    } else if (got == 0) {
      return Unreachable("closed before it answered");
    } else if (errno == EAGAIN) {
      RETURN_IF_ERROR(Await(clock, fd, POLLIN, deadline));
    } else if (errno != EINTR) {
      return FailedCall("recv");
    }
  }
}

// The value of "name:value" in an answer to INFO; empty if there is none.
absl::string_view InfoField(absl::string_view info, absl::string_view name) {
  for (absl::string_view line : absl::StrSplit(info, '\n')) {
    if (absl::ConsumePrefix(&line, name) && absl::ConsumePrefix(&line, ":")) {
      return absl::StripSuffix(line, "\r");
    }
  }
  return {};
}

absl::StatusOr<std::string> ReadPassword(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  std::string password = text.str();
  while (!password.empty() && (password.back() == '\n' || password.back() == '\r')) {
    password.pop_back();
  }
  if (!in || password.empty()) {
    return absl::FailedPreconditionError("the password file of Redis cannot be read or is empty");
  }
  return password;
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

absl::Status CheckRedisAddress(absl::string_view address) {
  bool good = false;
  if (absl::ConsumePrefix(&address, "unix:")) {
    good = !address.empty();
  } else if (const std::size_t colon = address.rfind(':');
             colon != absl::string_view::npos && colon > 0) {
    int port = 0;
    good = absl::SimpleAtoi(address.substr(colon + 1), &port) && port > 0 && port < 65536;
  }
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError("the address of Redis is neither unix:path nor host:port");
}

absl::StatusOr<DialedRedis> DialRedis(const BootClock& clock, const RedisOptions& options,
                                      ReplyReader& reader) {
  RETURN_IF_ERROR(CheckRedisAddress(options.address));
  const absl::Duration deadline = clock.Now() + options.open_timeout;
  std::string commands;
  if (!options.password_file.empty()) {
    ASSIGN_OR_RETURN(const std::string password, ReadPassword(options.password_file));
    const std::string user = options.user.empty() ? "default" : options.user;
    AppendCommand({"AUTH", user, password}, &commands);
  }
  AppendCommand({"INFO", "server"}, &commands);
  AppendCommand({"INFO", "replication"}, &commands);
  for (const auto& command : options.setup) {
    AppendCommand(std::vector<absl::string_view>(command.begin(), command.end()), &commands);
  }

  absl::string_view path = options.address;
  auto made = absl::ConsumePrefix(&path, "unix:") ? ConnectUnix(clock, path, deadline)
                                                  : ConnectTcp(clock, options, deadline);
  if (!made.ok()) return std::move(made).status();
  const int fd = made->fd();
  RETURN_IF_ERROR(SendAll(clock, fd, commands, deadline));
  if (!options.password_file.empty()) {
    RETURN_IF_ERROR(Receive(clock, fd, reader, deadline).status());
  }
  ASSIGN_OR_RETURN(const RedisReply server, Receive(clock, fd, reader, deadline));
  ASSIGN_OR_RETURN(const RedisReply replication, Receive(clock, fd, reader, deadline));
  std::string run_id(InfoField(server.text, "run_id"));
  if (run_id.empty()) return RedisError(RedisFailure::kProtocol, "no run id");
  if (InfoField(replication.text, "role") != "master") {
    return RedisError(RedisFailure::kReadOnly, "not the master");
  }
  for (std::size_t i = 0; i < options.setup.size(); ++i) {
    RETURN_IF_ERROR(Receive(clock, fd, reader, deadline).status());
  }
  if (reader.in_reply()) return RedisError(RedisFailure::kProtocol, "more than was asked");
  return DialedRedis{*std::move(made), std::move(run_id)};
}

}  // namespace rapport::cache
