#include "common/cache/redis_talk.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace rapport::cache {
namespace {

using Kind = RedisStream::Progress::Kind;

absl::Status SendAll(const BootClock& clock, RedisStream& stream, absl::string_view bytes,
                     absl::Duration deadline) {
  while (!bytes.empty()) {
    const auto sent = stream.Write(bytes);
    switch (sent.kind) {
      case Kind::kSome:
        bytes.remove_prefix(sent.bytes);
        break;
      case Kind::kLater:
        RETURN_IF_ERROR(stream.Await(clock, true, deadline));
        break;
      default:
        return absl::OkStatus();  // it may have said why before it closed: read
    }
  }
  return absl::OkStatus();
}

// The next reply; an error reply is an error.
absl::StatusOr<RedisReply> Receive(const BootClock& clock, RedisStream& stream, ReplyReader& reader,
                                   absl::Duration deadline) {
  while (true) {
    ASSIGN_OR_RETURN(auto reply, reader.Next());
    if (reply.has_value()) {
      if (reply->kind == RedisReply::Kind::kError) return ErrorOfReply(reply->text);
      return *std::move(reply);
    }
    std::array<char, RedisStream::kReadBytes> bytes;  // Read fills it
    const auto got = stream.Read(absl::MakeSpan(bytes));
    switch (got.kind) {
      case Kind::kSome:
        RETURN_IF_ERROR(reader.Feed({bytes.data(), got.bytes}));
        break;
      case Kind::kLater:
        RETURN_IF_ERROR(stream.Await(clock, stream.read_wants_write(), deadline));
        break;
      case Kind::kEnd:
        return RedisError(RedisFailure::kUnreachable, "closed before it answered");
      case Kind::kFailed:
        return RedisError(RedisFailure::kUnreachable, got.why);
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<RedisReply>> Talk(const BootClock& clock, RedisStream& stream,
                                             ReplyReader& reader,
                                             const std::vector<std::vector<std::string>>& commands,
                                             absl::Duration deadline) {
  std::string bytes;
  for (const auto& command : commands) {
    AppendCommand(std::vector<absl::string_view>(command.begin(), command.end()), &bytes);
  }
  RETURN_IF_ERROR(SendAll(clock, stream, bytes, deadline));
  std::vector<RedisReply> replies;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    ASSIGN_OR_RETURN(RedisReply reply, Receive(clock, stream, reader, deadline));
    replies.push_back(std::move(reply));
  }
  return replies;
}

}  // namespace rapport::cache
