// Topics tie needs, facts and offers together; they are compared case-folded.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_TOPICS_H_
#define RAPPORT_SERVICES_RECOMMENDATION_TOPICS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/text/normalise.h"
#include "google/protobuf/repeated_field.h"

namespace rapport::recommendation {

// The form in which a topic is compared; the topic itself if it is no UTF-8.
inline std::string FoldTopic(absl::string_view topic) {
  auto folded = text::FoldForLookup(topic);
  return folded.ok() ? *std::move(folded) : std::string(topic);
}

inline void FoldTopics(google::protobuf::RepeatedPtrField<std::string>* topics) {
  for (std::string& topic : *topics) topic = FoldTopic(topic);
}

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_TOPICS_H_
