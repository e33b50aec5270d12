// Puts load on one method and says how it was borne.
#ifndef RAPPORT_BENCHMARKS_LOADGEN_LOAD_H_
#define RAPPORT_BENCHMARKS_LOADGEN_LOAD_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/loadgen/histogram.h"
#include "benchmarks/loadgen/machine.h"

namespace rapport::benchmarks {

struct LoadOptions {
  std::string target;
  std::string method;
  std::string authorization;
  // Closed loop: this many calls are always in flight.
  int in_flight = 1;
  // If above 0, an open loop instead: so many calls a second begin, whatever becomes of them, and
  // latency counts from the instant at which a call was due.
  double rate = 0;
  double warm_up_seconds = 0.5;
  double seconds = 3;
  pid_t server = 0;
  std::vector<pid_t> engines;  // what the server works with, for Stretch
  // Sends every request once, measures nothing.
  bool once = false;
  // Requests may come again when all were sent.
  bool repeat = true;
};

struct LoadResult {
  Histogram latency;  // of calls that ended inside the measured stretch, without error
  std::int64_t calls = 0;
  std::int64_t ended = 0;  // all of these, also outside the measured stretch
  std::int64_t errors = 0;
  std::string first_error;
  double response_bytes = 0;  // mean
  Stretch::Usage usage;
  // Why the run counts for nothing; empty if it counts.
  std::string void_because;
};

LoadResult Run(const LoadOptions& options, const std::vector<std::string>& requests);

// One JSON object: calls, errors, qps, latencies in milliseconds, microseconds of CPU a
// call of the server and of the engines behind it, shares of a core used by them, the generator and
// others, and why the run is void.
std::string ToJson(const LoadResult& result);

}  // namespace rapport::benchmarks

#endif  // RAPPORT_BENCHMARKS_LOADGEN_LOAD_H_
