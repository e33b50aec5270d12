#include "common/rpc/test_server.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/rpc/codec.h"
#include "common/rpc/reflection.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/feed/v1/change_feed_service.pb.h"

namespace rapport::rpc {

namespace contact = rapport::contact::v1;
namespace feed_api = rapport::feed::v1;

std::string ReasonName(const absl::Status& status) {
  if (status.ok()) return "";
  return rapport::type::v1::ErrorReason_Name(errors::ReasonOf(status));
}

void HeldCalls::Hold(Call* call) {
  base::MutexLock lock(&mu_);
  calls_.push_back(call);
  ++held_;
  changed_.SignalAll();
}

Call* HeldCalls::Take() {
  base::MutexLock lock(&mu_);
  while (calls_.empty()) changed_.Wait(&mu_);
  return Front();
}

Call* HeldCalls::TakeIfAny() {
  base::MutexLock lock(&mu_);
  return calls_.empty() ? nullptr : Front();
}

Call* HeldCalls::Front() {
  Call* const call = calls_.front();
  calls_.pop_front();
  return call;
}

void HeldCalls::WaitFor(int count) {
  base::MutexLock lock(&mu_);
  while (held_ < count) changed_.Wait(&mu_);
}

int HeldCalls::held() const {
  base::MutexLock lock(&mu_);
  return held_;
}

void Observations::OnFinished(const CallRecord& record) {
  base::MutexLock lock(&mu_);
  reasons_.push_back(ReasonName(*record.status));
  changed_.SignalAll();
}

int Observations::Count(const std::string& reason) const {
  base::MutexLock lock(&mu_);
  return static_cast<int>(std::count(reasons_.begin(), reasons_.end(), reason));
}

void Observations::WaitFor(const std::string& reason, int count) {
  base::MutexLock lock(&mu_);
  while (std::count(reasons_.begin(), reasons_.end(), reason) < count) changed_.Wait(&mu_);
}

class TestFeed::Source final : public StreamSource {
 public:
  Source(TestFeed* feed, std::function<void()> wake) : feed_(feed), wake_(std::move(wake)) {
    base::MutexLock lock(&feed_->mu_);
    feed_->sources_.push_back(this);
    feed_->changed_.SignalAll();
  }
  ~Source() override {
    base::MutexLock lock(&feed_->mu_);
    feed_->sources_.erase(std::find(feed_->sources_.begin(), feed_->sources_.end(), this));
    feed_->changed_.SignalAll();
  }
  absl::StatusOr<std::vector<grpc::ByteBuffer>> Next(bool heartbeat) override {
    RETURN_IF_ERROR(feed_->next());
    base::MutexLock lock(&feed_->mu_);
    std::vector<grpc::ByteBuffer> out;
    feed_api::ChangeBatch batch;
    for (const std::int64_t sequence : waiting_) {
      batch.set_sequence(sequence);
      out.push_back(Serialize(batch));
    }
    waiting_.clear();
    if (out.empty() && heartbeat) {
      batch.set_caught_up(true);
      out.push_back(Serialize(batch));
    }
    return out;
  }

