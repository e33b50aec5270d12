#include "common/cache/redis_address.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"

namespace rapport::cache {
namespace {

struct Scheme {
  absl::string_view prefix;
  RedisAddress::Kind kind;
  bool tls;
};
constexpr Scheme kSchemes[] = {
    {"redis://", RedisAddress::Kind::kDirect, false},
    {"rediss://", RedisAddress::Kind::kDirect, true},
    {"sentinel://", RedisAddress::Kind::kSentinel, false},
    {"sentinels://", RedisAddress::Kind::kSentinel, true},
    {"cluster://", RedisAddress::Kind::kCluster, false},
    {"clusters://", RedisAddress::Kind::kCluster, true},
};

absl::optional<RedisNode> ParseHostAndPort(absl::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return absl::nullopt;
  absl::string_view host = text.substr(0, colon);
  const absl::string_view port = text.substr(colon + 1);
  int number = 0;
  const bool good_port = port.find_first_not_of("0123456789") == absl::string_view::npos &&
                         absl::SimpleAtoi(port, &number) && number > 0 && number < 65536;
  if (absl::ConsumePrefix(&host, "[") && !absl::ConsumeSuffix(&host, "]")) return absl::nullopt;
  if (!good_port || host.empty() || absl::StrContains(host, '/')) return absl::nullopt;
  return RedisNode{"", std::string(host), std::string(port)};
}

absl::Status Invalid() {
  return absl::InvalidArgumentError(
      "the address of Redis is none of unix:path, host:port, rediss://host:port, "
      "sentinel://host:port,…/name and cluster://host:port,…");
}

}  // namespace

absl::StatusOr<RedisAddress> ParseRedisAddress(absl::string_view text) {
  RedisAddress address;
  if (absl::ConsumePrefix(&text, "unix:")) {
    if (text.empty()) return Invalid();
    address.nodes.push_back({std::string(text), "", ""});
    return address;
  }
  for (const Scheme& scheme : kSchemes) {
    if (!absl::ConsumePrefix(&text, scheme.prefix)) continue;
    address.kind = scheme.kind;
    address.tls = scheme.tls;
    break;
  }
  if (address.kind == RedisAddress::Kind::kSentinel) {
    const std::size_t slash = text.find('/');
    if (slash == absl::string_view::npos || slash + 1 == text.size()) return Invalid();
    address.master = std::string(text.substr(slash + 1));
    text = text.substr(0, slash);
  }
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    auto node = ParseHostAndPort(part);
    if (!node.has_value()) return Invalid();
    address.nodes.push_back(*std::move(node));
  }
  if (address.kind == RedisAddress::Kind::kDirect && address.nodes.size() > 1) return Invalid();
  return address;
}

}  // namespace rapport::cache
