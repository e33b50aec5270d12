#include "common/cache/redis_connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace rapport::cache {
namespace {

// Reads in one turn, so that one connection does not starve the others of its loop.
constexpr int kMaxReads = 64;
// Deadlines are told this late at most; it bounds how often they are looked through.
constexpr absl::Duration kDeadlineGrain = absl::Milliseconds(1);
// What is written is cut off the queue in pieces of at least this size.
constexpr std::size_t kCutBytes = std::size_t{64} << 10;

using Kind = RedisStream::Progress::Kind;

}  // namespace

absl::StatusOr<std::shared_ptr<RedisConnection>> RedisConnection::Open(RedisDriver& loop,
                                                                       const BootClock& clock,
                                                                       const RedisOptions& options,
                                                                       OnBroken on_broken,
                                                                       std::size_t attempt) {
  auto reader = std::make_unique<ReplyReader>(options.max_reply_bytes);
  ASSIGN_OR_RETURN(DialedRedis dialed, DialRedis(clock, options, attempt, *reader));
  std::shared_ptr<RedisConnection> connection(new RedisConnection(
      loop, clock, options, std::move(on_broken), std::move(dialed), std::move(reader)));
  loop.Add(connection);
  return connection;
}

RedisConnection::RedisConnection(RedisDriver& loop, const BootClock& clock,
                                 const RedisOptions& options, OnBroken on_broken,
                                 DialedRedis dialed, std::unique_ptr<ReplyReader> reader)
    : loop_(loop),
      clock_(clock),
      max_silence_(options.max_silence),
      max_commands_(options.max_commands),
      max_queued_bytes_(options.max_queued_bytes),
      node_(std::move(dialed.node)),
      run_id_(std::move(dialed.run_id)),
      stream_(std::move(dialed.stream)),
      reader_(std::move(reader)),
      on_broken_(std::move(on_broken)) {}

void RedisConnection::Submit(absl::Span<const absl::string_view> words, absl::Duration budget,
                             Callback callback) {
  Queue(words, {}, budget, std::move(callback));
}

void RedisConnection::Get(absl::string_view key, absl::Duration budget, Callback callback) {
  Queue({"GET", key}, key, budget, std::move(callback));
}

void RedisConnection::Queue(absl::Span<const absl::string_view> words, absl::string_view shared_key,
                            absl::Duration budget, Callback callback) {
  const absl::Duration deadline = clock_.Now() + budget;
  absl::Status refusal;
  {
    base::MutexLock lock(&mu_);
    const std::size_t before = submitted_bytes_.size();
    if (broken_) {
      refusal = RedisError(RedisFailure::kClosed, "the connection is broken; nothing was sent");
    } else if (const auto asked = asked_.find(shared_key);
               asked != asked_.end() && asked->second.budget == budget) {
      Command& waiting = submitted_[asked->second.at];
      waiting.deadline = deadline;  // a stall before us is not ours
      waiting.sharers.push_back(std::move(callback));
      return;
    } else {
      AppendCommand(words, &submitted_bytes_);
      const std::size_t size = submitted_bytes_.size() - before;
      if (commands_ >= max_commands_ || size > max_queued_bytes_ ||
          queued_bytes_ > max_queued_bytes_ - size) {
        submitted_bytes_.resize(before);
        refusal = RedisError(RedisFailure::kFull, "too much is waiting; nothing was sent");
      } else {
        ++commands_;
        queued_bytes_ += size;
        if (!shared_key.empty()) asked_.emplace(shared_key, Asked{submitted_.size(), budget});
        submitted_.push_back({deadline, std::move(callback)});
      }
    }
  }
  if (refusal.ok()) {
    loop_.Wake();
  } else {
    loop_.Post([refusal = std::move(refusal), callback = std::move(callback)]() mutable {
      callback(std::move(refusal));
    });
  }
}

void RedisConnection::Close() {
  {
    base::MutexLock lock(&mu_);
    closing_ = true;
  }
  loop_.Wake();
}

void RedisConnection::Break(absl::Status why) {
  if (why_.ok()) why_ = std::move(why);
}

void RedisConnection::OnReady() {
  for (int i = 0; i < kMaxReads && why_.ok(); ++i) {
    std::array<char, RedisStream::kReadBytes> bytes;  // Read fills it
    auto got = stream_.Read(absl::MakeSpan(bytes));
    switch (got.kind) {
      case Kind::kSome:
        heard_ = clock_.Now();
        if (auto fed = reader_->Feed({bytes.data(), got.bytes}); !fed.ok()) {
          return Break(std::move(fed));
        }
        Parse();
        if (got.bytes < bytes.size()) return;
        break;
      case Kind::kLater:
        return;
      case Kind::kEnd:
        return Break(RedisError(RedisFailure::kBroken, "closed by the other side"));
      case Kind::kFailed:
        return Break(RedisError(RedisFailure::kBroken, got.why));
    }
  }
}

