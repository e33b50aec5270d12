// The engagement service: what happened between people and us, and how it stands.
#include <string>

#include "absl/flags/flag.h"
#include "common/host/cache_service.h"
#include "common/host/feed_client.h"
#include "common/host/host.h"
#include "common/host/value_or_exit.h"
#include "common/resource/feed_service.h"
#include "common/resource/methods.h"
#include "common/resource/secrets.h"
#include "services/engagement/care_service.h"
#include "services/engagement/engagement_service.h"
#include "services/engagement/feeds/contact_feed.h"
#include "services/engagement/need_service.h"
#include "services/engagement/promise_service.h"
#include "services/engagement/rapport_service.h"
#include "services/engagement/resources.h"
#include "services/engagement/sale_service.h"
#include "services/engagement/schema.h"
#include "services/engagement/tenant_hours.h"
#include "services/engagement/transfer.h"
#include "services/engagement/understanding_service.h"

ABSL_FLAG(std::string, contact_target, "",
          "contact service to follow, e.g. dns:///contact:7101; empty follows none");
ABSL_FLAG(std::size_t, hot_entries, 200000, "relationships whose statistics are kept in memory");

constexpr std::size_t kTenantsInMemory = 10000;

int main(int argc, char** argv) {
  using namespace rapport;  // NOLINT(google-build-using-namespace): composition only
  const host::Options options = host::ParseOptionsOrExit(
      argc, argv,
      {.name = "engagement",
       .summary = "Rapport's engagement service: what happened between people and us.",
       .listen = "127.0.0.1:7102",
       .call_scopes = {"feed.read"},
       .secret_flags = {}});
  const auto host = host::Host::CreateOrExit(options);

  resource::ObjectCache<engagement::v1::RelationshipStatistics> cache(
      host->sole_owner() ? absl::GetFlag(FLAGS_hot_entries) : 0);
  const auto storage = host->OpenStorageOrExit(engagement::Schema());
  store::Store* const store = storage->store();
  const resource::PageTokens tokens(host::ValueOrExit(resource::SecretOf(*store, "page_token")));
  const engagement::Resources resources(&tokens, &host->rng(),
                                        host->sole_owner() ? &cache : nullptr);
  const engagement::rules::Parameters parameters;

  cache.ReportTo(&host->metrics());

  rpc::MethodTable table;
  resource::Methods methods(&table, store, &host->read_lane(), storage->rows());
  engagement::EngagementService engagements(&resources, &tokens, &parameters, &host->rng());
  engagement::TenantHours hours(&resources, host->sole_owner() ? kTenantsInMemory : 0);
  engagement::PromiseService promises(&resources, &parameters);
  engagement::UnderstandingService understanding(&resources, &parameters, &hours);
  engagement::NeedService needs(&resources, &parameters);
  engagement::SaleService sales(&resources, &parameters, &promises);
  engagement::CareService care(&resources);
  engagement::RapportService rapports(&resources, &tokens, &parameters, &cache, &hours);
  engagements.Register(&methods);
  promises.Register(&methods);
  understanding.Register(&methods);
  needs.Register(&methods);
  sales.Register(&methods);
  care.Register(&methods);
  rapports.Register(&methods);

  resource::FeedService feed(store);
  feed.Publish(resources.statistics.table(), engagement::v1::RelationshipStatistics::descriptor());
  feed.Publish(resources.promises.table(), engagement::v1::Promise::descriptor());
  feed.Publish(resources.facts.table(), engagement::v1::Fact::descriptor());
  feed.Publish(resources.feedback.table(), engagement::v1::Feedback::descriptor());
  feed.Publish(resources.needs.table(), engagement::v1::Need::descriptor());
  feed.Publish(resources.sales.table(), engagement::v1::Sale::descriptor());
  feed.Publish(resources.care_events.table(), engagement::v1::CareEvent::descriptor());
  feed.PublishCopy(resources.settings.table(), contact::v1::Settings::descriptor());
  feed.Register(&table);
  host::AddCacheService(&table, storage->cache());
  resource::TransferService transfer(&tokens, store);
  engagement::AddKinds(&resources, &parameters, &transfer);
  transfer.Register(&methods);

  const engagement::ContactFeed from_contact(&resources, &parameters, &engagements, &hours);
  host::Following following(host.get(), store);
  following.Follow(
      "contact", absl::GetFlag(FLAGS_contact_target),
      [&](store::Tx& tx, const base::CallContext& context, const google::protobuf::Any& change) {
        return from_contact.Apply(tx, context, change);
      });
  host::OkOrExit(following.CatchUp());
  return host->Run(&table, following.Options());
}
