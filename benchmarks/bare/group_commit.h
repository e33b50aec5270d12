// Group commit behind one callback method. Internal to this folder.
#ifndef RAPPORT_BENCHMARKS_BARE_GROUP_COMMIT_H_
#define RAPPORT_BENCHMARKS_BARE_GROUP_COMMIT_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace rapport::benchmarks {

// Writes what so many calls ask for, durably, in one transaction.
using CommitCalls = std::function<void(std::size_t calls)>;

// Serves until SIGTERM or SIGINT; returns the exit code. Each writer has a thread of its own; one
// that is free takes all calls that wait (at most 512) and answers them after its commit. To be
// called after BlockSignals.
int ServeGroupCommit(const std::string& address, std::vector<CommitCalls> writers);

}  // namespace rapport::benchmarks

#endif  // RAPPORT_BENCHMARKS_BARE_GROUP_COMMIT_H_
