// A herd: as many reads of a few people as are asked for, all under way at once. Prints one line of
// JSON: {"ok":N,"failed":{"14":N},"seconds":S,"at_once":N}.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/mutex.h"
#include "common/rpc/client.h"
#include "rapport/contact/v1/people_service.pb.h"

ABSL_FLAG(std::string, contact, "", "targets of the contact service's processes");
ABSL_FLAG(std::string, names, "", "file with the names of the people, one a line");
ABSL_FLAG(int, calls, 5000, "calls, all at once");
ABSL_FLAG(int, threads, 4, "threads that send them");
ABSL_FLAG(int, channels, 16, "connections of each thread to each process");

namespace rapport::tests {
namespace {

namespace v1 = rapport::contact::v1;

constexpr char kGetPerson[] = "rapport.contact.v1.PeopleService/GetPerson";

// Lets all threads go at once.
class StartingGun {
 public:
  explicit StartingGun(int runners) : missing_(runners) {}
  void ReadyAndWait() {
    base::MutexLock lock(&mu_);
    if (--missing_ == 0) all_.SignalAll();
    while (missing_ > 0) all_.Wait(&mu_);
  }

 private:
  base::Mutex mu_;
  base::CondVar all_;
  int missing_ ABSL_GUARDED_BY(mu_);
};

using Clients = std::vector<std::unique_ptr<rpc::Client>>;

Clients Connect(const std::vector<std::string>& names) {
  const std::vector<std::string> targets =
      absl::StrSplit(absl::GetFlag(FLAGS_contact), ',', absl::SkipEmpty());
  Clients clients;
  for (int i = 0; i < absl::GetFlag(FLAGS_channels); ++i) {
    for (const auto& target : targets) {
      clients.push_back(std::make_unique<rpc::Client>(
          rpc::ClientOptions{.target = target, .own_connection = true}));
      // Connected before the race. A name that nobody has leaves the cache as it is.
      v1::GetPersonRequest nobody;
      nobody.set_name(absl::StrCat(names[0].substr(0, names[0].rfind('/')), "/nobody"));
      clients.back()->Call<v1::Person>(kGetPerson, nobody).IgnoreError();
    }
  }
  return clients;
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  std::ifstream file(absl::GetFlag(FLAGS_names));
  for (std::string line; std::getline(file, line);) names.push_back(line);
  return names;
}

int Run() {
  const std::vector<std::string> names = Names();
  if (names.empty()) {
    std::fprintf(stderr, "no names\n");
    return 2;
  }
  const int threads = absl::GetFlag(FLAGS_threads);
  const int each = absl::GetFlag(FLAGS_calls) / threads;
  StartingGun start(threads + 1);
  base::Mutex mu;
  std::int64_t ok = 0;
  std::map<int, int> failed;
  std::vector<std::thread> runners;
  for (int t = 0; t < threads; ++t) {
    runners.emplace_back([&, t] {
      const Clients clients = Connect(names);
      std::vector<absl::StatusOr<v1::Person>> answers(static_cast<std::size_t>(each));
      start.ReadyAndWait();
      rpc::Calls calls;
      for (std::size_t i = 0; i < answers.size(); ++i) {
        v1::GetPersonRequest get;
        get.set_name(names[(i + static_cast<std::size_t>(t)) % names.size()]);
        calls.Start(*clients[i % clients.size()], kGetPerson, get, &answers[i],
                    {.timeout = absl::Seconds(30)});
      }
      calls.Wait();
      base::MutexLock lock(&mu);
      for (const auto& answer : answers) {
        if (answer.ok()) {
          ++ok;
        } else {
          ++failed[answer.status().raw_code()];
        }
      }
    });
  }
  start.ReadyAndWait();
  const absl::Time begin = absl::Now();
  for (auto& runner : runners) runner.join();
  std::printf("{\"ok\":%lld,\"failed\":{", static_cast<long long>(ok));
  const char* comma = "";
  for (const auto& [code, count] : failed) {
    std::printf("%s\"%d\":%d", comma, code, count);
    comma = ",";
  }
  std::printf("},\"seconds\":%.3f,\"at_once\":%d}\n", absl::ToDoubleSeconds(absl::Now() - begin),
              each * threads);
  return 0;
}

}  // namespace
}  // namespace rapport::tests

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  return rapport::tests::Run();
}
