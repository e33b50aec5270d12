// What the process asks of the operating system.
#ifndef RAPPORT_COMMON_HOST_PROCESS_H_
#define RAPPORT_COMMON_HOST_PROCESS_H_

namespace rapport::host {

// Core files and other processes of the same user must not see what is in memory (debug builds:
// allowed), as many descriptors as the system grants, a closed pipe is an error and no signal.
void HardenProcess();

// Blocks SIGTERM and SIGINT in this thread, and so in all that it starts, and returns a descriptor
// to read them from; -1 if that fails. Call it before any thread is started.
int CatchStopSignals();

// gRPC and protobuf write nothing to stderr, unless GRPC_VERBOSITY is set.
void QuietLibraries();

}  // namespace rapport::host

#endif  // RAPPORT_COMMON_HOST_PROCESS_H_
