// Something that shares the thread of a loop and waits for other things than gRPC.
#ifndef RAPPORT_COMMON_RPC_COMPANION_H_
#define RAPPORT_COMMON_RPC_COMPANION_H_

#include <functional>

#include "absl/time/time.h"

namespace rapport::rpc {

// All calls come from the loop's thread: OnBegin, OnTurn as long as it runs, OnEnd.
class Companion {
 public:
  virtual ~Companion() = default;
  // `wake` ends the sleep of the loop, from any thread; not after OnEnd.
  virtual void OnBegin(std::function<void()> wake) = 0;
  // At the beginning, when the sleep is over, and after what gRPC had for the loop. May wait for a
  // fraction of a millisecond. Returns for how long the loop may sleep if gRPC has nothing; zero:
  // there is more to do.
  virtual absl::Duration OnTurn() = 0;
  virtual void OnEnd() = 0;
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_COMPANION_H_
