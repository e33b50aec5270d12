// Answers of mutations that came with a request_id, kept for 24 hours in the transaction of their
// effect (AIP-155): a repeat gets the same answer, another request under the same id is refused.
#ifndef RAPPORT_COMMON_RESOURCE_REQUEST_LOG_H_
#define RAPPORT_COMMON_RESOURCE_REQUEST_LOG_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "common/base/call_context.h"
#include "common/store/store.h"
#include "google/protobuf/message.h"

namespace rapport::resource {

class RequestLog {
 public:
  struct Entry {
    std::string key;           // hash of (principal, method, request_id); empty: nothing to keep
    std::string request_hash;  // of the request without its request_id
    absl::Time now;
    bool active() const { return !key.empty(); }
  };
  static constexpr absl::Duration kKept = absl::Hours(24);

  static const store::Table& table();
  static Entry EntryFor(const base::CallContext& context, absl::string_view request_id,
                        const google::protobuf::Message& request);
  // The serialized answer, if this request was answered before. INVALID_ARGUMENT
  // (REQUEST_ID_REUSED) if it was another request.
  static absl::StatusOr<absl::optional<std::string>> Find(store::Tx& tx, const Entry& entry);
  // Keeps the answer; also forgets some that are too old.
  static absl::Status Keep(store::Tx& tx, const Entry& entry, std::string answer, absl::Time now);
};

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_REQUEST_LOG_H_
