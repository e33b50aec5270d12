// Whom each steward should reach out to, out of millions, without reading their messages again.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_WORKLIST_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_WORKLIST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/recommendation/rules/worklist_entry.h"

namespace rapport::recommendation {

struct RankedRelationship {
  std::string relationship;
  Rank rank;
};

struct Selection {
  // In order of rank, then id. The first `capacity` by rank, and every relationship with an
  // obligation that has been overdue for more than one working day, in its place by rank.
  std::vector<RankedRelationship> items;
  // How many items exceed the capacity.
  std::int64_t over_capacity = 0;
  // How many relationships with a step other than WAIT are not among the items.
  std::int64_t left_out = 0;
  // For how many relationships waiting is better.
  std::int64_t waiting_count = 0;
  // The first `max_waiting` of them: those that have been quiet for the largest share of the
  // tolerated silence first.
  std::vector<RankedRelationship> waiting;
  // For whom something might be proposed, in the order in which to look closer: those who asked to
  // buy first, then as `waiting`. They have no step before REST. At most kCandidatesPerPlace for
  // each place of the capacity; none if no place is left by the steps that come before proposals.
  std::vector<RankedRelationship> may_propose;
  // Places of the capacity that those steps leave.
  std::int64_t free_places = 0;
};

inline constexpr std::int64_t kCandidatesPerPlace = 4;

// The open relationships of all stewards of one tenant. NOT thread-safe: the owner serialises
// (readers may share a lock while nobody writes). Ids are opaque and compared as bytes; short ones
// keep a relationship of one steward within 200 bytes, and of two within 320. Select() scans the
// steward's relationships once, 16 bytes each for most, and sorts only what it returns.
class WorklistIndex {
 public:
  WorklistIndex();
  ~WorklistIndex();
  WorklistIndex(const WorklistIndex&) = delete;
  WorklistIndex& operator=(const WorklistIndex&) = delete;

  // Puts the relationship on the lists of exactly these stewards (duplicates count once); with no
  // steward it is remembered on no list.
  void Upsert(absl::Span<const std::string> stewards, std::string_view relationship,
              const IndexEntry& entry);

  // No effect if the relationship is not known.
  void Remove(std::string_view relationship);

  // Pure. An unknown steward has an empty list. Negative numbers count as 0. `offer_bits` are the
  // TopicBits of all offers, joined.
  Selection Select(std::string_view steward, std::int64_t capacity, absl::Time as_of,
                   absl::TimeZone zone, std::int64_t max_waiting,
                   std::uint32_t offer_bits = 0) const;

  std::size_t size() const { return relations_.size() - free_.size(); }

  // Bytes held for relationships, ids and lists, allocator overhead estimated.
  std::size_t MemoryBytes() const;

 private:
  using Handle = std::uint32_t;  // Index of a relation.

  struct Place {
    std::uint32_t list = 0;
    std::uint32_t slot = 0;
  };
  // A relationship: its id and where it stands. Few have more than two stewards.
  struct Relation {
    std::unique_ptr<char[]> id;  // Ends with NUL; null if the handle is free.
    std::array<Place, 2> first{};
    std::uint32_t places = 0;
    std::string_view Id() const { return id.get(); }
  };
  // Parallel columns of one steward.
  struct List {
    std::vector<EntryHead> heads;
    std::vector<EntryTail> tails;
    std::vector<Handle> relations;
  };
  struct HashId;
  struct SameId;
  struct Candidate;
  class Best;
  struct CandidateBefore {
    const WorklistIndex& index;
    bool operator()(const Candidate& a, const Candidate& b) const;
  };

  void JoinList(Handle handle, std::uint32_t list, const IndexEntry& entry);
  void LeaveLists(Handle handle);
  void Vacate(Place place);
  // Calls `visit` with each place until it returns false.
  template <class Self, class Visit>
  static void EachPlace(Self& self, Handle handle, Visit visit);
  Place* FindPlace(Handle handle, std::uint32_t list);  // Null if not on the list.
  std::vector<RankedRelationship> InOrder(std::vector<Candidate> candidates) const;

  std::vector<Relation> relations_;
  std::vector<Handle> free_;
  absl::flat_hash_map<Handle, std::vector<Place>> more_places_;  // Beyond the first two.
  std::vector<List> lists_;
  absl::flat_hash_map<std::string, std::uint32_t> list_of_steward_;
  std::unique_ptr<absl::flat_hash_set<Handle, HashId, SameId>> by_id_;
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_WORKLIST_H_
