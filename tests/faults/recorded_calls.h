// The calls of the recording load: on people, relationships and statistics, with their outcomes as
// records (recorder.h).
#ifndef RAPPORT_TESTS_FAULTS_RECORDED_CALLS_H_
#define RAPPORT_TESTS_FAULTS_RECORDED_CALLS_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rpc/client.h"
#include "tests/faults/recorder.h"

namespace rapport::tests {

enum Kind : std::size_t { kPerson, kRelationship, kStatistics, kKinds };

struct KnownPerson {
  std::string name;
  std::string relationship;
};

// Calls on entities of their own, from the first to the last.
struct History {
  std::string load;  // whose it is; engagements of two loads are never the same one
  int number = 0;
  std::vector<KnownPerson> people;
  std::atomic<int> calls{0};
  std::string Entity(Kind kind, std::size_t person) const;
};
using HistoryPtr = std::shared_ptr<History>;

// Connections of one's own to every process of the two services.
class Doors {
 public:
  // Lists of targets with commas, and how long a call may take.
  Doors(absl::string_view contact, absl::string_view engagement, absl::Duration timeout);

  const std::vector<std::unique_ptr<rpc::Client>>& Of(Kind kind) const {
    return kind == kStatistics ? engagement_ : contact_;
  }
  const rpc::CallOptions& options() const { return options_; }

 private:
  std::vector<std::unique_ptr<rpc::Client>> contact_, engagement_;
  rpc::CallOptions options_;
};

// Repeats what may be repeated until it succeeds; ends the program if that takes over a minute.
void Insist(absl::string_view what, const std::function<absl::Status()>& call);

// Makes the people of a history of the load that is called so, and waits until both services know
// them.
HistoryPtr NewHistory(const Doors& doors, const std::string& load, int number, int people,
                      Recorder& recorder);

// Reads an entity through the process record.process, and records it.
absl::Status Read(const Doors& doors, const History& history, Kind kind, std::size_t person,
                  Record record, Recorder& recorder);

// One write as it can be sent again and again: through the process record->process, whose answer
// goes into the record.
using RecordedWrite = std::function<absl::Status(const Doors& doors, Record* record)>;
RecordedWrite NewWrite(const History& history, Kind kind, std::size_t person,
                       const std::string& value);

// Ids of the engagements that the timeline lists.
std::vector<std::string> Listed(const Doors& doors, const KnownPerson& who);

// Contact must learn from engagement that there was an exchange: no event is lost on the way.
void AwaitFirstExchange(const Doors& doors, const KnownPerson& who);

}  // namespace rapport::tests

#endif  // RAPPORT_TESTS_FAULTS_RECORDED_CALLS_H_
