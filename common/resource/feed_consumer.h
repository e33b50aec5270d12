// Follows the change feed of another service: applies each batch in the own store, in order, keeps
// a durable cursor behind it (at least once; effects are idempotent), and lets calls wait until a
// position is reached.
#ifndef RAPPORT_COMMON_RESOURCE_FEED_CONSUMER_H_
#define RAPPORT_COMMON_RESOURCE_FEED_CONSUMER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "common/base/mutex.h"
#include "common/rpc/consistency.h"
#include "common/store/store.h"
#include "common/store/tail.h"
#include "common/time/clock.h"
#include "google/protobuf/any.pb.h"
#include "rapport/feed/v1/change_feed_service.pb.h"

namespace rapport::resource {

// How far this process has come with the stores that it follows. Thread-safe.
class FeedPositions final : public rpc::ConsistencyGate {
 public:
  FeedPositions();
  ~FeedPositions() override;
  // Everything of `store_id` up to `sequence` has been applied.
  void Advance(const std::string& store_id, std::int64_t sequence);
  // From now on, calls wait for this store; others are ignored.
  void Follow(const std::string& store_id);
  // Until `origin` has been heard, nobody knows which store is its own: calls wait for every store
  // that they name but the one of this process, and those that were found to be nobody's who is
  // followed when all origins had been heard.
  void Await(const std::string& origin, const std::string& own_store_id);
  void Heard(const std::string& origin);
  std::int64_t PositionOf(const std::string& store_id) const;

  void Wait(const std::vector<rpc::Position>& positions, absl::Time deadline,
            absl::AnyInvocable<void(absl::Status)> then) override;

 private:
  struct Waiter {
    std::vector<rpc::Position> positions;
    absl::Time deadline;
    absl::AnyInvocable<void(absl::Status)> then;
  };
  bool Reached(const std::vector<rpc::Position>& positions) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Run();

  mutable base::Mutex mu_;
  base::CondVar changed_;
  absl::flat_hash_map<std::string, std::int64_t> applied_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_set<std::string> awaited_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_set<std::string> strangers_ ABSL_GUARDED_BY(mu_);  // stores that are ignored
  std::string own_store_id_ ABSL_GUARDED_BY(mu_);
  std::vector<Waiter> waiters_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

// The open stream of a feed; implemented over gRPC, and by tests.
class FeedStream {
 public:
  virtual ~FeedStream() = default;
  // Blocks for the next batch; false when the stream ended.
  virtual bool Read(rapport::feed::v1::ChangeBatch* batch) = 0;
  // Makes Read return false soon; from any thread.
  virtual void Cancel() = 0;
};
using FeedOpener =
    std::function<std::unique_ptr<FeedStream>(const rapport::feed::v1::WatchChangesRequest&)>;

class FeedConsumer {
 public:
  struct Options {
    std::string origin;  // "contact": names the cursor
    FeedOpener open;
    // Applies one resource; runs in a transaction of its tenant and must be idempotent.
    std::function<absl::Status(store::Tx&, const base::CallContext&, const google::protobuf::Any&)>
        apply;
    // Runs after the commits of a batch, before the positions advance: lets what memory keeps of
    // the own store come up to `sequence`. May be empty.
    std::function<absl::Status(std::int64_t sequence)> settle;
    // Other processes share the store: one of them follows the feed (Store::TryLead), the others
    // hear how far it has come through CursorSource.
    bool shared = false;
    // Told of each resource that could not be applied and was passed over.
    std::function<void(const google::protobuf::Any&, const absl::Status&)> on_poison;
  };
  // All pointers must outlive the consumer.
  FeedConsumer(Options options, store::Store* store, FeedPositions* positions,
               const time::Clock& clock);
  ~FeedConsumer();

  // Where cursors are, and the terms of those who follow; a store that is used by a consumer must
  // have both.
  static const store::Table& table();
  // Whose the cursors are: (origin; store_id, position, …).
  static base::TenantId cursor_tenant();
  static const store::Table& term_table();
  // What it leads (Store::TryLead) while it applies what it hears: nobody else on the store does.
  static std::string LeadOf(const std::string& origin) { return "feed/" + origin; }
  // Cursors that any process has written.
  store::Tail::Source CursorSource();

  void Start();
  void Stop();
  // True if the last word of the origin is younger than 15 s and all that it had was applied.
  bool Fresh() const;
  // Since its last word; InfiniteDuration if not all that it had was applied.
  absl::Duration SinceHeard() const;
  std::int64_t applied() const { return applied_.load(); }

 private:
  void Run();
  void HearCursor(const store::Row& row);
  // The stream behind the cursor, if this process follows the feed; otherwise null.
  std::shared_ptr<FeedStream> Open();
  std::string Lead() const { return LeadOf(options_.origin); }
  absl::Status TakeTerm();
  absl::Status HoldTerm(store::Tx& tx) const;
  absl::Status LoadCursor(rapport::feed::v1::WatchChangesRequest* cursor);
  absl::Status Apply(const rapport::feed::v1::ChangeBatch& batch);
  absl::Status ApplyGroup(const std::string& tenant,
                          const std::vector<const google::protobuf::Any*>& group);
  absl::Status SaveCursor(const rapport::feed::v1::ChangeBatch& batch);
  absl::Status Commit(const std::string& tenant, store::Store::Body body);

  const Options options_;
  store::Store* const store_;
  FeedPositions* const positions_;
  const time::Clock& clock_;
  std::atomic<std::int64_t> applied_{0};
  std::atomic<std::int64_t> last_word_us_{0};     // wall clock
  std::atomic<std::int64_t> silent_since_us_{0};  // when the stream ended; 0: it did not
  std::atomic<bool> caught_up_{false};
  std::int64_t term_ = 0;       // under which this process follows, or followed, the feed
  std::int64_t committed_ = 0;  // the last commit of the own store
  bool dirty_ = false;          // something was applied behind the saved cursor
  absl::Time cursor_time_;      // when it was saved
  base::Mutex mu_;
  base::CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::shared_ptr<FeedStream> stream_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_FEED_CONSUMER_H_
