#include "common/resource/feed_service.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/failpoint.h"
#include "common/base/status_macros.h"
#include "common/rpc/codec.h"
#include "rapport/feed/v1/change_feed_service.pb.h"

namespace rapport::resource {

namespace feed = rapport::feed::v1;

namespace {
constexpr int kMaxChanges = 1000;
constexpr std::size_t kMaxBytes = 1 << 20;
}  // namespace

class FeedService::Source final : public rpc::StreamSource {
 public:
  Source(FeedService* service, const base::CallContext& context, std::int64_t after, bool copies,
         std::function<void()> wake)
      : service_(service),
        context_(context),
        copies_(copies),
        after_(after),
        handle_(service->AddWake(std::move(wake))) {
    context_.deadline = absl::InfiniteFuture();
  }
  ~Source() override { service_->RemoveWake(handle_); }

  absl::StatusOr<std::vector<grpc::ByteBuffer>> Next(bool heartbeat) override {
    base::CallContext context = context_;
    context.deadline = absl::Now() + absl::Seconds(5);
    ASSIGN_OR_RETURN(auto snapshot, service_->store_->Read(context, context.tenant));
    struct Found {
      std::int64_t sequence;
      const std::string* type_url;
      std::string body;
    };
    std::vector<Found> found;
    // A follower goes on from here: no commit to come lies below the view's sequence, and what lies
    // behind the end of a table that was cut off must wait, or the order would break.
    std::int64_t reached = snapshot->sequence();
    bool cut = false;
    for (const auto& published : service_->published_) {
      if (published.copy && !copies_) continue;
      int rows = 0;
      std::size_t bytes = 0;
      std::int64_t last = after_;
      bool table_cut = false;
      RETURN_IF_ERROR(
          snapshot->Feed(*published.table, after_, kMaxChanges,
                         [&](const base::TenantId& tenant, std::int64_t sequence, store::Row& row) {
                           last = sequence;
                           ++rows;
                           if (context_.all_tenants || tenant == context_.tenant) {
                             std::string& body = std::get<std::string>(row.back());
                             bytes += body.size();
                             found.push_back({sequence, &published.type_url, std::move(body)});
                           }
                           table_cut = rows == kMaxChanges || bytes > kMaxBytes;
                           return !table_cut;
                         }));
      if (table_cut) {
        reached = std::min(reached, last);
        cut = true;
      }
    }
    reached = std::max(reached, after_);
    feed::ChangeBatch batch;
    batch.set_store_id(service_->store_->id());
    std::sort(found.begin(), found.end(),
              [](const Found& a, const Found& b) { return a.sequence < b.sequence; });
    std::set<std::int64_t> ahead;
    for (auto& change : found) {
      if (cut && change.sequence > reached) break;
      if (change.sequence > reached) {
        // Overtook a commit that still runs; it will be shown again, and is sent once.
        ahead.insert(change.sequence);
        if (ahead_.contains(change.sequence)) continue;
      }
      auto* sent = batch.add_changes();
      sent->set_version(service_->store_->VersionOf(change.sequence));
      auto* resource = sent->mutable_resource();
      resource->set_type_url(*change.type_url);
      resource->set_value(std::move(change.body));
    }
    ahead_ = std::move(ahead);
    batch.set_caught_up(!cut);
    // The first message always goes out: it tells who has everything already that they have.
    const bool worth_sending = batch.changes_size() > 0 || heartbeat || reached > announced_;
    after_ = reached;
    batch.set_sequence(reached);
    if (!worth_sending) return std::vector<grpc::ByteBuffer>{};
    announced_ = reached;
    if (batch.changes_size() > 0) base::Failpoint(base::Place::kInFeed);
    std::vector<grpc::ByteBuffer> out;
    out.push_back(rpc::Serialize(batch));
    return out;
  }

 private:
  FeedService* const service_;
  base::CallContext context_;
  const bool copies_;
  std::int64_t after_;
  std::int64_t announced_ = -1;
  std::set<std::int64_t> ahead_;  // sequences beyond after_ that were sent
  const int handle_;
};

FeedService::FeedService(store::Store* store) : store_(store) {
  listener_ = store_->AddCommitListener([this](std::int64_t) {
    base::MutexLock lock(&mu_);
    for (const auto& [handle, wake] : wakes_) wake();
  });
}

FeedService::~FeedService() { store_->RemoveCommitListener(listener_); }

int FeedService::AddWake(std::function<void()> wake) {
  base::MutexLock lock(&mu_);
  wakes_.emplace(next_handle_, std::move(wake));
  return next_handle_++;
}

void FeedService::RemoveWake(int handle) {
  base::MutexLock lock(&mu_);
  wakes_.erase(handle);
}

void FeedService::Publish(const store::Table& table, const google::protobuf::Descriptor* type) {
  published_.push_back({&table, absl::StrCat("type.googleapis.com/", type->full_name()), false});
}

void FeedService::PublishCopy(const store::Table& table, const google::protobuf::Descriptor* type) {
  Publish(table, type);
  published_.back().copy = true;
}

void FeedService::Register(rpc::MethodTable* table) {
  table->ServerStream(
      "rapport.feed.v1.ChangeFeedService/WatchChanges",
      [this](const base::CallContext& context, const google::protobuf::Message& message,
             std::function<void()> wake) -> absl::StatusOr<std::unique_ptr<rpc::StreamSource>> {
        const auto& request = static_cast<const feed::WatchChangesRequest&>(message);
        const bool known = request.store_id() == store_->id();
        return std::make_unique<Source>(this, context, known ? request.after_sequence() : 0,
                                        request.include_copies(), std::move(wake));
      });
}

}  // namespace rapport::resource
