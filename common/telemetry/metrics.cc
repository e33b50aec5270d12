#include "common/telemetry/metrics.h"

#include <prometheus/text_serializer.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace rapport::telemetry {
namespace {

constexpr std::size_t kMaxMembers = 1000;

[[noreturn]] void Mistake(const std::string& name, const char* what) {
  std::fprintf(stderr, "metric %s: %s\n", name.c_str(), what);
  std::abort();
}

bool IsSnakeCase(absl::string_view text) {
  if (text.empty() || text.front() < 'a' || text.front() > 'z') return false;
  for (char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

const char* TypeName(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Gauge:
      return "gauge";
    default:
      return "histogram";
  }
}

}  // namespace

void Counter::Fill(prometheus::ClientMetric& out) const {
  out.counter.value = static_cast<double>(value());
}

void Gauge::Fill(prometheus::ClientMetric& out) const {
  out.gauge.value = read_ ? read_() : static_cast<double>(value());
}

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)),
      counts_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds_.size() + 1)) {}

void Histogram::Observe(double value) {
  if (std::isnan(value)) return;
  // Few bounds, and most values are in the first ones: walking beats halving.
  std::size_t bucket = 0;
  while (bucket < bounds_.size() && value > bounds_[bucket]) ++bucket;
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  constexpr double kMax = 1e12;
  const double kept = value > kMax ? kMax : value < -kMax ? -kMax : value;
  sum_millionths_.fetch_add(static_cast<std::int64_t>(kept * 1e6), std::memory_order_relaxed);
}

void Histogram::Fill(prometheus::ClientMetric& out) const {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= bounds_.size(); ++i) {
    total += counts_[i].load(std::memory_order_relaxed);
    prometheus::ClientMetric::Bucket bucket;
    bucket.cumulative_count = total;
    bucket.upper_bound = i < bounds_.size() ? bounds_[i] : HUGE_VAL;
    out.histogram.bucket.push_back(bucket);
  }
  out.histogram.sample_count = total;
  out.histogram.sample_sum =
      static_cast<double>(sum_millionths_.load(std::memory_order_relaxed)) * 1e-6;
}

std::vector<double> DurationBounds() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
}

template <class Metric>
Metric& Family<Metric>::With(const std::vector<std::string>& label_values) {
  if (label_values.size() != labels_.size()) Mistake("family", "wrong number of label values");
  base::MutexLock lock(&mu_);
  auto it = members_.find(label_values);
  if (it == members_.end()) {
    const bool full = members_.size() >= kMaxMembers;
    const std::vector<std::string> other(labels_.size(), "other");
    it = members_.try_emplace(full ? other : label_values).first;
    if (it->second == nullptr) it->second = make_();
  }
  return *it->second;
}

template <class Metric>
void Family<Metric>::Collect(std::vector<prometheus::ClientMetric>& out) const {
  base::MutexLock lock(&mu_);
  for (const auto& [values, metric] : members_) {
    prometheus::ClientMetric& row = out.emplace_back();
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      row.label.push_back({labels_[i], values[i]});
    }
    metric->Fill(row);
  }
}

template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

struct Registry::Entry {
  std::string help;
  prometheus::MetricType type = prometheus::MetricType::Counter;
  std::vector<std::string> labels;
  std::vector<double> bounds;
  std::unique_ptr<Family<Counter>> counters;
  std::unique_ptr<Family<Gauge>> gauges;
  std::unique_ptr<Family<Histogram>> histograms;
};

Registry::Registry() = default;
Registry::~Registry() = default;

Registry::Entry& Registry::Add(const std::string& name, const std::string& help,
                               prometheus::MetricType type,
                               const std::vector<std::string>& labels) {
  if (name.rfind("rapport_", 0) != 0 || !IsSnakeCase(name)) Mistake(name, "not rapport_[a-z0-9_]+");
  if ((type == prometheus::MetricType::Counter) != EndsWith(name, "_total")) {
    Mistake(name, "counters, and only counters, end in _total");
  }
  for (const std::string& label : labels) {
    if (!IsSnakeCase(label) || label == "le") Mistake(name, "a malformed label");
  }
  std::unique_ptr<Entry>& entry = entries_[name];
  if (entry == nullptr) {
    entry = std::make_unique<Entry>();
    entry->help = help;
    entry->type = type;
    entry->labels = labels;
  } else if (entry->type != type || entry->labels != labels) {
    Mistake(name, "registered twice with another type or other labels");
  }
  return *entry;
}

Family<Counter>& Registry::AddCounter(const std::string& name, const std::string& help,
                                      std::vector<std::string> labels) {
  base::MutexLock lock(&mu_);
  Entry& entry = Add(name, help, prometheus::MetricType::Counter, labels);
  if (entry.counters == nullptr) {
    entry.counters.reset(
        new Family<Counter>(std::move(labels), [] { return std::make_unique<Counter>(); }));
  }
  return *entry.counters;
}

Family<Gauge>& Registry::AddGauge(const std::string& name, const std::string& help,
                                  std::vector<std::string> labels) {
  base::MutexLock lock(&mu_);
  Entry& entry = Add(name, help, prometheus::MetricType::Gauge, labels);
  if (entry.gauges == nullptr) {
    entry.gauges.reset(
        new Family<Gauge>(std::move(labels), [] { return std::make_unique<Gauge>(); }));
  }
  return *entry.gauges;
}

Family<Histogram>& Registry::AddHistogram(const std::string& name, const std::string& help,
                                          std::vector<double> bounds,
                                          std::vector<std::string> labels) {
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (!std::isfinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1])) {
      Mistake(name, "bounds that do not ascend");
    }
  }
  base::MutexLock lock(&mu_);
  Entry& entry = Add(name, help, prometheus::MetricType::Histogram, labels);
  if (entry.histograms == nullptr) {
    entry.bounds = bounds;
    entry.histograms.reset(new Family<Histogram>(
        std::move(labels), [bounds] { return std::make_unique<Histogram>(bounds); }));
  } else if (entry.bounds != bounds) {
    Mistake(name, "registered twice with other bounds");
  }
  return *entry.histograms;
}

std::vector<prometheus::MetricFamily> Registry::Collect() const {
  base::MutexLock lock(&mu_);
  std::vector<prometheus::MetricFamily> out;
  for (const auto& [name, entry] : entries_) {
    prometheus::MetricFamily& family = out.emplace_back();
    family.name = name;
    family.help = entry->help;
    family.type = entry->type;
    if (entry->counters != nullptr) entry->counters->Collect(family.metric);
    if (entry->gauges != nullptr) entry->gauges->Collect(family.metric);
    if (entry->histograms != nullptr) entry->histograms->Collect(family.metric);
    if (family.metric.empty()) out.pop_back();
  }
  return out;
}

std::string Registry::CollectText() const {
  return prometheus::TextSerializer().Serialize(Collect());
}

void Registry::DescribeMetrics(std::ostream& out) const {
  base::MutexLock lock(&mu_);
  out << "| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n";
  for (const auto& [name, entry] : entries_) {
    out << "| `" << name << "` | " << TypeName(entry->type) << " | "
        << absl::StrJoin(entry->labels, ", ") << " | "
        << absl::StrReplaceAll(entry->help, {{"|", "\\|"}, {"\n", " "}}) << " |\n";
  }
}

}  // namespace rapport::telemetry
