// The requests of a run, made and serialized before it begins.
#ifndef RAPPORT_BENCHMARKS_LOADGEN_REQUESTS_H_
#define RAPPORT_BENCHMARKS_LOADGEN_REQUESTS_H_

#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "rapport/engagement/v1/engagement_service.pb.h"

namespace rapport::benchmarks {

// The lines of a file; an error if there are none.
absl::StatusOr<std::vector<std::string>> ReadLines(const std::string& path);

// `count` requests whose only field is the first one, a name out of `names` drawn with `seed`. All
// Get methods look like that.
std::vector<std::string> NameRequests(const std::vector<std::string>& names, std::size_t count,
                                      std::uint64_t seed);
// One for every name, in order.
std::vector<std::string> EveryName(const std::vector<std::string>& names);

// The same of CheckReadiness, for one offer.
std::vector<std::string> ReadinessRequests(const std::vector<std::string>& names,
                                           const std::string& offer, std::size_t count,
                                           std::uint64_t seed);

// Mail as a house of some years has it: about 200 bytes a message, in and out in turn, in threads.
// Half of what comes in asks for an answer, and what goes out answers the oldest of those first.
// Everything follows from the seed, and two seeds never make the same message.
class Mail {
 public:
  Mail(std::vector<std::string> relationships, std::uint64_t seed);
  // The next message, of any relationship.
  void Next(absl::Time when, engagement::v1::RecordEngagementRequest* request);

 private:
  struct Thread {
    std::size_t relationship;
    std::uint64_t number;
  };

  const std::vector<std::string> relationships_;
  const std::uint64_t seed_;
  std::mt19937_64 random_;
  std::deque<Thread> unanswered_;
  std::uint64_t made_ = 0;
};

// `count` requests of RecordEngagement, of the last hour.
std::vector<std::string> RecordRequests(Mail* mail, std::size_t count, absl::Time now);

}  // namespace rapport::benchmarks

#endif  // RAPPORT_BENCHMARKS_LOADGEN_REQUESTS_H_