void RedisConnection::Parse() {
  while (why_.ok()) {
    auto reply = reader_->Next();
    if (!reply.ok()) return Break(std::move(reply).status());
    if (!reply->has_value()) return;
    Answer(**std::move(reply));
  }
}

void RedisConnection::Answer(RedisReply reply) {
  if (under_way_.empty()) {
    return Break(RedisError(RedisFailure::kProtocol, "a reply that nobody asked for"));
  }
  Command command = std::move(under_way_.front());
  under_way_.pop_front();
  --commands_;
  if (reply.kind == RedisReply::Kind::kError) {
    absl::Status error = ErrorOfReply(reply.text);
    const RedisFailure failure = FailureOf(error);
    if (failure == RedisFailure::kReadOnly || failure == RedisFailure::kMoved) {
      Break(ErrorOfReply(reply.text));
    }
    if (command.callback != nullptr) return Tell(command, std::move(error));
  }
  if (command.callback == nullptr) {
    ++late_replies_;
  } else {
    Tell(command, std::move(reply));
  }
}

void RedisConnection::Tell(Command& command, absl::StatusOr<RedisReply> reply) {
  for (Callback& sharer : command.sharers) sharer(reply);
  command.callback(std::move(reply));
}

RedisDriver::Source::Wish RedisConnection::OnTurn() {
  if (stream_.read_wants_write()) OnReady();
  const absl::Duration now = clock_.Now();
  TakeSubmitted(now);
  Write();
  Expire(now);
  if (!under_way_.empty() && now - heard_ >= max_silence_) {
    Break(RedisError(RedisFailure::kBroken, "silent for too long"));
  }
  Wish wish;
  wish.done = !why_.ok();
  wish.due = !under_way_.empty();
  wish.write = written_ < out_.size() || stream_.read_wants_write();
  wish.next_turn = next_deadline_;
  if (!under_way_.empty()) wish.next_turn = std::min(wish.next_turn, heard_ + max_silence_);
  return wish;
}

void RedisConnection::TakeSubmitted(absl::Duration now) {
  {
    base::MutexLock lock(&mu_);
    if (closing_) Break(RedisError(RedisFailure::kBroken, "closed by its owner"));
    taken_.swap(submitted_);
    asked_.clear();  // from here on a reader who comes asks anew
    if (out_.empty()) {
      out_.swap(submitted_bytes_);
    } else {
      out_ += submitted_bytes_;
      submitted_bytes_.clear();
    }
  }
  if (under_way_.empty()) heard_ = now;
  for (Command& command : taken_) {
    next_deadline_ = std::min(next_deadline_, command.deadline);
    under_way_.push_back(std::move(command));
  }
  taken_.clear();
}

void RedisConnection::Write() {
  if (!why_.ok()) return;
  while (written_ < out_.size()) {
    const auto sent = stream_.Write(absl::string_view(out_).substr(written_));
    if (sent.kind == Kind::kLater) break;
    if (sent.kind == Kind::kEnd || sent.kind == Kind::kFailed) {
      return Break(RedisError(RedisFailure::kBroken,
                              sent.kind == Kind::kEnd ? "closed by the other side" : sent.why));
    }
    written_ += sent.bytes;
    queued_bytes_ -= sent.bytes;
  }
  if (written_ == out_.size()) {
    out_.clear();
    written_ = 0;
  } else if (written_ >= kCutBytes && written_ >= out_.size() / 2) {
    out_.erase(0, written_);
    written_ = 0;
  }
}

void RedisConnection::Expire(absl::Duration now) {
  if (now < next_deadline_) return;
  next_deadline_ = absl::InfiniteDuration();
  for (Command& command : under_way_) {
    if (command.callback == nullptr) continue;
    if (command.deadline > now) {
      next_deadline_ = std::min(next_deadline_, std::max(command.deadline, now + kDeadlineGrain));
      continue;
    }
    Command late = std::move(command);
    command.callback = nullptr;
    Tell(late, RedisError(RedisFailure::kDeadline, "no reply in time; the outcome is unknown"));
  }
}

void RedisConnection::OnRemoved() {
  if (why_.ok()) why_ = RedisError(RedisFailure::kBroken, "the loop has ended");
  {
    base::MutexLock lock(&mu_);
    broken_ = true;
    taken_.swap(submitted_);
    asked_.clear();
    submitted_bytes_ = std::string();
  }
  stream_ = RedisStream();
  std::deque<Command> failed = std::move(under_way_);
  under_way_.clear();
  for (Command& command : taken_) failed.push_back(std::move(command));
  taken_.clear();
  for (Command& command : failed) {
    if (command.callback == nullptr) continue;
    Tell(command, RedisError(RedisFailure::kBroken,
                             absl::StrCat("the outcome is unknown: ", why_.message())));
  }
  out_ = std::string();
  if (on_broken_ != nullptr) on_broken_(std::move(why_));
  on_broken_ = nullptr;
}

}  // namespace rapport::cache
