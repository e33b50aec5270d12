// Writes down calls and their outcomes, one JSON object a line. Times are nanoseconds of
// CLOCK_BOOTTIME, so recordings of several processes of one machine can be laid side by side.
//
//   {"k":"12.p3","o":"w","c":4,"b":1,"d":2,"v":7,"x":"c4-17","t":2,"at":"contact/2"}
//
//   k   entity: history, kind (p person, r relationship, s statistics) and number
//   o   w write, r read, a repeat of an acknowledged write with the same id, f failed read, n new
//   c   client
//   b,d when the call began and was done; a write without d has an unknown outcome, for ever
//   v   version in the answer: revision of a person or relationship, count of two-way engagements
//   x   what was written or read; absent for reads of statistics
//   t   tries
//   e   status code of the last failed try
//   at  index of the process that answered
//
// At the end, what is listed:   {"k":"12.s3","listed":["c4-17",…]}
#ifndef RAPPORT_TESTS_FAULTS_RECORDER_H_
#define RAPPORT_TESTS_FAULTS_RECORDER_H_

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/mutex.h"

namespace rapport::tests {

std::int64_t BootNanoseconds();

struct Record {
  std::string entity;
  char op = 'r';
  int client = 0;
  std::int64_t begin = 0;
  std::int64_t done = 0;  // 0: unknown outcome
  std::int64_t version = -1;
  std::string value;
  int tries = 1;
  int failed_code = 0;
  std::size_t process = 0;
};

// Thread-safe. Values must need no escape in JSON.
class Recorder {
 public:
  explicit Recorder(const std::string& path);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  void Add(const Record& record);
  void AddListed(absl::string_view entity, const std::vector<std::string>& ids);

 private:
  base::Mutex mu_;
  std::FILE* const file_ ABSL_GUARDED_BY(mu_);
};

}  // namespace rapport::tests

#endif  // RAPPORT_TESTS_FAULTS_RECORDER_H_
