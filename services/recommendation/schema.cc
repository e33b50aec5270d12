#include "services/recommendation/schema.h"

#include "common/resource/feed_consumer.h"
#include "common/resource/request_log.h"
#include "common/resource/secrets.h"
#include "services/recommendation/offer_service.h"
#include "services/recommendation/projection.h"

namespace rapport::recommendation {

resource::Schema Schema() {
  static auto* const projection = new Projection;
  static const auto* const offers = new Offers(OfferStrategy(), nullptr, nullptr, nullptr);
  resource::Schema schema{
      .service = "recommendation",
      .version = 1,
      .tables = projection->tables(),
      .own_tables = {&resource::SecretsTable(), &resource::FeedConsumer::table(),
                     &resource::FeedConsumer::term_table()}};
  schema.tables.insert(schema.tables.end(), {&offers->table(), &resource::RequestLog::table(),
                                             &resource::SecretsTable()});
  projection->Describe(&schema);
  schema.derived.push_back(resource::ColumnsOf(*offers));
  schema.bodies.push_back(resource::BodyOf(*offers));
  return schema;
}

}  // namespace rapport::recommendation
