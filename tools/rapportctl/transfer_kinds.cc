#include "tools/rapportctl/transfer_kinds.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "rapport/contact/v1/consent.pb.h"
#include "rapport/contact/v1/person.pb.h"
#include "rapport/contact/v1/relationship.pb.h"
#include "rapport/contact/v1/steward.pb.h"
#include "rapport/engagement/v1/care.pb.h"
#include "rapport/engagement/v1/engagement.pb.h"
#include "rapport/engagement/v1/need.pb.h"
#include "rapport/engagement/v1/promise.pb.h"
#include "rapport/engagement/v1/rapport.pb.h"
#include "rapport/engagement/v1/sale.pb.h"
#include "rapport/recommendation/v1/offer.pb.h"
#include "rapport/transfer/v1/transfer_service.pb.h"
#include "rapport/type/v1/annotations.pb.h"

namespace rapport::rapportctl {
namespace {

namespace pb = google::protobuf;

constexpr absl::Duration kPatience = absl::Minutes(1);
constexpr absl::string_view kUnclaimed = "/relationships/unclaimed/engagements/";

bool IsUnclaimed(const pb::Any& any) {
  engagement::v1::Engagement engagement;
  return any.Is<engagement::v1::Engagement>() && any.UnpackTo(&engagement) &&
         absl::StrContains(engagement.name(), kUnclaimed);
}

}  // namespace

const std::vector<TransferKind>& TransferKinds() {
  namespace c = contact::v1;
  namespace e = engagement::v1;
  static const auto* const kinds = new std::vector<TransferKind>{
      {e::Engagement::descriptor(), "engagements.jsonl", "engagement"},
      {e::Promise::descriptor(), "promises.jsonl", "engagement"},
      {e::Fact::descriptor(), "facts.jsonl", "engagement"},
      {e::Feedback::descriptor(), "feedback.jsonl", "engagement"},
      {e::Need::descriptor(), "needs.jsonl", "engagement"},
      {e::Sale::descriptor(), "sales.jsonl", "engagement"},
      {e::CareEvent::descriptor(), "care_events.jsonl", "engagement"},
      {e::RelationshipStatistics::descriptor(), "statistics.jsonl", "engagement"},
      {c::Settings::descriptor(), "settings.jsonl", "contact"},
      {c::Steward::descriptor(), "stewards.jsonl", "contact"},
      {c::Person::descriptor(), "people.jsonl", "contact"},
      {c::ContactPoint::descriptor(), "contact_points.jsonl", "contact"},
      {c::Preference::descriptor(), "preferences.jsonl", "contact"},
      {c::ConsentEntry::descriptor(), "consent_entries.jsonl", "contact"},
      {c::Relationship::descriptor(), "relationships.jsonl", "contact"},
      {e::Engagement::descriptor(), "unclaimed_engagements.jsonl", "engagement", true},
      {recommendation::v1::Offer::descriptor(), "offers.jsonl", "recommendation"},
  };
  return *kinds;
}

const TransferKind* KindOf(const pb::Any& resource) {
  const std::string& url = resource.type_url();
  const std::string type = url.substr(url.rfind('/') + 1);
  const bool unclaimed = IsUnclaimed(resource);
  const auto& kinds = TransferKinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const TransferKind& kind) {
    return kind.type->full_name() == type && kind.unclaimed == unclaimed;
  });
  return found == kinds.end() ? nullptr : &*found;
}

const TransferKind* KindOfLine(absl::string_view line) {
  const std::size_t at = line.find("\"@type\"");
  if (at == absl::string_view::npos) return nullptr;
  line.remove_prefix(
      line.find('"', at + 7) == absl::string_view::npos ? line.size() : line.find('"', at + 7) + 1);
  const absl::string_view url = line.substr(0, line.find('"'));
  pb::Any any;
  any.set_type_url(std::string(url));
  return KindOf(any);
}

absl::Status CallTransfer(Connection& connection, absl::string_view service,
                          absl::string_view method, const pb::Message& request,
                          pb::Message* response) {
  rpc::Client& client = service == "contact"      ? connection.contact()
                        : service == "engagement" ? connection.engagement()
                                                  : connection.recommendation();
  return Connection::Explained(
      client, client.CallInto(absl::StrCat("rapport.transfer.v1.TransferService/", method), request,
                              response, {.timeout = kPatience}));
}

void MoveNames(absl::string_view from, absl::string_view to, pb::Message* message) {
  const auto* reflection = message->GetReflection();
  std::vector<const pb::FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const auto* field : fields) {
    const int size = field->is_repeated() ? reflection->FieldSize(*message, field) : 1;
    if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
      for (int i = 0; i < size; ++i) {
        MoveNames(from, to,
                  field->is_repeated() ? reflection->MutableRepeatedMessage(message, field, i)
                                       : reflection->MutableMessage(message, field));
      }
      continue;
    }
    if (field->type() != pb::FieldDescriptor::TYPE_STRING ||
        field->options().GetExtension(type::v1::rule).pii()) {
      continue;
    }
    for (int i = 0; i < size; ++i) {
      const std::string text = field->is_repeated()
                                   ? reflection->GetRepeatedString(*message, field, i)
                                   : reflection->GetString(*message, field);
      absl::string_view rest = text;
      if (!absl::ConsumePrefix(&rest, from)) continue;
      std::string moved = absl::StrCat(to, rest);
      if (field->is_repeated()) {
        reflection->SetRepeatedString(message, field, i, std::move(moved));
      } else {
        reflection->SetString(message, field, std::move(moved));
      }
    }
  }
}

}  // namespace rapport::rapportctl
