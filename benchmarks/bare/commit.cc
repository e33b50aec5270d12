#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "benchmarks/bare/rows.h"
#include "benchmarks/bare/servers.h"
#include "benchmarks/bare/service.h"
#include "common/base/uuid.h"

namespace rapport::benchmarks {
namespace {

constexpr std::size_t kMostInACommit = 512;
constexpr std::size_t kSamples = 20000;

// Makes rows like those that the store holds.
class Source {
 public:
  explicit Source(Database* copy, const EngagementWriter::Places& places) : places_(places) {
    const std::int64_t rows = copy->Number("SELECT max(rowid) FROM engagements");
    const std::int64_t step = std::max<std::int64_t>(1, rows / static_cast<std::int64_t>(kSamples));
    engagements_ = copy->Rows("engagements", "rowid % " + std::to_string(step) + " = 0");
    statistics_ = copy->Rows("statistics", "1");
    for (std::size_t i = 0; i < statistics_.size(); ++i) {
      by_owner_.emplace(std::get<std::string>(statistics_[i][places_.owner]), i);
    }
  }

  // The engagement of a relationship drawn at random; its id, time and source are new.
  const Row& NextEngagement() {
    Row& row = engagements_[random_() % engagements_.size()];
    Row& owner = statistics_[random_() % statistics_.size()];
    const absl::Time now = absl::Now();
    row[places_.parent] = owner[places_.owner];
    row[places_.id] = base::UuidV7(now, random_(), random_());
    row[places_.time] = absl::ToUnixMicros(now);
    std::string key(16, '\0');
    for (char& c : key) c = static_cast<char>(random_());
    row[places_.source_key] = Blob{std::move(key)};
    return row;
  }
  // The statistics of its relationship, with the last contact moved to now.
  const Row& StatisticsOf(const Row& engagement) {
    Row& row = statistics_[by_owner_.at(std::get<std::string>(engagement[places_.parent]))];
    if (auto* const drift = std::get_if<std::int64_t>(&row[places_.drift])) *drift += 1000;
    return row;
  }

 private:
  const EngagementWriter::Places places_;
  std::mt19937_64 random_{1};
  std::vector<Row> engagements_;
  std::vector<Row> statistics_;
  std::map<std::string, std::size_t, std::less<>> by_owner_;
};

class GroupCommit {
 public:
  explicit GroupCommit(const std::string& path)
      : copy_(path, Database::Use::kWrite), writer_(&copy_), source_(&copy_, writer_.places()) {
    thread_ = std::thread([this] { Run(); });
  }
  void Stop() {
    {
      const std::lock_guard lock(mu_);
      stopping_ = true;
    }
    work_.notify_one();
    thread_.join();
  }
  void Add(grpc::ServerUnaryReactor* reactor) {
    {
      const std::lock_guard lock(mu_);
      waiting_.push_back(reactor);
    }
    work_.notify_one();
  }

 private:
  void Run() {
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
      begin_.Run();
      for (std::size_t i = 0; i < group.size(); ++i) {
        const Row& engagement = source_.NextEngagement();
        writer_.InsertEngagement(engagement);
        writer_.UpdateStatistics(source_.StatisticsOf(engagement));
      }
      commit_.Run();
      for (auto* reactor : group) reactor->Finish(grpc::Status::OK);
    }
  }

  Database copy_;
  EngagementWriter writer_;
  Source source_;
  Command begin_{&copy_, "BEGIN IMMEDIATE"};
  Command commit_{&copy_, "COMMIT"};
  std::mutex mu_;
  std::condition_variable work_;
  std::vector<grpc::ServerUnaryReactor*> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

int ServeCommits(const std::string& address, const std::string& path) {
  BlockSignals();
  GroupCommit store(path);
  // An engagement's size, as the service answers with it.
  const grpc::Slice slice(std::string(500, 'x'));
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
