#include "tools/cache_auditor/feeds.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "google/protobuf/empty.pb.h"
#include "google/protobuf/unknown_field_set.h"
#include "rapport/cache/v1/cache_service.pb.h"

namespace rapport::auditor {

namespace feed = rapport::feed::v1;

namespace {

constexpr absl::Duration kRetry = absl::Milliseconds(200);
constexpr absl::Duration kPatience = absl::Seconds(2);

// Field 1 of every resource.
std::string NameOf(const google::protobuf::Any& resource) {
  google::protobuf::Empty anything;
  if (!anything.ParseFromString(resource.value())) return "";
  const auto& fields = anything.GetReflection()->GetUnknownFields(anything);
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto& field = fields.field(i);
    if (field.number() == 1 &&
        field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) {
      return field.length_delimited();
    }
  }
  return "";
}

}  // namespace

Feed::Feed(std::string service, rpc::Client* client, Audit* audit)
    : service_(std::move(service)), client_(*client), audit_(*audit) {
  cursor_.set_include_copies(true);
  thread_ = std::thread([this] { Run(); });
}

Feed::~Feed() {
  {
    const base::MutexLock lock(&mu_);
    stopping_ = true;
    if (stream_ != nullptr) stream_->Cancel();
    stop_.SignalAll();
  }
  thread_.join();
}

void Feed::Run() {
  while (true) {
    Stream* stream = nullptr;
    {
      const base::MutexLock lock(&mu_);
      if (stopping_) return;
      stream_ = client_.ReadStream<feed::ChangeBatch>(
          "rapport.feed.v1.ChangeFeedService/WatchChanges", cursor_);
      stream = stream_.get();
    }
    feed::ChangeBatch batch;
    while (stream->Read(&batch)) Take(batch);
    const base::MutexLock lock(&mu_);
    stream_ = nullptr;
    if (!stopping_) stop_.WaitWithTimeout(&mu_, kRetry);
  }
}

void Feed::Take(const feed::ChangeBatch& batch) {
  const absl::Time now = absl::Now();
  for (const feed::Change& change : batch.changes()) {
    const std::string& url = change.resource().type_url();
    const std::string name = NameOf(change.resource());
    const auto row = RowOf(service_, absl::string_view(url).substr(url.rfind('/') + 1), name);
    if (!row.has_value() || change.version() == 0) continue;
    audit_.Add({service_, batch.store_id(), name, *row, change.version()}, old_, now);
  }
  cursor_.set_store_id(batch.store_id());
  cursor_.set_after_sequence(batch.sequence());
  if (batch.caught_up()) old_ = false;
}

absl::StatusOr<Trust> AskTrust(rpc::Client& client) {
  namespace pb = rapport::cache::v1;
  ASSIGN_OR_RETURN(const auto status, client.Call<pb::CacheStatus>(
                                          "rapport.cache.v1.CacheService/GetCacheStatus",
                                          pb::GetCacheStatusRequest(), {.timeout = kPatience}));
  Trust trust;
  trust.store_id = status.store_id();
  for (const pb::CacheScope& scope : status.scopes()) {
    const bool believed = scope.lease_left().seconds() > 0 || scope.lease_left().nanos() > 0;
    if (scope.mode() != pb::ON || !believed) continue;
    trust.scopes.push_back({scope.scope(), scope.epoch(), scope.redis_run_id()});
  }
  return trust;
}

}  // namespace rapport::auditor
