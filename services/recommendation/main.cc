// The recommendation service: what would be a sincere next step, and why (not).
#include <algorithm>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "common/host/cache_service.h"
#include "common/host/feed_client.h"
#include "common/host/host.h"
#include "common/host/value_or_exit.h"
#include "common/resource/methods.h"
#include "common/resource/secrets.h"
#include "common/text/collate.h"
#include "services/recommendation/asking.h"
#include "services/recommendation/deciding.h"
#include "services/recommendation/offer_book.h"
#include "services/recommendation/offer_service.h"
#include "services/recommendation/projection.h"
#include "services/recommendation/recommendation_service.h"
#include "services/recommendation/schema.h"
#include "services/recommendation/worklist_maker.h"

ABSL_FLAG(std::string, contact_target, "",
          "contact service to follow and to ask, e.g. dns:///contact:7101; empty for none");
ABSL_FLAG(std::string, engagement_target, "",
          "engagement service to follow and to ask, e.g. dns:///engagement:7102; empty for none");
ABSL_FLAG(absl::Duration, ask_timeout, absl::Milliseconds(300),
          "how long a decision about a proposal waits for contact and engagement");

int main(int argc, char** argv) {
  using namespace rapport;  // NOLINT(google-build-using-namespace): composition only
  const host::Options options = host::ParseOptionsOrExit(
      argc, argv,
      {.name = "recommendation",
       .summary = "Rapport's recommendation service: sincere next steps, and why.",
       .listen = "127.0.0.1:7103",
       .call_scopes = {"feed.read", "contact.read", "engagement.read"},
       .secret_flags = {}});
  const auto host = host::Host::CreateOrExit(options);

  recommendation::Projection projection;
  const auto storage = host->OpenStorageOrExit(recommendation::Schema());
  store::Store* const store = storage->store();
  const resource::PageTokens tokens(host::ValueOrExit(resource::SecretOf(*store, "page_token")));
  const recommendation::Offers offers(recommendation::OfferStrategy(), &tokens, &host->rng(),
                                      nullptr);
  recommendation::OfferBook book;
  host::Following following(host.get(), store,
                            {projection.IndexSource(), recommendation::OfferSource(offers, &book)});
  const auto apply = [&](store::Tx& tx, const base::CallContext& context,
                         const google::protobuf::Any& change) {
    return projection.Apply(tx, context, change);
  };
  const auto& contact = following.Follow("contact", absl::GetFlag(FLAGS_contact_target), apply);
  const auto& engagement =
      following.Follow("engagement", absl::GetFlag(FLAGS_engagement_target), apply);
  host::OkOrExit(following.CatchUp());
  host::OkOrExit(projection.RebuildIndex(*store));
  host::OkOrExit(following.CatchUp());

  const auto collator = host::ValueOrExit(text::NameCollator::Create());
  host->metrics()
      .AddGauge("rapport_worklist_relationships", "Relationships in the index of the worklist")
      .With()
      .ReadFrom([&] { return static_cast<double>(projection.relationships()); });
  host->metrics()
      .AddGauge("rapport_worklist_bytes", "Memory of the index of the worklist")
      .With()
      .ReadFrom([&] { return static_cast<double>(projection.index_bytes()); });

  const auto client_of = [&](const std::string& target) {
    return target.empty() ? nullptr : std::make_unique<rpc::Client>(host->ClientFor(target));
  };
  const auto contact_client = client_of(absl::GetFlag(FLAGS_contact_target));
  const auto engagement_client = client_of(absl::GetFlag(FLAGS_engagement_target));
  const recommendation::Asking asking(contact_client.get(), engagement_client.get(),
                                      &host->wall_clock(),
                                      {.timeout = absl::GetFlag(FLAGS_ask_timeout)});
  const recommendation::Deciding deciding(&projection, &book, &asking, [&] {
    std::vector<std::string> degraded;
    if (!contact.Fresh()) degraded.push_back("contact has not been heard of for a while");
    if (!engagement.Fresh()) degraded.push_back("engagement has not been heard of for a while");
    return degraded;
  });
  const recommendation::WorklistMaker worklists(&projection, &deciding, collator.get(),
                                                &host->wall_clock());

  rpc::MethodTable table;
  resource::Methods methods(&table, store, &host->read_lane());
  recommendation::RecommendationService service(&deciding, &worklists, &offers);
  service.Register(&methods);
  recommendation::OfferService offer_service(&offers, &book);
  offer_service.Register(&methods);
  host::AddCacheService(&table, storage->cache());
  resource::TransferService transfer(&tokens, store);
  offer_service.AddKinds(&transfer);
  transfer.Register(&methods);

  host::RunOptions run = following.Options();
  run.lag = [&] { return std::max(contact.SinceHeard(), engagement.SinceHeard()); };
  return host->Run(&table, run);
}
