// What is known of commits: how far the change feeds are complete, and who wants to hear.
//
// A feed is complete up to the last commit below which no transaction runs any more (the xmin of
// the server's snapshot), and not beyond the last commit that is certainly on disk: after a crash
// the server may give ids anew that it gave to transactions of which nothing was written down.
#ifndef RAPPORT_COMMON_STORE_POSTGRES_COMMITS_H_
#define RAPPORT_COMMON_STORE_POSTGRES_COMMITS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>

#include "common/base/mutex.h"
#include "common/store/postgres_connection.h"
#include "common/store/postgres_schema.h"

namespace rapport::store {

using PostgresOpener = std::function<absl::StatusOr<std::unique_ptr<PostgresConnection>>()>;

// Thread-safe. While there are listeners, a thread of its own asks the server every 20 ms, so that
// they hear of other processes' commits too.
class PostgresCommits {
 public:
  // `on_loss` is called, on the thread, if the server does not know a commit any more that it had
  // acknowledged: an older state of the database was put in its place.
  PostgresCommits(PostgresOpener open, std::function<void()> on_loss, const PostgresState& state);
  ~PostgresCommits();
  PostgresCommits(const PostgresCommits&) = delete;
  PostgresCommits& operator=(const PostgresCommits&) = delete;

  std::int64_t base() const { return base_; }
  // A commit with this sequence was acknowledged by the server.
  void Acknowledged(std::int64_t sequence);
  // The highest sequence known to be committed.
  std::int64_t committed() const { return committed_.load(std::memory_order_acquire); }
  // Every commit up to here is in a view with this snapshot, and no commit to come is among them.
  std::int64_t CompleteUpTo(const PostgresSnapshot& snapshot) const;
  // The commit of this sequence, if it happened, is in a view with this snapshot.
  bool Includes(const PostgresSnapshot& snapshot, std::int64_t sequence) const;

  // Calls the listeners, one after the other.
  void Tell(std::int64_t sequence);
  int AddListener(std::function<void(std::int64_t)> listener);
  void RemoveListener(int handle);

 private:
  void Watch();
  // How far the feeds are complete now; nothing if the server does not answer.
  absl::StatusOr<std::int64_t> AskServer(std::unique_ptr<PostgresConnection>& connection);

  const PostgresOpener open_;
  const std::function<void()> on_loss_;
  const std::int64_t base_;
  std::atomic<std::int64_t> durable_;  // number of a commit
  std::atomic<std::int64_t> committed_;

  base::Mutex mu_;
  base::CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::map<int, std::function<void(std::int64_t)>> listeners_ ABSL_GUARDED_BY(mu_);
  int next_listener_ ABSL_GUARDED_BY(mu_) = 1;

  std::thread thread_;  // last: starts when all else is there
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_POSTGRES_COMMITS_H_
