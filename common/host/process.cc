#include "common/host/process.h"

#include <grpc/support/log.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include <cstdlib>

#include "absl/synchronization/mutex.h"
#include "google/protobuf/stubs/logging.h"

namespace rapport::host {

void HardenProcess() {
#ifndef RAPPORT_KEEP_CORE_DUMPS
  prctl(PR_SET_DUMPABLE, 0);
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
#endif
  struct rlimit descriptors = {};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
  }
  signal(SIGPIPE, SIG_IGN);
}

int CatchStopSignals() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  if (pthread_sigmask(SIG_BLOCK, &stop, nullptr) != 0) return -1;
  return signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
}

void QuietLibraries() {
  // Debian builds Abseil with its check for lock cycles on; gRPC takes dozens of its locks a call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  if (std::getenv("GRPC_VERBOSITY") == nullptr) {
    gpr_set_log_function([](gpr_log_func_args*) {});
    google::protobuf::SetLogHandler(nullptr);
  }
}

}  // namespace rapport::host
