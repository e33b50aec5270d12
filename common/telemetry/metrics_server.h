// Serves the metrics over HTTP at /metrics, on a port of its own.
#ifndef RAPPORT_COMMON_TELEMETRY_METRICS_SERVER_H_
#define RAPPORT_COMMON_TELEMETRY_METRICS_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/telemetry/metrics.h"

namespace prometheus {
class Exposer;
}

namespace rapport::telemetry {

// Has two threads of its own until it is destroyed. The page also carries the three exposer_*
// metrics of the library.
class MetricsServer {
 public:
  // `address` is "host:port"; port 0 takes a free one. Serves `registry` as long as both live.
  // FAILED_PRECONDITION if the address cannot be bound.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(
      const std::string& address, const std::shared_ptr<Registry>& registry);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  int port() const { return port_; }

 private:
  MetricsServer(std::unique_ptr<prometheus::Exposer> exposer, int port);

  const std::unique_ptr<prometheus::Exposer> exposer_;
  const int port_;
};

}  // namespace rapport::telemetry

#endif  // RAPPORT_COMMON_TELEMETRY_METRICS_SERVER_H_
