// What the pipeline tells the outside about each finished call.
#ifndef RAPPORT_COMMON_RPC_OBSERVER_H_
#define RAPPORT_COMMON_RPC_OBSERVER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/call_context.h"
#include "common/rpc/method_table.h"

namespace rapport::rpc {

struct CallRecord {
  const Method* method = nullptr;  // nullptr: an unknown method was called
  const base::CallContext* context = nullptr;
  absl::string_view traceparent;  // as sent by the caller, may be empty
  const absl::Status* status = nullptr;
  absl::Duration duration;
};

// Thread-safe; called on loop threads, so quick.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  virtual void OnFinished(const CallRecord& record) = 0;
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_OBSERVER_H_
