#include "services/recommendation/rules/worklist.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "absl/hash/hash.h"

namespace rapport::recommendation {
namespace {

// Like push_back, but grows by a quarter: lists are long-lived, and their slack is memory.
template <class T>
void Append(std::vector<T>& column, T value) {
  if (column.size() == column.capacity()) column.reserve(column.size() + column.size() / 4 + 4);
  column.push_back(std::move(value));
}

template <class T>
void TakeLast(std::vector<T>& column, std::size_t slot) {
  column[slot] = std::move(column.back());
  column.pop_back();
}

// A heap block as the allocator sees it.
std::size_t BlockBytes(std::size_t bytes) {
  return bytes == 0 ? 0 : std::max<std::size_t>(32, (bytes + 8 + 15) / 16 * 16);
}

// What still enters a list of the best: nobody of a later class, and nobody of this class who has
// been quiet for a smaller share of the tolerated silence, unless they asked to buy; nobody at all
// if the class is 0.
struct Last {
  ClassPlace place = ClassPlace{0};
  double share_us = 0;  // of each second of tolerated silence
};

// The entries in a row, from the first on, that cannot enter, as the heads alone tell.
struct Passed {
  std::int64_t waiting = 0;
  std::int64_t with_step = 0;
};

// The flags of a head, behind its times, as one number.
std::uint32_t FlagsOf(const EntryHead& head) {
  std::uint32_t flags = 0;
  static_assert(offsetof(EntryHead, standing) + sizeof flags == sizeof(EntryHead));
  std::memcpy(&flags, &head.standing, sizeof flags);
  return flags;
}

// Most relationships are open and nothing else: then silence alone decides.
struct Ordinary {
  Ordinary() {
    EntryHead head;
    head.standing = contact::v1::OPEN;
    head.known = 1;
    wanted = FlagsOf(head);
    head.met = 1;
    head.has_zone = 1;
    head.first_day = 0x1FF;
    free = FlagsOf(head) ^ wanted;
  }
  bool Is(const EntryHead& head) const { return ((FlagsOf(head) ^ wanted) & ~free) == 0; }
  std::uint32_t wanted = 0;
  std::uint32_t free = 0;  // what may be as it likes
};

// Runs a million times a call: no division, and few branches that are hard to foretell.
Passed PassOver(const EntryHead* const begin, const EntryHead* const end, const Instant& instant,
                const Last& last_step, const Last& last_waiting) {
  const Ordinary ordinary;
  const Last lasts[] = {last_step, last_waiting};
  const bool proposals = last_step.place >= ClassPlace::kPropose;
  const EntryHead* head = begin;
  std::int64_t waiting = 0;
  for (; head != end; ++head) {
    if (instant.MayBeNear(head->first_day)) break;  // no day is near day 0
    std::int64_t silence_us = instant.us - std::min(head->since_us, instant.us);
    bool waits = false;
    ClassPlace place = ClassPlace::kWait;
    if (ordinary.Is(*head)) {
      waits = silence_us <= (head->met ? head->tolerated_s * kMicrosPerSecond : kNotMetAfterUs);
      place = waits ? ClassPlace::kWait : ClassPlace::kListen;
    } else {
      if (!HeadDecides(*head, instant) || (head->may_propose && proposals)) break;
      place = QuietPlace(*head, instant);
      waits = place == ClassPlace::kWait;
    }
    silence_us *= head->known & head->met;
    const Last& last = lasts[waits];
    const bool longer = static_cast<double>(silence_us) >= last.share_us * head->tolerated_s;
    if ((place < last.place) | ((place == last.place) & longer)) break;
    waiting += waits;
  }
  return {waiting, (head - begin) - waiting};
}

}  // namespace

struct WorklistIndex::HashId {
  using is_transparent = void;
  const std::vector<Relation>* relations;
  std::size_t operator()(std::string_view id) const { return absl::HashOf(id); }
  std::size_t operator()(Handle handle) const { return absl::HashOf((*relations)[handle].Id()); }
};

struct WorklistIndex::SameId {
  using is_transparent = void;
  const std::vector<Relation>* relations;
  std::string_view Id(std::string_view id) const { return id; }
  std::string_view Id(Handle handle) const { return (*relations)[handle].Id(); }
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    return Id(a) == Id(b);
  }
};

struct WorklistIndex::Candidate {
  Rank rank;
  Handle relation;
};

// Keeps the best `limit` candidates that it was offered.
class WorklistIndex::Best {
 public:
  Best(const WorklistIndex& index, std::int64_t limit)
      : before_{index}, limit_(static_cast<std::size_t>(std::max<std::int64_t>(0, limit))) {}

  Last LastToEnter() const {
    // A hair less than the score itself: products are rounded, and who is passed over by mistake
    // does not come back.
    constexpr double kHair = 1 - 1e-9;
    if (limit_ == 0) return {};
    if (heap_.size() < limit_) return {ClassPlace::kWait, 0};
    const Rank& worst = heap_.front().rank;
    return {worst.place, worst.score * static_cast<double>(kMicrosPerSecond) * kHair};
  }

