#include "common/telemetry/metrics.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "common/telemetry/metrics_server.h"
#include "common/testing/matchers.h"

namespace rapport::telemetry {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Registry, CollectsCountersAndGaugesWithTheirLabels) {
  Registry registry;
  Counter& ok = registry.AddCounter("rapport_calls_total", "Calls.", {"method", "code"})
                    .With({"GetPerson", "OK"});
  ok.Add();
  ok.Add(2);
  registry.AddCounter("rapport_calls_total", "Calls.", {"method", "code"})
      .With({"GetPerson", "OK"})
      .Add();
  registry.AddGauge("rapport_queue_length", "Waiting.").With().Set(-4);
  registry.AddGauge("rapport_uptime_seconds", "Age.").With().ReadFrom([] { return 1.5; });
  EXPECT_EQ(registry.CollectText(),
            "# HELP rapport_calls_total Calls.\n# TYPE rapport_calls_total counter\n"
            "rapport_calls_total{method=\"GetPerson\",code=\"OK\"} 4\n"
            "# HELP rapport_queue_length Waiting.\n# TYPE rapport_queue_length gauge\n"
            "rapport_queue_length -4\n"
            "# HELP rapport_uptime_seconds Age.\n# TYPE rapport_uptime_seconds gauge\n"
            "rapport_uptime_seconds 1.5\n");
}

TEST(Registry, EscapesLabelValues) {
  Registry registry;
  registry.AddGauge("rapport_x", "X.", {"label"}).With({"a\"b\\c\nd"}).Set(1);
  EXPECT_THAT(registry.CollectText(), HasSubstr("rapport_x{label=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(Registry, CountsDurationsIntoBuckets) {
  Registry registry;
  Histogram& h =
      registry.AddHistogram("rapport_call_duration_seconds", "D.", {0.01, 0.1, 1}).With();
  h.Observe(0.01);
  h.Observe(absl::Milliseconds(50));
  h.Observe(20.0);
  const std::string text = registry.CollectText();
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"0.01\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"0.1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("_count 3\n"));
  EXPECT_THAT(text, HasSubstr("_sum 20.06"));
}

TEST(Registry, LosesNothingToManyThreads) {
  Registry registry;
  Family<Counter>& counters = registry.AddCounter("rapport_ticks_total", "T.", {"who"});
  Histogram& h = registry.AddHistogram("rapport_size", "S.", {1, 2, 4}).With();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5000; ++i) {
        counters.With({std::to_string(i % 3)}).Add();
        h.Observe(static_cast<double>(t));
      }
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_NO_THROW(registry.CollectText());
  for (std::thread& thread : threads) thread.join();
  std::uint64_t total = 0;
  for (int i = 0; i < 3; ++i) total += counters.With({std::to_string(i)}).value();
  EXPECT_EQ(total, 20000u);
  EXPECT_THAT(registry.CollectText(), HasSubstr("rapport_size_count 20000\n"));
}

TEST(Registry, BoundsTheNumberOfLabelValues) {
  Registry registry;
  Family<Counter>& counters = registry.AddCounter("rapport_many_total", "M.", {"tenant"});
  for (int i = 0; i < 5000; ++i) counters.With({std::to_string(i)}).Add();
  EXPECT_EQ(registry.Collect()[0].metric.size(), 1001u);
  EXPECT_EQ(counters.With({"other"}).value(), 4000u);
}

TEST(Registry, DescribesItsMetricsSorted) {
  Registry registry;
  registry.AddHistogram("rapport_b_seconds", "B | b.", DurationBounds(), {"method"});
  registry.AddCounter("rapport_a_total", "A.");
  std::ostringstream out;
  registry.DescribeMetrics(out);
  EXPECT_EQ(out.str(),
            "| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n"
            "| `rapport_a_total` | counter |  | A. |\n"
            "| `rapport_b_seconds` | histogram | method | B \\| b. |\n");
}

TEST(RegistryDeathTest, EndsTheProgramOnAMistakeInIt) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  Registry registry;
  registry.AddCounter("rapport_a_total", "A.");
  EXPECT_DEATH(registry.AddCounter("calls_total", "A."), "rapport_");
  EXPECT_DEATH(registry.AddCounter("rapport_a", "A."), "_total");
  EXPECT_DEATH(registry.AddCounter("rapport_a_total", "A.", {"x"}), "registered twice");
  EXPECT_DEATH(registry.AddGauge("rapport_g", "A.", {"X"}), "label");
  EXPECT_DEATH(registry.AddHistogram("rapport_h", "A.", {2, 1}), "ascend");
}

std::string HttpGet(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
  EXPECT_EQ(::write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string out;
  std::array<char, 4096> buffer;
  for (ssize_t n = 0; (n = ::read(fd, buffer.data(), buffer.size())) > 0;) {
    out.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(fd);
  return out;
}

TEST(MetricsServer, ServesOnAFreePortAndSaysWhich) {
  const auto registry = std::make_shared<Registry>();
  registry->AddCounter("rapport_calls_total", "Calls.").With().Add(7);
  ASSERT_OK_AND_ASSIGN(const auto server, MetricsServer::Start("127.0.0.1:0", registry));
  EXPECT_GT(server->port(), 0);
  EXPECT_THAT(HttpGet(server->port()), HasSubstr("rapport_calls_total 7\n"));
  EXPECT_THAT(MetricsServer::Start("127.0.0.1:" + std::to_string(server->port()), registry),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(MetricsServer::Start("127.0.0.1:0,0.0.0.0:0", registry),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace rapport::telemetry
