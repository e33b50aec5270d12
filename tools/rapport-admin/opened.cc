#include "tools/rapport-admin/opened.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/cache/mode_table.h"

namespace rapport::admin {

store::OpenOptions OptionsFor(const resource::Schema& schema, const std::string& address,
                              const time::Clock& clock,
                              const std::vector<const store::Table*>& more) {
  store::OpenOptions options;
  options.address = address;
  options.schema = schema.service;
  options.tables = schema.tables;
  options.tables.insert(options.tables.end(), more.begin(), more.end());
  if (!schema.cached.empty() && !store::IsEmbedded(address)) {
    options.tables.push_back(&cache::ModeTable());
  }
  options.clock = &clock;
  options.schema_version = schema.version;
  options.readers = 2;
  options.on_error = [](absl::string_view) {};  // what matters stands in a status
  return options;
}

absl::StatusOr<std::unique_ptr<Opened>> Opened::Open(const resource::Schema& schema,
                                                     store::OpenOptions options) {
  std::unique_ptr<Opened> opened(new Opened(std::move(options)));
  ASSIGN_OR_RETURN(opened->store_, store::OpenStore(opened->options_));
  if (schema.cached.empty() || store::IsEmbedded(opened->options_.address)) return opened;
  cache::SharedCache::Options cache;
  cache.tables = schema.cached;
  cache.clock = opened->options_.clock;
  cache.rng = &opened->rng_;
  cache.metrics = &opened->metrics_;
  cache.on_event = [](absl::string_view) {};
  ASSIGN_OR_RETURN(opened->cache_, cache::SharedCache::Create(*opened->store_, std::move(cache)));
  return opened;
}

Opened::~Opened() {
  if (cache_ != nullptr) cache_->Stop();
  store_.reset();
}

}  // namespace rapport::admin
