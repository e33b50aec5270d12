// Holds what Redis has of a row against what was written to it: some time after each change, Redis
// may have no value of the row, or one that is at least as new.
//
// A hit is never a matter of timing. An entry counts only if the service says, after the entry was
// read, that its epoch was still the trusted one: until then every write had to mark and stamp it.
#ifndef RAPPORT_TOOLS_CACHE_AUDITOR_AUDIT_H_
#define RAPPORT_TOOLS_CACHE_AUDITOR_AUDIT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "common/base/mutex.h"
#include "common/telemetry/metrics.h"
#include "tools/cache_auditor/layout.h"

namespace rapport::auditor {

// What a service says of its cache.
struct Trust {
  struct Scope {
    int scope = 0;
    std::string epoch;
    std::string run_id;  // of the Redis process
    friend bool operator==(const Scope&, const Scope&) = default;
  };
  std::string store_id;
  std::vector<Scope> scopes;  // those that are on, and believed
};

// A state of a row that was committed.
struct Change {
  std::string service;
  std::string store_id;  // that gave the version
  std::string name;      // of the resource
  CachedRow row;
  std::uint64_t version = 0;
};

// An entry that is older than it may be.
struct Finding {
  Change change;
  std::string key;
  Header header;
  std::string entry;
  absl::Duration after;  // the change was heard
};
// One line of JSON. What people told us is not in it: of the entry, header and tail without the
// payload.
std::string ToJson(const Finding& finding);

class Audit {
 public:
  struct World {
    std::function<absl::StatusOr<Trust>(const std::string& service)> trust;
    // From the Redis process of that id; one answer for each key.
    std::function<absl::StatusOr<std::vector<absl::optional<std::string>>>(
        const std::string& run_id, const std::vector<std::string>& keys)>
        get;
    std::function<void(const Finding&)> on_finding;
  };

  // `delays` rise. The registry outlives the audit.
  Audit(World world, std::vector<absl::Duration> delays, telemetry::Registry& registry);

  // Thread-safe. What was there before the audit began is checked once only.
  void Add(Change change, bool old, absl::Time now);
  // Makes the checks that are due; some of them, if there are many. Returns whether there may be
  // more at once. One thread.
  bool Step(absl::Time now);

  std::uint64_t changes() const { return changes_.value(); }
  std::uint64_t checked() const { return checked_.value(); }
  std::uint64_t inconsistent() const { return inconsistent_.value(); }
  std::uint64_t late() const { return late_.value(); }
  std::uint64_t skipped() const { return skipped_.value(); }
  std::string ToJson() const;

 private:
  struct Task {
    absl::Time due;
    absl::Time heard;
    std::size_t delay = 0;  // which of delays_
    Change change;
    friend bool operator<(const Task& a, const Task& b) { return a.due > b.due; }
  };
  struct KnownTrust {
    absl::Time at = absl::InfinitePast();
    absl::StatusOr<Trust> trust = absl::UnavailableError("not asked yet");
  };
  const absl::StatusOr<Trust>& TrustOf(const std::string& service, absl::Time now);
  // Those of one service.
  void Check(const std::string& service, const std::vector<Task>& tasks, absl::Time now);
  bool CheckScope(const std::string& service, const Trust::Scope& scope,
                  const std::vector<const Task*>& tasks, absl::Time now);

  const World world_;
  const std::vector<absl::Duration> delays_;
  telemetry::Counter& changes_;
  telemetry::Counter& checked_;
  telemetry::Counter& inconsistent_;
  telemetry::Counter& late_;
  telemetry::Counter& skipped_;
  std::map<std::string, KnownTrust> known_;  // by service
  mutable base::Mutex mu_;
  std::priority_queue<Task> tasks_ ABSL_GUARDED_BY(mu_);
};

}  // namespace rapport::auditor

#endif  // RAPPORT_TOOLS_CACHE_AUDITOR_AUDIT_H_
