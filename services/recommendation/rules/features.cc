#include "services/recommendation/rules/features.h"

#include <algorithm>
#include <array>

#include "services/recommendation/rules/facts.h"

namespace rapport::recommendation {
namespace {

// A sale without its lines and its amount.
constexpr std::array<absl::string_view, 11> kOfSale = {
    "name",  "uid",   "revision",  "create_time", "update_time", "summary",
    "needs", "offer", "sale_time", "stage",       "moves"};

}  // namespace

std::vector<const google::protobuf::Descriptor*> GivenToRules() {
  return {contact::v1::Relationship::descriptor(),
          contact::v1::Person::descriptor(),
          contact::v1::Preference::descriptor(),
          contact::v1::Settings::descriptor(),
          contact::v1::ContactDecision::descriptor(),
          engagement::v1::RelationshipStatistics::descriptor(),
          engagement::v1::Promise::descriptor(),
          engagement::v1::Fact::descriptor(),
          engagement::v1::Feedback::descriptor(),
          engagement::v1::Need::descriptor(),
          engagement::v1::Sale::descriptor(),
          engagement::v1::CareEvent::descriptor(),
          engagement::v1::Understanding::descriptor(),
          engagement::v1::Rapport::descriptor(),
          v1::Offer::descriptor()};
}

bool MayRead(const google::protobuf::FieldDescriptor& field) {
  if (field.containing_type() != engagement::v1::Sale::descriptor()) return true;
  return std::find(kOfSale.begin(), kOfSale.end(), absl::string_view(field.name())) !=
         kOfSale.end();
}

void KeepFeatures(google::protobuf::Message* message) {
  const google::protobuf::Descriptor& type = *message->GetDescriptor();
  bool limited = false;
  for (int i = 0; i < type.field_count(); ++i) {
    if (MayRead(*type.field(i))) continue;
    message->GetReflection()->ClearField(message, type.field(i));
    limited = true;
  }
  // What a newer service says besides is not on the list either.
  if (limited) message->GetReflection()->MutableUnknownFields(message)->Clear();
}

}  // namespace rapport::recommendation
