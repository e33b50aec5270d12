#include "services/engagement/engagement_service.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/resource/standard_methods.h"
#include "common/text/normalise.h"
#include "common/time/proto_time.h"
#include "services/engagement/rules/statistics.h"

namespace rapport::engagement {

using base::CallContext;
using resource::Name;

namespace {

constexpr char kDefaultHouse[] = "default";

absl::Status NormalizePoint(v1::ContactPointKey* point) {
  absl::StatusOr<std::string> value;
  switch (point->kind()) {
    case v1::ContactPointKey::EMAIL: {
      const auto email = text::NormaliseEmail(point->value());
      value = email.ok() ? absl::StatusOr<std::string>(email->lookup_key) : email.status();
      break;
    }
    case v1::ContactPointKey::PHONE: {
      const auto phone =
          text::NormalisePhone(point->value(), "", text::PhoneCheck::kPossibleLength);
      value = phone.ok() ? absl::StatusOr<std::string>(phone->e164) : phone.status();
      break;
    }
    default:
      value = text::NormaliseHandle(point->value());
  }
  if (!value.ok()) {
    return errors::InvalidField("contact_point.value", std::string(value.status().message()));
  }
  point->set_value(*std::move(value));
  return absl::OkStatus();
}

bool NeedsDisclosure(const v1::Engagement& e) {
  return e.conduct() == v1::Engagement::AUTOMATED && e.direction() == v1::Engagement::OUT &&
         !e.disclosed();
}

absl::Time EventTime(const v1::Engagement& e) { return time::FromProto(e.event_time()); }

// Clocks differ: what lies so little ahead of ours happened now.
constexpr absl::Duration kClockTolerance = absl::Minutes(1);

store::Range BySource(const v1::Engagement& wanted) {
  store::Range range;
  range.index = kEngagementsBySource;
  range.prefix = {SourceKey(wanted)};
  range.limit = 1;
  return range;
}

// Whether it happened or is planned.
void Settle(absl::Time now, v1::Engagement* e) {
  const absl::Time when = EventTime(*e);
  if (when > now && when <= now + kClockTolerance) *e->mutable_event_time() = time::ToProto(now);
  e->set_state(when > now + kClockTolerance ? v1::Engagement::PLANNED : v1::Engagement::RECORDED);
}

}  // namespace

EngagementService::EngagementService(const Resources* resources, const resource::PageTokens* tokens,
                                     const rules::Parameters* parameters, base::Rng* rng)
    : resources_(*resources),
      tokens_(*tokens),
      parameters_(*parameters),
      rng_(*rng),
      item_validator_(v1::RecordEngagementRequest::descriptor()) {}

void EngagementService::Register(resource::Methods* methods) {
  const std::string prefix = "rapport.engagement.v1.EngagementService/";
  methods->Write<v1::RecordEngagementRequest, v1::Engagement>(
      prefix + "RecordEngagement",
      [this](store::Tx& tx, const CallContext& context,
             const v1::RecordEngagementRequest& request) -> absl::StatusOr<v1::Engagement> {
        if (tx.Expecting()) Expect(tx, request);
        StatisticsChange statistics(&resources_, &parameters_, &tx, &context);
        ASSIGN_OR_RETURN(auto recorded, Record(tx, context, request, &statistics));
        RETURN_IF_ERROR(statistics.Save());
        return std::move(recorded.engagement);
      });
  auto& batch =
      methods->Write<v1::BatchRecordEngagementsRequest, v1::BatchRecordEngagementsResponse>(
          prefix + "BatchRecordEngagements",
          [this](store::Tx& tx, const CallContext& context,
                 const v1::BatchRecordEngagementsRequest& request) {
            return RecordBatch(tx, context, request);
          });
  batch.max_request_bytes = 4 << 20;
  batch.default_deadline = absl::Seconds(30);
  auto& stream = methods->WriteStream<v1::StreamEngagementsRequest, v1::StreamEngagementsResponse>(
      prefix + "StreamEngagements",
      [this](store::Tx& tx, const CallContext& context, const v1::StreamEngagementsRequest& request)
          -> absl::StatusOr<v1::StreamEngagementsResponse> {
        ASSIGN_OR_RETURN(const auto batch_response, RecordBatch(tx, context, request.batch()));
        v1::StreamEngagementsResponse response;
        response.set_position(request.position());
        int index = 0;
        for (const auto& result : batch_response.results()) {
          switch (result.outcome()) {
            case v1::RecordResult::RECORDED:
              response.set_recorded(response.recorded() + 1);
              break;
            case v1::RecordResult::REPEATED:
              response.set_repeated(response.repeated() + 1);
              break;
            case v1::RecordResult::UNCLAIMED:
              response.set_unclaimed(response.unclaimed() + 1);
              break;
            default: {
              auto* refused = response.add_refused();
              refused->set_index(index);
              *refused->mutable_status() = result.status();
            }
          }
          ++index;
        }
        return response;
      });
  stream.max_request_bytes = 4 << 20;
  methods->Write<v1::AmendEngagementRequest, v1::Engagement>(
      prefix + "AmendEngagement",
      [this](store::Tx& tx, const CallContext& context, const v1::AmendEngagementRequest& request) {
        return Amend(tx, context, request);
      });
  methods->Write<v1::RetractEngagementRequest, v1::Engagement>(
      prefix + "RetractEngagement", [this](store::Tx& tx, const CallContext& context,
                                           const v1::RetractEngagementRequest& request) {
        return Retract(tx, context, request);
      });
  resource::Bind<v1::GetEngagementRequest>(
      methods, resources_.engagements,
      {.parent = [this](store::Reader& reader, const std::string& parent) {
        return CheckHolder(reader, parent);
      }});
  methods->Read<v1::ListTimelineRequest, v1::ListTimelineResponse>(
      prefix + "ListTimeline", [this](store::Snapshot& snapshot, const CallContext& context,
                                      const v1::ListTimelineRequest& request) {
        return Timeline(snapshot, context, request);
      });
}

absl::Status EngagementService::CheckHolder(store::Reader& reader,
                                            const std::string& relationship) const {
  if (resource::ParentKey(relationship) == kUnclaimed) return absl::OkStatus();
  return CheckRelationship(resources_, reader, relationship);
}

void EngagementService::Expect(store::Tx& tx, const v1::RecordEngagementRequest& request) const {
  if (request.has_relationship()) {
    store::Range row;
    row.limit = 1;
    if (auto key = resources_.statistics.KeyOf(StatisticsName(request.relationship())); key.ok()) {
      row.prefix = *std::move(key);
      tx.Expect(resources_.statistics.table(), row);
    }
  }
  tx.Expect(resources_.engagements.table(), BySource(request.engagement()));
}

absl::StatusOr<absl::optional<v1::Engagement>> EngagementService::FindBySource(
    store::Reader& reader, const v1::Engagement& wanted) const {
  absl::optional<v1::Engagement> found;
  RETURN_IF_ERROR(
      reader.Scan(resources_.engagements.table(), BySource(wanted), [&](store::Row& row) {
        found = resources_.engagements.FromRow(row);
        return false;
      }));
  return found;
}

absl::StatusOr<std::string> EngagementService::Resolve(store::Reader& reader,
                                                       const CallContext& context,
                                                       const std::string& lookup,
                                                       const std::string& house) const {
  store::Range points;
  points.index = kPointsByLookup;
  points.prefix = {lookup};
  std::string person;
  bool several = false;
  RETURN_IF_ERROR(reader.Scan(PointTable(), points, [&](store::Row& row) {
    const std::string& holder = store::AsText(row[0]);
    several |= !person.empty() && person != holder;
    person = holder;
    return !several;
  }));
  if (person.empty() || several) return std::string();
  store::Range relationships;
  relationships.index = kStatisticsByPerson;
  relationships.prefix = {person, house.empty() ? kDefaultHouse : house};
  relationships.limit = 1;
  std::string id;
  RETURN_IF_ERROR(reader.Scan(resources_.statistics.table(), relationships, [&](store::Row& row) {
    id = store::AsText(row[1]);
    return false;
  }));
  if (id.empty()) return id;
  return absl::StrCat("tenants/", context.tenant.value(), "/relationships/", id);
}

absl::Status EngagementService::Enter(store::Tx& tx, const CallContext& context,
                                      const std::string& relationship, v1::Engagement* engagement,
                                      StatisticsChange* statistics) const {
  // The id sorts by the time of the event, so that a journal lies in its own order.
  if (engagement->name().empty()) {
    engagement->set_name(resources_.engagements.NameWithId(
        relationship, base::NewUuidV7(EventTime(*engagement), rng_)));
  }
  RETURN_IF_ERROR(resources_.engagements.Write(tx, context, nullptr, engagement));
  if (resource::WithoutTenant(relationship) == absl::StrCat("relationships/", kUnclaimed)) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(auto* sums, statistics->Of(relationship));
  rules::ApplyEngagement(*engagement, parameters_, sums);
  return absl::OkStatus();
}

absl::StatusOr<EngagementService::Recorded> EngagementService::Record(
    store::Tx& tx, const CallContext& context, const v1::RecordEngagementRequest& request,
    StatisticsChange* statistics) const {
  if (NeedsDisclosure(request.engagement())) return errors::DisclosureMissing();
  // Before anything else is made: a body whose reads are not known yet runs again.
  if (request.has_relationship()) RETURN_IF_ERROR(statistics->Require(request.relationship()));
  v1::Engagement engagement = request.engagement();
  resource::ClearOutputOnly(&engagement);
  engagement.clear_name();
  engagement.clear_etag();
  std::string relationship;
  switch (request.subject_case()) {
    case v1::RecordEngagementRequest::kRelationship:
      relationship = request.relationship();
      break;
    case v1::RecordEngagementRequest::kContactPoint: {
      *engagement.mutable_contact_point() = request.contact_point();
      RETURN_IF_ERROR(NormalizePoint(engagement.mutable_contact_point()));
      ASSIGN_OR_RETURN(relationship, Resolve(tx, context, LookupKey(engagement.contact_point()),
                                             request.house()));
      break;
    }
    case v1::RecordEngagementRequest::SUBJECT_NOT_SET:
      return errors::InvalidField("subject", "relationship or contact_point must be set");
  }
  Settle(context.now, &engagement);
  const bool planned = engagement.state() == v1::Engagement::PLANNED;
  ASSIGN_OR_RETURN(auto known, FindBySource(tx, engagement));
  if (known) {
    if (known->state() == v1::Engagement::PLANNED && !planned) {
      // The plan has become something that happened.
      v1::Engagement before = *known;
      before.clear_amendments();
      auto* amendment = known->add_amendments();
      *amendment->mutable_time() = time::ToProto(context.now);
      amendment->set_principal(context.principal);
      amendment->set_reason("recorded as happened");
      *amendment->mutable_before() = before;
      v1::Engagement after = engagement;
      after.set_name(known->name());
      *after.mutable_create_time() = known->create_time();
      *after.mutable_amendments() = known->amendments();
      after.set_state(v1::Engagement::RECORDED);
      RETURN_IF_ERROR(resources_.engagements.Write(tx, context, &*known, &after));
      const std::string owner = RelationshipName(after.name());
      if (resource::WithoutTenant(owner) != absl::StrCat("relationships/", kUnclaimed)) {
        ASSIGN_OR_RETURN(auto* sums, statistics->Of(owner));
        rules::ApplyEngagement(after, parameters_, sums);
      }
      return Recorded{std::move(after), v1::RecordResult::RECORDED};
    }
    RETURN_IF_ERROR(
        resources_.statistics.Touch(tx, StatisticsName(RelationshipName(known->name()))));
    known->set_repeated(true);
    return Recorded{*std::move(known), v1::RecordResult::REPEATED};
  }
  const bool unclaimed = relationship.empty();
  if (unclaimed) {
    engagement.set_house(request.house().empty() ? kDefaultHouse : request.house());
    relationship = absl::StrCat("tenants/", context.tenant.value(), "/relationships/", kUnclaimed);
  }
  RETURN_IF_ERROR(Enter(tx, context, relationship, &engagement, statistics));
  return Recorded{std::move(engagement),
                  unclaimed ? v1::RecordResult::UNCLAIMED : v1::RecordResult::RECORDED};
}

absl::StatusOr<v1::BatchRecordEngagementsResponse> EngagementService::RecordBatch(
    store::Tx& tx, const CallContext& context,
    const v1::BatchRecordEngagementsRequest& request) const {
  StatisticsChange statistics(&resources_, &parameters_, &tx, &context);
  v1::BatchRecordEngagementsResponse response;
  if (tx.Expecting()) {
    for (const auto& item : request.requests()) Expect(tx, item);
  }
  for (const auto& item : request.requests()) {
    auto* result = response.add_results();
    absl::Status status = item_validator_.Check(item, context.tenant.value());
    if (status.ok()) {
      auto recorded = Record(tx, context, item, &statistics);
      if (recorded.ok()) {
        result->mutable_status();
        result->set_engagement(recorded->engagement.name());
        result->set_outcome(recorded->outcome);
        continue;
      }
      status = recorded.status();
    }
    if (errors::ReasonOf(status) == type::v1::ERROR_REASON_UNSPECIFIED ||
        absl::IsUnavailable(status) || absl::IsResourceExhausted(status)) {
      return status;  // of the store, not of the item
    }
    *result->mutable_status() = errors::ToProto(status);
  }
  RETURN_IF_ERROR(statistics.Save());
  return response;
}

absl::Status EngagementService::Claim(store::Tx& tx, const CallContext& context,
                                      const std::string& lookup,
                                      StatisticsChange* statistics) const {
  store::Range held;
  held.index = kEngagementsByClaim;
  held.prefix = {lookup};
  std::vector<v1::Engagement> waiting;
  RETURN_IF_ERROR(tx.Scan(resources_.engagements.table(), held, [&](store::Row& row) {
    waiting.push_back(resources_.engagements.FromRow(row));
    return true;
  }));
  for (auto& engagement : waiting) {
    ASSIGN_OR_RETURN(const std::string relationship,
                     Resolve(tx, context, lookup, engagement.house()));
    if (relationship.empty()) continue;
    ASSIGN_OR_RETURN(const auto key, resources_.engagements.KeyOf(engagement.name()));
    RETURN_IF_ERROR(tx.Delete(resources_.engagements.table(), key));
    const std::string id = Name<v1::Engagement>::Parse(engagement.name())->id();
    engagement.set_name(resources_.engagements.NameWithId(relationship, id));
    engagement.clear_house();
    RETURN_IF_ERROR(Enter(tx, context, relationship, &engagement, statistics));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Engagement> EngagementService::Amend(
    store::Tx& tx, const CallContext& context, const v1::AmendEngagementRequest& request) const {
  const auto& patch = request.engagement();
  if (patch.name().empty()) return errors::InvalidField("engagement.name", "must be set");
  ASSIGN_OR_RETURN(const v1::Engagement before, resources_.engagements.Get(tx, patch.name()));
  if (!patch.etag().empty() && patch.etag() != before.etag()) {
    return errors::EtagMismatch(patch.name());
  }
  if (before.state() == v1::Engagement::RETRACTED) {
    return errors::StateTransition(patch.name(), "RETRACTED", "record it anew");
  }
  v1::Engagement after = before;
  RETURN_IF_ERROR(resource::ApplyMask(patch, request.update_mask(), "engagement", &after));
  if (after.source() != before.source() || after.source_id() != before.source_id()) {
    return errors::InvalidField("engagement.source_id", "cannot change");
  }
  if (NeedsDisclosure(after)) return errors::DisclosureMissing();
  Settle(context.now, &after);
  if (after.SerializeAsString() == before.SerializeAsString()) return after;
  auto* amendment = after.add_amendments();
  *amendment->mutable_time() = time::ToProto(context.now);
  amendment->set_principal(context.principal);
  amendment->set_reason(request.reason());
  *amendment->mutable_before() = before;
  amendment->mutable_before()->clear_amendments();
  RETURN_IF_ERROR(resources_.engagements.Write(tx, context, &before, &after));
  StatisticsChange statistics(&resources_, &parameters_, &tx, &context);
  const std::string relationship = RelationshipName(after.name());
  if (Name<v1::Engagement>::Parse(after.name())->id(1) != kUnclaimed) {
    statistics.Replay(relationship);
    RETURN_IF_ERROR(statistics.Save());
  }
  return after;
}

absl::StatusOr<v1::Engagement> EngagementService::Retract(
    store::Tx& tx, const CallContext& context, const v1::RetractEngagementRequest& request) const {
  StatisticsChange statistics(&resources_, &parameters_, &tx, &context);
  ASSIGN_OR_RETURN(
      auto after,
      resources_.engagements.Mutate(
          tx, context, request.name(), request.etag(), [&](v1::Engagement* e) -> absl::Status {
            if (e->state() == v1::Engagement::RETRACTED) {
              return errors::StateTransition(request.name(), "RETRACTED", "it was taken back");
            }
            v1::Engagement before = *e;
            before.clear_amendments();
            auto* amendment = e->add_amendments();
            *amendment->mutable_time() = time::ToProto(context.now);
            amendment->set_principal(context.principal);
            amendment->set_reason(request.reason());
            *amendment->mutable_before() = before;
            e->set_state(v1::Engagement::RETRACTED);
            return absl::OkStatus();
          }));
  if (Name<v1::Engagement>::Parse(after.name())->id(1) != kUnclaimed) {
    statistics.Replay(RelationshipName(after.name()));
    RETURN_IF_ERROR(statistics.Save());
  }
  return after;
}

}  // namespace rapport::engagement
