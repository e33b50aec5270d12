// Metrics and access log of calls. Metrics: rapport_rpc_duration_seconds by method,
// rapport_rpc_total by method and code, rapport_rpc_refusals_total by reason,
// rapport_rpc_in_flight. The log has a line for every call that changes something, is audited or
// failed, and for one of a thousand successful reads of each method; no line holds anything out of
// a request.
#ifndef RAPPORT_COMMON_RPC_CALL_METRICS_H_
#define RAPPORT_COMMON_RPC_CALL_METRICS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/errors.h"
#include "common/rpc/observer.h"
#include "common/telemetry/log.h"
#include "common/telemetry/metrics.h"

namespace rapport::rpc {

// Thread-safe; lock-free except for the log.
class CallMetrics final : public CallObserver {
 public:
  // Looks up everything by method now, so make it when the table is complete. `log` may be null.
  // All arguments must outlive the object.
  CallMetrics(const MethodTable& table, telemetry::Registry* registry, telemetry::Logger* log);

  void OnFinished(const CallRecord& record) override;

  // What rapport_rpc_in_flight shows; before metrics are collected first.
  void ReadInFlightFrom(std::function<int()> read);

 private:
  static constexpr std::size_t kCodes = 17;
  struct PerMethod {
    telemetry::Histogram* duration = nullptr;
    // Made when a code comes up first: most never do.
    std::array<std::atomic<telemetry::Counter*>, kCodes> total{};
    std::string name;
    bool log_all = false;
    std::atomic<std::uint64_t> reads{0};
  };
  std::unique_ptr<PerMethod> Resolve(const std::string& name, bool log_all);
  telemetry::Counter& Total(PerMethod* metrics, std::size_t code);
  void Log(const CallRecord& record) const;

  telemetry::Logger* const log_;
  telemetry::Family<telemetry::Histogram>& durations_;
  telemetry::Family<telemetry::Counter>& totals_;
  telemetry::Gauge& in_flight_;
  absl::flat_hash_map<const Method*, std::unique_ptr<PerMethod>> methods_;
  std::unique_ptr<PerMethod> unknown_;
  std::vector<telemetry::Counter*> refusals_;  // by ErrorReason
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_CALL_METRICS_H_
