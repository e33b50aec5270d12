// Serves rapport.cache.v1.CacheService: the shared cache for its operators.
#ifndef RAPPORT_COMMON_HOST_CACHE_SERVICE_H_
#define RAPPORT_COMMON_HOST_CACHE_SERVICE_H_

#include "absl/strings/string_view.h"
#include "common/cache/shared_cache.h"
#include "common/rpc/method_table.h"
#include "rapport/cache/v1/cache_service.pb.h"

namespace rapport::host {

// `cache` outlives the server that runs the table; null: the process shares no store, and answers
// without scopes and counters. Nothing blocks: Redis is asked over the connections of the cache,
// and what it has not said within 200 ms is left out.
void AddCacheService(rpc::MethodTable* table, const cache::SharedCache* cache);

// The parts of the answer.
rapport::cache::v1::CacheScope ToProto(const cache::ScopeStatus& status);
rapport::cache::v1::CacheCounters ToProto(const cache::CacheMetrics& metrics);
// From what INFO answered.
rapport::cache::v1::RedisReport ParseRedisInfo(absl::string_view info);

}  // namespace rapport::host

#endif  // RAPPORT_COMMON_HOST_CACHE_SERVICE_H_
