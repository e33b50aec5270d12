// A steward's day: GetWorklist.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_WORKLIST_MAKER_H_
#define RAPPORT_SERVICES_RECOMMENDATION_WORKLIST_MAKER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/call_context.h"
#include "common/text/collate.h"
#include "common/time/clock.h"
#include "rapport/recommendation/v1/recommendation_service.pb.h"
#include "services/recommendation/deciding.h"
#include "services/recommendation/projection.h"

namespace rapport::recommendation {

// Thread-safe.
class WorklistMaker {
 public:
  // All pointers must outlive this.
  WorklistMaker(const Projection* projection, const Deciding* deciding,
                const text::NameCollator* collator, const time::Clock* wall_clock)
      : projection_(*projection), deciding_(*deciding), collator_(*collator), clock_(*wall_clock) {}

  absl::StatusOr<v1::GetWorklistResponse> Make(store::Reader& reader,
                                               const base::CallContext& context,
                                               const v1::GetWorklistRequest& request) const;

 private:
  struct Placed {
    Rank rank;
    bool could_rest = false;  // a proposal, and the index had it among those who could rest
    std::string sort_key;
    v1::WorklistItem item;
  };
  struct Day {
    store::Reader& reader;
    const base::CallContext& context;
    absl::Time as_of;
    bool is_now;
    absl::TimeZone zone;
    std::vector<std::string> degraded;
  };

  // Adds those whom the index has chosen, without asking anybody.
  absl::Status Place(const Day& day, const std::vector<RankedRelationship>& selected,
                     std::vector<Placed>* placed) const;
  // Looks closer at those for whom something might be proposed, until the places are taken, time is
  // up, or a service does not answer.
  absl::Status PlaceProposals(Day& day, const Selection& selection,
                              std::vector<Placed>* placed) const;
  Placed Put(const Case& one, v1::Suggestion suggestion) const;
  // In order, numbered from 1.
  static void Fill(std::vector<Placed> placed,
                   google::protobuf::RepeatedPtrField<v1::WorklistItem>* items);

  const Projection& projection_;
  const Deciding& deciding_;
  const text::NameCollator& collator_;
  const time::Clock& clock_;
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_WORKLIST_MAKER_H_
