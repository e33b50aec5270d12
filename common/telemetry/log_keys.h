// The only keys that a log line may carry. The list is short on purpose: none of them holds a value
// out of a request, a path, a name or an address of a person. A key or event that breaks the rules
// does not compile.
#ifndef RAPPORT_COMMON_TELEMETRY_LOG_KEYS_H_
#define RAPPORT_COMMON_TELEMETRY_LOG_KEYS_H_

#include <array>
#include <string_view>

namespace rapport::telemetry {

inline constexpr std::array<std::string_view, 39> kLogKeys = {
    "action",        // what the program does about it
    "attempt",       // number of the try
    "auth_failure",  // auth::AuthFailureName
    "batch_size",    // entries in a group
    "bytes",         // size of something
    "code",          // canonical status code
    "count",         // how many
    "deadline_ms",   // time that the caller gave
    "dropped",       // lines or entries lost
    "duration_us",   // how long it took
    "errno",         // number from the operating system
    "error_class",   // kind of failure, e.g. "disk_full"; never the text of an error
    "feature",       // name of a feature switch
    "feed",          // name of a change feed
    "generation",    // version of keys or configuration
    "in_flight",     // calls under way
    "key_id",        // kid of a key
    "lag_ms",        // how far behind
    "lane",          // hot, read, write
    "level",         // a log level
    "limit",         // value of a limit
    "method",        // full RPC name
    "migration",     // number of a schema version
    "peer_service",  // name of a calling service
    "pid",           // process id
    "policy",        // version of a policy
    "port",          // TCP port
    "position",      // place in a feed
    "queue",         // name of a queue
    "reason",        // ErrorInfo reason
    "request_id",    // of the call
    "service",       // name of a service
    "signal",        // number of a signal
    "span_id",       // W3C span
    "state",         // name of a state
    "tenant",        // id of the tenant
    "threads",       // number of threads
    "trace_id",      // W3C trace
    "version",       // of the program
};

// Written by the logger itself.
inline constexpr std::array<std::string_view, 3> kReservedLogKeys = {"time", "event", "truncated"};

constexpr bool IsLogKey(std::string_view name) {
  for (std::string_view key : kLogKeys) {
    if (key == name) return true;
  }
  return false;
}

// 1..48 characters of [a-z0-9_].
constexpr bool IsEventName(std::string_view name) {
  if (name.empty() || name.size() > 48) return false;
  for (char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

// Made from a literal, checked by the compiler.
class LogKey {
 public:
  consteval LogKey(const char* name) : name_(name) {  // NOLINT(google-explicit-constructor)
    if (!IsLogKey(name_)) throw "not in kLogKeys";
  }
  constexpr std::string_view name() const { return name_; }

 private:
  std::string_view name_;
};

class EventName {
 public:
  consteval EventName(const char* name) : name_(name) {  // NOLINT(google-explicit-constructor)
    if (!IsEventName(name_)) throw "not an event name";
  }
  constexpr std::string_view name() const { return name_; }

 private:
  std::string_view name_;
};

}  // namespace rapport::telemetry

#endif  // RAPPORT_COMMON_TELEMETRY_LOG_KEYS_H_
