#include "tools/rapportctl/progress.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

constexpr int kBarColumns = 20;
constexpr absl::Duration kFirstBar = absl::Seconds(1);
constexpr absl::Duration kFirstLine = absl::Seconds(5);
constexpr absl::Duration kRedraw = absl::Milliseconds(100);
constexpr absl::Duration kPlainLine = absl::Seconds(15);

}  // namespace

Progress::Progress(std::ostream* out, ProgressOptions options, std::string label,
                   std::int64_t total)
    : out_(out),
      options_(std::move(options)),
      label_(std::move(label)),
      total_(total),
      start_(options_.now()),
      next_(start_ + (options_.terminal ? kFirstBar : kFirstLine)) {}

Progress::~Progress() {
  if (drawn_) *out_ << "\r\x1b[K" << std::flush;
}

void Progress::Set(std::int64_t done) {
  const absl::Time now = options_.now();
  if (total_ <= 0 || now < next_) return;
  const auto percent =
      static_cast<int>(100.0 * static_cast<double>(std::clamp<std::int64_t>(done, 0, total_)) /
                       static_cast<double>(total_));
  next_ = now + (options_.terminal ? kRedraw : kPlainLine);
  Draw(percent);
}

void Progress::Draw(int percent) {
  if (!options_.terminal) {
    *out_ << absl::StrFormat("%s %d %%\n", label_, percent) << std::flush;
    return;
  }
  drawn_ = true;
  const int full = percent * kBarColumns / 100;
  std::string bar;
  for (int i = 0; i < kBarColumns; ++i) bar += i < full ? "█" : "░";
  *out_ << "\r" << Pad(label_, kBarColumns) << " " << bar << absl::StrFormat(" %3d %%", percent)
        << "\x1b[K" << std::flush;
}

}  // namespace rapport::rapportctl