  // False if a candidate of this class and score cannot enter, whatever its due time and id.
  bool MayEnter(const Rank& rough) const {
    if (heap_.size() < limit_) return true;
    if (limit_ == 0) return false;
    const Rank& worst = heap_.front().rank;
    if (rough.place != worst.place) return rough.place < worst.place;
    if (rough.led != worst.led) return rough.led;
    return rough.score >= worst.score;
  }

  void Offer(const Candidate& candidate) {
    if (limit_ == 0) return;
    if (heap_.size() == limit_) {
      if (!before_(candidate, heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), before_);
      heap_.pop_back();
    }
    heap_.push_back(candidate);
    std::push_heap(heap_.begin(), heap_.end(), before_);
  }

  std::vector<Candidate> Take() { return std::move(heap_); }

 private:
  const CandidateBefore before_;
  const std::size_t limit_;
  std::vector<Candidate> heap_;  // The worst in front.
};

WorklistIndex::WorklistIndex()
    : by_id_(std::make_unique<absl::flat_hash_set<Handle, HashId, SameId>>(0, HashId{&relations_},
                                                                           SameId{&relations_})) {}

WorklistIndex::~WorklistIndex() = default;

bool WorklistIndex::CandidateBefore::operator()(const Candidate& a, const Candidate& b) const {
  if (Before(a.rank, b.rank)) return true;
  if (Before(b.rank, a.rank)) return false;
  return index.relations_[a.relation].Id() < index.relations_[b.relation].Id();
}

void WorklistIndex::Upsert(absl::Span<const std::string> stewards, std::string_view relationship,
                           const IndexEntry& entry) {
  Handle handle = 0;
  if (const auto found = by_id_->find(relationship); found != by_id_->end()) {
    handle = *found;
    LeaveLists(handle);
  } else {
    if (free_.empty()) {
      handle = static_cast<Handle>(relations_.size());
      Append(relations_, Relation{});
    } else {
      handle = free_.back();
      free_.pop_back();
    }
    Relation& relation = relations_[handle];
    relation.id = std::make_unique<char[]>(relationship.size() + 1);
    std::memcpy(relation.id.get(), relationship.data(), relationship.size());
    by_id_->insert(handle);
  }
  for (const std::string& steward : stewards) {
    const auto [list, is_new] =
        list_of_steward_.try_emplace(steward, static_cast<std::uint32_t>(lists_.size()));
    if (is_new) lists_.emplace_back();
    if (FindPlace(handle, list->second) == nullptr) JoinList(handle, list->second, entry);
  }
}

void WorklistIndex::Remove(std::string_view relationship) {
  const auto found = by_id_->find(relationship);
  if (found == by_id_->end()) return;
  const Handle handle = *found;
  LeaveLists(handle);
  by_id_->erase(found);
  relations_[handle].id.reset();
  free_.push_back(handle);
}

template <class Self, class Visit>
void WorklistIndex::EachPlace(Self& self, Handle handle, Visit visit) {
  auto& relation = self.relations_[handle];
  const std::size_t near = std::min<std::size_t>(relation.places, relation.first.size());
  for (std::size_t i = 0; i < near; ++i) {
    if (!visit(relation.first[i])) return;
  }
  if (relation.places <= relation.first.size()) return;
  for (auto& place : self.more_places_.find(handle)->second) {
    if (!visit(place)) return;
  }
}

WorklistIndex::Place* WorklistIndex::FindPlace(Handle handle, std::uint32_t list) {
  Place* found = nullptr;
  EachPlace(*this, handle, [&](Place& place) {
    if (place.list == list) found = &place;
    return found == nullptr;
  });
  return found;
}

void WorklistIndex::JoinList(Handle handle, std::uint32_t list, const IndexEntry& entry) {
  List& columns = lists_[list];
  const Place place{list, static_cast<std::uint32_t>(columns.heads.size())};
  Append(columns.heads, entry.head);
  Append(columns.tails, entry.tail);
  Append(columns.relations, handle);
  Relation& relation = relations_[handle];
  if (relation.places < relation.first.size()) {
    relation.first[relation.places] = place;
  } else {
    more_places_[handle].push_back(place);
  }
  ++relation.places;
}

void WorklistIndex::LeaveLists(Handle handle) {
  EachPlace(*this, handle, [&](Place& place) {
    Vacate(place);
    return true;
  });
  Relation& relation = relations_[handle];
  if (relation.places > relation.first.size()) more_places_.erase(handle);
  relation.places = 0;
}

void WorklistIndex::Vacate(Place place) {
  List& list = lists_[place.list];
  const Handle moved = list.relations.back();
  FindPlace(moved, place.list)->slot = place.slot;
  TakeLast(list.heads, place.slot);
  TakeLast(list.tails, place.slot);
  TakeLast(list.relations, place.slot);
}

