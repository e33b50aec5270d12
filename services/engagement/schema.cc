#include "services/engagement/schema.h"

#include "common/resource/feed_consumer.h"
#include "common/resource/secrets.h"
#include "services/engagement/derived.h"
#include "services/engagement/resources.h"

namespace rapport::engagement {

resource::Schema Schema() {
  static const auto* const resources = new Resources(nullptr, nullptr, nullptr);
  resource::Schema schema{
      .service = "engagement",
      .version = 1,
      .tables = resources->tables(),
      .own_tables = {&resource::SecretsTable(), &resource::FeedConsumer::table(),
                     &resource::FeedConsumer::term_table()},
      .cached = {{&resources->statistics.table(), "st"}, {&resources->settings.table(), "se"}}};
  AddDerived(*resources, &schema);
  return schema;
}

}  // namespace rapport::engagement
