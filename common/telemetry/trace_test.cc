#include "common/telemetry/trace.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rapport::telemetry {
namespace {

constexpr char kGood[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

class ListRng final : public base::Rng {
 public:
  explicit ListRng(std::vector<std::uint64_t> numbers) : numbers_(std::move(numbers)) {}
  std::uint64_t Next() override { return numbers_.at(next_++); }

 private:
  const std::vector<std::uint64_t> numbers_;
  std::size_t next_ = 0;
};

TEST(Traceparent, IsReadAndWritten) {
  const auto context = ParseTraceparent(kGood);
  ASSERT_TRUE(context.has_value());
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(TraceId(*context), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(SpanId(*context), "b7ad6b7169203331");
  EXPECT_EQ(FormatTraceparent(*context), kGood);
}

TEST(Traceparent, LooksOnlyAtTheSampledFlag) {
  const std::string start = std::string(kGood).substr(0, 53);
  EXPECT_TRUE(ParseTraceparent(start + "ff")->sampled);
  EXPECT_TRUE(ParseTraceparent(start + "03")->sampled);
  EXPECT_FALSE(ParseTraceparent(start + "02")->sampled);
  EXPECT_EQ(FormatTraceparent(*ParseTraceparent(start + "fe")), start + "00");
}

TEST(Traceparent, AcceptsVersionsOfTheFuture) {
  const std::string rest = std::string(kGood).substr(2);
  EXPECT_TRUE(ParseTraceparent("01" + rest).has_value());
  EXPECT_TRUE(ParseTraceparent("cc" + rest + "-what-comes-later").has_value());
  EXPECT_FALSE(ParseTraceparent("cc" + rest + "x").has_value());
  EXPECT_FALSE(ParseTraceparent("00" + rest + "-more").has_value());
  EXPECT_FALSE(ParseTraceparent("ff" + rest).has_value());
}

TEST(Traceparent, RefusesTheMalformed) {
  for (const char* bad : {"", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                          "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                          "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
                          "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
                          " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
    EXPECT_FALSE(ParseTraceparent(bad).has_value()) << bad;
  }
}

TEST(TraceContext, HasChildrenOfTheSameTrace) {
  ListRng rng({0, 5, 0, 0, 7, 7, 9});
  const TraceContext root = NewTrace(rng, true);
  EXPECT_EQ(FormatTraceparent(root), "00-00000000000000050000000000000000-0000000000000007-01");
  const TraceContext child = ChildSpan(root, rng);
  EXPECT_EQ(TraceId(child), TraceId(root));
  EXPECT_EQ(child.span, 9u);
  EXPECT_TRUE(child.sampled);
}

}  // namespace
}  // namespace rapport::telemetry
