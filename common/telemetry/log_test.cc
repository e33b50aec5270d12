#include "common/telemetry/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/testing/matchers.h"

namespace rapport::telemetry {
namespace {

class MemorySink final : public LogSink {
 public:
  explicit MemorySink(std::vector<std::string>& lines, const bool& works)
      : lines_(lines), works_(works) {}
  bool Write(absl::string_view line) override {
    if (works_) lines_.emplace_back(line);
    return works_;
  }

 private:
  std::vector<std::string>& lines_;
  const bool& works_;
};

class LoggerTest : public ::testing::Test {
 protected:
  const time::FakeClock clock_{absl::FromUnixMicros(1795251720123456)};
  bool works_ = true;
  std::vector<std::string> lines_;
  Logger log_{clock_, "contact", std::make_unique<MemorySink>(lines_, works_)};
};

TEST_F(LoggerTest, WritesOneObjectALine) {
  const std::string method = "rapport.contact.v1.PeopleService/GetPerson";
  log_.Info("call_done", {{"method", method},
                          {"code", "OK"},
                          {"duration_us", 120},
                          {"lag_ms", 1.5},
                          {"bytes", std::size_t{7}},
                          {"state", true}});
  log_.Error("stopped");
  ASSERT_EQ(lines_.size(), 2u);
  EXPECT_EQ(lines_[0],
            "{\"time\":\"2026-11-21T09:02:00.123456Z\",\"level\":\"info\",\"event\":\"call_done\","
            "\"service\":\"contact\",\"method\":\"rapport.contact.v1.PeopleService/GetPerson\","
            "\"code\":\"OK\",\"duration_us\":120,\"lag_ms\":1.5,\"bytes\":7,\"state\":true}\n");
  EXPECT_EQ(nlohmann::json::parse(lines_[1])["level"], "error");
}

// Proves: Z8
TEST_F(LoggerTest, EscapesWhateverATextHolds) {
  using namespace std::string_literals;
  const std::string nasty = "a\"b\\c\nd\re\tf\x1b[31mg\0h\x7f\xC2\x9B\xE2\x80\xA8\xFFi"s;
  log_.Info("odd", {{"reason", nasty}});
  ASSERT_EQ(lines_.size(), 1u);
  const std::string& line = lines_[0];
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  for (char c : line.substr(0, line.size() - 1)) {
    EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
  const std::string back = nlohmann::json::parse(line)["reason"];
  EXPECT_EQ(back,
            "a\"b\\c\nd\re\tf\x1b[31mg\0h\x7f\xC2\x9B\xE2\x80\xA8"
            "\xEF\xBF\xBD"
            "i"s);
}

TEST_F(LoggerTest, WritesNumbersThatJsonDoesNotKnowAsNull) {
  log_.Info("odd", {{"lag_ms", std::nan("")}, {"limit", HUGE_VAL}});
  EXPECT_TRUE(nlohmann::json::parse(lines_[0])["lag_ms"].is_null());
  EXPECT_TRUE(nlohmann::json::parse(lines_[0])["limit"].is_null());
}

TEST_F(LoggerTest, KeepsLinesShort) {
  const std::string text(1000, 'x');
  const std::string umlauts = "x" + std::string(200, '\xC3') + std::string(1, '\xBC');
  const std::string controls(256, '\x01');
  log_.Info("long", {{"reason", text}});
  EXPECT_EQ(nlohmann::json::parse(lines_[0])["reason"].get<std::string>().size(), 256u);
  log_.Info("long", {{"reason", controls},
                     {"method", controls},
                     {"tenant", controls},
                     {"queue", controls},
                     {"count", 1}});
  EXPECT_LT(lines_[1].size(), 4096u);
  EXPECT_EQ(nlohmann::json::parse(lines_[1])["truncated"], true);
  log_.Info("long", {{"reason", umlauts}});
  EXPECT_TRUE(nlohmann::json::accept(lines_[2]));
}

TEST_F(LoggerTest, ChangesItsLevelAtRunTime) {
  log_.Debug("quiet");
  EXPECT_TRUE(lines_.empty());
  log_.set_level(LogLevel::kDebug);
  log_.Debug("heard");
  EXPECT_EQ(lines_.size(), 1u);
  log_.set_level(LogLevel::kOff);
  log_.Error("quiet");
  EXPECT_EQ(lines_.size(), 1u);
  EXPECT_EQ(ParseLogLevel("warning"), LogLevel::kWarning);
  EXPECT_EQ(ParseLogLevel("WARN"), std::nullopt);
}

TEST_F(LoggerTest, CountsTheLinesThatAreLost) {
  works_ = false;
  log_.Info("lost");
  log_.Info("lost");
  EXPECT_EQ(log_.dropped_lines(), 2);
  works_ = true;
  log_.Info("kept");
  EXPECT_EQ(log_.dropped_lines(), 2);
}

TEST_F(LoggerTest, ServesManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 200; ++i) log_.Info("tick", {{"count", i}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lines_.size(), 800u);
}

// Proves: Z8
TEST(LogKeys, AreSortedDistinctAndWithoutPersonalData) {
  EXPECT_TRUE(std::is_sorted(kLogKeys.begin(), kLogKeys.end()));
  EXPECT_EQ(std::set<std::string_view>(kLogKeys.begin(), kLogKeys.end()).size(), kLogKeys.size());
  for (const char* forbidden : {"name", "email", "phone", "person", "message", "text", "body",
                                "path", "file", "sql", "token", "value", "error", "address"}) {
    EXPECT_FALSE(IsLogKey(forbidden)) << forbidden;
  }
  EXPECT_TRUE(IsEventName("call_done"));
  EXPECT_FALSE(IsEventName("Ana Lopes"));
  EXPECT_FALSE(IsEventName(""));
}

TEST(DescriptorSink, DropsLinesInsteadOfWaitingForAStuckReader) {
  int ends[2] = {0, 0};
  ASSERT_EQ(::pipe(ends), 0);
  DescriptorSink sink(ends[1]);
  const std::string line(4000, 'x');
  int written = 0;
  while (written < 1000 && sink.Write(line)) ++written;
  EXPECT_GT(written, 0);
  EXPECT_LT(written, 1000);
  EXPECT_FALSE(sink.Write(line));
  std::string buffer(1 << 20, '\0');
  EXPECT_GT(::read(ends[0], buffer.data(), buffer.size()), 0);
  EXPECT_TRUE(sink.Write("again\n"));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(DescriptorSink, ReportsADiskThatTakesNothing) {
  auto full = DescriptorSink::OpenFile("/dev/full");
  ASSERT_OK(full);
  EXPECT_FALSE((*full)->Write("line\n"));
  EXPECT_FALSE(DescriptorSink::OpenFile("/nonexistent/log").ok());
}

}  // namespace
}  // namespace rapport::telemetry
