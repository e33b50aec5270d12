// What a line of calls has written so far: the consistency token that makes the next call, to any
// service, see it.
#ifndef RAPPORT_COMMON_RPC_SESSION_H_
#define RAPPORT_COMMON_RPC_SESSION_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/base/mutex.h"
#include "common/rpc/consistency.h"

namespace rapport::rpc {

// Thread-safe.
class Session {
 public:
  // "" as long as nothing was written.
  std::string Token() const {
    base::MutexLock lock(&mu_);
    return token_;
  }
  // Takes over the later position for each store.
  void Remember(absl::string_view token) {
    if (token.empty()) return;
    base::MutexLock lock(&mu_);
    token_ = token_.empty() ? std::string(token) : MergeTokens(token_, token);
  }

 private:
  mutable base::Mutex mu_;
  std::string token_ ABSL_GUARDED_BY(mu_);
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_SESSION_H_
