// One connection to one Redis process. It is pipelined, never blocks and never reconnects: what it
// was made to (run_id) is what it leads to, until it breaks for ever.
#ifndef RAPPORT_COMMON_CACHE_REDIS_CONNECTION_H_
#define RAPPORT_COMMON_CACHE_REDIS_CONNECTION_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/mutex.h"
#include "common/cache/boot_clock.h"
#include "common/cache/redis_codec.h"
#include "common/cache/redis_dial.h"
#include "common/cache/redis_driver.h"
#include "common/cache/redis_stream.h"

namespace rapport::cache {

// Thread-safe. The loop keeps an open connection alive: whoever opened it calls Close().
//
// It breaks if the socket ends or fails, if Redis says something that is no reply, is silent for
// `max_silence` while replies are due, or answers that it is not what it was made to any more:
// READONLY (it became a replica), MOVED (another node of the cluster has the keys) or CLUSTERDOWN.
class RedisConnection final : public RedisDriver::Source {
 public:
  // An error reply of Redis is a status; FailureOf() tells which.
  using Callback = absl::AnyInvocable<void(absl::StatusOr<RedisReply>)>;
  // Called once, on the loop, after every command has failed.
  using OnBroken = absl::AnyInvocable<void(absl::Status why)>;

  // Blocks for up to `open_timeout` (redis_dial.h says what happens): not on a loop. `loop` and
  // `clock` outlive the connection.
  static absl::StatusOr<std::shared_ptr<RedisConnection>> Open(RedisDriver& loop,
                                                               const BootClock& clock,
                                                               const RedisOptions& options,
                                                               OnBroken on_broken,
                                                               std::size_t attempt = 0);

  // Sends a command. `callback` is called exactly once, on the loop and never inside Submit, with
  // the reply or with
  //   kFull      at once: too much waits already; nothing was sent
  //   kClosed    at once: the connection was broken before; nothing was sent
  //   kDeadline  `budget` has passed. The command may run yet; its late reply is dropped
  //   kBroken    the connection broke; whether the command ran is unknown
  // Replies come in the order of the commands. A callback may do anything that does not block.
  void Submit(absl::Span<const absl::string_view> words, absl::Duration budget, Callback callback);
  // The same for GET of `key`, which must stay until the callback is called. Who asks for the same
  // key with the same budget while the command still waits to be written shares its reply: it is
  // read after all of them asked (protocol.h, MayShare). So a key that all calls need costs one
  // command a turn.
  void Get(absl::string_view key, absl::Duration budget, Callback callback);

  // Breaks it. Returns at once; commands under way fail on the loop.
  void Close();
  bool broken() const { return broken_; }
  // The process that it was made to.
  const std::string& run_id() const { return run_id_; }
  const RedisNode& node() const { return node_; }
  // Replies dropped because they came after their deadline.
  std::int64_t late_replies() const { return late_replies_; }

  // For the loop.
  int fd() const override { return stream_.fd(); }
  void OnReady() override;
  Wish OnTurn() override;
  void OnRemoved() override;

 private:
  struct Command {
    absl::Duration deadline;  // boot time
    Callback callback;        // null once its deadline has passed
    std::vector<Callback> sharers = {};
  };
  struct Asked {
    std::size_t at;  // in submitted_
    absl::Duration budget;
  };
  RedisConnection(RedisDriver& loop, const BootClock& clock, const RedisOptions& options,
                  OnBroken on_broken, DialedRedis dialed, std::unique_ptr<ReplyReader> reader);
  // `shared_key`: empty if nobody may share the reply.
  void Queue(absl::Span<const absl::string_view> words, absl::string_view shared_key,
             absl::Duration budget, Callback callback);
  void Parse();
  void Answer(RedisReply reply);
  static void Tell(Command& command, absl::StatusOr<RedisReply> reply);
  // Moves what was submitted to the end of what is under way.
  void TakeSubmitted(absl::Duration now);
  void Write();
  void Expire(absl::Duration now);
  void Break(absl::Status why);

  RedisDriver& loop_;
  const BootClock& clock_;
  const absl::Duration max_silence_;
  const std::size_t max_commands_;
  const std::size_t max_queued_bytes_;
  const RedisNode node_;
  const std::string run_id_;
  std::atomic<bool> broken_{false};
  std::atomic<std::size_t> commands_{0};      // without a reply; grows under mu_ only
  std::atomic<std::size_t> queued_bytes_{0};  // not written; grows under mu_ only
  std::atomic<std::int64_t> late_replies_{0};

  base::Mutex mu_;
  std::string submitted_bytes_ ABSL_GUARDED_BY(mu_);
  std::vector<Command> submitted_ ABSL_GUARDED_BY(mu_);
  // The keys that may be shared, of what is submitted.
  absl::flat_hash_map<absl::string_view, Asked> asked_ ABSL_GUARDED_BY(mu_);
  bool closing_ ABSL_GUARDED_BY(mu_) = false;

  // Loop only.
  RedisStream stream_;
  std::unique_ptr<ReplyReader> reader_;
  std::string out_;  // commands under way; written up to written_
  std::size_t written_ = 0;
  std::vector<Command> taken_;
  std::deque<Command> under_way_;
  absl::Duration next_deadline_ = absl::InfiniteDuration();
  absl::Duration heard_;  // when bytes came last, or were first waited for
  absl::Status why_;      // not OK: broken
  OnBroken on_broken_;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_REDIS_CONNECTION_H_
