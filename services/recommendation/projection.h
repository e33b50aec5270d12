// What recommendation knows of the other services' resources: copies, kept by their change feeds,
// and the index over them that lives in memory. Losing any of it costs a replay of the feeds.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_PROJECTION_H_
#define RAPPORT_SERVICES_RECOMMENDATION_PROJECTION_H_

#include <memory>
#include <set>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "common/base/call_context.h"
#include "common/resource/registry.h"
#include "common/resource/schema.h"
#include "common/store/store.h"
#include "common/store/tail.h"
#include "google/protobuf/any.pb.h"
#include "rapport/contact/v1/person.pb.h"
#include "rapport/contact/v1/relationship.pb.h"
#include "rapport/contact/v1/steward.pb.h"
#include "rapport/engagement/v1/care.pb.h"
#include "rapport/engagement/v1/need.pb.h"
#include "rapport/engagement/v1/promise.pb.h"
#include "rapport/engagement/v1/rapport.pb.h"
#include "rapport/engagement/v1/sale.pb.h"
#include "services/recommendation/index_row.h"
#include "services/recommendation/rules/facts.h"
#include "services/recommendation/rules/worklist.h"

namespace rapport::recommendation {

// Everything about one relationship, owned; View() points into it. Topics are folded.
struct RelationshipCopy {
  contact::v1::Relationship relationship;
  contact::v1::Person person;
  contact::v1::Preference preference;
  contact::v1::Settings settings;
  engagement::v1::RelationshipStatistics statistics;
  bool has_person = false;
  bool has_preference = false;
  bool has_settings = false;
  bool has_statistics = false;
  std::vector<engagement::v1::Promise> promises;
  std::vector<engagement::v1::Fact> facts;
  std::vector<engagement::v1::Feedback> feedback;
  std::vector<engagement::v1::Need> needs;
  std::vector<engagement::v1::Sale> sales;
  std::vector<engagement::v1::CareEvent> care_events;

  // Without offers.
  RelationshipFacts View() const;
};

class Projection {
 public:
  Projection();

  std::vector<const store::Table*> tables() const;

  // A committed row of the index: the index in memory follows. At start-up those of another layout
  // are put aside for RebuildIndex; later ones (another version of the program runs beside this
  // one) are made anew in memory, from the copies.
  store::Tail::Source IndexSource();
  // Makes the rows again that another version of the program has written. Blocks; once, at
  // start-up. The store outlives this.
  absl::Status RebuildIndex(store::Store& store);

  // One resource of a feed. Idempotent.
  absl::Status Apply(store::Tx& tx, const base::CallContext& context,
                     const google::protobuf::Any& resource);

  // Adds what follows from what to the schema, which must not outlive this.
  void Describe(resource::Schema* schema);

  // NOT_FOUND if contact never told of the relationship, or its person was deleted.
  absl::StatusOr<std::unique_ptr<RelationshipCopy>> Load(store::Reader& reader,
                                                         const std::string& relationship) const;
  absl::StatusOr<contact::v1::Steward> LoadSteward(store::Reader& reader,
                                                   const std::string& steward) const;

  // Thread-safe.
  Selection Select(const base::TenantId& tenant, const std::string& steward, std::int64_t capacity,
                   absl::Time as_of, absl::TimeZone zone, std::int64_t max_waiting,
                   std::uint32_t offer_bits) const;
  std::size_t relationships() const;
  std::size_t index_bytes() const;

 private:
  template <class M>
  absl::StatusOr<absl::optional<M>> TakeOver(store::Tx& tx, const google::protobuf::Any& resource,
                                             const resource::Registry<M>& copies);
  // What the index needs, or all.
  absl::StatusOr<std::unique_ptr<RelationshipCopy>> LoadPart(store::Reader& reader,
                                                             const std::string& relationship,
                                                             bool for_index) const;
  // The same for what belongs to one relationship, which is entered anew.
  template <class M>
  absl::Status TakeOverChild(store::Tx& tx, const google::protobuf::Any& any,
                             const resource::Registry<M>& copies);
  absl::Status ReindexPerson(store::Tx& tx, const std::string& person);
  absl::Status Reindex(store::Tx& tx, const std::string& relationship);
  absl::StatusOr<IndexRow> MakeRow(store::Reader& reader, const std::string& relationship) const;
  absl::StatusOr<IndexRow> MakeRowNow(const base::TenantId& tenant, const std::string& id) const;
  absl::Status Enter(const base::TenantId& tenant, const store::Row& row);

  const resource::Registry<contact::v1::Relationship> relationships_;
  const resource::Registry<contact::v1::Person> people_;
  const resource::Registry<contact::v1::Steward> stewards_;
  const resource::Registry<contact::v1::Preference> preferences_;
  const resource::Registry<contact::v1::Settings> settings_;
  const resource::Registry<engagement::v1::RelationshipStatistics> statistics_;
  const resource::Registry<engagement::v1::Promise> promises_;
  const resource::Registry<engagement::v1::Fact> facts_;
  const resource::Registry<engagement::v1::Feedback> feedback_;
  const resource::Registry<engagement::v1::Need> needs_;
  const resource::Registry<engagement::v1::Sale> sales_;
  const resource::Registry<engagement::v1::CareEvent> care_events_;

  store::Store* store_ = nullptr;  // once the index was rebuilt
  // Readers share; who follows the store is the only writer.
  mutable std::shared_mutex mu_;
  absl::flat_hash_map<std::string, std::unique_ptr<WorklistIndex>> index_;  // by tenant
  std::vector<std::pair<std::string, std::string>> outdated_;               // tenant, relationship
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_PROJECTION_H_
