#include "services/recommendation/projection.h"

#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/resource/feed_consumer.h"
#include "services/recommendation/rules/features.h"
#include "services/recommendation/topics.h"

namespace rapport::recommendation {

using resource::kId;
using resource::Name;
using store::ColumnType;
using store::Value;

namespace {

template <class M>
resource::Strategy<M> Copies(std::string table) {
  resource::Strategy<M> s;
  s.table = std::move(table);
  s.feed = false;
  return s;
}

resource::Strategy<contact::v1::Relationship> RelationshipCopies() {
  auto s = Copies<contact::v1::Relationship>("relationships");
  s.columns = {{"person", ColumnType::kText, [](const contact::v1::Relationship& r) {
                  return Value(Name<contact::v1::Person>::Parse(r.person())->id());
                }}};
  s.indexes = {{"relationships_by_person", {0, kId}}};
  return s;
}

template <class M>
resource::Registry<M> MakeRegistry(resource::Strategy<M> strategy) {
  return resource::Registry<M>(std::move(strategy), nullptr, nullptr, nullptr);
}

template <class M>
absl::Status LoadChildren(const resource::Registry<M>& copies, store::Reader& reader,
                          const std::string& relationship_id, std::vector<M>* out) {
  store::Range range;
  range.prefix = {relationship_id};
  return reader.Scan(copies.table(), range, [&](store::Row& row) {
    out->push_back(copies.FromRow(row));
    return true;
  });
}

template <class M>
std::vector<const M*> Pointers(const std::vector<M>& items) {
  std::vector<const M*> out;
  out.reserve(items.size());
  for (const auto& item : items) out.push_back(&item);
  return out;
}

std::string RelationshipOf(const std::string& child) {
  return child.substr(0, child.rfind('/', child.rfind('/') - 1));
}

}  // namespace

RelationshipFacts RelationshipCopy::View() const {
  RelationshipFacts view;
  view.relationship = &relationship;
  view.person = has_person ? &person : nullptr;
  view.preference = has_preference ? &preference : nullptr;
  view.settings = has_settings ? &settings : nullptr;
  view.statistics = has_statistics ? &statistics : nullptr;
  view.promises = Pointers(promises);
  view.facts = Pointers(facts);
  view.feedback = Pointers(feedback);
  view.needs = Pointers(needs);
  view.sales = Pointers(sales);
  view.care_events = Pointers(care_events);
  for (const auto& topic : preference.unwanted_topics()) {
    view.unwanted_topics.push_back(FoldTopic(topic.topic()));
  }
  return view;
}

Projection::Projection()
    : relationships_(MakeRegistry(RelationshipCopies())),
      people_(MakeRegistry(Copies<contact::v1::Person>("people"))),
      stewards_(MakeRegistry(Copies<contact::v1::Steward>("stewards"))),
      preferences_(MakeRegistry(Copies<contact::v1::Preference>("preferences"))),
      settings_(MakeRegistry(Copies<contact::v1::Settings>("settings"))),
      statistics_(MakeRegistry(Copies<engagement::v1::RelationshipStatistics>("statistics"))),
      promises_(MakeRegistry(Copies<engagement::v1::Promise>("promises"))),
      facts_(MakeRegistry(Copies<engagement::v1::Fact>("facts"))),
      feedback_(MakeRegistry(Copies<engagement::v1::Feedback>("feedback"))),
      needs_(MakeRegistry(Copies<engagement::v1::Need>("needs"))),
      sales_(MakeRegistry(Copies<engagement::v1::Sale>("sales"))),
      care_events_(MakeRegistry(Copies<engagement::v1::CareEvent>("care_events"))) {}

std::vector<const store::Table*> Projection::tables() const {
  return {&relationships_.table(),
          &people_.table(),
          &stewards_.table(),
          &preferences_.table(),
          &settings_.table(),
          &statistics_.table(),
          &promises_.table(),
          &facts_.table(),
          &feedback_.table(),
          &needs_.table(),
          &sales_.table(),
          &care_events_.table(),
          &IndexRow::table(),
          &resource::FeedConsumer::table(),
          &resource::FeedConsumer::term_table()};
}

store::Tail::Source Projection::IndexSource() {
  return {&IndexRow::table(),
          [this](const base::TenantId& tenant, store::Row& row) { return Enter(tenant, row); }};
}

absl::Status Projection::RebuildIndex(store::Store& store) {
  store_ = &store;
  const auto relationships = std::exchange(outdated_, {});
  constexpr std::size_t kBatch = 500;
  std::size_t next = 0;
  while (next < relationships.size()) {
    const std::string& tenant = relationships[next].first;
    std::size_t end = next;
    while (end < relationships.size() && end - next < kBatch &&
           relationships[end].first == tenant) {
      ++end;
    }
    base::CallContext context;
    context.tenant = base::TenantId::Trusted(tenant);
    context.deadline = absl::Now() + absl::Minutes(5);
    const auto done =
        store::TransactAndWait(store, context, context.tenant, [&](store::Tx& tx) -> absl::Status {
          for (std::size_t i = next; i < end; ++i) {
            const auto name = Name<contact::v1::Relationship>::Of(tenant, relationships[i].second);
            RETURN_IF_ERROR(Reindex(tx, name.text()));
          }
          return absl::OkStatus();
        });
    if (!done.ok()) return done.status();
    next = end;
  }
  return absl::OkStatus();
}

template <class M>
absl::StatusOr<absl::optional<M>> Projection::TakeOver(store::Tx& tx,
                                                       const google::protobuf::Any& any,
                                                       const resource::Registry<M>& copies) {
  M message;
  if (!any.UnpackTo(&message)) return errors::MalformedRequest();
  KeepFeatures(&message);
  ASSIGN_OR_RETURN(const auto known, copies.Find(tx, message.name()));
  // A feed repeats itself after a crash; what is known already changes nothing.
  if (known && known->SerializeAsString() == message.SerializeAsString()) {
    return absl::optional<M>();
  }
  RETURN_IF_ERROR(copies.Put(tx, message));
  return absl::optional<M>(std::move(message));
}

template <class M>
absl::Status Projection::TakeOverChild(store::Tx& tx, const google::protobuf::Any& any,
                                       const resource::Registry<M>& copies) {
  ASSIGN_OR_RETURN(const auto message, TakeOver(tx, any, copies));
  return message ? Reindex(tx, RelationshipOf(message->name())) : absl::OkStatus();
}

absl::Status Projection::Apply(store::Tx& tx, const base::CallContext&,
                               const google::protobuf::Any& resource) {
  if (resource.Is<contact::v1::Relationship>()) {
    ASSIGN_OR_RETURN(const auto message, TakeOver(tx, resource, relationships_));
    return message ? Reindex(tx, message->name()) : absl::OkStatus();
  }
  if (resource.Is<contact::v1::Person>()) {
    ASSIGN_OR_RETURN(const auto message, TakeOver(tx, resource, people_));
    return message ? ReindexPerson(tx, message->name()) : absl::OkStatus();
  }
  if (resource.Is<contact::v1::Preference>()) {
    return TakeOver(tx, resource, preferences_).status();  // nothing of it is in the index
  }
  if (resource.Is<contact::v1::Steward>()) return TakeOver(tx, resource, stewards_).status();
  if (resource.Is<contact::v1::Settings>()) return TakeOver(tx, resource, settings_).status();
  if (resource.Is<engagement::v1::Sale>()) return TakeOver(tx, resource, sales_).status();
  if (resource.Is<engagement::v1::RelationshipStatistics>()) {
    ASSIGN_OR_RETURN(const auto message, TakeOver(tx, resource, statistics_));
    if (!message) return absl::OkStatus();
    return Reindex(tx, message->name().substr(0, message->name().rfind('/')));
  }
  if (resource.Is<engagement::v1::Promise>()) return TakeOverChild(tx, resource, promises_);
  if (resource.Is<engagement::v1::Fact>()) return TakeOverChild(tx, resource, facts_);
  if (resource.Is<engagement::v1::Feedback>()) return TakeOverChild(tx, resource, feedback_);
  if (resource.Is<engagement::v1::Need>()) return TakeOverChild(tx, resource, needs_);
  if (resource.Is<engagement::v1::CareEvent>()) return TakeOverChild(tx, resource, care_events_);
  return absl::OkStatus();
}

absl::Status Projection::ReindexPerson(store::Tx& tx, const std::string& person) {
  store::Range range;
  range.index = 0;
  range.prefix = {Name<contact::v1::Person>::Parse(person)->id()};
  std::vector<std::string> names;
  RETURN_IF_ERROR(tx.Scan(relationships_.table(), range, [&](store::Row& row) {
    names.push_back(relationships_.FromRow(row).name());
    return true;
  }));
  for (const auto& name : names) RETURN_IF_ERROR(Reindex(tx, name));
  return absl::OkStatus();
}

absl::StatusOr<IndexRow> Projection::MakeRow(store::Reader& reader,
                                             const std::string& relationship) const {
  const auto name = Name<contact::v1::Relationship>::Parse(relationship);
  if (!name.ok()) return name.status();
  IndexRow row{.id = name->id()};
  const auto copy = LoadPart(reader, relationship, true);
  if (absl::IsNotFound(copy.status())) {
    row.gone = true;
    return row;
  }
  if (!copy.ok()) return copy.status();
  row.entry = MakeIndexEntry((*copy)->View());
  for (const auto& steward : (*copy)->relationship.stewards()) {
    row.stewards.push_back(Name<contact::v1::Steward>::Parse(steward)->id());
  }
  return row;
}

absl::Status Projection::Reindex(store::Tx& tx, const std::string& relationship) {
  ASSIGN_OR_RETURN(const IndexRow row, MakeRow(tx, relationship));
  return tx.Put(IndexRow::table(), row.ToRow()).status();
}

absl::StatusOr<IndexRow> Projection::MakeRowNow(const base::TenantId& tenant,
                                                const std::string& id) const {
  base::CallContext context;
  context.tenant = tenant;
  context.deadline = absl::Now() + absl::Seconds(10);
  ASSIGN_OR_RETURN(const auto snapshot, store_->Read(context, tenant));
  return MakeRow(*snapshot, Name<contact::v1::Relationship>::Of(tenant.value(), id).text());
}

absl::Status Projection::Enter(const base::TenantId& tenant, const store::Row& row) {
  auto known = IndexRow::FromRow(row);
  if (!known && store_ == nullptr) {
    outdated_.emplace_back(tenant.value(), store::AsText(row[0]));
    return absl::OkStatus();
  }
  if (!known) {
    ASSIGN_OR_RETURN(known, MakeRowNow(tenant, store::AsText(row[0])));
  }
  const std::unique_lock lock(mu_);
  auto& index = index_[tenant.value()];
  if (index == nullptr) index = std::make_unique<WorklistIndex>();
  if (known->gone) {
    index->Remove(known->id);
  } else {
    index->Upsert(known->stewards, known->id, known->entry);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<RelationshipCopy>> Projection::Load(
    store::Reader& reader, const std::string& relationship) const {
  return LoadPart(reader, relationship, false);
}

absl::StatusOr<std::unique_ptr<RelationshipCopy>> Projection::LoadPart(
    store::Reader& reader, const std::string& relationship, bool for_index) const {
  const auto name = Name<contact::v1::Relationship>::Parse(relationship);
  if (!name.ok()) return errors::ResourceUnknown(relationship);
  auto copy = std::make_unique<RelationshipCopy>();
  ASSIGN_OR_RETURN(copy->relationship, relationships_.GetLiving(reader, relationship));
  ASSIGN_OR_RETURN(auto person, people_.Find(reader, copy->relationship.person()));
  if (person) {
    if (person->has_delete_time()) return errors::ResourceUnknown(relationship);
    copy->person = *std::move(person);
    copy->has_person = true;
  }
  ASSIGN_OR_RETURN(auto statistics, statistics_.Find(reader, relationship + "/statistics"));
  if (statistics) {
    copy->statistics = *std::move(statistics);
    copy->has_statistics = true;
  }
  RETURN_IF_ERROR(LoadChildren(promises_, reader, name->id(), &copy->promises));
  RETURN_IF_ERROR(LoadChildren(facts_, reader, name->id(), &copy->facts));
  RETURN_IF_ERROR(LoadChildren(feedback_, reader, name->id(), &copy->feedback));
  RETURN_IF_ERROR(LoadChildren(needs_, reader, name->id(), &copy->needs));
  RETURN_IF_ERROR(LoadChildren(care_events_, reader, name->id(), &copy->care_events));
  for (auto& fact : copy->facts) FoldTopics(fact.mutable_topics());
  for (auto& need : copy->needs) FoldTopics(need.mutable_topics());
  if (for_index) return copy;
  ASSIGN_OR_RETURN(auto preference,
                   preferences_.Find(reader, copy->relationship.person() + "/preference"));
  if (preference) {
    copy->preference = *std::move(preference);
    copy->has_preference = true;
  }
  ASSIGN_OR_RETURN(
      auto settings,
      settings_.Find(reader, Name<contact::v1::Settings>::Of(name->tenant().value()).text()));
  if (settings) {
    copy->settings = *std::move(settings);
    copy->has_settings = true;
  }
  RETURN_IF_ERROR(LoadChildren(sales_, reader, name->id(), &copy->sales));
  return copy;
}

absl::StatusOr<contact::v1::Steward> Projection::LoadSteward(store::Reader& reader,
                                                             const std::string& steward) const {
  return stewards_.GetLiving(reader, steward);
}

Selection Projection::Select(const base::TenantId& tenant, const std::string& steward,
                             std::int64_t capacity, absl::Time as_of, absl::TimeZone zone,
                             std::int64_t max_waiting, std::uint32_t offer_bits) const {
  const std::shared_lock lock(mu_);
  const auto it = index_.find(tenant.value());
  if (it == index_.end()) return {};
  return it->second->Select(steward, capacity, as_of, zone, max_waiting, offer_bits);
}

std::size_t Projection::relationships() const {
  const std::shared_lock lock(mu_);
  std::size_t sum = 0;
  for (const auto& [tenant, index] : index_) sum += index->size();
  return sum;
}

std::size_t Projection::index_bytes() const {
  const std::shared_lock lock(mu_);
  std::size_t sum = 0;
  for (const auto& [tenant, index] : index_) sum += index->MemoryBytes();
  return sum;
}

}  // namespace rapport::recommendation
