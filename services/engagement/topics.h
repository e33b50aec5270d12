// Topics tie facts, needs and offers together; they are compared case-folded (Unicode
// NFKC_Casefold), here as in recommendation.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_TOPICS_H_
#define RAPPORT_SERVICES_ENGAGEMENT_TOPICS_H_

#include <algorithm>
#include <set>
#include <string>

#include "common/text/normalise.h"
#include "services/engagement/rules/understanding.h"

namespace rapport::engagement {

// The form in which a topic is compared; the topic itself if it is no UTF-8.
inline std::string FoldTopic(const std::string& topic) {
  auto folded = text::FoldForLookup(topic);
  return folded.ok() ? *std::move(folded) : topic;
}

// What a caller asked about: one of some topics, or anything.
class WantedTopics {
 public:
  explicit WantedTopics(const rules::Topics& topics) {
    for (const std::string& topic : topics) folded_.insert(FoldTopic(topic));
  }
  bool Meet(const rules::Topics& topics) const {
    return folded_.empty() || std::any_of(topics.begin(), topics.end(), [&](const auto& topic) {
             return folded_.contains(FoldTopic(topic));
           });
  }

 private:
  std::set<std::string> folded_;
};

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_TOPICS_H_
