#include "common/cache/bounded_reads.h"

#include <memory>
#include <string>
#include <utility>

#include "common/base/errors.h"
#include "common/cache/entry.h"

namespace rapport::cache {
namespace {

bool GotNoAnswer(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

CachedRow Aged(const NearCache::Entry& entry, absl::Duration now) {
  CachedRow row = entry.row;
  row.age = now - entry.read_at;
  return row;
}

}  // namespace

void BoundedReads::Get(const base::TenantId& tenant, const store::Table& table,
                       absl::Span<const store::Value> key, Bound bound, absl::Time deadline,
                       Load load, CoherentReads::Done done) {
  const absl::Duration started = parts_.boot_clock->Now();
  const GuardedTable* const guarded = parts_.tables->Find(table);
  if (guarded == nullptr) return done(absl::InternalError("rows of this table are not cached"));
  std::string name = EncodeKey(0, 0, {guarded->kind, tenant, RowId(key)});
  const auto fits = [bound](const NearCache::Entry& entry, absl::Duration now) {
    return now - entry.read_at < bound.max_age && entry.row.version >= bound.version;
  };
  std::shared_ptr<const NearCache::Entry> kept = parts_.near->Find(name, started);
  if (kept != nullptr && started < kept->fresh_until && fits(*kept, started)) {
    parts_.metrics->near_hits.Add();
    return done(Aged(*kept, started));
  }
  parts_.metrics->near_misses.Add();
  const absl::Time now = parts_.clock->Now();
  const absl::Duration half = (deadline - now) / 2;
  if (kept != nullptr && !fits(*kept, started)) kept = nullptr;
  const bool hurry = kept != nullptr && fits(*kept, started + half);
  parts_.reads->Get(tenant, table, key, hurry ? now + half : deadline, std::move(load),
                    [this, name = std::move(name), started, fits, kept = std::move(kept),
                     done = std::move(done)](const absl::StatusOr<CachedRow>& row) mutable {
                      const absl::Duration ended = parts_.boot_clock->Now();
                      if (row.ok()) {
                        parts_.near->Put(name, *row, started, ended);
                        return done(row);
                      }
                      if (kept == nullptr || !GotNoAnswer(row.status())) return done(row);
                      if (!fits(*kept, ended)) {
                        return done(absl::IsUnavailable(row.status()) ? row.status()
                                                                      : errors::StoreUnavailable());
                      }
                      parts_.metrics->near_outages.Add();
                      done(Aged(*kept, ended));
                    });
}

}  // namespace rapport::cache
