// The contact service: who people are, what they allow, how we stand to them.
#include <string>

#include "absl/flags/flag.h"
#include "common/host/cache_service.h"
#include "common/host/feed_client.h"
#include "common/host/host.h"
#include "common/host/value_or_exit.h"
#include "common/resource/feed_service.h"
#include "common/resource/methods.h"
#include "common/resource/secrets.h"
#include "common/time/zone_table.h"
#include "services/contact/consent_service.h"
#include "services/contact/feeds/engagement_feed.h"
#include "services/contact/people_service.h"
#include "services/contact/relationship_service.h"
#include "services/contact/resources.h"
#include "services/contact/schema.h"
#include "services/contact/steward_service.h"
#include "services/contact/transfer.h"

ABSL_FLAG(std::string, engagement_target, "",
          "engagement service to follow, e.g. dns:///engagement:7102; empty follows none");
ABSL_FLAG(std::size_t, hot_entries, 200000, "people and relationships kept in memory");

int main(int argc, char** argv) {
  using namespace rapport;  // NOLINT(google-build-using-namespace): composition only
  const host::Options options = host::ParseOptionsOrExit(
      argc, argv,
      {.name = "contact",
       .summary = "Rapport's contact service: who people are and how we stand to them.",
       .listen = "127.0.0.1:7101",
       .call_scopes = {"feed.read"},
       .secret_flags = {}});
  const auto host = host::Host::CreateOrExit(options);

  resource::HotCache cache(host->sole_owner() ? absl::GetFlag(FLAGS_hot_entries) : 0);
  const auto storage = host->OpenStorageOrExit(contact::Schema());
  store::Store* const store = storage->store();
  const resource::PageTokens tokens(host::ValueOrExit(resource::SecretOf(*store, "page_token")));
  const contact::Resources resources(&tokens, &host->rng(), &cache);

  cache.ReportTo(&host->metrics());

  rpc::MethodTable table;
  resource::Methods methods(&table, store, &host->read_lane(), storage->rows());
  contact::RelationshipService relationships(&resources, &cache);
  contact::PeopleService people(&resources, &relationships, &cache);
  contact::StewardService stewards(&resources, &relationships);
  const time::ZoneTable zones = host::ValueOrExit(time::ZoneTable::Load());
  contact::ConsentService consent(&resources, &zones);
  people.Register(&methods);
  relationships.Register(&methods);
  stewards.Register(&methods);
  consent.Register(&methods);

  resource::FeedService feed(store);
  feed.Publish(resources.people.table(), contact::v1::Person::descriptor());
  feed.Publish(resources.contact_points.table(), contact::v1::ContactPoint::descriptor());
  feed.Publish(resources.relationships.table(), contact::v1::Relationship::descriptor());
  feed.Publish(resources.stewards.table(), contact::v1::Steward::descriptor());
  feed.Publish(resources.settings.table(), contact::v1::Settings::descriptor());
  feed.Publish(resources.preferences.table(), contact::v1::Preference::descriptor());
  feed.Publish(resources.consent_entries.table(), contact::v1::ConsentEntry::descriptor());
  feed.Register(&table);
  host::AddCacheService(&table, storage->cache());
  resource::TransferService transfer(&tokens, store);
  contact::AddKinds(&resources, &people, &transfer);
  transfer.Register(&methods);

  const contact::EngagementFeed from_engagement(&resources);
  host::Following following(host.get(), store);
  following.Follow(
      "engagement", absl::GetFlag(FLAGS_engagement_target),
      [&](store::Tx& tx, const base::CallContext& context, const google::protobuf::Any& change) {
        return from_engagement.Apply(tx, context, change);
      });
  host::OkOrExit(following.CatchUp());
  return host->Run(&table, following.Options());
}
