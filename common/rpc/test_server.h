// A server with a small table, for the tests of this folder.
#ifndef RAPPORT_COMMON_RPC_TEST_SERVER_H_
#define RAPPORT_COMMON_RPC_TEST_SERVER_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "common/rpc/client.h"
#include "common/rpc/health.h"
#include "common/rpc/server.h"

namespace rapport::rpc {

inline constexpr char kGetSteward[] = "rapport.contact.v1.StewardService/GetSteward";
inline constexpr char kListStewards[] = "rapport.contact.v1.StewardService/ListStewards";
inline constexpr char kCreateSteward[] = "rapport.contact.v1.StewardService/CreateSteward";
inline constexpr char kUpdateSteward[] = "rapport.contact.v1.StewardService/UpdateSteward";
inline constexpr char kWatchChanges[] = "rapport.feed.v1.ChangeFeedService/WatchChanges";
inline constexpr char kStreamEngagements[] =
    "rapport.engagement.v1.EngagementService/StreamEngagements";

// Calls that handlers have put aside. Thread-safe.
class HeldCalls {
 public:
  void Hold(Call* call);
  // Waits for the next held call.
  Call* Take();
  // Null if none is held.
  Call* TakeIfAny();
  // Waits until `count` have been held in all.
  void WaitFor(int count);
  int held() const;

 private:
  Call* Front() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable base::Mutex mu_;
  base::CondVar changed_;
  std::deque<Call*> calls_ ABSL_GUARDED_BY(mu_);
  int held_ ABSL_GUARDED_BY(mu_) = 0;
};

// Remembers what was observed. Thread-safe.
class Observations final : public CallObserver {
 public:
  void OnFinished(const CallRecord& record) override;
  // Waits until `count` calls have ended with that reason ("" for OK).
  void WaitFor(const std::string& reason, int count);
  int Count(const std::string& reason) const;

 private:
  mutable base::Mutex mu_;
  base::CondVar changed_;
  std::vector<std::string> reasons_ ABSL_GUARDED_BY(mu_);
};

// What a stream of the test sends: the test pushes numbers, each becomes a ChangeBatch.
class TestFeed {
 public:
  StreamOpener Opener();
  void Push(std::int64_t sequence);
  // Waits until so many sources live.
  void WaitForSources(int count);
  // Runs whenever a source is asked, which fails if this does.
  std::function<absl::Status()> next = [] { return absl::OkStatus(); };

 private:
  class Source;
  base::Mutex mu_;
  base::CondVar changed_;
  std::vector<Source*> sources_ ABSL_GUARDED_BY(mu_);
};

struct TestServerOptions {
  ServerOptions server = {};
  AdmissionOptions admission = {};
  auth::TokenVerifier* verifier = nullptr;  // absent: the fixed tenant "home"
  const time::Clock* clock = nullptr;
  ConsistencyGate* gate = nullptr;
  int read_threads = 2;
  bool list_asks_others = false;     // Method::asks_others of ListStewards
  CallObserver* observer = nullptr;  // absent: `observations`
  bool reflection = false;
};

// GetSteward (loop) answers with the name and, as display_name, the level that was asked for
// ("nothing old" if its max_age is 0, "after" the sequence of a token); ".../held" is put aside,
// ".../together" first answers all that were put aside,
// ".../bug" fails, ".../old" answers with an age of 1.5 ms. ListStewards (read lane) answers empty
// after `list`. UpdateSteward answers the same as GetSteward, with sequence 7. StreamEngagements
// puts every message aside.
class TestServer {
 public:
  explicit TestServer(TestServerOptions options = {});
  ~TestServer();

  Server& server() { return *server_; }
  std::size_t queued() const { return executor_->queued(); }
  const std::string& address() const { return server_->addresses().front(); }
  Client MakeClient(TokenSource token_source = {}, std::shared_ptr<Session> session = nullptr);

  HeldCalls held;
  Observations observations;
  TestFeed feed;
  Health health;
  std::function<void()> list = [] {};
  std::function<void()> together = [] {};  // on the loop, when all that were put aside are answered
  MethodTable table;

 private:
  void FillTable(const TestServerOptions& options);

  const time::SystemClock system_clock_;
  std::unique_ptr<Admission> admission_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Server> server_;
};

std::string ReasonName(const absl::Status& status);

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_TEST_SERVER_H_