Selection WorklistIndex::Select(std::string_view steward, std::int64_t capacity, absl::Time as_of,
                                absl::TimeZone zone, std::int64_t max_waiting,
                                std::uint32_t offer_bits) const {
  Selection out;
  out.free_places = std::max<std::int64_t>(0, capacity);
  const auto found = list_of_steward_.find(std::string(steward));
  if (found == list_of_steward_.end()) return out;
  const List& list = lists_[found->second];
  const Instant instant(as_of, zone);
  Best best(*this, capacity);
  Best best_waiting(*this, max_waiting);
  Best to_propose(*this, offer_bits == 0 ? 0 : kCandidatesPerPlace * out.free_places);
  std::vector<Candidate> overdue;
  std::int64_t with_step = 0;
  std::int64_t waiting_count = 0;
  Last last_step = best.LastToEnter();
  Last last_waiting = best_waiting.LastToEnter();
  const EntryHead* const heads = list.heads.data();
  const EntryTail* const tails = list.tails.data();
  for (std::size_t i = 0; i < list.heads.size(); ++i) {
    const Passed passed =
        PassOver(heads + i, heads + list.heads.size(), instant, last_step, last_waiting);
    waiting_count += passed.waiting;
    with_step += passed.with_step;
    i += static_cast<std::size_t>(passed.waiting + passed.with_step);
    if (i == list.heads.size()) break;
    const EntryHead& head = heads[i];
    const bool may_propose = head.may_propose && last_step.place >= ClassPlace::kPropose;
    const EntryTail& tail = tails[i];
    const Rank rough = RoughRankAt(head, tail, instant);
    const bool waits = rough.place == ClassPlace::kWait;
    waiting_count += waits;
    with_step += !waits;
    if (may_propose && rough.place >= ClassPlace::kRest && MayPropose(head, tail, offer_bits)) {
      Candidate look{rough, list.relations[i]};
      look.rank.place = ClassPlace::kPropose;
      look.rank.led = head.wants_to_buy;
      to_propose.Offer(look);
    }
    Best& heap = waits ? best_waiting : best;
    const bool is_overdue = rough.place == ClassPlace::kObligation && IsOverdue(tail, instant);
    if (!is_overdue && !heap.MayEnter(rough)) continue;
    const Candidate candidate{WithDueTime(rough, head, tail, instant), list.relations[i]};
    heap.Offer(candidate);
    last_step = best.LastToEnter();
    last_waiting = best_waiting.LastToEnter();
    if (is_overdue) overdue.push_back(candidate);
  }
  out.waiting_count = waiting_count;
  std::vector<Candidate> chosen = best.Take();
  const std::size_t in_capacity = chosen.size();
  absl::flat_hash_set<Handle> taken;
  for (const Candidate& candidate : chosen) {
    taken.insert(candidate.relation);
    out.free_places -= candidate.rank.place < ClassPlace::kPropose;
  }
  for (const Candidate& candidate : overdue) {
    if (!taken.contains(candidate.relation)) chosen.push_back(candidate);
  }
  out.over_capacity = static_cast<std::int64_t>(chosen.size() - in_capacity);
  out.left_out = with_step - static_cast<std::int64_t>(chosen.size());
  out.items = InOrder(std::move(chosen));
  out.waiting = InOrder(best_waiting.Take());
  if (out.free_places > 0) {
    out.may_propose = InOrder(to_propose.Take());
    const auto most = static_cast<std::size_t>(kCandidatesPerPlace * out.free_places);
    if (out.may_propose.size() > most) out.may_propose.resize(most);
  }
  return out;
}

std::vector<RankedRelationship> WorklistIndex::InOrder(std::vector<Candidate> candidates) const {
  std::sort(candidates.begin(), candidates.end(), CandidateBefore{*this});
  std::vector<RankedRelationship> out;
  out.reserve(candidates.size());
  for (const Candidate& candidate : candidates) {
    out.push_back({std::string(relations_[candidate.relation].Id()), candidate.rank});
  }
  return out;
}

std::size_t WorklistIndex::MemoryBytes() const {
  std::size_t bytes = sizeof(*this) + BlockBytes(relations_.capacity() * sizeof(Relation)) +
                      BlockBytes(free_.capacity() * sizeof(Handle)) +
                      BlockBytes(lists_.capacity() * sizeof(List)) +
                      by_id_->capacity() * (sizeof(Handle) + 1) +
                      more_places_.capacity() * (sizeof(Handle) + sizeof(std::vector<Place>) + 9) +
                      list_of_steward_.capacity() * (sizeof(std::string) + 9);
  for (const Relation& relation : relations_) {
    if (relation.id != nullptr) bytes += BlockBytes(relation.Id().size() + 1);
  }
  for (const auto& [handle, places] : more_places_) {
    bytes += BlockBytes(places.capacity() * sizeof(Place));
  }
  for (const List& list : lists_) {
    bytes += BlockBytes(list.heads.capacity() * sizeof(EntryHead)) +
             BlockBytes(list.tails.capacity() * sizeof(EntryTail)) +
             BlockBytes(list.relations.capacity() * sizeof(Handle));
  }
  for (const auto& [steward, list] : list_of_steward_) bytes += BlockBytes(steward.size() + 1);
  return bytes;
}

}  // namespace rapport::recommendation
