#include "common/cache/read_lane.h"

#include <utility>

namespace rapport::cache {
namespace {

// How long a turn awaits replies: about what a prompt Redis takes for a pipeline.
constexpr absl::Duration kTurnPatience = absl::Microseconds(200);

thread_local ReadLane* lane_of_thread = nullptr;

}  // namespace

ReadLane::ReadLane(const CacheContext& context, RedisLoop& watcher,
                   const std::vector<RedisOptions>& redis)
    : context_(context), guest_(*context.boot_clock, watcher) {
  for (const RedisOptions& options : redis) {
    endpoints_.push_back(
        std::make_unique<RedisEndpoint>(guest_, *context.boot_clock, *context.rng, options));
  }
}

ReadLane::~ReadLane() {
  guest_.End();  // endpoints wait until their connections have ended
}

void ReadLane::Begin(std::function<void()> wake) {
  lane_of_thread = this;
  guest_.Begin(std::move(wake));
}

absl::Duration ReadLane::Turn() { return guest_.Turn(kTurnPatience); }

void ReadLane::End() {
  guest_.End();
  lane_of_thread = nullptr;
}

ReadLane* ReadLane::OfThread(const CacheContext& context) {
  return lane_of_thread != nullptr && &lane_of_thread->context_ == &context ? lane_of_thread
                                                                            : nullptr;
}

}  // namespace rapport::cache
