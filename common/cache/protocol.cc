#include "common/cache/protocol.h"

#include <algorithm>
#include <cmath>

namespace rapport::cache {
namespace {

// The key stays at least this long; never shorter than before, than an intent, nor for hours.
void Keep(EntryState& entry, std::int64_t ttl_ms, std::int64_t now_ms) {
  std::int64_t until = std::max(entry.expires_ms, now_ms + ttl_ms);
  for (const Hold& intent : entry.intents) until = std::max(until, intent.expires_ms);
  entry.expires_ms = std::min(until, now_ms + kMaxKeyLifeMs);
}

void Blank(EntryState& entry) {
  entry.kind = EntryKind::kBlank;
  entry.version = 0;
}

}  // namespace

void DropExpired(EntryState& entry, std::int64_t now_ms) {
  if (entry.expires_ms <= now_ms) {
    entry = EntryState();
    return;
  }
  if (entry.lease.expires_ms <= now_ms) entry.lease = Hold();
  entry.intents.erase(std::remove_if(entry.intents.begin(), entry.intents.end(),
                                     [&](const Hold& h) { return h.expires_ms <= now_ms; }),
                      entry.intents.end());
}

void Mark(EntryState& entry, std::uint64_t intent, std::int64_t ttl_ms, std::int64_t now_ms) {
  DropExpired(entry, now_ms);
  Blank(entry);
  entry.lease = Hold();
  const std::int64_t until = now_ms + ttl_ms;
  const auto known = std::find_if(entry.intents.begin(), entry.intents.end(),
                                  [&](const Hold& h) { return h.id == intent; });
  if (known != entry.intents.end()) {
    known->expires_ms = std::max(known->expires_ms, until);
  } else if (entry.intents.size() < kMaxIntents) {
    entry.intents.push_back({intent, until});
  } else {
    Hold& last = entry.intents.back();
    last = {kNamelessIntent, std::max(last.expires_ms, until)};
  }
  Keep(entry, ttl_ms, now_ms);
}

bool Stamp(EntryState& entry, std::uint64_t intent, std::uint64_t version, std::int64_t blank_ms,
           std::int64_t now_ms) {
  DropExpired(entry, now_ms);
  bool missing = entry.min_version < version;
  for (auto hold = entry.intents.begin(); hold != entry.intents.end();) {
    if (hold->id == intent || hold->id == kNamelessIntent) missing = false;
    hold = hold->id == intent ? entry.intents.erase(hold) : hold + 1;
  }
  entry.min_version = std::max(entry.min_version, version);
  entry.lease = Hold();
  if (entry.version < entry.min_version) Blank(entry);
  Keep(entry, entry.kind == EntryKind::kBlank ? blank_ms : 0, now_ms);
  return missing;
}

LeaseAnswer Lease(EntryState& entry, std::uint64_t lease, std::int64_t ttl_ms, bool refresh,
                  std::int64_t now_ms) {
  DropExpired(entry, now_ms);
  if (!entry.intents.empty()) return LeaseAnswer::kBypass;
  const bool blank = entry.kind == EntryKind::kBlank;
  const bool held = entry.lease.id != 0 && entry.lease.id != lease;
  if (!blank && (!refresh || held)) return LeaseAnswer::kHit;
  if (held) return LeaseAnswer::kWait;
  entry.lease = {lease, now_ms + ttl_ms};
  Keep(entry, blank ? ttl_ms : 0, now_ms);
  return LeaseAnswer::kGo;
}

FillAnswer Fill(EntryState& entry, std::uint64_t lease, std::uint64_t version, EntryKind kind,
                std::int64_t ttl_ms, std::int64_t now_ms) {
  DropExpired(entry, now_ms);
  if (lease == 0 || entry.lease.id != lease) return FillAnswer::kNoLease;
  if (!entry.intents.empty()) return FillAnswer::kIntent;
  if (version < std::max(entry.min_version, entry.version)) return FillAnswer::kOld;
  entry.kind = kind;
  entry.version = version;
  entry.lease = Hold();
  entry.expires_ms = now_ms + std::min(ttl_ms, kMaxKeyLifeMs);
  return FillAnswer::kStored;
}

ReadStep OnGet(const EntryState& entry, std::uint64_t at_least, std::int64_t now_ms) {
  for (const Hold& intent : entry.intents) {
    if (intent.expires_ms > now_ms) return ReadStep::kBypass;
  }
  if (entry.kind == EntryKind::kBlank || !entry.intents.empty()) return ReadStep::kLease;
  return entry.version >= at_least ? ReadStep::kHit : ReadStep::kBypass;
}

bool RefreshEarly(absl::Time now, absl::Time soft_expire, absl::Duration fill_cost, double random) {
  if (now < soft_expire - kRefreshWindow) return false;
  return now + fill_cost * -std::log(random) >= soft_expire;
}

}  // namespace rapport::cache
