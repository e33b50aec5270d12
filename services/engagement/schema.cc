#include "services/engagement/schema.h"

#include "common/resource/feed_consumer.h"
#include "common/resource/secrets.h"
#include "services/engagement/resources.h"

namespace rapport::engagement {

resource::Schema Schema() {
  static const auto* const resources = new Resources(nullptr, nullptr, nullptr);
  return {.service = "engagement",
          .version = 1,
          .tables = resources->tables(),
          .own_tables = {&resource::SecretsTable(), &resource::FeedConsumer::table(),
                         &resource::FeedConsumer::term_table()},
          .cached = {{&resources->statistics.table(), "st"}, {&resources->settings.table(), "se"}}};
}

}  // namespace rapport::engagement
