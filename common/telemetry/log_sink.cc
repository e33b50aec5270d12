#include "common/telemetry/log_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace rapport::telemetry {
namespace {

constexpr int kPatienceMs = 100;

}  // namespace

absl::StatusOr<std::unique_ptr<DescriptorSink>> DescriptorSink::OpenFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return absl::FailedPreconditionError("the log file cannot be opened");
  return std::unique_ptr<DescriptorSink>(new DescriptorSink(fd, /*owned=*/true));
}

DescriptorSink::~DescriptorSink() {
  if (owned_) ::close(fd_);
}

bool DescriptorSink::Write(absl::string_view line) {
  while (!line.empty()) {
    // A pipe is writable when a whole page of it is free, and lines are shorter than a page: the
    // write below does not block.
    pollfd entry{fd_, POLLOUT, 0};
    const int ready = ::poll(&entry, 1, stuck_ ? 0 : kPatienceMs);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      stuck_ = true;
      return false;
    }
    const ssize_t n = ::write(fd_, line.data(), line.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    stuck_ = false;
    line.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace rapport::telemetry
