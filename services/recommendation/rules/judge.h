// How the conditions of readiness are put together. For readiness.cc and its parts only.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_JUDGE_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_JUDGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/recommendation/rules/readiness.h"

namespace rapport::recommendation {

// Where a condition is asked for.
enum class Kept {
  kAlways,     // also of a person-led request
  kUnlessLed,  // at any stake
  kHighStake,
};

class JudgeOne {
 public:
  JudgeOne(const Circumstances& at, const Ties& ties)
      : at_(at),
        ties_(ties),
        led_(ties.person_led),
        high_(ties.offer->stake() != v1::Offer::LOW),
        live_(at.facts.live) {}

  std::vector<Condition> Run();
  // The smallest set of slots to learn, for the step of coverage and the changes.
  static std::vector<v1::ReadinessChange> SlotsToLearn(
      const engagement::v1::Understanding& understanding);

 private:
  // What is known here.
  void Standing();
  void Guard();
  void Data();
  void Promises();
  void Grievances();
  void AfterCare();
  void Need();
  void Decline();
  void OnItsWay();
  void Pressure();
  void Ceiling();
  void Eligibility();
  void Applicability();
  void Suitability();
  // What contact says.
  void Permission();
  void Consent();
  void Hours();
  void Reach();
  // What engagement says.
  void Understanding();
  void SlotsWithoutFacts();
  void Listening();
  void Reliability();
  void GiveAsk();

  // The reference holds until the next call.
  Condition& Add(Kept kept, v1::ReasonCode code, std::string term, bool met,
                 absl::string_view source);
  static void Blocked(Condition& condition, std::string text, std::string step, bool in_our_hands);
  static void Numbered(Condition& condition, double value, double threshold);
  static void Valued(Condition& condition, const type::v1::Measure& measure, double threshold);
  // The latest contacts of a kind against a limit.
  void Window(v1::ReasonCode code, absl::string_view what,
              const std::vector<std::int64_t>& times_us, bool unwelcome_counts, int count, int days,
              absl::string_view source);
  bool ContactNames(contact::v1::ContactObstacle::Code code) const;
  bool Replying() const;
  std::string ThinText(const std::vector<engagement::v1::Fact::Slot>& thin) const;

  const Circumstances& at_;
  const Ties& ties_;
  const bool led_;
  const bool high_;
  const LiveAnswers* const live_;
  std::vector<Condition> conditions_;
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_JUDGE_H_
