// What goes over a connection to Redis (RESP2) and what can go wrong there. hiredis splits the
// replies; it never sees a socket.
#ifndef RAPPORT_COMMON_CACHE_REDIS_CODEC_H_
#define RAPPORT_COMMON_CACHE_REDIS_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"

struct redisReader;    // NOLINT(readability-identifier-naming): hiredis's own name
struct redisReadTask;  // NOLINT(readability-identifier-naming): hiredis's own name

namespace rapport::cache {

// Why a command failed: a label of metrics, and what callers tell apart.
enum class RedisFailure {
  kNone,         // it did not fail, or not because of Redis
  kUnreachable,  // no connection could be made
  kFull,         // too much is waiting for this connection; nothing was sent
  kDeadline,     // no reply in time; whether the command ran is unknown
  kBroken,       // the connection broke; whether the command ran is unknown
  kClosed,       // the connection was broken before; nothing was sent
  kProtocol,     // the other side does not speak RESP2, or too much of it at once
  kReadOnly,     // it is a replica
  kLoading,      // it reads its data from disk
  kBusy,         // a script runs for too long
  kMoved,        // another node of the cluster has the key, or none does
  kMigrating,    // the key is on its way to another node of the cluster
  kOutOfMemory,  // maxmemory is reached
  kNoScript,     // EVALSHA of a script that it does not have
  kMaxClients,   // it takes no more connections
  kDenied,       // wrong password, or the ACL forbids the command or the key
  kOther,        // any other error reply
};
// Lower case with underscores, as in labels: "out_of_memory".
absl::string_view FailureName(RedisFailure failure);
// A status that FailureOf() tells again. `detail` is for logs and holds no data.
absl::Status RedisError(RedisFailure failure, absl::string_view detail);
RedisFailure FailureOf(const absl::Status& status);
// The status of an error reply. Only its first word is kept, because the rest may hold data.
absl::Status ErrorOfReply(absl::string_view text);

struct RedisReply {
  enum class Kind { kNil, kInteger, kString, kStatus, kError, kArray };
  Kind kind = Kind::kNil;
  std::int64_t integer = 0;
  std::string text;                  // of a string, a status or an error
  std::vector<RedisReply> elements;  // of an array
};

// Appends the command of these words (bytes of any kind, at least one word) to `out`.
void AppendCommand(absl::Span<const absl::string_view> words, std::string* out);

// Cuts a stream of bytes into replies. Not thread-safe. An error is for ever: the stream can no
// longer be believed.
class ReplyReader {
 public:
  // A reply may take this much memory; more is an error (kProtocol), and so are nine levels of
  // arrays.
  explicit ReplyReader(std::size_t max_reply_bytes);
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // Adds bytes. Small pieces (16 KiB) are cheapest.
  absl::Status Feed(absl::string_view bytes);
  // The next reply, or nothing until more bytes have come.
  absl::StatusOr<absl::optional<RedisReply>> Next();
  // True if part of a reply has come.
  bool in_reply() const;

 private:
  struct Build;  // hiredis's calls
  struct FreeReader {
    void operator()(redisReader* reader) const;
  };
  // Takes `bytes` off what the reply may still cost; null if that is too much.
  RedisReply* Place(const redisReadTask* task, RedisReply::Kind kind, std::size_t bytes);

  const std::size_t max_reply_bytes_;
  std::size_t cost_ = 0;  // of the reply that is being read
  RedisReply root_;
  std::unique_ptr<redisReader, FreeReader> reader_;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_REDIS_CODEC_H_
