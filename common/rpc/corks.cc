#include "common/rpc/corks.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace rapport::rpc {
namespace {

// Connections that are remembered. When there are more, all are forgotten when it may look again.
constexpr std::size_t kMostConnections = 4096;

void SetCork(int socket, int on) { setsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, sizeof on); }

// As ServerContext::peer() writes it; empty if it is no TCP connection.
std::string PeerOf(int socket) {
  struct sockaddr_storage storage = {};
  socklen_t size = sizeof storage;
  if (getpeername(socket, reinterpret_cast<struct sockaddr*>(&storage), &size) != 0) return {};
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET) {
    const auto& address = reinterpret_cast<const struct sockaddr_in&>(storage);
    inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
    return absl::StrCat("ipv4:", text, ":", ntohs(address.sin_port));
  }
  if (storage.ss_family != AF_INET6) return {};
  const auto& address = reinterpret_cast<const struct sockaddr_in6&>(storage);
  if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) {
    inet_ntop(AF_INET, &address.sin6_addr.s6_addr[12], text, sizeof text);
    return absl::StrCat("ipv4:", text, ":", ntohs(address.sin6_port));
  }
  inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof text);
  return absl::StrCat("ipv6:%5B", text, "%5D:", ntohs(address.sin6_port));
}

}  // namespace

void Corks::Look() {
  const Clock::time_point begin = Clock::now();
  if (begin < next_look_) return;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  while (const struct dirent* entry = folder == nullptr ? nullptr : readdir(folder.get())) {
    int socket = -1;
    if (!absl::SimpleAtoi(entry->d_name, &socket)) continue;
    const auto found = connections_.find(PeerOf(socket));
    if (found != connections_.end()) found->second.socket = socket;
  }
  for (auto& [peer, connection] : connections_) {
    if (connection.socket == kUnknown) connection.socket = kNone;
  }
  const Clock::time_point end = Clock::now();
  next_look_ = end + 100 * (end - begin);
}

void Corks::BeforeAnswer(const grpc::ServerContextBase& call) {
  if (!on_) return;
  const std::string peer = call.peer();
  if (!absl::StartsWith(peer, "ip")) return;
  const auto found = connections_.find(peer);
  if (found == connections_.end()) {
    if (connections_.size() >= kMostConnections && Clock::now() >= next_look_) connections_.clear();
    if (connections_.size() < kMostConnections) connections_[peer] = {.turn = turn_, .answers = 1};
    return;
  }
  Connection& connection = found->second;
  if (connection.turn == turn_) {
    ++connection.answers;
    return;
  }
  const bool busy = connection.answers > 1;
  connection.turn = turn_;
  connection.answers = 1;
  if (!busy) return;
  if (connection.socket == kUnknown) Look();
  if (connection.socket < 0) return;
  SetCork(connection.socket, 1);
  corked_.push_back(connection.socket);
}

void Corks::EndTurn() {
  ++turn_;
  for (const int socket : corked_) SetCork(socket, 0);
  corked_.clear();
}

}  // namespace rapport::rpc
