#include "common/telemetry/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <cstddef>
#include <mutex>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/text/utf8.h"

namespace rapport::telemetry {
namespace {

constexpr std::size_t kMaxText = 256;
// Below PIPE_BUF, so lines of several processes on one pipe do not mix. The reserve is for the end
// of the line.
constexpr std::size_t kMaxLine = 4095;
constexpr std::size_t kReserve = sizeof(",\"truncated\":true}\n");

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

spdlog::level::level_enum SpdlogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

void AppendField(absl::string_view key, const JsonScalar& value, std::string& line) {
  absl::StrAppend(&line, line.size() > 1 ? ",\"" : "\"", key, "\":");
  AppendJsonScalar(value, line);
}

JsonScalar Shortened(const JsonScalar& value) {
  if (const absl::string_view* text = std::get_if<absl::string_view>(&value)) {
    return text::TruncateBytes(*text, kMaxText);
  }
  return value;
}

}  // namespace

// Hands whole lines to our sink; spdlog's base class is the lock around it.
class Logger::SinkAdapter final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  SinkAdapter(std::unique_ptr<LogSink> to, std::atomic<std::int64_t>& dropped)
      : sink_(std::move(to)), dropped_(dropped) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (!sink_->Write({message.payload.data(), message.payload.size()})) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  void flush_() override {}

  const std::unique_ptr<LogSink> sink_;
  std::atomic<std::int64_t>& dropped_;
};

std::optional<LogLevel> ParseLogLevel(absl::string_view text) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError, LogLevel::kOff}) {
    if (LogLevelName(level) == text) return level;
  }
  return std::nullopt;
}

absl::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
    case LogLevel::kOff:
      break;
  }
  return "off";
}

Logger::Logger(const time::Clock& clock, std::string service, std::unique_ptr<LogSink> sink,
               LogLevel level)
    : clock_(clock),
      service_(std::move(service)),
      level_(level),
      output_(std::make_unique<spdlog::logger>(
          service_, std::make_shared<SinkAdapter>(std::move(sink), dropped_))) {
  output_->set_level(spdlog::level::trace);  // the level above decides
}

Logger::~Logger() = default;

void Logger::Write(LogLevel level, EventName event, LogFields fields) {
  std::string line = "{";
  line.reserve(512);
  const std::string now =
      absl::FormatTime("%Y-%m-%d%ET%H:%M:%E6SZ", clock_.Now(), absl::UTCTimeZone());
  AppendField("time", absl::string_view(now), line);
  AppendField("level", LogLevelName(level), line);
  AppendField("event", View(event.name()), line);
  if (!service_.empty()) AppendField("service", Shortened(absl::string_view(service_)), line);
  for (const LogField& field : fields) {
    const std::size_t before = line.size();
    AppendField(View(field.key.name()), Shortened(field.value.value()), line);
    if (line.size() + kReserve > kMaxLine) {
      line.resize(before);
      line += ",\"truncated\":true";
      break;
    }
  }
  line += "}\n";
  output_->log(spdlog::source_loc{}, SpdlogLevel(level),
               spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace rapport::telemetry
