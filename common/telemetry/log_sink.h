// Where log lines go.
#ifndef RAPPORT_COMMON_TELEMETRY_LOG_SINK_H_
#define RAPPORT_COMMON_TELEMETRY_LOG_SINK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rapport::telemetry {

class LogSink {
 public:
  virtual ~LogSink() = default;
  // Writes the line, which ends with a newline, whole; false if it was lost. The logger calls it
  // from one thread at a time.
  virtual bool Write(absl::string_view line) = 0;
};

// A file descriptor. A reader that stands still costs the program 100 ms once; after that lines are
// dropped until it reads again, so that a stuck pipe never stops a service.
class DescriptorSink final : public LogSink {
 public:
  // Does not take over the descriptor: for stderr (2).
  explicit DescriptorSink(int fd) : DescriptorSink(fd, /*owned=*/false) {}
  // Appends; the file is made with mode 0640. FAILED_PRECONDITION if that is not possible.
  static absl::StatusOr<std::unique_ptr<DescriptorSink>> OpenFile(const std::string& path);
  ~DescriptorSink() override;
  DescriptorSink(const DescriptorSink&) = delete;
  DescriptorSink& operator=(const DescriptorSink&) = delete;

  bool Write(absl::string_view line) override;

 private:
  DescriptorSink(int fd, bool owned) : fd_(fd), owned_(owned) {}

  const int fd_;
  const bool owned_;
  bool stuck_ = false;
};

}  // namespace rapport::telemetry

#endif  // RAPPORT_COMMON_TELEMETRY_LOG_SINK_H_
