#include "services/recommendation/asking.h"

#include <algorithm>
#include <utility>

#include "common/time/proto_time.h"

namespace rapport::recommendation {
namespace {

// What is left of the caller's time for the answer to travel back.
constexpr absl::Duration kMargin = absl::Milliseconds(20);

}  // namespace

bool Asking::MayAsk(const rpc::Client* client, const Pause& pause) const {
  return client != nullptr &&
         absl::ToUnixMicros(clock_.Now()) >= pause.load(std::memory_order_relaxed);
}

template <class Answer>
std::optional<Answer> Asking::Heard(absl::StatusOr<Answer> answer, Pause& pause) const {
  if (answer.ok()) return *std::move(answer);
  if (absl::IsUnavailable(answer.status()) || absl::IsDeadlineExceeded(answer.status())) {
    pause.store(absl::ToUnixMicros(clock_.Now() + limits_.pause), std::memory_order_relaxed);
  }
  return std::nullopt;
}

LiveAnswers Asking::Ask(const std::string& relationship, std::optional<absl::Time> as_of,
                        absl::Time deadline) const {
  LiveAnswers out;
  rpc::CallOptions options;
  options.timeout = std::min(limits_.timeout, deadline - clock_.Now() - kMargin);
  if (options.timeout <= absl::ZeroDuration()) return out;
  const bool ask_contact = MayAsk(contact_, contact_pause_);
  const bool ask_engagement = MayAsk(engagement_, engagement_pause_);
  contact::v1::CheckContactRequest welcome;
  welcome.set_relationship(relationship);
  welcome.set_purpose(type::v1::PURPOSE_PROPOSAL);
  engagement::v1::GetUnderstandingRequest understood;
  understood.set_name(relationship);
  if (as_of) {
    *welcome.mutable_as_of() = time::ToProto(*as_of);
    *understood.mutable_as_of() = time::ToProto(*as_of);
  }
  absl::StatusOr<contact::v1::ContactDecision> contact;
  absl::StatusOr<engagement::v1::Understanding> understanding;
  rpc::Calls calls;
  if (ask_contact) {
    calls.Start(*contact_, "rapport.contact.v1.ConsentService/CheckContact", welcome, &contact,
                options);
  }
  if (ask_engagement) {
    calls.Start(*engagement_, "rapport.engagement.v1.UnderstandingService/GetUnderstanding",
                understood, &understanding, options);
  }
  calls.Wait();
  if (ask_contact) out.contact = Heard(std::move(contact), contact_pause_);
  if (ask_engagement) out.understanding = Heard(std::move(understanding), engagement_pause_);
  return out;
}

}  // namespace rapport::recommendation
