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

absl::StatusOr<RedisReply> RunOnce(const std::shared_ptr<RedisConnection>& connection,
                                   const Command& command, absl::Duration budget) {
  struct Outcome {
    base::Mutex mu;
    base::CondVar settled;
    absl::optional<absl::StatusOr<RedisReply>> reply ABSL_GUARDED_BY(mu);
  };
  // Shared: the loop may still be inside Signal() when the waiter has left.
  const auto outcome = std::make_shared<Outcome>();
  RunScript(connection, command, budget, [outcome](absl::StatusOr<RedisReply> reply) {
    base::MutexLock lock(&outcome->mu);
    outcome->reply = std::move(reply);
    outcome->settled.Signal();
  });
  base::MutexLock lock(&outcome->mu);
  while (!outcome->reply.has_value()) outcome->settled.Wait(&outcome->mu);
  return *std::move(outcome->reply);
}

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

absl::StatusOr<RedisReply> RunScriptAndWait(const std::shared_ptr<RedisConnection>& connection,
                                            const Command& command, absl::Duration budget,
                                            int tries) {
  auto reply = RunOnce(connection, command, budget);
  while (!reply.ok() && --tries > 0 && !connection->broken()) {
    reply = RunOnce(connection, command, budget);
  }
  return reply;
}

std::uint64_t NewHoldId(base::Rng& rng) {
  std::uint64_t id = 0;
  while (id == 0 || id == kNamelessIntent) id = rng.Next();
  return id;
}

}  // namespace rapport::cache
