#include "benchmarks/loadgen/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace rapport::benchmarks {
namespace {

constexpr int kPrecisionBits = 10;  // 1,024 buckets a power of two
constexpr std::uint64_t kLargest = (std::uint64_t{1} << 40) - 1;

}  // namespace

Histogram::Histogram() : buckets_(BucketOf(kLargest) + 1) {}

std::size_t Histogram::BucketOf(std::uint64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - (kPrecisionBits + 1));
  return (static_cast<std::size_t>(shift) << kPrecisionBits) +
         static_cast<std::size_t>(value >> shift);
}

std::uint64_t Histogram::HighestIn(std::size_t bucket) {
  if (bucket < (std::size_t{2} << kPrecisionBits)) return bucket;
  const std::size_t shift = (bucket >> kPrecisionBits) - 1;
  return ((bucket - (shift << kPrecisionBits) + 1) << shift) - 1;
}

void Histogram::Record(std::int64_t nanoseconds) {
  const auto value =
      std::min(kLargest, static_cast<std::uint64_t>(std::max<std::int64_t>(0, nanoseconds)));
  ++buckets_[BucketOf(value)];
  ++count_;
  max_ = std::max(max_, static_cast<std::int64_t>(value));
}

std::int64_t Histogram::Percentile(double percent) const {
  if (count_ == 0) return 0;
  const auto wanted = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(static_cast<double>(count_) * percent / 100)));
  std::int64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= wanted) {
      return std::min(max_, static_cast<std::int64_t>(HighestIn(bucket)));
    }
  }
  return max_;
}

}  // namespace rapport::benchmarks
