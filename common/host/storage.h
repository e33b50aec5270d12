// The store of a service and, where several processes share it, the cache over it.
#ifndef RAPPORT_COMMON_HOST_STORAGE_H_
#define RAPPORT_COMMON_HOST_STORAGE_H_

#include <memory>
#include <utility>

#include "common/cache/shared_cache.h"
#include "common/resource/row_reads.h"
#include "common/rpc/executor.h"
#include "common/store/store.h"

namespace rapport::host {

class Storage {
 public:
  // `cache` is null where this process owns the store.
  Storage(std::unique_ptr<cache::SharedCache> cache, std::unique_ptr<store::Store> store,
          rpc::Executor* executor)
      : cache_(std::move(cache)), store_(std::move(store)) {
    if (cache_ != nullptr) {
      rows_ = std::make_unique<resource::RowReads>(store_.get(), executor, cache_.get());
    }
  }
  // No calls must be under way.
  ~Storage() {
    if (cache_ != nullptr) cache_->Stop();
  }
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  store::Store* store() const { return store_.get(); }
  // These two are null where this process owns the store.
  const cache::SharedCache* cache() const { return cache_.get(); }
  const resource::RowReads* rows() const { return rows_.get(); }

 private:
  const std::unique_ptr<cache::SharedCache> cache_;  // outlives the store
  const std::unique_ptr<store::Store> store_;
  std::unique_ptr<resource::RowReads> rows_;
};

}  // namespace rapport::host

#endif  // RAPPORT_COMMON_HOST_STORAGE_H_
