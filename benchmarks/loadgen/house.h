// Fills a house through its public API: people with their relationships, then years of mail.
#ifndef RAPPORT_BENCHMARKS_LOADGEN_HOUSE_H_
#define RAPPORT_BENCHMARKS_LOADGEN_HOUSE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace rapport::benchmarks {

struct FillOptions {
  std::string contact;  // targets
  std::string engagement;
  std::string recommendation;  // empty: not waited for
  std::string tenant = "bench";
  int people = 100000;
  // Every relationship has the steward "all" and one of so many others.
  int stewards = 100;
};

struct Filled {
  std::vector<std::string> relationships;
  double upsert_seconds = 0;  // for BatchUpsertPeople
  double follow_seconds = 0;  // until the other services knew everybody
};

absl::StatusOr<Filled> FillPeople(const FillOptions& options);

struct StreamOptions {
  std::string engagement;
  std::int64_t count = 0;
  std::uint64_t seed = 1;
  // The events lie evenly between these, oldest first.
  absl::Time from;
  absl::Time until;
};

struct Streamed {
  std::int64_t recorded = 0;
  std::int64_t refused = 0;
  double seconds = 0;  // from the first message to the last acknowledgement
};

// StreamEngagements, 1,000 a message.
absl::StatusOr<Streamed> StreamMail(const StreamOptions& options,
                                    const std::vector<std::string>& relationships);

// One offer, and what it asks for of each of these relationships: consent to proposals, an explicit
// need, a fact in every slot. So whether to propose it is a question that recommendation asks
// contact and engagement at each call. Returns the offer's name.
absl::StatusOr<std::string> Understand(const FillOptions& options,
                                       const std::vector<std::string>& relationships);

// Waits until contact and recommendation have applied all that engagement has committed.
absl::Status WaitForFeeds(const std::string& contact, const std::string& engagement,
                          const std::string& recommendation, const std::string& relationship);

}  // namespace rapport::benchmarks

#endif  // RAPPORT_BENCHMARKS_LOADGEN_HOUSE_H_
