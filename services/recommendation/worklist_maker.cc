#include "services/recommendation/worklist_maker.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "common/base/status_macros.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/next_steps.h"
#include "services/recommendation/rules/readiness.h"

namespace rapport::recommendation {

using resource::Name;

namespace {

constexpr int kDefaultCapacity = 8;
// What looking closer may take of a call in all.
constexpr absl::Duration kProposalTime = absl::Milliseconds(300);

// An offer might be ready as far as can be known without asking.
bool MightBeReady(const Case& one) {
  const Circumstances at = one.At();
  if (!MayAsk(at)) return false;
  for (Ties& ties : Considered(one.facts, one.as_of)) {
    if (Judge(at, std::move(ties)).obstacles() == 0) return true;
  }
  return false;
}

}  // namespace

WorklistMaker::Placed WorklistMaker::Put(const Case& one, v1::Suggestion suggestion) const {
  Placed out;
  out.item.set_relationship(one.copy->relationship.name());
  out.item.set_person(one.copy->relationship.person());
  out.item.set_display_name(one.copy->person.full_name());
  *out.item.mutable_suggestion() = std::move(suggestion);
  out.rank = RankOf(out.item.suggestion());
  out.sort_key = collator_.SortKey(out.item.display_name());
  return out;
}

absl::Status WorklistMaker::Place(const Day& day, const std::vector<RankedRelationship>& selected,
                                  std::vector<Placed>* placed) const {
  for (const auto& candidate : selected) {
    const std::string name =
        Name<contact::v1::Relationship>::Of(day.context.tenant.value(), candidate.relationship)
            .text();
    const auto one = deciding_.Open(day.reader, day.context.tenant, name, day.as_of, day.is_now,
                                    day.zone, day.degraded);
    if (absl::IsNotFound(one.status())) continue;  // deleted while we looked
    if (!one.ok()) return one.status();
    auto decision = Decide((*one)->facts, day.as_of, day.zone);
    placed->push_back(Put(**one, std::move(*decision.mutable_suggestions(0))));
  }
  return absl::OkStatus();
}

absl::Status WorklistMaker::PlaceProposals(Day& day, const Selection& selection,
                                           std::vector<Placed>* placed) const {
  // Late data: nothing is proposed.
  if (!day.degraded.empty()) return absl::OkStatus();
  const absl::Time until = std::min(clock_.Now() + kProposalTime, day.context.deadline);
  std::int64_t left = selection.free_places;
  for (const auto& candidate : selection.may_propose) {
    if (left == 0 || clock_.Now() >= until) break;
    const std::string name =
        Name<contact::v1::Relationship>::Of(day.context.tenant.value(), candidate.relationship)
            .text();
    const auto one = deciding_.Open(day.reader, day.context.tenant, name, day.as_of, day.is_now,
                                    day.zone, day.degraded);
    if (absl::IsNotFound(one.status())) continue;
    if (!one.ok()) return one.status();
    if (!MightBeReady(**one)) continue;
    deciding_.Ask(**one, until);
    auto decision = Decide((*one)->facts, day.as_of, day.zone);
    const v1::Suggestion& first = decision.suggestions(0);
    if (first.kind() == v1::PROPOSE) {
      Placed entry = Put(**one, first);
      entry.could_rest = decision.suggestions_size() > 1;
      placed->push_back(std::move(entry));
      --left;
    }
    if (!(*one)->live.contact || !(*one)->live.understanding) {
      day.degraded.assign(decision.degraded().begin(), decision.degraded().end());
      break;
    }
  }
  return absl::OkStatus();
}

void WorklistMaker::Fill(std::vector<Placed> placed,
                         google::protobuf::RepeatedPtrField<v1::WorklistItem>* items) {
  std::stable_sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
    if (Before(a.rank, b.rank)) return true;
    if (Before(b.rank, a.rank)) return false;
    return a.sort_key < b.sort_key;
  });
  for (Placed& entry : placed) {
    entry.item.set_position(items->size() + 1);
    *items->Add() = std::move(entry.item);
  }
}

absl::StatusOr<v1::GetWorklistResponse> WorklistMaker::Make(
    store::Reader& reader, const base::CallContext& context,
    const v1::GetWorklistRequest& request) const {
  ASSIGN_OR_RETURN(const auto steward, projection_.LoadSteward(reader, request.steward()));
  Day day{reader,
          context,
          request.has_as_of() ? time::FromProto(request.as_of()) : context.now,
          !request.has_as_of(),
          ZoneNamed(steward.time_zone()),
          deciding_.degraded()};
  const int capacity = request.capacity() > 0         ? request.capacity()
                       : steward.daily_capacity() > 0 ? steward.daily_capacity()
                                                      : kDefaultCapacity;
  auto selection = projection_.Select(
      context.tenant, Name<contact::v1::Steward>::Parse(steward.name())->id(), capacity, day.as_of,
      day.zone, request.max_waiting(), deciding_.OffersOf(context.tenant)->topic_bits);
  std::vector<Placed> proposals;
  RETURN_IF_ERROR(PlaceProposals(day, selection, &proposals));
  // A proposal takes its person out of what the index had chosen; the last of those who could rest
  // leave the list if they have no place any more.
  std::int64_t with_step = static_cast<std::int64_t>(selection.items.size()) + selection.left_out;
  absl::flat_hash_set<std::string> proposed;
  for (const Placed& entry : proposals) {
    proposed.insert(Name<contact::v1::Relationship>::Parse(entry.item.relationship())->id());
    if (entry.could_rest) continue;
    --selection.waiting_count;
    ++with_step;
  }
  for (auto* list : {&selection.items, &selection.waiting}) {
    list->erase(std::remove_if(list->begin(), list->end(),
                               [&](const auto& candidate) {
                                 return proposed.contains(candidate.relationship);
                               }),
                list->end());
  }
  const auto fits = [&] {
    return static_cast<std::int64_t>(selection.items.size() + proposals.size()) <= capacity;
  };
  while (!fits() && !selection.items.empty() &&
         selection.items.back().rank.place == ClassPlace::kRest) {
    selection.items.pop_back();
  }
  with_step -= static_cast<std::int64_t>(selection.items.size() + proposals.size());

  v1::GetWorklistResponse response;
  RETURN_IF_ERROR(Place(day, selection.items, &proposals));
  Fill(std::move(proposals), response.mutable_items());
  std::vector<Placed> waiting;
  RETURN_IF_ERROR(Place(day, selection.waiting, &waiting));
  Fill(std::move(waiting), response.mutable_waiting());
  response.set_capacity(capacity);
  response.set_over_capacity(static_cast<std::int32_t>(selection.over_capacity));
  response.set_left_out(static_cast<std::int32_t>(with_step));
  response.set_waiting_count(static_cast<std::int32_t>(selection.waiting_count));
  *response.mutable_as_of() = time::ToProto(day.as_of);
  for (const std::string& what : day.degraded) response.add_degraded(what);
  response.set_steward_name(steward.display_name());
  return response;
}

}  // namespace rapport::recommendation
