#include "common/cache/redis_script.h"

#include <utility>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "common/base/mutex.h"

namespace rapport::cache {
namespace {

void Submit(RedisConnection& connection, const Command& command, absl::Duration budget,
            RedisConnection::Callback callback) {
  const std::vector<absl::string_view> words(command.begin(), command.end());
  connection.Submit(words, budget, std::move(callback));
}

using Replies = std::vector<absl::optional<absl::StatusOr<RedisReply>>>;

// Of one round. Shared: the loop may still be inside Signal() when the waiter has left.
struct Round {
  explicit Round(std::size_t calls) : replies(calls) {}
  base::Mutex mu;
  base::CondVar settled;
  Replies replies ABSL_GUARDED_BY(mu);
  std::size_t missing ABSL_GUARDED_BY(mu) = 0;
};

}  // namespace

std::vector<std::vector<std::string>> LoadScripts() {
  return {LoadCommand(MarkScript()), LoadCommand(StampScript()), LoadCommand(LeaseScript()),
          LoadCommand(FillScript())};
}

void RunScript(const std::shared_ptr<RedisConnection>& connection, Command command,
               absl::Duration budget, RedisConnection::Callback callback) {
  const std::vector<absl::string_view> words(command.begin(), command.end());
  // Moving the command does not move its words.
  connection->Submit(words, budget,
                     [connection, command = std::move(command), budget,
                      callback = std::move(callback)](absl::StatusOr<RedisReply> reply) mutable {
                       if (FailureOf(reply.status()) == RedisFailure::kNoScript) {
                         Submit(*connection, WithText(std::move(command)), budget,
                                std::move(callback));
                       } else {
                         callback(std::move(reply));
                       }
                     });
}

std::vector<absl::StatusOr<RedisReply>> RunScriptsAndWait(absl::Span<const ScriptCall> calls,
                                                          absl::Duration budget, int tries) {
  Replies replies(calls.size());
  for (int i = 0; i < tries; ++i) {
    std::vector<std::size_t> open;
    for (std::size_t at = 0; at < calls.size(); ++at) {
      const bool failed = replies[at].has_value() && !replies[at]->ok();
      if (!replies[at].has_value() || (failed && !calls[at].connection->broken())) {
        open.push_back(at);
      }
    }
    if (open.empty()) break;
    const auto round = std::make_shared<Round>(calls.size());
    {
      base::MutexLock lock(&round->mu);
      round->missing = open.size();
    }
    for (const std::size_t at : open) {
      RunScript(calls[at].connection, calls[at].command, budget,
                [round, at](absl::StatusOr<RedisReply> reply) {
                  base::MutexLock lock(&round->mu);
                  round->replies[at] = std::move(reply);
                  if (--round->missing == 0) round->settled.Signal();
                });
    }
    base::MutexLock lock(&round->mu);
    while (round->missing > 0) round->settled.Wait(&round->mu);
    for (const std::size_t at : open) replies[at] = std::move(round->replies[at]);
  }
  std::vector<absl::StatusOr<RedisReply>> all;
  all.reserve(replies.size());
  for (auto& reply : replies) all.push_back(*std::move(reply));
  return all;
}

absl::StatusOr<RedisReply> RunScriptAndWait(const std::shared_ptr<RedisConnection>& connection,
                                            const Command& command, absl::Duration budget,
                                            int tries) {
  const ScriptCall call{connection, command};
  return std::move(RunScriptsAndWait({&call, 1}, budget, tries)[0]);
}

std::uint64_t NewHoldId(base::Rng& rng) {
  std::uint64_t id = 0;
  while (id == 0 || id == kNamelessIntent) id = rng.Next();
  return id;
}

}  // namespace rapport::cache
