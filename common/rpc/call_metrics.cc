#include "common/rpc/call_metrics.h"

#include <utility>

#include "absl/strings/string_view.h"
#include "common/telemetry/trace.h"

namespace rapport::rpc {

namespace type = rapport::type::v1;

namespace {

constexpr std::uint64_t kOneReadOf = 1000;

absl::string_view WithoutSlash(const std::string& path) {
  return absl::string_view(path).substr(1);
}

bool Changes(const Method& method) {
  return !method.open && method.rule.idempotency() != type::IDEMPOTENCY_READ;
}

// As the caller sees it: an error that nobody named is a bug.
type::ErrorReason ReasonOf(const absl::Status& status) {
  const type::ErrorReason reason = errors::ReasonOf(status);
  return !status.ok() && reason == type::ERROR_REASON_UNSPECIFIED ? type::BUG : reason;
}
absl::StatusCode CodeOf(const absl::Status& status) {
  return ReasonOf(status) == type::BUG ? absl::StatusCode::kInternal : status.code();
}

}  // namespace

CallMetrics::CallMetrics(const MethodTable& table, telemetry::Registry* registry,
                         telemetry::Logger* log)
    : log_(log),
      durations_(registry->AddHistogram("rapport_rpc_duration_seconds",
                                        "How long calls took, in the server",
                                        telemetry::DurationBounds(), {"method"})),
      totals_(registry->AddCounter("rapport_rpc_total", "Finished calls", {"method", "code"})),
      in_flight_(
          registry->AddGauge("rapport_rpc_in_flight", "Calls and streams under way").With()) {
  for (const auto& method : table.methods()) {
    methods_.emplace(method.get(), Resolve(std::string(WithoutSlash(method->path)),
                                           method->rule.audit() || Changes(*method)));
  }
  unknown_ = Resolve("unknown", true);
  auto& refusals = registry->AddCounter(
      "rapport_rpc_refusals_total", "Calls that ended with an error, by its reason", {"reason"});
  refusals_.resize(type::ErrorReason_ARRAYSIZE, nullptr);
  for (int reason = 0; reason < type::ErrorReason_ARRAYSIZE; ++reason) {
    if (reason == 0 || !type::ErrorReason_IsValid(reason)) continue;
    const std::string name = type::ErrorReason_Name(static_cast<type::ErrorReason>(reason));
    refusals_[static_cast<std::size_t>(reason)] = &refusals.With({name});
  }
}

std::unique_ptr<CallMetrics::PerMethod> CallMetrics::Resolve(const std::string& name,
                                                             bool log_all) {
  auto resolved = std::make_unique<PerMethod>();
  resolved->duration = &durations_.With({name});
  resolved->name = name;
  resolved->log_all = log_all;
  Total(resolved.get(), 0);
  return resolved;
}

telemetry::Counter& CallMetrics::Total(PerMethod* metrics, std::size_t code) {
  auto& slot = metrics->total[code];
  telemetry::Counter* counter = slot.load(std::memory_order_acquire);
  if (counter == nullptr) {
    counter = &totals_.With(
        {metrics->name, absl::StatusCodeToString(static_cast<absl::StatusCode>(code))});
    slot.store(counter, std::memory_order_release);
  }
  return *counter;
}

void CallMetrics::OnFinished(const CallRecord& record) {
  PerMethod* metrics = unknown_.get();
  if (const auto it = methods_.find(record.method); it != methods_.end()) {
    metrics = it->second.get();
  }
  metrics->duration->Observe(record.duration);
  const auto code = record.status->ok() ? absl::StatusCode::kOk : CodeOf(*record.status);
  Total(metrics, static_cast<std::size_t>(code)).Add();
  bool log = metrics->log_all;
  if (!record.status->ok()) {
    refusals_[static_cast<std::size_t>(ReasonOf(*record.status))]->Add();
    log = true;
  } else if (!log) {
    log = metrics->reads.fetch_add(1, std::memory_order_relaxed) % kOneReadOf == 0;
  }
  if (log && log_ != nullptr && log_->Enabled(telemetry::LogLevel::kInfo)) Log(record);
}

void CallMetrics::Log(const CallRecord& record) const {
  const auto trace = telemetry::ParseTraceparent(record.traceparent);
  const std::string trace_id = trace.has_value() ? telemetry::TraceId(*trace) : "";
  const auto reason = ReasonOf(*record.status);
  const base::CallContext& context = *record.context;
  log_->Info("call",
             {{"method", record.method == nullptr ? absl::string_view("unknown")
                                                  : WithoutSlash(record.method->path)},
              {"code", absl::StatusCodeToString(CodeOf(*record.status))},
              {"reason", reason == type::ERROR_REASON_UNSPECIFIED ? std::string()
                                                                  : type::ErrorReason_Name(reason)},
              {"duration_us", absl::ToInt64Microseconds(record.duration)},
              {"tenant", context.tenant.value()},
              {"request_id", context.request_id},
              {"trace_id", trace_id}});
}

void CallMetrics::ReadInFlightFrom(std::function<int()> read) {
  in_flight_.ReadFrom([read = std::move(read)] { return static_cast<double>(read()); });
}

}  // namespace rapport::rpc
