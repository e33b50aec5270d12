#include "common/cache/redis_discovery.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/optional.h"
#include "common/base/status_macros.h"
#include "common/cache/redis_codec.h"
#include "common/cache/redis_talk.h"

namespace rapport::cache {
namespace {

constexpr std::size_t kMaxReplyBytes = std::size_t{1} << 20;
constexpr unsigned kSlots = 16384;

using Commands = std::vector<std::vector<std::string>>;

// The last reply of a short conversation.
absl::StatusOr<RedisReply> AskNode(const BootClock& clock, const RedisQuestion& question,
                                   const RedisNode& node, const Commands& commands,
                                   absl::Duration deadline) {
  deadline = std::min(deadline, clock.Now() + kAskTimeout);
  ASSIGN_OR_RETURN(RedisStream stream,
                   RedisStream::Open(clock, node, question.transport, deadline));
  ReplyReader reader(kMaxReplyBytes);
  ASSIGN_OR_RETURN(auto replies, Talk(clock, stream, reader, commands, deadline));
  return std::move(replies.back());
}

absl::Status NobodySaid(absl::string_view what, const absl::Status& last) {
  return RedisError(RedisFailure::kUnreachable, absl::StrCat(what, "; ", last.message()));
}

// --- Sentinel ---------------------------------------------------------------------------------

struct Claim {
  RedisNode master;
  std::uint64_t epoch = 0;  // rises with each failover
};

// From the reply to SENTINEL MASTER: names and values in turn.
absl::optional<Claim> ParseClaim(const RedisReply& reply) {
  Claim claim;
  bool has_epoch = false;
  for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    const std::string& name = reply.elements[i].text;
    const std::string& value = reply.elements[i + 1].text;
    if (name == "ip") claim.master.host = value;
    if (name == "port") claim.master.port = value;
    if (name == "config-epoch") has_epoch = absl::SimpleAtoi(value, &claim.epoch);
  }
  if (claim.master.host.empty() || claim.master.port.empty() || !has_epoch) return absl::nullopt;
  return claim;
}

absl::StatusOr<RedisNode> AskSentinels(const BootClock& clock, const RedisQuestion& question,
                                       absl::Duration deadline) {
  absl::optional<Claim> best;
  absl::Status why = absl::NotFoundError("none of them knows it");
  for (const RedisNode& sentinel : question.address.nodes) {
    const auto reply = AskNode(clock, question, sentinel,
                               {{"SENTINEL", "MASTER", question.address.master}}, deadline);
    if (!reply.ok()) {
      why = reply.status();
      continue;
    }
    auto claim = ParseClaim(*reply);
    if (claim.has_value() && (!best.has_value() || claim->epoch > best->epoch)) {
      best = std::move(claim);
    }
  }
  if (best.has_value()) return std::move(best->master);
  return NobodySaid("no sentinel named the master", why);
}

// --- Cluster ----------------------------------------------------------------------------------

// The owner of the slot by a reply to CLUSTER SLOTS: (first, last, (host, port, …), …), ….
absl::optional<RedisNode> OwnerOf(std::uint16_t slot, const RedisReply& reply,
                                  const RedisNode& asked) {
  for (const RedisReply& range : reply.elements) {
    if (range.elements.size() < 3 || range.elements[0].integer > slot ||
        range.elements[1].integer < slot || range.elements[2].elements.size() < 2) {
      continue;
    }
    const std::string& host = range.elements[2].elements[0].text;
    const std::int64_t port = range.elements[2].elements[1].integer;
    if (host == "?") continue;  // a name that is not known yet
    // Without a host it means the one that was asked.
    return RedisNode{"", host.empty() ? asked.host : host, absl::StrCat(port)};
  }
  return absl::nullopt;
}

absl::StatusOr<RedisNode> AskCluster(const BootClock& clock, const RedisQuestion& question,
                                     absl::Duration deadline) {
  const std::uint16_t slot = SlotOfTag(TagOfScope(question.scope));
  Commands commands;
  if (!question.auth.empty()) commands.push_back(question.auth);
  commands.push_back({"CLUSTER", "SLOTS"});
  const auto& nodes = question.address.nodes;
  absl::Status why = absl::NotFoundError("none of them knows it");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const RedisNode& node = nodes[(question.first + i) % nodes.size()];
    const auto reply = AskNode(clock, question, node, commands, deadline);
    if (!reply.ok()) {
      why = reply.status();
      continue;
    }
    auto owner = OwnerOf(slot, *reply, node);
    if (owner.has_value()) return *std::move(owner);
  }
  return NobodySaid("no node of the cluster named the owner of the slot", why);
}

}  // namespace

std::uint16_t SlotOfTag(absl::string_view tag) {
  constexpr unsigned kPolynomial = 0x1021;
  unsigned crc = 0;
  for (const char c : tag) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit) {
      crc = ((crc << 1) ^ ((crc & 0x8000) != 0 ? kPolynomial : 0)) & 0xffff;
    }
  }
  return static_cast<std::uint16_t>(crc % kSlots);
}

std::string TagOfScope(unsigned scope) { return absl::StrFormat("%02u", scope); }

absl::StatusOr<RedisNode> FindRedis(const BootClock& clock, const RedisQuestion& question,
                                    absl::Duration deadline) {
  switch (question.address.kind) {
    case RedisAddress::Kind::kSentinel:
      return AskSentinels(clock, question, deadline);
    case RedisAddress::Kind::kCluster:
      return AskCluster(clock, question, deadline);
    case RedisAddress::Kind::kDirect:
      break;
  }
  return question.address.nodes[0];
}

}  // namespace rapport::cache
