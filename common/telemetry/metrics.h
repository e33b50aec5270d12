// Counters, gauges and histograms in the model of Prometheus (text format 0.0.4). One Registry,
// built once in main; libraries take their handles when they are made and keep them. Handles live
// as long as the registry; using one is lock-free and costs a few nanoseconds.
#ifndef RAPPORT_COMMON_TELEMETRY_METRICS_H_
#define RAPPORT_COMMON_TELEMETRY_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"

namespace rapport::telemetry {

class Counter {
 public:
  void Add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }
  void Fill(prometheus::ClientMetric& out) const;

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void Set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void Add(std::int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }
  // Asks `read` at each collection instead of keeping a value. Set up before collecting begins.
  void ReadFrom(std::function<double()> read) { read_ = std::move(read); }
  void Fill(prometheus::ClientMetric& out) const;

 private:
  std::atomic<std::int64_t> value_{0};
  std::function<double()> read_;
};

// Counts values into buckets with ascending upper bounds; the last one, +Inf, is implied. The sum
// is kept in millionths, so it is exact to 1e-6 of the unit.
class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds);
  void Observe(double value);
  void Observe(absl::Duration value) { Observe(absl::ToDoubleSeconds(value)); }
  void Fill(prometheus::ClientMetric& out) const;

 private:
  const std::vector<double> bounds_;
  const std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;  // one more than bounds_
  std::atomic<std::int64_t> sum_millionths_{0};
};

// 100 µs to 10 s, for durations of calls in seconds.
std::vector<double> DurationBounds();

// All metrics of one name; a member for each combination of label values.
template <class Metric>
class Family {
 public:
  // The member for these values, in the order of the labels; makes it if need be. Takes a lock: ask
  // once and keep the answer. Past 1000 combinations all new ones share one with values "other".
  Metric& With(const std::vector<std::string>& label_values = {});

 private:
  friend class Registry;
  Family(std::vector<std::string> labels, std::function<std::unique_ptr<Metric>()> make)
      : labels_(std::move(labels)), make_(std::move(make)) {}
  void Collect(std::vector<prometheus::ClientMetric>& out) const;

  const std::vector<std::string> labels_;
  const std::function<std::unique_ptr<Metric>()> make_;
  mutable base::Mutex mu_;
  std::map<std::vector<std::string>, std::unique_ptr<Metric>> members_ ABSL_GUARDED_BY(mu_);
};

// Thread-safe. Registering a name again gives the same family. A name that is not
// rapport_[a-z0-9_]+ (counters: …_total), a malformed label, or the same name with another type or
// other labels is a mistake in the program and ends it.
class Registry final : public prometheus::Collectable {
 public:
  Registry();
  ~Registry() override;

  Family<Counter>& AddCounter(const std::string& name, const std::string& help,
                              std::vector<std::string> labels = {});
  Family<Gauge>& AddGauge(const std::string& name, const std::string& help,
                          std::vector<std::string> labels = {});
  Family<Histogram>& AddHistogram(const std::string& name, const std::string& help,
                                  std::vector<double> bounds, std::vector<std::string> labels = {});

  // Sorted by name, members by label values.
  std::vector<prometheus::MetricFamily> Collect() const override;
  std::string CollectText() const;

  // A Markdown table for docs/metrics.md: name, type, labels, help; sorted.
  void DescribeMetrics(std::ostream& out) const;

 private:
  struct Entry;
  Entry& Add(const std::string& name, const std::string& help, prometheus::MetricType type,
             const std::vector<std::string>& labels) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable base::Mutex mu_;  // taken before the lock of a family
  std::map<std::string, std::unique_ptr<Entry>> entries_ ABSL_GUARDED_BY(mu_);
};

}  // namespace rapport::telemetry

#endif  // RAPPORT_COMMON_TELEMETRY_METRICS_H_
