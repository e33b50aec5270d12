// What changes, as the change feed of one service tells it.
#ifndef RAPPORT_TOOLS_CACHE_AUDITOR_FEEDS_H_
#define RAPPORT_TOOLS_CACHE_AUDITOR_FEEDS_H_

#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/rpc/client.h"
#include "rapport/feed/v1/change_feed_service.pb.h"
#include "tools/cache_auditor/audit.h"

namespace rapport::auditor {

// Follows the feed on a thread of its own until it is destroyed, and adds what is cached to the
// audit. Begins with everything there is; goes on after the last change when the stream breaks.
class Feed {
 public:
  // The arguments outlive it.
  Feed(std::string service, rpc::Client* client, Audit* audit);
  ~Feed();

 private:
  using Stream = rpc::ServerStreamReader<rapport::feed::v1::ChangeBatch>;
  void Run();
  void Take(const rapport::feed::v1::ChangeBatch& batch);

  const std::string service_;
  rpc::Client& client_;
  Audit& audit_;
  rapport::feed::v1::WatchChangesRequest cursor_;
  bool old_ = true;  // what comes was there when the audit began
  base::Mutex mu_;
  base::CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::unique_ptr<Stream> stream_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

// What the service says of its cache.
absl::StatusOr<Trust> AskTrust(rpc::Client& client);

}  // namespace rapport::auditor

#endif  // RAPPORT_TOOLS_CACHE_AUDITOR_FEEDS_H_
