#include "common/cache/redis_codec.h"

#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace rapport::cache {
namespace {

constexpr absl::string_view kPayload = "rapport/redis_failure";

absl::StatusCode CodeOf(RedisFailure failure) {
  switch (failure) {
    case RedisFailure::kFull:
    case RedisFailure::kOutOfMemory:
      return absl::StatusCode::kResourceExhausted;
    case RedisFailure::kDeadline:
      return absl::StatusCode::kDeadlineExceeded;
    case RedisFailure::kDenied:
      return absl::StatusCode::kPermissionDenied;
    case RedisFailure::kNoScript:
      return absl::StatusCode::kNotFound;
    case RedisFailure::kNone:
    case RedisFailure::kOther:
      return absl::StatusCode::kInternal;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

RedisFailure FailureOfText(absl::string_view text, absl::string_view word) {
  if (absl::StartsWith(text, "ERR max number of clients")) return RedisFailure::kMaxClients;
  static constexpr struct {
    absl::string_view word;
    RedisFailure failure;
  } kWords[] = {
      {"READONLY", RedisFailure::kReadOnly}, {"MASTERDOWN", RedisFailure::kReadOnly},
      {"LOADING", RedisFailure::kLoading},   {"BUSY", RedisFailure::kBusy},
      {"MOVED", RedisFailure::kMoved},       {"CLUSTERDOWN", RedisFailure::kMoved},
      {"ASK", RedisFailure::kMigrating},     {"TRYAGAIN", RedisFailure::kMigrating},
      {"OOM", RedisFailure::kOutOfMemory},   {"NOSCRIPT", RedisFailure::kNoScript},
      {"NOAUTH", RedisFailure::kDenied},     {"WRONGPASS", RedisFailure::kDenied},
      {"NOPERM", RedisFailure::kDenied},     {"DENIED", RedisFailure::kDenied},
  };
  for (const auto& known : kWords) {
    if (word == known.word) return known.failure;
  }
  return RedisFailure::kOther;
}

}  // namespace

absl::string_view FailureName(RedisFailure failure) {
  static constexpr absl::string_view kNames[] = {
      "none",          "unreachable", "full",        "deadline", "broken", "closed",
      "protocol",      "readonly",    "loading",     "busy",     "moved",  "migrating",
      "out_of_memory", "no_script",   "max_clients", "denied",   "other"};
  return kNames[static_cast<std::size_t>(failure)];
}

absl::Status RedisError(RedisFailure failure, absl::string_view detail) {
  absl::Status status(CodeOf(failure), absl::StrCat("Redis: ", FailureName(failure), ": ", detail));
  status.SetPayload(kPayload, absl::Cord(std::string(1, static_cast<char>(failure))));
  return status;
}

RedisFailure FailureOf(const absl::Status& status) {
  if (status.ok()) return RedisFailure::kNone;
  const auto payload = status.GetPayload(kPayload);
  if (!payload.has_value() || payload->size() != 1) return RedisFailure::kNone;
  return static_cast<RedisFailure>((*payload)[0]);
}

absl::Status ErrorOfReply(absl::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && length < 16 && IsUpper(text[length])) ++length;
  const absl::string_view word = text.substr(0, length);
  return RedisError(FailureOfText(text, word), word);
}

void AppendCommand(absl::Span<const absl::string_view> words, std::string* out) {
  absl::StrAppend(out, "*", words.size(), "\r\n");
  for (const absl::string_view word : words) {
    absl::StrAppend(out, "$", word.size(), "\r\n", word, "\r\n");
  }
}

// hiredis reports what it reads by these calls. `task->privdata` is the reader; the parent of an
// element is the array in whose place it stands. A null is an error ("out of memory").
struct ReplyReader::Build {
  static ReplyReader* Reader(const redisReadTask* task) {
    return static_cast<ReplyReader*>(task->privdata);
  }
  static void* String(const redisReadTask* task, char* text, std::size_t size) {
    const auto kind = task->type == REDIS_REPLY_ERROR    ? RedisReply::Kind::kError
                      : task->type == REDIS_REPLY_STATUS ? RedisReply::Kind::kStatus
                                                         : RedisReply::Kind::kString;
    RedisReply* reply = Reader(task)->Place(task, kind, size);
    if (reply != nullptr) reply->text.assign(text, size);
    return reply;
  }
  static void* Array(const redisReadTask* task, int size) {
    const auto count = static_cast<std::size_t>(size);
    RedisReply* reply =
        Reader(task)->Place(task, RedisReply::Kind::kArray, count * sizeof(RedisReply));
    if (reply != nullptr) reply->elements.resize(count);
    return reply;
  }
  static void* Integer(const redisReadTask* task, long long value) {
    RedisReply* reply = Reader(task)->Place(task, RedisReply::Kind::kInteger, 0);
    if (reply != nullptr) reply->integer = value;
    return reply;
  }
  static void* Nil(const redisReadTask* task) {
    return Reader(task)->Place(task, RedisReply::Kind::kNil, 0);
  }
  static void Free(void*) {}  // the root is a member

  static redisReplyObjectFunctions functions;
};

redisReplyObjectFunctions ReplyReader::Build::functions = {String, Array, Integer, Nil, Free};

RedisReply* ReplyReader::Place(const redisReadTask* task, RedisReply::Kind kind,
                               std::size_t bytes) {
  if (bytes > max_reply_bytes_ - cost_) return nullptr;
  cost_ += bytes;
  RedisReply* place = &root_;
  if (task->parent != nullptr) {
    auto* array = static_cast<RedisReply*>(task->parent->obj);
    place = &array->elements[static_cast<std::size_t>(task->idx)];
  }
  place->kind = kind;
  return place;
}

void ReplyReader::FreeReader::operator()(redisReader* reader) const { redisReaderFree(reader); }

ReplyReader::ReplyReader(std::size_t max_reply_bytes)
    : max_reply_bytes_(max_reply_bytes),
      reader_(redisReaderCreateWithFunctions(&Build::functions)) {
  if (reader_ == nullptr) std::abort();  // out of memory
  reader_->privdata = this;
  reader_->maxbuf = 0;  // keeps its memory for the next replies
}

ReplyReader::~ReplyReader() = default;

absl::Status ReplyReader::Feed(absl::string_view bytes) {
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) {
    return RedisError(RedisFailure::kProtocol, "unreadable");
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::optional<RedisReply>> ReplyReader::Next() {
  void* reply = nullptr;
  if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
    return RedisError(RedisFailure::kProtocol, "not RESP2, or a reply that is too large");
  }
  if (reply == nullptr) {
    // hiredis keeps a string until all of it is there.
    if (reader_->len - reader_->pos > max_reply_bytes_) {
      return RedisError(RedisFailure::kProtocol, "a reply that is too large");
    }
    return absl::optional<RedisReply>();
  }
  cost_ = 0;
  return absl::optional<RedisReply>(std::exchange(root_, RedisReply()));
}

bool ReplyReader::in_reply() const {
  // hiredis stands at its first task, without a type, when it waits for the next reply.
  const bool begun = reader_->ridx > 0 || (reader_->ridx == 0 && reader_->rstack[0].type != -1);
  return begun || reader_->len > reader_->pos;
}

}  // namespace rapport::cache
