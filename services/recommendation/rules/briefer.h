// How a briefing is put together, part by part. For briefing.cc and briefing_ahead.cc only.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_BRIEFER_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_BRIEFER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/recommendation/v1/suggestion.pb.h"
#include "services/recommendation/rules/facts.h"
#include "services/recommendation/rules/reading.h"
#include "services/recommendation/rules/wording.h"

namespace rapport::recommendation {

class Briefer {
 public:
  Briefer(const RelationshipFacts& facts, const v1::Decision& decision, absl::Time as_of,
          absl::TimeZone zone, bool full, type::v1::Channel occasion);
  v1::Briefing Run();

 private:
  using Lines = google::protobuf::RepeatedPtrField<v1::BriefingLine>;

  // What is, in briefing.cc.
  void About();
  void Occasion();
  void Standing();
  void Past();
  void KnownSince();
  absl::string_view SignsOfLife(double silence_days) const;
  void ShareOfTalk();
  void SaidLast();
  void WeOwe();
  void KeptLate();
  void TheyOwe();
  void DoNotRaise();
  // What could come, in briefing_ahead.cc.
  void NotYet();
  void Ask();
  void Care();
  void CareEvents();
  void Gives();

  // What the person said by as_of in a slot, or in any (SLOT_UNSPECIFIED), latest first.
  std::vector<const engagement::v1::Fact*> FactsSaid(engagement::v1::Fact::Slot slot) const;
  // The latest problem that touches no unwanted topic: one that they told, else one that we infer.
  const engagement::v1::Fact* LatestProblem() const;
  bool Unwanted(absl::string_view text) const;

  // Null if the part is full.
  v1::BriefingLine* Add(Lines& lines, absl::string_view text, absl::string_view source) const;
  static void Dated(v1::BriefingLine* line, absl::string_view detail, std::int64_t us);
  void AddPromise(Lines& lines, const OpenPromise& promise, absl::string_view detail) const;
  absl::string_view Statistics() const;

  const RelationshipFacts& facts_;
  const v1::Decision& decision_;
  const Reading reading_;
  const std::int64_t us_;
  const absl::Time as_of_;
  const absl::TimeZone zone_;
  const bool full_;
  const type::v1::Channel occasion_;
  const Wording say_;
  v1::Briefing out_;
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_BRIEFER_H_
