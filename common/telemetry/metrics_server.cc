#include "common/telemetry/metrics_server.h"

#include <prometheus/exposer.h>

#include <exception>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace rapport::telemetry {

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const std::string& address, const std::shared_ptr<Registry>& registry) {
  // The library takes lists and options in this text; one plain address is all we pass on.
  if (address.rfind(':') == std::string::npos ||
      address.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                ".:[]-") != std::string::npos) {
    return absl::InvalidArgumentError("the metrics address is not host:port");
  }
  try {  // the library reports a taken port by an exception
    auto exposer = std::make_unique<prometheus::Exposer>(address, 2);
    exposer->RegisterCollectable(registry);
    const std::vector<int> ports = exposer->GetListeningPorts();
    if (ports.empty()) return absl::FailedPreconditionError("no port for metrics");
    return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(exposer), ports.front()));
  } catch (const std::exception&) {
    return absl::FailedPreconditionError(
        absl::StrCat("the metrics address cannot be bound: ", address));
  }
}

MetricsServer::MetricsServer(std::unique_ptr<prometheus::Exposer> exposer, int port)
    : exposer_(std::move(exposer)), port_(port) {}

MetricsServer::~MetricsServer() = default;

}  // namespace rapport::telemetry
