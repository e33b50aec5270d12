// Projection::Describe: what recommendation keeps of others, and the index over that.
#include <string>

#include "common/base/status_macros.h"
#include "common/resource/name.h"
#include "services/recommendation/projection.h"

namespace rapport::recommendation {

void Projection::Describe(resource::Schema* schema) {
  const auto reindex = [this](store::Tx& tx, const base::CallContext&, const store::Row& row,
                              int id) {
    const auto name = resource::Name<contact::v1::Relationship>::Of(
        tx.tenant().value(), store::AsText(row[static_cast<std::size_t>(id)]));
    return Reindex(tx, name.text());
  };
  const auto add = [&](const std::string& origin, const auto& copies) {
    schema->derived.push_back(resource::ColumnsOf(copies));
    schema->bodies.push_back(resource::BodyOf(copies));
    schema->copies.push_back(
        {origin, copies.table().name, &copies.table(), true, true,
         [this](store::Tx& tx, const base::CallContext& context,
                const google::protobuf::Any& change) { return Apply(tx, context, change); }});
  };
  add("contact", people_);
  add("contact", relationships_);
  add("contact", stewards_);
  add("contact", preferences_);
  add("contact", settings_);
  add("engagement", statistics_);
  add("engagement", promises_);
  add("engagement", facts_);
  add("engagement", feedback_);
  add("engagement", needs_);
  add("engagement", sales_);
  add("engagement", care_events_);
  schema->derived.push_back(
      {"worklist of relationships", &relationships_.table(),
       [reindex](store::Tx& tx, const base::CallContext& context, const store::Row& row) {
         return reindex(tx, context, row, 1);
       }});
  schema->derived.push_back(
      {"worklist", &IndexRow::table(),
       [reindex](store::Tx& tx, const base::CallContext& context, const store::Row& row) {
         return reindex(tx, context, row, 0);
       }});
}

}  // namespace rapport::recommendation
