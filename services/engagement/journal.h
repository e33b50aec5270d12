// The journal of a relationship and the statistics that stand for it. Statistics change in the
// transaction that changes the journal.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_JOURNAL_H_
#define RAPPORT_SERVICES_ENGAGEMENT_JOURNAL_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/call_context.h"
#include "common/base/status_macros.h"
#include "common/resource/standard_methods.h"
#include "common/store/store.h"
#include "services/engagement/resources.h"
#include "services/engagement/rules/parameters.h"
#include "services/engagement/rules/replay.h"

namespace rapport::engagement {

// NOT_FOUND if contact never told of the relationship.
absl::Status CheckRelationship(const Resources& resources, store::Reader& reader,
                               const std::string& relationship);
// The same for collections below a relationship.
resource::ParentCheck KnownRelationship(const Resources& resources);

// FIELD if `name` is not a child of this relationship, RESOURCE_UNKNOWN if there is none of the
// name.
template <class M>
absl::Status CheckSibling(const resource::Registry<M>& registry, store::Reader& reader,
                          absl::string_view relationship, const std::string& name,
                          std::string field) {
  if (RelationshipName(name) != relationship) {
    return errors::InvalidField(std::move(field), "must belong to the same relationship");
  }
  return registry.GetLiving(reader, name).status();
}

// Everything that is known about one relationship and its statistics rest on.
struct JournalRows {
  std::vector<v1::Engagement> engagements;
  std::vector<v1::Promise> promises;
  std::vector<v1::Fact> facts;
  std::vector<v1::Feedback> feedback;
  std::vector<v1::Sale> sales;
  rules::Journal view() const { return {engagements, promises, facts, feedback, sales}; }
};
// All children of one kind of a relationship, in the order of their names.
template <class M>
absl::StatusOr<std::vector<M>> LoadAll(const resource::Registry<M>& registry, store::Reader& reader,
                                       absl::string_view relationship) {
  store::Range range;
  range.prefix = {std::string(relationship.substr(relationship.rfind('/') + 1))};
  std::vector<M> all;
  RETURN_IF_ERROR(reader.Scan(registry.table(), range, [&](store::Row& row) {
    all.push_back(registry.FromRow(row));
    return true;
  }));
  return all;
}
absl::StatusOr<JournalRows> LoadJournal(const Resources& resources, store::Reader& reader,
                                        absl::string_view relationship);

rules::DeclaredRhythm DeclaredRhythmOf(const v1::RelationshipStatistics& statistics);

// The statistics at any instant: read, or replayed for instants before the latest event.
absl::StatusOr<v1::RelationshipStatistics> StatisticsAt(const Resources& resources,
                                                        store::Reader& reader,
                                                        const v1::RelationshipStatistics& current,
                                                        absl::Time as_of,
                                                        const rules::Parameters& parameters);

// The statistics with the numbers that the journal gives now; names, revisions and what contact
// said are those of `current`.
absl::StatusOr<v1::RelationshipStatistics> ReplayedStatistics(
    const Resources& resources, store::Reader& reader, const v1::RelationshipStatistics& current,
    absl::Time now, const rules::Parameters& parameters);

// The statistics that one transaction changes: loaded once, written once by Save.
class StatisticsChange {
 public:
  StatisticsChange(const Resources* resources, const rules::Parameters* parameters, store::Tx* tx,
                   const base::CallContext* context)
      : resources_(*resources), parameters_(*parameters), tx_(*tx), context_(*context) {}

  // NOT_FOUND if contact never told of the relationship.
  absl::Status Require(const std::string& relationship);
  // Statistics of a relationship, to be changed; written by Save. NOT_FOUND as Require.
  absl::StatusOr<v1::RelationshipStatistics*> Of(const std::string& relationship);
  // Instead of folding: the journal as it is in the transaction is replayed by Save.
  void Replay(const std::string& relationship) { replayed_.insert(relationship); }
  absl::Status Save();

 private:
  const Resources& resources_;
  const rules::Parameters& parameters_;
  store::Tx& tx_;
  const base::CallContext& context_;
  struct Loaded {
    v1::RelationshipStatistics statistics;
    bool changed = false;
  };
  absl::StatusOr<Loaded*> Load(const std::string& relationship);
  std::map<std::string, Loaded> loaded_;
  std::set<std::string> replayed_;
};

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_JOURNAL_H_
