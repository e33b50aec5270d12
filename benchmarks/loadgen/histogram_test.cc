#include "benchmarks/loadgen/histogram.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace rapport::benchmarks {
namespace {

TEST(Histogram, AnEmptyOneSaysZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.Percentile(99), 0);
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (std::int64_t value = 1; value <= 1000; ++value) histogram.Record(value);
  EXPECT_EQ(histogram.Percentile(0), 1);
  EXPECT_EQ(histogram.Percentile(50), 500);
  EXPECT_EQ(histogram.Percentile(99), 990);
  EXPECT_EQ(histogram.Percentile(100), 1000);
}

TEST(Histogram, EveryValueKeepsThreeDigits) {
  for (std::int64_t value = 1; value < std::int64_t{1} << 39; value = value * 13 / 7 + 3) {
    Histogram histogram;
    histogram.Record(value);
    histogram.Record(value * 2);  // so that the largest value does not cap the answer
    const std::int64_t said = histogram.Percentile(50);
    EXPECT_GE(said, value);
    EXPECT_LE(static_cast<double>(said), static_cast<double>(value) * 1.001);
  }
}

TEST(Histogram, TheTailIsNotHiddenByTheBulk) {
  Histogram histogram;
  for (int i = 0; i < 9990; ++i) histogram.Record(100'000);
  for (int i = 0; i < 10; ++i) histogram.Record(50'000'000);
  EXPECT_LT(histogram.Percentile(99.9), 101'000);
  EXPECT_EQ(histogram.Percentile(99.95), 50'000'000);
}

TEST(Histogram, WhatIsOutOfRangeCountsAsTheEnds) {
  Histogram histogram;
  histogram.Record(-5);
  histogram.Record(INT64_MAX);
  EXPECT_EQ(histogram.count(), 2);
  EXPECT_EQ(histogram.Percentile(50), 0);
  EXPECT_GT(histogram.Percentile(100), std::int64_t{1000} * 1'000'000'000);
}

}  // namespace
}  // namespace rapport::benchmarks
