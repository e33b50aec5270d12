// Latencies to three significant digits, in constant memory.
#ifndef RAPPORT_BENCHMARKS_LOADGEN_HISTOGRAM_H_
#define RAPPORT_BENCHMARKS_LOADGEN_HISTOGRAM_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rapport::benchmarks {

// Counts values of 0 to about 18 minutes in nanoseconds; larger ones count as the largest. Buckets
// are as in Gil Tene's HdrHistogram: 1,024 linear ones for each power of two, so that a value is
// off by less than 0.1 %. Not thread-safe.
class Histogram {
 public:
  Histogram();
  void Record(std::int64_t nanoseconds);
  std::int64_t count() const { return count_; }
  std::int64_t max() const { return max_; }
  // The smallest recorded value (as its bucket tells it) that `percent` of the values do not
  // exceed; 0 if there are none.
  std::int64_t Percentile(double percent) const;

 private:
  static std::size_t BucketOf(std::uint64_t value);
  static std::uint64_t HighestIn(std::size_t bucket);

  std::vector<std::int64_t> buckets_;
  std::int64_t count_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace rapport::benchmarks

#endif  // RAPPORT_BENCHMARKS_LOADGEN_HISTOGRAM_H_
