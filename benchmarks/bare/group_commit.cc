#include "benchmarks/bare/group_commit.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "benchmarks/bare/servers.h"
#include "benchmarks/bare/service.h"

namespace rapport::benchmarks {
namespace {

constexpr std::size_t kMostInACommit = 512;
// An engagement's size, as the service answers with it.
constexpr std::size_t kAnswer = 500;

class GroupCommit {
 public:
  explicit GroupCommit(std::vector<CommitCalls> writers) {
    for (CommitCalls& writer : writers) {
      threads_.emplace_back([this, writer = std::move(writer)] { Run(writer); });
    }
  }
  void Stop() {
    {
      const std::lock_guard lock(mu_);
      stopping_ = true;
    }
    work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  void Add(grpc::ServerUnaryReactor* reactor) {
    {
      const std::lock_guard lock(mu_);
      waiting_.push_back(reactor);
    }
    work_.notify_one();
  }

 private:
  void Run(const CommitCalls& commit) {
    std::vector<grpc::ServerUnaryReactor*> group;
    while (true) {
      {
        std::unique_lock lock(mu_);
        work_.wait(lock, [this] { return !waiting_.empty() || stopping_; });
        if (waiting_.empty()) return;
        const auto end = waiting_.begin() +
                         static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kMostInACommit));
        group.assign(waiting_.begin(), end);
        waiting_.erase(waiting_.begin(), end);
      }
      commit(group.size());
      for (auto* reactor : group) reactor->Finish(grpc::Status::OK);
    }
  }

  std::mutex mu_;
  std::condition_variable work_;
  std::vector<grpc::ServerUnaryReactor*> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

int ServeGroupCommit(const std::string& address, std::vector<CommitCalls> writers) {
  GroupCommit store(std::move(writers));
  const grpc::Slice slice(std::string(kAnswer, 'x'));
  const grpc::ByteBuffer answer(&slice, 1);
  BareService<grpc::ByteBuffer, grpc::ByteBuffer> service(
      kBareMethod,
      [&](grpc::CallbackServerContext* context, const grpc::ByteBuffer*, grpc::ByteBuffer* out) {
        *out = answer;
        auto* const reactor = context->DefaultReactor();
        store.Add(reactor);
        return reactor;
      });
  return ServeUntilSignal(address, &service, [&] { store.Stop(); });
}

}  // namespace rapport::benchmarks