 private:
  friend class TestFeed;
  TestFeed* const feed_;
  const std::function<void()> wake_;
  std::vector<std::int64_t> waiting_;  // under the lock of the feed
};

StreamOpener TestFeed::Opener() {
  return [this](const base::CallContext&, const google::protobuf::Message&,
                std::function<void()> wake) -> absl::StatusOr<std::unique_ptr<StreamSource>> {
    return std::make_unique<Source>(this, std::move(wake));
  };
}

void TestFeed::Push(std::int64_t sequence) {
  base::MutexLock lock(&mu_);
  for (Source* source : sources_) {
    source->waiting_.push_back(sequence);
    source->wake_();
  }
}

void TestFeed::WaitForSources(int count) {
  base::MutexLock lock(&mu_);
  while (static_cast<int>(sources_.size()) != count) changed_.Wait(&mu_);
}

namespace {

grpc::ByteBuffer AsAsked(const base::CallContext& context, const std::string& name) {
  contact::Steward steward;
  steward.set_name(name);
  steward.set_display_name(FormatConsistency(context.consistency));
  if (context.consistency.max_age == absl::ZeroDuration()) {
    steward.set_display_name(absl::StrCat(steward.display_name(), " nothing old"));
  }
  if (context.at_least != 0) {
    steward.set_display_name(absl::StrCat(steward.display_name(), " after ", context.at_least));
  }
  return Serialize(steward);
}

}  // namespace

void TestServer::FillTable(const TestServerOptions& options) {
  table.Unary(kGetSteward, Lane::kLoop, [this](Call& call) {
    const auto& request = static_cast<const contact::GetStewardRequest&>(call.request());
    if (request.name().ends_with("/held")) {
      held.Hold(&call);
      return;
    }
    if (request.name().ends_with("/together")) {
      while (Call* const other = held.TakeIfAny()) other->Finish(Answer{});
      together();
    }
    if (request.name().ends_with("/bug")) {
      call.Finish(absl::InternalError("SELECT secret"));
      return;
    }
    Answer answer{AsAsked(call.context(), request.name())};
    if (request.name().ends_with("/old")) answer.age = absl::Microseconds(1500);
    call.Finish(std::move(answer));
  });
  table
      .Unary(kListStewards, Lane::kRead,
             [this](Call& call) {
               list();
               call.Finish(Answer{});
             })
      .asks_others = options.list_asks_others;
  table.Unary(kUpdateSteward, Lane::kLoop, [](Call& call) {
    call.Finish(Answer{AsAsked(call.context(), ""), 7});
  });
  table.Bidi(kStreamEngagements, Lane::kLoop, [this](Call& call) { held.Hold(&call); });
  table.ServerStream(kWatchChanges, feed.Opener());
  // The rest of these services.
  for (const auto* service :
       {contact::GetStewardRequest::descriptor()->file()->service(0),
        engagement::v1::StreamEngagementsRequest::descriptor()->file()->service(0)}) {
    for (int i = 0; i < service->method_count(); ++i) {
      const std::string name = service->full_name() + "/" + service->method(i)->name();
      if (std::any_of(table.methods().begin(), table.methods().end(),
                      [&](const auto& method) { return method->path == "/" + name; })) {
        continue;
      }
      table.Unary(name, Lane::kLoop, [](Call& call) { call.Finish(Answer{}); });
    }
  }
  health.AddTo(&table);
  if (options.reflection) AddReflection(&table);
}

TestServer::TestServer(TestServerOptions options) {
  FillTable(options);
  const time::Clock& clock =
      options.clock != nullptr ? *options.clock : static_cast<const time::Clock&>(system_clock_);
  if (options.verifier == nullptr) options.admission.fixed_tenant = "home";
  admission_ = std::make_unique<Admission>(options.admission, options.verifier, clock);
  executor_ = std::make_unique<Executor>(Executor::Options{.threads = options.read_threads});
  if (options.server.listen.empty()) options.server.listen = {"127.0.0.1:0"};
  options.server.store_id = "teststore";
  auto started =
      Server::Start(options.server, table, admission_.get(), executor_.get(), options.gate,
                    options.observer != nullptr ? options.observer : &observations, clock);
  if (!started.ok()) {
    std::fprintf(stderr, "%s\n", started.status().ToString().c_str());
    std::abort();
  }
  server_ = *std::move(started);
}

TestServer::~TestServer() = default;

Client TestServer::MakeClient(TokenSource token_source, std::shared_ptr<Session> session) {
  ClientOptions options;
  options.target = address();
  options.token_source = std::move(token_source);
  options.session = std::move(session);
  options.own_connection = true;
  return Client(std::move(options));
}

}  // namespace rapport::rpc
