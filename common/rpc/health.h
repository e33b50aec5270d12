// grpc.health.v1.Health: what this process says about itself. Names: "" (the process), the full
// name of each service in the table, and "startup", "liveness" and "readiness" for probes.
#ifndef RAPPORT_COMMON_RPC_HEALTH_H_
#define RAPPORT_COMMON_RPC_HEALTH_H_

#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "common/base/mutex.h"
#include "common/rpc/method_table.h"

namespace rapport::rpc {

// Thread-safe. Begins with "liveness" serving and everything else not serving.
class Health {
 public:
  Health();

  // Adds Check and Watch to the table, and a name for each service that the table has by now. Call
  // it after the services are in the table. The health must outlive the table.
  void AddTo(MethodTable* table);

  // For a name that is not known yet: makes it known.
  void Set(absl::string_view name, bool serving);
  // "startup" is passed for good.
  void SetStarted() { Set("startup", true); }
  // "readiness", "" and all services.
  void SetReady(bool ready);

  // Nothing if the name is unknown.
  absl::optional<bool> IsServing(absl::string_view name) const;

 private:
  class Watcher;
  void Add(Watcher* watcher);
  void Remove(Watcher* watcher);
  void WakeAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable base::Mutex mu_;
  std::map<std::string, bool, std::less<>> serving_ ABSL_GUARDED_BY(mu_);
  std::set<Watcher*> watchers_ ABSL_GUARDED_BY(mu_);
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_HEALTH_H_
