#include "common/telemetry/trace.h"

#include <cstddef>

#include "absl/strings/str_cat.h"

namespace rapport::telemetry {
namespace {

// version "-" trace-id "-" parent-id "-" flags
constexpr std::size_t kTraceAt = 3;
constexpr std::size_t kSpanAt = 36;
constexpr std::size_t kFlagsAt = 53;
constexpr std::size_t kLength = 55;

// Lower-case digits only, as the recommendation asks.
std::optional<std::uint64_t> ReadHex(absl::string_view text) {
  std::uint64_t value = 0;
  for (char c : text) {
    std::uint64_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint64_t>(c - 'a') + 10;
    } else {
      return std::nullopt;
    }
    value = (value << 4) | digit;
  }
  return value;
}

std::uint64_t NotZero(base::Rng& rng) {
  std::uint64_t value = rng.Next();
  while (value == 0) value = rng.Next();
  return value;
}

}  // namespace

std::optional<TraceContext> ParseTraceparent(absl::string_view header) {
  if (header.size() < kLength) return std::nullopt;
  if (header[2] != '-' || header[kSpanAt - 1] != '-' || header[kFlagsAt - 1] != '-') {
    return std::nullopt;
  }
  const auto version = ReadHex(header.substr(0, 2));
  if (!version || *version == 0xff) return std::nullopt;
  if (header.size() > kLength && (*version == 0 || header[kLength] != '-')) return std::nullopt;
  const auto high = ReadHex(header.substr(kTraceAt, 16));
  const auto low = ReadHex(header.substr(kTraceAt + 16, 16));
  const auto span = ReadHex(header.substr(kSpanAt, 16));
  const auto flags = ReadHex(header.substr(kFlagsAt, 2));
  if (!high || !low || !span || !flags) return std::nullopt;
  if ((*high == 0 && *low == 0) || *span == 0) return std::nullopt;
  return TraceContext{*high, *low, *span, (*flags & 1) != 0};
}

std::string TraceId(const TraceContext& context) {
  return absl::StrCat(absl::Hex(context.trace_high, absl::kZeroPad16),
                      absl::Hex(context.trace_low, absl::kZeroPad16));
}

std::string SpanId(const TraceContext& context) {
  return absl::StrCat(absl::Hex(context.span, absl::kZeroPad16));
}

std::string FormatTraceparent(const TraceContext& context) {
  return absl::StrCat("00-", TraceId(context), "-", SpanId(context),
                      context.sampled ? "-01" : "-00");
}

TraceContext NewTrace(base::Rng& rng, bool sampled) {
  return TraceContext{NotZero(rng), rng.Next(), NotZero(rng), sampled};
}

TraceContext ChildSpan(const TraceContext& parent, base::Rng& rng) {
  TraceContext child = parent;
  while (child.span == parent.span) child.span = NotZero(rng);
  return child;
}

}  // namespace rapport::telemetry
