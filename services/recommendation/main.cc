// The recommendation service: what would be a sincere next step, and why (not).
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "common/host/feed_client.h"
#include "common/host/host.h"
#include "common/host/value_or_exit.h"
#include "common/resource/methods.h"
#include "common/text/collate.h"
#include "services/recommendation/projection.h"
#include "services/recommendation/recommendation_service.h"

ABSL_FLAG(std::string, contact_target, "",
          "contact service to follow, e.g. dns:///contact:7101; empty follows none");
ABSL_FLAG(std::string, engagement_target, "",
          "engagement service to follow, e.g. dns:///engagement:7102; empty follows none");

int main(int argc, char** argv) {
  using namespace rapport;  // NOLINT(google-build-using-namespace): composition only
  const host::Options options = host::ParseOptionsOrExit(
      argc, argv,
      {.name = "recommendation",
       .summary = "Rapport's recommendation service: sincere next steps, and why.",
       .listen = "127.0.0.1:7103",
       .call_scopes = {"feed.read"},
       .secret_flags = {}});
  const auto host = host::Host::CreateOrExit(options);

  recommendation::Projection projection;
  const auto store = host->OpenStoreOrExit(projection.tables());
  if (const absl::Status loaded = projection.LoadIndex(*store); !loaded.ok()) {
    std::fprintf(stderr, "%s\n", std::string(loaded.message()).c_str());
    return 1;
  }

  resource::FeedPositions positions;
  const auto apply = [&](store::Tx& tx, const base::CallContext& context,
                         const google::protobuf::Any& change) {
    return projection.Apply(tx, context, change);
  };
  host::Follower contact(*host, "contact", absl::GetFlag(FLAGS_contact_target), store.get(),
                         &positions, apply);
  host::Follower engagement(*host, "engagement", absl::GetFlag(FLAGS_engagement_target),
                            store.get(), &positions, apply);

  const auto collator = host::ValueOrExit(text::NameCollator::Create());
  host->metrics()
      .AddGauge("rapport_worklist_relationships", "Relationships in the index of the worklist")
      .With()
      .ReadFrom([&] { return static_cast<double>(projection.relationships()); });
  host->metrics()
      .AddGauge("rapport_worklist_bytes", "Memory of the index of the worklist")
      .With()
      .ReadFrom([&] { return static_cast<double>(projection.index_bytes()); });

  rpc::MethodTable table;
  resource::Methods methods(&table, store.get(), &host->read_lane());
  recommendation::RecommendationService service(&projection, collator.get(), [&] {
    std::vector<std::string> degraded;
    if (!contact.Fresh()) degraded.push_back("contact has not been heard of for a while");
    if (!engagement.Fresh()) degraded.push_back("engagement has not been heard of for a while");
    return degraded;
  });
  service.Register(&methods);

  return host->Run(&table, {.gate = &positions,
                            .on_started =
                                [&] {
                                  contact.Start();
                                  engagement.Start();
                                  return absl::OkStatus();
                                },
                            .on_drained =
                                [&] {
                                  contact.Stop();
                                  engagement.Stop();
                                }});
}
