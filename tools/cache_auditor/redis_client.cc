#include "tools/cache_auditor/redis_client.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"

namespace rapport::auditor {
namespace {

constexpr std::size_t kLongestValue = std::size_t{64} << 20;

int Connect(int family, const sockaddr* address, socklen_t size) {
  const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const timeval patience{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(fd, address, size) == 0) return fd;
  close(fd);
  return -1;
}

int ConnectTo(const std::string& address) {
  absl::string_view path = address;
  if (absl::ConsumePrefix(&path, "unix:")) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    if (path.size() >= sizeof local.sun_path) return -1;
    std::memcpy(local.sun_path, path.data(), path.size());
    return Connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&local), sizeof local);
  }
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return -1;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(), &hints,
                  &found) != 0) {
    return -1;
  }
  int fd = -1;
  for (const addrinfo* at = found; at != nullptr && fd < 0; at = at->ai_next) {
    fd = Connect(at->ai_family, at->ai_addr, at->ai_addrlen);
  }
  freeaddrinfo(found);
  return fd;
}

void Append(absl::Span<const std::string> words, std::string* out) {
  absl::StrAppend(out, "*", words.size(), "\r\n");
  for (const std::string& word : words)
    absl::StrAppend(out, "$", word.size(), "\r\n", word, "\r\n");
}

}  // namespace

absl::StatusOr<std::unique_ptr<RedisClient>> RedisClient::Dial(const std::string& address,
                                                               const std::string& user,
                                                               const std::string& password) {
  const int fd = ConnectTo(address);
  if (fd < 0) return absl::UnavailableError(absl::StrCat("nobody answers at ", address));
  std::unique_ptr<RedisClient> client(new RedisClient(fd));
  if (!password.empty()) {
    std::vector<std::string> words = {"AUTH"};
    if (!user.empty()) words.push_back(user);
    words.push_back(password);
    RETURN_IF_ERROR(client->Ask(words).status());
  }
  ASSIGN_OR_RETURN(const Value info, client->Ask({"INFO", "server"}));
  for (absl::string_view line : absl::StrSplit(info.value_or(""), "\r\n")) {
    if (absl::ConsumePrefix(&line, "run_id:")) client->run_id_ = std::string(line);
  }
  if (client->run_id_.empty()) return absl::UnavailableError("it does not say who it is");
  return client;
}

RedisClient::~RedisClient() { close(fd_); }

absl::StatusOr<std::vector<RedisClient::Value>> RedisClient::Get(
    absl::Span<const std::string> keys) {
  std::string commands;
  for (const std::string& key : keys) Append({"GET", key}, &commands);
  RETURN_IF_ERROR(Send(commands));
  std::vector<Value> values;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    ASSIGN_OR_RETURN(values.emplace_back(), Reply());
  }
  return values;
}

absl::StatusOr<RedisClient::Value> RedisClient::Ask(absl::Span<const std::string> words) {
  std::string command;
  Append(words, &command);
  RETURN_IF_ERROR(Send(command));
  return Reply();
}

absl::Status RedisClient::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return absl::UnavailableError("the connection to Redis broke");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> RedisClient::Line() {
  std::size_t end = 0;
  while ((end = read_.find("\r\n")) == std::string::npos) {
    char bytes[16384];
    const ssize_t got = recv(fd_, bytes, sizeof bytes, 0);
    if (got <= 0) return absl::UnavailableError("Redis does not answer");
    read_.append(bytes, static_cast<std::size_t>(got));
  }
  std::string line = read_.substr(0, end);
  read_.erase(0, end + 2);
  return line;
}

absl::StatusOr<RedisClient::Value> RedisClient::Reply() {
  ASSIGN_OR_RETURN(const std::string line, Line());
  const std::string rest = line.substr(line.empty() ? 0 : 1);
  const char type = line.empty() ? '\0' : line[0];
  if (type == '+' || type == ':') return Value(rest);
  if (type == '-') return absl::UnavailableError(rest.substr(0, rest.find(' ')));
  std::int64_t size = 0;
  if (type != '$' || !absl::SimpleAtoi(rest, &size)) return absl::InternalError("not RESP2");
  if (size < 0) return Value();
  const std::size_t needed = static_cast<std::size_t>(size) + 2;
  if (needed > kLongestValue) return absl::InternalError("a value without measure");
  while (read_.size() < needed) {
    char bytes[65536];
    const ssize_t got = recv(fd_, bytes, sizeof bytes, 0);
    if (got <= 0) return absl::UnavailableError("Redis does not answer");
    read_.append(bytes, static_cast<std::size_t>(got));
  }
  Value value = read_.substr(0, needed - 2);
  read_.erase(0, needed);
  return value;
}

}  // namespace rapport::auditor
