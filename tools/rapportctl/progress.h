// How far a long command has come: a bar on a terminal, a line now and then elsewhere.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_PROGRESS_H_
#define RAPPORT_TOOLS_RAPPORTCTL_PROGRESS_H_

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "absl/time/time.h"

namespace rapport::rapportctl {

struct ProgressOptions {
  bool terminal = false;
  std::function<absl::Time()> now;  // the bar moves ten times a second, a plain line is rare
};

// One thing that takes a while. Quick things leave no trace: under a second on a terminal, under
// five elsewhere.
class Progress {
 public:
  // `out` must outlive this.
  Progress(std::ostream* out, ProgressOptions options, std::string label, std::int64_t total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // Wipes the bar.
  ~Progress();

  // `done` of the total.
  void Set(std::int64_t done);

 private:
  void Draw(int percent);

  std::ostream* const out_;
  const ProgressOptions options_;
  const std::string label_;
  const std::int64_t total_;
  const absl::Time start_;
  absl::Time next_;
  bool drawn_ = false;
};

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_PROGRESS_H_
