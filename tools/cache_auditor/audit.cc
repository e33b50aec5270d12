#include "tools/cache_auditor/audit.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace rapport::auditor {
namespace {

constexpr std::size_t kTasksAtOnce = 256;
// Bounds the memory, not the audit: what is over it is counted as skipped.
constexpr std::size_t kMostTasks = 2'000'000;
constexpr absl::Duration kTrustAge = absl::Milliseconds(250);
constexpr absl::Duration kLate = absl::Seconds(1);
constexpr std::size_t kTail = 27;  // of an entry, between header and payload

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

// Numbers of 64 bits are texts, as in the JSON of protobuf.
std::string Number(std::uint64_t number) { return Quoted(absl::StrCat(number)); }

}  // namespace

std::string ToJson(const Finding& finding) {
  const Change& change = finding.change;
  return absl::StrCat(
      "{\"service\":", Quoted(change.service), ",\"kind\":", Quoted(change.row.kind),
      ",\"name\":", Quoted(change.name), ",\"needed_version\":", Number(change.version),
      ",\"found_version\":", Number(finding.header.version),
      ",\"entry_kind\":", Quoted(std::string(1, finding.header.kind)),
      ",\"lowest_version\":", Number(finding.header.lowest_version),
      ",\"lease\":", Quoted(absl::StrFormat("%016x", finding.header.lease)),
      ",\"marks\":", finding.header.marks,
      ",\"seconds_after\":", absl::StrFormat("%.3f", absl::ToDoubleSeconds(finding.after)),
      ",\"key_hex\":", Quoted(absl::BytesToHexString(finding.key)),
      ",\"entry_bytes\":", finding.entry.size(), ",\"entry_head_hex\":",
      Quoted(absl::BytesToHexString(
          absl::string_view(finding.entry).substr(0, finding.header.size + kTail))),
      "}");
}

Audit::Audit(World world, std::vector<absl::Duration> delays, telemetry::Registry& registry)
    : world_(std::move(world)),
      delays_(std::move(delays)),
      changes_(registry
                   .AddCounter("rapport_cache_audit_changes_total",
                               "Changes of cached rows that the feeds told of")
                   .With()),
      checked_(registry
                   .AddCounter("rapport_cache_audit_checked_total",
                               "Looks at an entry some time after its row was changed")
                   .With()),
      inconsistent_(registry
                        .AddCounter("rapport_cache_audit_inconsistent_total",
                                    "Entries that were older than an acknowledged write")
                        .With()),
      late_(registry
                .AddCounter("rapport_cache_audit_late_total",
                            "Looks that were made more than a second after they were due")
                .With()),
      skipped_(registry
                   .AddCounter("rapport_cache_audit_skipped_total",
                               "Looks that could not be made: the cache was not on, or the service "
                               "or Redis did not answer")
                   .With()) {}

void Audit::Add(Change change, bool old, absl::Time now) {
  changes_.Add();
  const base::MutexLock lock(&mu_);
  if (tasks_.size() >= kMostTasks) return skipped_.Add(old ? 1 : delays_.size());
  tasks_.push({now + delays_.front(), now, old ? delays_.size() - 1 : 0, std::move(change)});
}

bool Audit::Step(absl::Time now) {
  std::map<std::string, std::vector<Task>> due;
  std::size_t count = 0;
  {
    const base::MutexLock lock(&mu_);
    for (; count < kTasksAtOnce && !tasks_.empty() && tasks_.top().due <= now; ++count) {
      due[tasks_.top().change.service].push_back(tasks_.top());
      tasks_.pop();
    }
  }
  for (auto& [service, tasks] : due) {
    Check(service, tasks, now);
    const base::MutexLock lock(&mu_);
    for (Task& task : tasks) {
      if (++task.delay == delays_.size()) continue;
      task.due = task.heard + delays_[task.delay];
      tasks_.push(std::move(task));
    }
  }
  return count == kTasksAtOnce;
}

const absl::StatusOr<Trust>& Audit::TrustOf(const std::string& service, absl::Time now) {
  KnownTrust& known = known_[service];
  if (now - known.at >= kTrustAge) known = {now, world_.trust(service)};
  return known.trust;
}

void Audit::Check(const std::string& service, const std::vector<Task>& tasks, absl::Time now) {
  const absl::StatusOr<Trust>& trust = TrustOf(service, now);
  std::vector<const Task*> checked;
  for (const Task& task : tasks) {
    if (trust.ok() && task.change.store_id == trust->store_id) checked.push_back(&task);
  }
  bool all = trust.ok() && !trust->scopes.empty();
  // Whichever scope a row belongs to: the others have nothing of it.
  if (all) {
    for (const Trust::Scope& scope : std::vector<Trust::Scope>(trust->scopes)) {
      all = CheckScope(service, scope, checked, now) && all;
    }
  }
  if (!all) return skipped_.Add(tasks.size());
  checked_.Add(checked.size());
  skipped_.Add(tasks.size() - checked.size());
  for (const Task* task : checked) {
    if (now - task->due > kLate) late_.Add();
  }
}

bool Audit::CheckScope(const std::string& service, const Trust::Scope& scope,
                       const std::vector<const Task*>& tasks, absl::Time now) {
  std::vector<std::string> keys;
  for (const Task* task : tasks) keys.push_back(KeyOf(scope.scope, scope.epoch, task->change.row));
  const auto entries = world_.get(scope.run_id, keys);
  if (!entries.ok() || entries->size() != keys.size()) return false;
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const absl::optional<std::string>& entry = (*entries)[i];
    const auto header = entry.has_value() ? ReadHeader(*entry) : absl::nullopt;
    // Bytes that are no entry are no value: readers count and drop them.
    if (!header.has_value() || header->kind == 'B') continue;
    const Task& task = *tasks[i];
    if (header->version >= task.change.version) continue;
    findings.push_back({task.change, keys[i], *header, *entry, now - task.heard});
  }
  if (findings.empty()) return true;
  KnownTrust& known = known_[service];
  known = {now, world_.trust(service)};
  if (!known.trust.ok()) return false;
  const auto& scopes = known.trust->scopes;
  if (std::find(scopes.begin(), scopes.end(), scope) == scopes.end()) return false;
  for (const Finding& finding : findings) {
    inconsistent_.Add();
    world_.on_finding(finding);
  }
  return true;
}

std::string Audit::ToJson() const {
  std::size_t waiting = 0;
  {
    const base::MutexLock lock(&mu_);
    waiting = tasks_.size();
  }
  return absl::StrCat("{\"changes\":", changes(), ",\"checked\":", checked(),
                      ",\"inconsistent\":", inconsistent(), ",\"late\":", late(),
                      ",\"skipped\":", skipped(), ",\"waiting\":", waiting, "}");
}

}  // namespace rapport::auditor
