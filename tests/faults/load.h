// Writers that never give up, and a ledger of what they were told: the load of the fault tests.
#ifndef RAPPORT_TESTS_FAULTS_LOAD_H_
#define RAPPORT_TESTS_FAULTS_LOAD_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "common/rpc/client.h"
#include "common/rpc/session.h"
#include "tests/harness/house.h"

namespace rapport::tests {

// What became of one relationship, as far as answers told.
struct RelationshipLedger {
  // By source id: the name in the answer.
  std::map<std::string, std::string> engagements;
  std::set<std::string> two_way;  // source ids that count as two-way
  // By request_id: the name in the answer.
  std::map<std::string, std::string> promises;
};

struct Ledger {
  std::map<std::string, RelationshipLedger> relationships;  // by name
  std::map<std::string, std::string> people;                // by request_id: the name
  std::int64_t engagements() const;
  std::int64_t promises() const;
};

class Load {
 public:
  struct Options {
    int engagement_writers = 4;
    int promise_writers = 2;
    int people_writers = 2;
    int relationships = 12;
    // A failed call is repeated with the same ids until it succeeds, and counted. Otherwise it is
    // a failure of the test.
    bool failures_expected = true;
    bool wait_for_ready = false;
  };

  // Creates the steward, people and relationships in a house that runs.
  Load(House* house, Options options);
  ~Load();

  void Start();
  // Ends the writers once each has an answer for what it has in flight.
  void Stop();

  std::int64_t acknowledged() const { return acknowledged_.load(); }
  // Calls that ended in an error, all repeated.
  std::int64_t repeated() const { return repeated_.load(); }
  // Calls that were answered as known already: the first answer was lost after the effect.
  std::int64_t answered_again() const { return answered_again_.load(); }

  // After Stop.
  const Ledger& ledger() const { return ledger_; }
  const std::string& steward() const { return steward_; }
  // Everything acknowledged, as a consistency token.
  std::string token() const { return seen_->Token(); }

  // Compares the ledger with what the house answers now: nothing missing, nothing doubled.
  void Check() const;

 private:
  bool Try(rpc::Client& client, const std::function<absl::Status(rpc::Client&)>& call);
  void RecordEngagements(int writer);
  void MakePromises(int writer);
  void CreatePeople(int writer);
  std::unique_ptr<rpc::Client> NewClient(const std::string& service) const;
  void CheckTimeline(const std::string& relationship, const RelationshipLedger& expected) const;
  void CheckPeople() const;

  House& house_;
  const Options options_;
  const std::shared_ptr<rpc::Session> seen_ = std::make_shared<rpc::Session>();
  std::string steward_;
  std::vector<std::string> relationships_;
  std::atomic<bool> stop_{false};
  std::atomic<std::int64_t> acknowledged_{0};
  std::atomic<std::int64_t> repeated_{0};
  std::atomic<std::int64_t> answered_again_{0};
  base::Mutex mu_;
  Ledger ledger_;
  std::vector<std::thread> writers_;
};

}  // namespace rapport::tests

#endif  // RAPPORT_TESTS_FAULTS_LOAD_H_
