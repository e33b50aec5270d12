// Which trace a call belongs to: W3C Trace Context, header traceparent (Recommendation of 2021).
#ifndef RAPPORT_COMMON_TELEMETRY_TRACE_H_
#define RAPPORT_COMMON_TELEMETRY_TRACE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/uuid.h"

namespace rapport::telemetry {

// A trace id of 16 bytes and a span id of 8, neither of them all zero.
struct TraceContext {
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0;
  bool sampled = false;

  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

// Nothing for anything malformed: then a new trace begins. Version ff is invalid; versions that we
// do not know are read as version 00 and may go on after it.
std::optional<TraceContext> ParseTraceparent(absl::string_view header);

// Always version 00.
std::string FormatTraceparent(const TraceContext& context);

std::string TraceId(const TraceContext& context);  // 32 lower-case hexadecimal digits
std::string SpanId(const TraceContext& context);   // 16

TraceContext NewTrace(base::Rng& rng, bool sampled);
// The same trace and decision, another span.
TraceContext ChildSpan(const TraceContext& parent, base::Rng& rng);

}  // namespace rapport::telemetry

#endif  // RAPPORT_COMMON_TELEMETRY_TRACE_H_
