// Asks contact and engagement at the moment of a decision about a proposal: what people allow, and
// what we understood, is never taken from a copy.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_ASKING_H_
#define RAPPORT_SERVICES_RECOMMENDATION_ASKING_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/client.h"
#include "common/time/clock.h"
#include "services/recommendation/rules/facts.h"

namespace rapport::recommendation {

// Thread-safe. Blocks: read lane only.
class Asking {
 public:
  // How long an answer is waited for at most. A service that did not answer is not asked again for
  // `pause`: calls are then answered at once, without what it would have said.
  struct Limits {
    absl::Duration timeout = absl::Milliseconds(300);
    absl::Duration pause = absl::Seconds(1);
  };
  // Clients may be null: that service is not there. All pointers must outlive this.
  Asking(rpc::Client* contact, rpc::Client* engagement, const time::Clock* wall_clock,
         Limits limits)
      : contact_(contact), engagement_(engagement), clock_(*wall_clock), limits_(limits) {}

  // Both are asked at once. An answer that does not come until `deadline` (wall clock)
  // or within the limit is missing. Without `as_of` each service answers for its own now, so that
  // what was withdrawn a moment ago is withdrawn, whatever the clocks say.
  LiveAnswers Ask(const std::string& relationship, std::optional<absl::Time> as_of,
                  absl::Time deadline) const;

 private:
  // A service that lately did not answer is passed over until then; Unix microseconds.
  using Pause = std::atomic<std::int64_t>;
  bool MayAsk(const rpc::Client* client, const Pause& pause) const;
  // What is left of an answer once its status is known.
  template <class Answer>
  std::optional<Answer> Heard(absl::StatusOr<Answer> answer, Pause& pause) const;

  rpc::Client* const contact_;
  rpc::Client* const engagement_;
  const time::Clock& clock_;
  const Limits limits_;
  mutable Pause contact_pause_{0};
  mutable Pause engagement_pause_{0};
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_ASKING_H_
