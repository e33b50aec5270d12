// Answers that leave together: what one turn of a loop sends over one TCP connection.
#ifndef RAPPORT_COMMON_RPC_CORKS_H_
#define RAPPORT_COMMON_RPC_CORKS_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "grpcpp/server_context.h"

namespace rapport::rpc {

// gRPC sends every answer by itself: one write, and one wake-up of the client, each. With TCP_CORK
// the kernel keeps what is written until the end of the turn (docs/adr/0025). Only a connection
// that had more than one answer in its last turn is corked, so that a lone answer costs nothing
// more; a connection of another kind than TCP never is. NOT thread-safe: of one loop's thread.
class Corks {
 public:
  explicit Corks(bool on) : on_(on) {}

  // Before an answer is handed to gRPC.
  void BeforeAnswer(const grpc::ServerContextBase& call);
  // After the last answer of a turn, before the loop may sleep.
  void EndTurn();

 private:
  using Clock = std::chrono::steady_clock;
  // gRPC keeps its sockets to itself: this one is found among the sockets of the process, by the
  // address of its peer. Once the connection has ended the number may stand for something else;
  // then a cork is without effect, or is taken off again at the end of the turn.
  struct Connection {
    int socket = kUnknown;
    std::uint64_t turn = 0;
    int answers = 0;  // in that turn
  };
  static constexpr int kUnknown = -2;
  static constexpr int kNone = -1;

  // Finds the sockets of all connections whose socket is unknown, unless it has looked lately: that
  // takes a hundredth of the loop's time at most, however many sockets there are.
  void Look();

  const bool on_;
  absl::flat_hash_map<std::string, Connection> connections_;
  std::vector<int> corked_;
  std::uint64_t turn_ = 1;
  Clock::time_point next_look_;
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_CORKS_H_
