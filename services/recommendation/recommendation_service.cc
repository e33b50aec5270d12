#include "services/recommendation/recommendation_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/text/locale.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/briefing.h"
#include "services/recommendation/rules/next_steps.h"

namespace rapport::recommendation {

using base::CallContext;
using resource::Name;

namespace {

constexpr int kDefaultCapacity = 8;

template <class Request>
absl::Time AsOf(const Request& request, const CallContext& context) {
  return request.has_as_of() ? time::FromProto(request.as_of()) : context.now;
}

absl::TimeZone ZoneNamed(const std::string& name) {
  if (name.empty()) return absl::UTCTimeZone();
  return text::LoadIanaZone(name).value_or(absl::UTCTimeZone());
}

void AddAll(const std::vector<std::string>& from,
            google::protobuf::RepeatedPtrField<std::string>* to) {
  to->Clear();
  for (const auto& text : from) *to->Add() = text;
}

}  // namespace

void RecommendationService::Register(resource::Methods* methods) {
  const std::string prefix = "rapport.recommendation.v1.RecommendationService/";
  methods->Read<v1::GetWorklistRequest, v1::GetWorklistResponse>(
      prefix + "GetWorklist", [this](store::Snapshot& snapshot, const CallContext& context,
                                     const v1::GetWorklistRequest& request) {
        return Worklist(snapshot, context, request);
      });
  methods->Read<v1::GetBriefingRequest, v1::Briefing>(
      prefix + "GetBriefing",
      [this](store::Snapshot& snapshot, const CallContext& context,
             const v1::GetBriefingRequest& request) { return Brief(snapshot, context, request); });
  methods->Read<v1::SuggestNextStepsRequest, v1::Decision>(
      prefix + "SuggestNextSteps", [this](store::Snapshot& snapshot, const CallContext& context,
                                          const v1::SuggestNextStepsRequest& request) {
        return Suggest(snapshot, context, request);
      });
}

absl::TimeZone RecommendationService::ZoneOf(store::Reader& reader,
                                             const contact::v1::Relationship& relationship) const {
  if (relationship.stewards().empty()) return absl::UTCTimeZone();
  const auto steward = projection_.LoadSteward(reader, relationship.stewards(0));
  return steward.ok() ? ZoneNamed(steward->time_zone()) : absl::UTCTimeZone();
}

absl::StatusOr<v1::Decision> RecommendationService::Suggest(
    store::Reader& reader, const CallContext& context,
    const v1::SuggestNextStepsRequest& request) const {
  ASSIGN_OR_RETURN(const auto copy, projection_.Load(reader, request.relationship()));
  return Decide(copy->View(degraded_()), AsOf(request, context),
                ZoneOf(reader, copy->relationship));
}

absl::StatusOr<v1::Briefing> RecommendationService::Brief(
    store::Reader& reader, const CallContext& context,
    const v1::GetBriefingRequest& request) const {
  ASSIGN_OR_RETURN(const auto copy, projection_.Load(reader, request.relationship()));
  const absl::TimeZone zone = ZoneOf(reader, copy->relationship);
  const absl::Time as_of = AsOf(request, context);
  const RelationshipFacts facts = copy->View(degraded_());
  return MakeBriefing(facts, Decide(facts, as_of, zone), as_of, zone, request.view());
}

absl::Status RecommendationService::AddItems(
    store::Reader& reader, const base::TenantId& tenant,
    const std::vector<RankedRelationship>& selected, absl::Time as_of, absl::TimeZone zone,
    const std::vector<std::string>& degraded,
    google::protobuf::RepeatedPtrField<v1::WorklistItem>* items) const {
  struct Placed {
    Rank rank;
    std::string sort_key;
    v1::WorklistItem item;
  };
  std::vector<Placed> placed;
  for (const auto& candidate : selected) {
    const std::string name =
        Name<contact::v1::Relationship>::Of(tenant.value(), candidate.relationship).text();
    const auto copy = projection_.Load(reader, name);
    if (absl::IsNotFound(copy.status())) continue;  // deleted while we looked
    if (!copy.ok()) return copy.status();
    auto decision = Decide((*copy)->View(degraded), as_of, zone);
    Placed entry;
    entry.item.set_relationship(name);
    entry.item.set_person((*copy)->relationship.person());
    entry.item.set_display_name((*copy)->person.full_name());
    *entry.item.mutable_suggestion() = std::move(*decision.mutable_suggestions(0));
    entry.rank = RankOf(entry.item.suggestion());
    entry.sort_key = collator_.SortKey(entry.item.display_name());
    placed.push_back(std::move(entry));
  }
  std::stable_sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
    if (Before(a.rank, b.rank)) return true;
    if (Before(b.rank, a.rank)) return false;
    return a.sort_key < b.sort_key;
  });
  for (auto& entry : placed) {
    entry.item.set_position(items->size() + 1);
    *items->Add() = std::move(entry.item);
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::GetWorklistResponse> RecommendationService::Worklist(
    store::Reader& reader, const CallContext& context,
    const v1::GetWorklistRequest& request) const {
  ASSIGN_OR_RETURN(const auto steward, projection_.LoadSteward(reader, request.steward()));
  const absl::TimeZone zone = ZoneNamed(steward.time_zone());
  const absl::Time as_of = AsOf(request, context);
  const int capacity = request.capacity() > 0         ? request.capacity()
                       : steward.daily_capacity() > 0 ? steward.daily_capacity()
                                                      : kDefaultCapacity;
  const auto selection =
      projection_.Select(context.tenant, Name<contact::v1::Steward>::Parse(steward.name())->id(),
                         capacity, as_of, zone, request.max_waiting());
  const auto degraded = degraded_();
  v1::GetWorklistResponse response;
  RETURN_IF_ERROR(AddItems(reader, context.tenant, selection.items, as_of, zone, degraded,
                           response.mutable_items()));
  RETURN_IF_ERROR(AddItems(reader, context.tenant, selection.waiting, as_of, zone, degraded,
                           response.mutable_waiting()));
  response.set_capacity(capacity);
  response.set_over_capacity(static_cast<std::int32_t>(selection.over_capacity));
  response.set_left_out(static_cast<std::int32_t>(selection.left_out));
  response.set_waiting_count(static_cast<std::int32_t>(selection.waiting_count));
  *response.mutable_as_of() = time::ToProto(as_of);
  AddAll(degraded, response.mutable_degraded());
  response.set_steward_name(steward.display_name());
  return response;
}

}  // namespace rapport::recommendation
