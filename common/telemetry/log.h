// Structured log: one JSON object a line, written at the top, once. Keys and event names are fixed
// at compile time (log_keys.h), so values of requests have no place to go.
//
//   log.Info("call_done", {{"method", method}, {"code", "OK"}, {"duration_us", 120}});
//   {"time":"2026-11-21T09:02:00.000000Z","level":"info","event":"call_done","method":…}
#ifndef RAPPORT_COMMON_TELEMETRY_LOG_H_
#define RAPPORT_COMMON_TELEMETRY_LOG_H_

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/telemetry/json_line.h"
#include "common/telemetry/log_keys.h"
#include "common/telemetry/log_sink.h"
#include "common/time/clock.h"

namespace spdlog {
class logger;  // NOLINT(readability-identifier-naming): spdlog's own name
}

namespace rapport::telemetry {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

// "debug", "info", "warning", "error", "off"; nothing for other texts.
std::optional<LogLevel> ParseLogLevel(absl::string_view text);
absl::string_view LogLevelName(LogLevel level);

// Text is only looked at during the call that it is passed to.
class LogValue {
 public:
  LogValue(bool value) : value_(value) {}    // NOLINT(google-explicit-constructor)
  LogValue(double value) : value_(value) {}  // NOLINT(google-explicit-constructor)
  template <std::integral T>
  LogValue(T value)  // NOLINT(google-explicit-constructor)
      : value_(static_cast<std::int64_t>(value)) {}
  LogValue(const char* value)  // NOLINT(google-explicit-constructor)
      : value_(absl::string_view(value)) {}
  LogValue(absl::string_view value) : value_(value) {}  // NOLINT(google-explicit-constructor)
  LogValue(const std::string& value)                    // NOLINT(google-explicit-constructor)
      : value_(absl::string_view(value)) {}

  const JsonScalar& value() const { return value_; }

 private:
  JsonScalar value_;
};

struct LogField {
  LogKey key;
  LogValue value;
};
using LogFields = std::initializer_list<LogField>;

// Thread-safe. Texts are cut at 256 bytes, lines stay below 4 KiB: fields that do not fit are left
// out and the line says "truncated":true.
class Logger {
 public:
  // `clock` must outlive the logger. Each line carries `service` if it is not empty.
  Logger(const time::Clock& clock, std::string service, std::unique_ptr<LogSink> sink,
         LogLevel level = LogLevel::kInfo);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }
  LogLevel level() const { return level_.load(std::memory_order_relaxed); }
  bool Enabled(LogLevel level) const { return level >= this->level(); }

  void Debug(EventName event, LogFields fields = {}) { Log(LogLevel::kDebug, event, fields); }
  void Info(EventName event, LogFields fields = {}) { Log(LogLevel::kInfo, event, fields); }
  void Warning(EventName event, LogFields fields = {}) { Log(LogLevel::kWarning, event, fields); }
  void Error(EventName event, LogFields fields = {}) { Log(LogLevel::kError, event, fields); }
  void Log(LogLevel level, EventName event, LogFields fields) {
    if (Enabled(level)) Write(level, event, fields);
  }

  // Lines that the sink could not take.
  std::int64_t dropped_lines() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  class SinkAdapter;
  void Write(LogLevel level, EventName event, LogFields fields);

  const time::Clock& clock_;
  const std::string service_;
  std::atomic<LogLevel> level_;
  std::atomic<std::int64_t> dropped_{0};
  const std::unique_ptr<spdlog::logger> output_;
};

}  // namespace rapport::telemetry

#endif  // RAPPORT_COMMON_TELEMETRY_LOG_H_
