#include "services/contact/rules/consent.h"

#include <algorithm>
#include <bitset>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/time/proto_time.h"

namespace rapport::contact::rules {
namespace {

// What an entry names, in the order of the scopes from wide to narrow.
enum Part : unsigned { kChannel = 1, kPoint = 2, kPurpose = 4, kHouse = 8 };
constexpr std::pair<unsigned, const char*> kParts[] = {
    {kChannel, "channel"}, {kPoint, "point"}, {kPurpose, "purpose"}, {kHouse, "house"}};

unsigned ScopeOf(const v1::ConsentEntry& entry) {
  unsigned scope = 0;
  if (entry.channel() != type::v1::CHANNEL_UNSPECIFIED) scope |= kChannel;
  if (!entry.contact_point().empty()) scope |= kPoint;
  if (entry.purpose() != type::v1::PURPOSE_UNSPECIFIED) scope |= kPurpose;
  if (!entry.house().empty()) scope |= kHouse;
  return scope;
}

std::string NameOf(unsigned scope) {
  if (scope == 0) return "global";
  std::string name;
  for (const auto& [part, word] : kParts) {
    if ((scope & part) != 0) absl::StrAppend(&name, name.empty() ? "" : "+", word);
  }
  return name;
}

bool IsAbout(const v1::ConsentEntry& entry, const ConsentAsked& asked) {
  return (entry.channel() == type::v1::CHANNEL_UNSPECIFIED || entry.channel() == asked.channel) &&
         (entry.contact_point().empty() || entry.contact_point() == asked.contact_point) &&
         (entry.purpose() == type::v1::PURPOSE_UNSPECIFIED || entry.purpose() == asked.purpose) &&
         (entry.house().empty() || entry.house() == asked.house);
}

bool HasRunOut(const v1::ConsentEntry& entry, absl::Time as_of) {
  return entry.has_expire_time() && entry.decision() != v1::ConsentEntry::WITHDRAW &&
         time::FromProto(entry.expire_time()) <= as_of;
}

using Entries = std::vector<const v1::ConsentEntry*>;

v1::ConsentScope DecideScope(unsigned scope, Entries entries, absl::Time as_of) {
  std::sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) {
    return std::make_tuple(time::FromProto(a->effective_time()), absl::string_view(a->name())) >
           std::make_tuple(time::FromProto(b->effective_time()), absl::string_view(b->name()));
  });
  v1::ConsentScope out;
  out.set_scope(NameOf(scope));
  out.set_entries(static_cast<int>(entries.size()));
  out.set_verdict(v1::CONSENT_UNKNOWN);
  bool grant_ran_out = false;
  for (const auto* entry : entries) {
    const bool ran_out = HasRunOut(*entry, as_of);
    const bool denial = IsDenial(*entry);
    if (!denial && ran_out) grant_ran_out = true;
    if (ran_out || (!denial && grant_ran_out)) continue;
    out.set_verdict(denial ? v1::CONSENT_DENIED : v1::CONSENT_ALLOWED);
    out.set_entry(entry->name());
    break;
  }
  return out;
}

}  // namespace

bool IsDenial(const v1::ConsentEntry& entry) { return entry.decision() != v1::ConsentEntry::GRANT; }

v1::ConsentDecision DecideConsent(absl::Span<const v1::ConsentEntry> ledger,
                                  const ConsentAsked& asked, absl::Time as_of) {
  std::set<absl::string_view> corrected;
  for (const auto& entry : ledger) {
    if (!entry.corrects().empty()) corrected.insert(entry.corrects());
  }
  // Fewer parts are wider; among as many, the order of the parts.
  std::map<std::pair<std::size_t, unsigned>, Entries> scopes;
  for (const auto& entry : ledger) {
    if (corrected.contains(entry.name()) || !IsAbout(entry, asked) ||
        time::FromProto(entry.effective_time()) > as_of) {
      continue;
    }
    const unsigned scope = ScopeOf(entry);
    scopes[{std::bitset<4>(scope).count(), scope}].push_back(&entry);
  }
  v1::ConsentDecision decision;
  decision.set_verdict(v1::CONSENT_UNKNOWN);
  *decision.mutable_as_of() = time::ToProto(as_of);
  for (auto& [key, entries] : scopes) {
    const auto& scope = *decision.add_trail() = DecideScope(key.second, std::move(entries), as_of);
    if (scope.verdict() == v1::CONSENT_UNKNOWN || decision.verdict() == v1::CONSENT_DENIED) {
      continue;
    }
    decision.set_verdict(scope.verdict());
    decision.set_deciding_entry(scope.entry());
  }
  return decision;
}

absl::Time NewestEffect(absl::Span<const v1::ConsentEntry> ledger) {
  absl::Time newest = absl::InfinitePast();
  for (const auto& entry : ledger) {
    newest = std::max(newest, time::FromProto(entry.effective_time()));
  }
  return newest;
}

const v1::ConsentEntry* CorrectionOf(absl::Span<const v1::ConsentEntry> ledger,
                                     const std::string& name) {
  const auto it = std::find_if(ledger.begin(), ledger.end(),
                               [&](const auto& entry) { return entry.corrects() == name; });
  return it == ledger.end() ? nullptr : &*it;
}

}  // namespace rapport::contact::rules
