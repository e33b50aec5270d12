#include "services/engagement/journal.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/time/proto_time.h"
#include "services/engagement/rules/measures.h"
#include "services/engagement/rules/statistics.h"

namespace rapport::engagement {
namespace {

// What stays when statistics are made anew.
void CopyOwnFields(const v1::RelationshipStatistics& from, v1::RelationshipStatistics* to) {
  to->set_name(from.name());
  to->set_uid(from.uid());
  to->set_etag(from.etag());
  to->set_revision(from.revision());
  *to->mutable_create_time() = from.create_time();
  *to->mutable_update_time() = from.update_time();
  to->set_journal_revision(from.journal_revision());
  to->set_person(from.person());
  to->set_house(from.house());
  to->set_standing(from.standing());
  *to->mutable_stewards() = from.stewards();
  if (from.has_declared_rhythm()) *to->mutable_declared_rhythm() = from.declared_rhythm();
}

}  // namespace

absl::Status CheckRelationship(const Resources& resources, store::Reader& reader,
                               const std::string& relationship) {
  ASSIGN_OR_RETURN(const auto found,
                   resources.statistics.Find(reader, StatisticsName(relationship)));
  return found ? absl::OkStatus() : errors::ResourceUnknown(relationship);
}

resource::ParentCheck KnownRelationship(const Resources& resources) {
  return [&resources](store::Reader& reader, const std::string& relationship) {
    return CheckRelationship(resources, reader, relationship);
  };
}

absl::StatusOr<JournalRows> LoadJournal(const Resources& resources, store::Reader& reader,
                                        absl::string_view relationship) {
  JournalRows rows;
  ASSIGN_OR_RETURN(rows.engagements, LoadAll(resources.engagements, reader, relationship));
  ASSIGN_OR_RETURN(rows.promises, LoadAll(resources.promises, reader, relationship));
  ASSIGN_OR_RETURN(rows.facts, LoadAll(resources.facts, reader, relationship));
  ASSIGN_OR_RETURN(rows.feedback, LoadAll(resources.feedback, reader, relationship));
  ASSIGN_OR_RETURN(rows.sales, LoadAll(resources.sales, reader, relationship));
  return rows;
}

rules::DeclaredRhythm DeclaredRhythmOf(const v1::RelationshipStatistics& statistics) {
  rules::DeclaredRhythm declared;
  declared.wish_days = statistics.declared_rhythm().wish_days();
  declared.tolerate_days = statistics.declared_rhythm().tolerate_days();
  return declared;
}

absl::StatusOr<v1::RelationshipStatistics> StatisticsAt(const Resources& resources,
                                                        store::Reader& reader,
                                                        const v1::RelationshipStatistics& current,
                                                        absl::Time as_of,
                                                        const rules::Parameters& parameters) {
  if (rules::ReadableAt(current, as_of)) return current;
  return ReplayedStatistics(resources, reader, current, as_of, parameters);
}

absl::StatusOr<v1::RelationshipStatistics> ReplayedStatistics(
    const Resources& resources, store::Reader& reader, const v1::RelationshipStatistics& current,
    absl::Time now, const rules::Parameters& parameters) {
  ASSIGN_OR_RETURN(const JournalRows rows,
                   LoadJournal(resources, reader, RelationshipName(current.name())));
  auto then = rules::Replay(rows.view(), now, DeclaredRhythmOf(current), parameters);
  CopyOwnFields(current, &then);
  return then;
}

absl::StatusOr<StatisticsChange::Loaded*> StatisticsChange::Load(const std::string& relationship) {
  const auto known = loaded_.find(relationship);
  if (known != loaded_.end()) return &known->second;
  ASSIGN_OR_RETURN(auto found, resources_.statistics.Find(tx_, StatisticsName(relationship)));
  if (!found) return errors::ResourceUnknown(relationship);
  return &loaded_.emplace(relationship, Loaded{*std::move(found)}).first->second;
}

absl::Status StatisticsChange::Require(const std::string& relationship) {
  return Load(relationship).status();
}

absl::StatusOr<v1::RelationshipStatistics*> StatisticsChange::Of(const std::string& relationship) {
  ASSIGN_OR_RETURN(auto* loaded, Load(relationship));
  loaded->changed = true;
  return &loaded->statistics;
}

absl::Status StatisticsChange::Save() {
  for (const auto& relationship : replayed_) RETURN_IF_ERROR(Of(relationship).status());
  for (auto& [relationship, loaded] : loaded_) {
    if (!loaded.changed) continue;
    v1::RelationshipStatistics& statistics = loaded.statistics;
    if (replayed_.contains(relationship)) {
      ASSIGN_OR_RETURN(statistics,
                       ReplayedStatistics(resources_, tx_, statistics, context_.now, parameters_));
    }
    rules::DeriveRhythm(DeclaredRhythmOf(statistics), parameters_, &statistics);
    statistics.set_journal_revision(statistics.journal_revision() + 1);
    resources_.statistics.StampNext(&statistics, context_.now);
    RETURN_IF_ERROR(resources_.statistics.Put(tx_, std::move(statistics)));
  }
  return absl::OkStatus();
}

}  // namespace rapport::engagement
