// Two small measurements: how long the disk takes, and how long a service takes to start.
#ifndef RAPPORT_BENCHMARKS_LOADGEN_PROBE_H_
#define RAPPORT_BENCHMARKS_LOADGEN_PROBE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "benchmarks/loadgen/histogram.h"

namespace rapport::benchmarks {

struct FsyncLatency {
  Histogram append;     // write 4 KiB at the end of a file, fdatasync
  Histogram overwrite;  // write 4 KiB where something stands already, fdatasync
};
absl::StatusOr<FsyncLatency> ProbeFsync(const std::string& folder, int times);

// Starts `command` on `core` and calls `method` until it is answered without error. Returns the
// seconds since just before the process was made; then ends it with SIGTERM. The target is
// "unix:PATH", and nothing may listen there yet.
absl::StatusOr<double> TimeToFirstAnswer(const std::vector<std::string>& command, int core,
                                         const std::string& target, const std::string& method,
                                         const std::string& request);

}  // namespace rapport::benchmarks

#endif  // RAPPORT_BENCHMARKS_LOADGEN_PROBE_H_
