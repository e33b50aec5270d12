// The store of a service, opened to be worked on. What is written there closes the shared cache of
// running processes, as the writes of a process without Redis do; they open it again.
#ifndef RAPPORT_TOOLS_RAPPORT_ADMIN_OPENED_H_
#define RAPPORT_TOOLS_RAPPORT_ADMIN_OPENED_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/uuid.h"
#include "common/cache/shared_cache.h"
#include "common/resource/schema.h"
#include "common/store/open_store.h"
#include "common/telemetry/metrics.h"
#include "common/time/clock.h"

namespace rapport::admin {

using Say = std::function<void(absl::string_view)>;  // one line of progress

// What OpenStore wants for this service's store at `address`; `more` are tables of ours. `clock`
// outlives what is opened with it.
store::OpenOptions OptionsFor(const resource::Schema& schema, const std::string& address,
                              const time::Clock& clock,
                              const std::vector<const store::Table*>& more = {});

class Opened {
 public:
  static absl::StatusOr<std::unique_ptr<Opened>> Open(const resource::Schema& schema,
                                                      store::OpenOptions options);
  ~Opened();
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  store::Store& store() { return *store_; }
  const store::OpenOptions& options() const { return options_; }

 private:
  explicit Opened(store::OpenOptions options) : options_(std::move(options)) {}

  const store::OpenOptions options_;
  base::SystemRng rng_;
  telemetry::Registry metrics_;
  std::unique_ptr<cache::SharedCache> cache_;  // outlives the store
  std::unique_ptr<store::Store> store_;
};

}  // namespace rapport::admin

#endif  // RAPPORT_TOOLS_RAPPORT_ADMIN_OPENED_H_
