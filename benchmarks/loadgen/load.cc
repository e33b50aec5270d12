#include "benchmarks/loadgen/load.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "benchmarks/loadgen/caller.h"

namespace rapport::benchmarks {
namespace {

// A generator that uses more of its core than this, facing a server that uses less of its own, was
// what limited the run.
constexpr double kSaturated = 0.97;
// An open loop that begins its calls later than this measures itself.
constexpr std::int64_t kTooLateNs = 1'000'000;
constexpr int kMostInFlight = 900;  // servers allow 1,000 streams a connection

std::int64_t ToNs(double seconds) { return static_cast<std::int64_t>(seconds * 1e9); }

class Loop {
 public:
  Loop(const LoadOptions& options, const std::vector<std::string>& requests)
      : options_(options),
        requests_(requests),
        caller_(options.target, options.method, options.authorization) {}

  LoadResult Run() {
    const std::int64_t begin = NowNs();
    const std::int64_t measured_from = begin + ToNs(options_.warm_up_seconds);
    const std::int64_t measured_until = measured_from + ToNs(options_.seconds);
    const double interval = options_.rate > 0 ? 1e9 / options_.rate : 0;
    double due = static_cast<double>(begin);
    std::int64_t now = begin;
    if (interval == 0) {
      for (int i = 0; i < options_.in_flight; ++i) Start(now);
    }
    Stretch stretch(options_.server, options_.engines);
    bool measuring = false;
    while (now < measured_until) {
      if (interval > 0) {
        while (due <= static_cast<double>(now) && caller_.in_flight() < kMostInFlight) {
          if (measuring) lateness_.Record(now - static_cast<std::int64_t>(due));
          Start(static_cast<std::int64_t>(due));
          due += interval;
        }
      }
      if (!measuring && now >= measured_from) {
        stretch = Stretch(options_.server, options_.engines);
        measuring = true;
      }
      Caller::Ended ended;
      const bool any =
          caller_.Next(interval > 0 ? Caller::Wait::kNotAtAll : Caller::Wait::kForOne, &ended);
      now = NowNs();
      if (!any) {
        if (interval == 0) break;  // nothing in flight any more
        continue;
      }
      Count(ended, now, measuring);
      if (interval == 0) Start(now);
    }
    result_.usage = stretch.UntilNow();
    Judge();
    return std::move(result_);
  }

  LoadResult SendEachOnce() {
    Caller::Ended ended;
    while (next_ < requests_.size() || caller_.in_flight() > 0) {
      while (next_ < requests_.size() && caller_.in_flight() < options_.in_flight) Start(NowNs());
      if (caller_.Next(Caller::Wait::kForOne, &ended)) Count(ended, NowNs(), true);
    }
    if (result_.errors > 0) result_.void_because = absl::StrCat("errors: ", result_.first_error);
    return std::move(result_);
  }

 private:
  void Start(std::int64_t since) {
    if (next_ == requests_.size()) {
      if (!options_.repeat) {
        ran_out_ = true;
        return;
      }
      next_ = 0;
    }
    caller_.Start(requests_[next_++], since);
  }

  void Count(const Caller::Ended& ended, std::int64_t now, bool measuring) {
    if (ended.code != GRPC_STATUS_OK) {
      ++result_.errors;
      if (result_.first_error.empty()) {
        result_.first_error = absl::StrCat(static_cast<int>(ended.code), " ", ended.message);
      }
      return;
    }
    ++result_.ended;
    if (!measuring) return;
    result_.latency.Record(now - ended.since_ns);
    ++result_.calls;
    result_.response_bytes += (static_cast<double>(ended.response_bytes) - result_.response_bytes) /
                              static_cast<double>(result_.calls);
  }

  void Judge() {
    const double own = result_.usage.own_seconds / result_.usage.seconds;
    const double server = result_.usage.server_seconds / result_.usage.seconds;
    if (result_.errors > 0) {
      result_.void_because = absl::StrCat("errors: ", result_.first_error);
    } else if (ran_out_) {
      result_.void_because = "not enough requests were prepared";
    } else if (options_.rate > 0) {
      if (lateness_.Percentile(99) > kTooLateNs) {
        result_.void_because = "the generator fell behind its schedule";
      }
    } else if (own > kSaturated && server < kSaturated) {
      result_.void_because = "the generator was the bottleneck";
    }
  }

  const LoadOptions& options_;
  const std::vector<std::string>& requests_;
  Caller caller_;
  std::size_t next_ = 0;
  bool ran_out_ = false;
  Histogram lateness_;
  LoadResult result_;
};

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

}  // namespace

LoadResult Run(const LoadOptions& options, const std::vector<std::string>& requests) {
  Loop loop(options, requests);
  return options.once ? loop.SendEachOnce() : loop.Run();
}

std::string ToJson(const LoadResult& result) {
  const double seconds = std::max(result.usage.seconds, 1e-9);
  const double calls = static_cast<double>(std::max<std::int64_t>(1, result.calls));
  const auto ms = [&](double percent) {
    return static_cast<double>(result.latency.Percentile(percent)) * 1e-6;
  };
  return absl::StrFormat(
      "{\"calls\": %d, \"ended\": %d, \"errors\": %d, \"qps\": %.1f, \"p50_ms\": %.4f, \"p99_ms\": "
      "%.4f, "
      "\"p999_ms\": %.4f, \"max_ms\": %.4f, \"server_us_per_call\": %.2f, "
      "\"engine_us_per_call\": %.2f, \"engine_share\": %.3f, "
      "\"generator_us_per_call\": %.2f, \"server_share\": %.3f, \"generator_share\": %.3f, "
      "\"others_share\": %.3f, \"response_bytes\": %.0f, \"void\": %s}",
      result.calls, result.ended, result.errors, static_cast<double>(result.calls) / seconds,
      ms(50), ms(99), ms(99.9), static_cast<double>(result.latency.max()) * 1e-6,
      result.usage.server_seconds / calls * 1e6, result.usage.engine_seconds / calls * 1e6,
      result.usage.engine_seconds / seconds, result.usage.own_seconds / calls * 1e6,
      result.usage.server_seconds / seconds, result.usage.own_seconds / seconds,
      result.usage.other_seconds / seconds, result.response_bytes, Quoted(result.void_because));
}

}  // namespace rapport::benchmarks
