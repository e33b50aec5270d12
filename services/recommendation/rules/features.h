// What the rules may read. Care is blind to money (product R12): no field of google.type.Money, and
// nothing that holds one, is on the list, so no rule can see an amount.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_FEATURES_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_FEATURES_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace rapport::recommendation {

// The messages that the rules are given: those of RelationshipFacts.
std::vector<const google::protobuf::Descriptor*> GivenToRules();

// Whether the rules may read this field of a message that they are given. A message that is not
// limited may be read whole.
bool MayRead(const google::protobuf::FieldDescriptor& field);

// Clears every field that the rules may not read. Copies pass through here before they are kept.
void KeepFeatures(google::protobuf::Message* message);

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_FEATURES_H_
