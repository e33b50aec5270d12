// What --redis may say: where a Redis is, or who knows where it is.
#ifndef RAPPORT_COMMON_CACHE_REDIS_ADDRESS_H_
#define RAPPORT_COMMON_CACHE_REDIS_ADDRESS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rapport::cache {

// Where one process listens: a unix socket, or a host (name or IP address) and a port.
struct RedisNode {
  std::string path;  // empty: host and port
  std::string host;
  std::string port;
  friend bool operator==(const RedisNode&, const RedisNode&) = default;
};

struct RedisAddress {
  enum class Kind {
    kDirect,    // nodes[0] is the Redis
    kSentinel,  // nodes are sentinels that know the master called `master`
    kCluster,   // nodes belong to a cluster and know who has which key
  };
  Kind kind = Kind::kDirect;
  bool tls = false;
  std::vector<RedisNode> nodes;  // at least one
  std::string master;
};

//   unix:PATH
//   host:port  redis://host:port  rediss://host:port
//   sentinel://host:port,…/MASTER  sentinels://…
//   cluster://host:port,…  clusters://…
// The ones with an s more speak TLS, with all that they lead to. An IPv6 address stands in
// brackets. INVALID_ARGUMENT for anything else.
absl::StatusOr<RedisAddress> ParseRedisAddress(absl::string_view address);

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_REDIS_ADDRESS_H_
