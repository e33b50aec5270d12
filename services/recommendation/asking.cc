#include "services/recommendation/asking.h"

#include <algorithm>
#include <utility>

#include "common/base/mutex.h"
#include "common/time/proto_time.h"
#include "rapport/engagement/v1/rapport_service.pb.h"

namespace rapport::recommendation {
namespace {

// What is left of the caller's time for the answer to travel back.
constexpr absl::Duration kMargin = absl::Milliseconds(20);

// Waits until so many are done.
class Countdown {
 public:
  explicit Countdown(int count) : left_(count) {}
  void Done() {
    const base::MutexLock lock(&mu_);
    --left_;
    changed_.Signal();  // under the lock: whoever waits may take this away right after
  }
  void Wait() {
    const base::MutexLock lock(&mu_);
    while (left_ > 0) changed_.Wait(&mu_);
  }

 private:
  base::Mutex mu_;
  base::CondVar changed_;
  int left_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

template <class Answer>
std::optional<Answer> Asking::Call(rpc::Client* client, absl::string_view method,
                                   const google::protobuf::MessageLite& question,
                                   absl::Duration timeout, Pause& pause) const {
  if (client == nullptr) return std::nullopt;
  if (absl::ToUnixMicros(clock_.Now()) < pause.load(std::memory_order_relaxed)) return std::nullopt;
  rpc::CallOptions options;
  options.timeout = timeout;
  auto answer = client->Call<Answer>(method, question, options);
  if (answer.ok()) return *std::move(answer);
  if (absl::IsUnavailable(answer.status()) || absl::IsDeadlineExceeded(answer.status())) {
    pause.store(absl::ToUnixMicros(clock_.Now() + limits_.pause), std::memory_order_relaxed);
  }
  return std::nullopt;
}

LiveAnswers Asking::Ask(const std::string& relationship, std::optional<absl::Time> as_of,
                        absl::Time deadline) const {
  LiveAnswers out;
  const absl::Duration timeout = std::min(limits_.timeout, deadline - clock_.Now() - kMargin);
  if (timeout <= absl::ZeroDuration()) return out;
  contact::v1::CheckContactRequest welcome;
  welcome.set_relationship(relationship);
  welcome.set_purpose(type::v1::PURPOSE_PROPOSAL);
  engagement::v1::GetUnderstandingRequest understood;
  understood.set_name(relationship);
  engagement::v1::GetRapportRequest measured;
  measured.set_name(relationship);
  if (as_of) {
    *welcome.mutable_as_of() = time::ToProto(*as_of);
    *understood.mutable_as_of() = time::ToProto(*as_of);
    *measured.mutable_as_of() = time::ToProto(*as_of);
  }
  Countdown under_way(2);
  const auto beside = [&](auto call) {
    const bool queued =
        helpers_.Submit(relationship, rpc::Executor::Length::kLong, [&under_way, call] {
          call();
          under_way.Done();
        });
    if (!queued) under_way.Done();  // too much is asked already: no answer
  };
  beside([&] {
    out.understanding = Call<engagement::v1::Understanding>(
        engagement_, "rapport.engagement.v1.UnderstandingService/GetUnderstanding", understood,
        timeout, engagement_pause_);
  });
  beside([&] {
    out.rapport = Call<engagement::v1::Rapport>(engagement_,
                                                "rapport.engagement.v1.RapportService/GetRapport",
                                                measured, timeout, engagement_pause_);
  });
  out.contact = Call<contact::v1::ContactDecision>(
      contact_, "rapport.contact.v1.ConsentService/CheckContact", welcome, timeout, contact_pause_);
  under_way.Wait();
  return out;
}

}  // namespace rapport::recommendation
