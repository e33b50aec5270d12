#include "services/contact/schema.h"

#include "common/resource/feed_consumer.h"
#include "common/resource/secrets.h"
#include "services/contact/derived.h"
#include "services/contact/resources.h"

namespace rapport::contact {

resource::Schema Schema() {
  static const auto* const resources = new Resources(nullptr, nullptr, nullptr);
  resource::Schema schema{
      .service = "contact",
      .version = 1,
      .tables = resources->tables(),
      .own_tables = {&resource::SecretsTable(), &resource::FeedConsumer::table(),
                     &resource::FeedConsumer::term_table()},
      .cached = {{&resources->people.table(), "pe"}, {&resources->relationships.table(), "re"}}};
  AddDerived(*resources, &schema);
  return schema;
}

}  // namespace rapport::contact
