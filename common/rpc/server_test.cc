// The pipeline, seen from a client.
#include "common/rpc/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/numbers.h"
#include "common/auth/keys.h"
#include "common/auth/token_signer.h"
#include "common/base/errors.h"
#include "common/rpc/codec.h"
#include "common/rpc/test_server.h"
#include "common/testing/gate.h"
#include "common/testing/matchers.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "google/rpc/error_details.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "rapport/feed/v1/change_feed_service.pb.h"

namespace rapport::rpc {
namespace {

using contact::v1::CreateStewardRequest;
using contact::v1::GetStewardRequest;
using contact::v1::ListStewardsRequest;
using contact::v1::ListStewardsResponse;
using contact::v1::Steward;
using contact::v1::UpdateStewardRequest;
using ::rapport::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

template <class Detail>
Detail DetailOf(const absl::Status& status) {
  Detail detail;
  const auto payload =
      status.GetPayload("type.googleapis.com/" + Detail::descriptor()->full_name());
  EXPECT_TRUE(payload.has_value() && detail.ParseFromString(std::string(*payload))) << status;
  return detail;
}

absl::StatusOr<Steward> GetSteward(Client& client, const std::string& name,
                                   const CallOptions& options = {}) {
  GetStewardRequest request;
  request.set_name(name);
  return client.Call<Steward>(kGetSteward, request, options);
}

absl::StatusOr<ListStewardsResponse> ListStewards(Client& client, const CallOptions& options = {}) {
  ListStewardsRequest request;
  request.set_parent("tenants/home");
  return client.Call<ListStewardsResponse>(kListStewards, request, options);
}

// Tokens of people, with one key.
class Tokens {
 public:
  explicit Tokens(const time::Clock& clock) : clock_(clock) {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("rapport_server_test_" + std::to_string(getpid()) + "_" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
    const auto key = auth::GenerateKey("test-1");
    EXPECT_OK(key);
    std::ofstream(folder_ / "key.json") << key->private_jwk;
    std::filesystem::permissions(folder_ / "key.json", std::filesystem::perms::owner_read);
    std::ofstream(folder_ / "jwks.json") << key->public_jwks;
    auto verifier = auth::TokenVerifier::Create(
        {.jwks_file = folder_ / "jwks.json", .issuers = {"test"}, .audience = "rapport"}, clock_);
    EXPECT_OK(verifier);
    verifier_ = *std::move(verifier);
  }
  ~Tokens() { std::filesystem::remove_all(folder_); }

  TokenSource For(const std::string& tenant, std::vector<std::string> scopes) {
    auth::SignerOptions options;
    options.key_file = folder_ / "key.json";
    options.issuer = "test";
    options.subject = "ada";
    options.audiences = {"rapport"};
    options.tenant = base::TenantId::Trusted(tenant);
    options.scopes = std::move(scopes);
    auto loaded = auth::TokenSigner::Load(std::move(options));
    EXPECT_OK(loaded);
    std::shared_ptr<auth::TokenSigner> signer = *std::move(loaded);
    return [signer, this]() -> absl::StatusOr<std::string> {
      return "Bearer " + *signer->Token(clock_.Now());
    };
  }
  auth::TokenVerifier* verifier() { return verifier_.get(); }

 private:
  const time::Clock& clock_;
  std::filesystem::path folder_;
  std::unique_ptr<auth::TokenVerifier> verifier_;
};

TEST(Pipeline, AnswersACall) {
  TestServer server;
  Client client = server.MakeClient();
  const auto steward = GetSteward(client, "tenants/home/stewards/ada");
  ASSERT_OK(steward);
  EXPECT_EQ(steward->name(), "tenants/home/stewards/ada");
  EXPECT_OK(ListStewards(client));
}

// Proves: Z2
TEST(Pipeline, LetsInOnlyWhoHasATokenWithTheScope) {
  const time::SystemClock clock;
  Tokens tokens(clock);
  TestServer server({.verifier = tokens.verifier()});
  Client nobody = server.MakeClient();
  const auto refused = GetSteward(nobody, "tenants/home/stewards/ada");
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_EQ(ReasonName(refused.status()), "TOKEN");

  Client forger = server.MakeClient([] { return absl::StatusOr<std::string>("Bearer a.b.c"); });
  EXPECT_EQ(ReasonName(GetSteward(forger, "tenants/home/stewards/ada").status()), "TOKEN");

  Client writer = server.MakeClient(tokens.For("home", {"contact.write"}));
  const auto scope = GetSteward(writer, "tenants/home/stewards/ada");
  EXPECT_THAT(scope, StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(scope.status()).metadata().at("scope"),
            "contact.read");

  Client reader = server.MakeClient(tokens.For("home", {"contact.read"}));
  EXPECT_OK(GetSteward(reader, "tenants/home/stewards/ada"));
}

// Proves: Z3
TEST(Pipeline, TreatsNamesOfOtherTenantsAsUnknown) {
  TestServer server;
  Client client = server.MakeClient();
  const auto foreign = GetSteward(client, "tenants/other/stewards/ada");
  EXPECT_THAT(foreign, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(ReasonName(foreign.status()), "RESOURCE_UNKNOWN");
}

// Proves: Z4
TEST(Pipeline, RefusesWhatBreaksALimitBeforeAHandlerSeesIt) {
  TestServer server;
  Client client = server.MakeClient();

  ListStewardsRequest long_token;
  long_token.set_parent("tenants/home");
  long_token.set_page_token(std::string(3000, 'x'));
  long_token.set_page_size(-1);
  const auto field = client.Call<ListStewardsResponse>(kListStewards, long_token);
  EXPECT_THAT(field, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(ReasonName(field.status()), "FIELD");
  std::vector<std::string> fields;
  const auto bad = DetailOf<google::rpc::BadRequest>(field.status());
  for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
  EXPECT_THAT(fields, ElementsAre("page_size", "page_token"));

  EXPECT_EQ(ReasonName(GetSteward(client, "").status()), "FIELD");

  google::protobuf::BytesValue not_utf8;  // field 1, as the name of the request
  not_utf8.set_value("\xff\xfe");
  EXPECT_EQ(ReasonName(client.Call<Steward>(kGetSteward, not_utf8).status()), "MALFORMED_REQUEST");
  google::protobuf::Any garbage;  // field 2, as the steward of the request
  garbage.set_value("\x0a\xff");
  EXPECT_EQ(ReasonName(client.Call<Steward>(kCreateSteward, garbage).status()),
            "MALFORMED_REQUEST");

  google::protobuf::BytesValue huge;
  huge.set_value(std::string((1 << 20) + 100, 'x'));
  const auto large = client.Call<Steward>(kGetSteward, huge);
  EXPECT_THAT(large, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(ReasonName(large.status()), "MESSAGE_TOO_LARGE");

  const auto unknown =
      client.Call<Steward>("rapport.contact.v1.StewardService/Frobnicate", not_utf8);
  EXPECT_THAT(unknown, StatusIs(absl::StatusCode::kUnimplemented));
  EXPECT_EQ(ReasonName(unknown.status()), "METHOD_UNKNOWN");
}

// Proves: Z4
TEST(Pipeline, TakesARequestOfExactlyTheLargestSize) {
  TestServer server;
  Client client = server.MakeClient();
  google::protobuf::BytesValue largest;  // field 1, as the name of the request
  largest.set_value(std::string((1 << 20) - 4, 'x'));
  ASSERT_EQ(largest.ByteSizeLong(), 1 << 20);
  EXPECT_EQ(ReasonName(client.Call<Steward>(kGetSteward, largest).status()), "FIELD");
  largest.mutable_value()->push_back('x');
  EXPECT_EQ(ReasonName(client.Call<Steward>(kGetSteward, largest).status()), "MESSAGE_TOO_LARGE");
}

// Proves: P05
TEST(Pipeline, GivesACallWithoutADeadlineOneOfItsOwn) {
  TestServer server;
  Client client = server.MakeClient();
  std::thread patient([&] {
    EXPECT_OK(
        GetSteward(client, "tenants/home/stewards/held", {.timeout = absl::InfiniteDuration()}));
  });
  Call* const call = server.held.Take();
  EXPECT_LE(call->context().deadline, absl::Now() + absl::Seconds(1)) << "that of a read";
  call->Finish(Answer{});
  patient.join();
}

TEST(Pipeline, KeepsTheInsideOfABugInside) {
  TestServer server;
  Client client = server.MakeClient();
  CallOptions options;
  options.request_id = "0190b2c4-0000-7000-8000-000000000001";
  const auto bug = GetSteward(client, "tenants/home/stewards/bug", options);
  EXPECT_THAT(bug, StatusIs(absl::StatusCode::kInternal, Not(HasSubstr("SELECT"))));
  EXPECT_EQ(ReasonName(bug.status()), "BUG");
  EXPECT_EQ(DetailOf<google::rpc::RequestInfo>(bug.status()).request_id(), options.request_id);
}

// Proves: P05
TEST(Pipeline, DropsWorkWhoseDeadlinePassedInTheQueue) {
  std::atomic<int> ran{0};
  base::Mutex mu;
  base::CondVar changed;
  bool blocked = false;
  bool released = false;
  TestServer server({.read_threads = 1});
  server.list = [&] {
    ++ran;
    base::MutexLock lock(&mu);
    blocked = true;
    changed.SignalAll();
    while (!released) changed.Wait(&mu);
  };
  Client client = server.MakeClient();
  std::thread first([&] { EXPECT_OK(ListStewards(client)); });
  {
    base::MutexLock lock(&mu);
    while (!blocked) changed.Wait(&mu);
  }
  CallOptions hasty;
  hasty.timeout = absl::Milliseconds(50);
  do {  // again if the time was too short to come as far as the queue
    EXPECT_THAT(ListStewards(client, hasty), StatusIs(absl::StatusCode::kDeadlineExceeded));
  } while (server.queued() == 0);
  {
    // The server counts from when the call arrived, a little later than the caller.
    const absl::Time passed = absl::Now() + absl::Milliseconds(200);
    base::MutexLock lock(&mu);
    while (absl::Now() < passed) changed.WaitWithTimeout(&mu, passed - absl::Now());
    released = true;
  }
  changed.SignalAll();
  first.join();
  server.observations.WaitFor("DEADLINE", 1);
  EXPECT_EQ(ran, 1);
}

// What three reads and the ends of their batches look like, when they wait for the only thread.
std::vector<std::string> ThreeReadsInARow(bool asks_others) {
  base::Mutex mu;
  std::vector<std::string> seen;
  const auto note = [&](const char* what) {
    base::MutexLock lock(&mu);
    seen.emplace_back(what);
  };
  testing::Gate begun;
  testing::Gate go;
  TestServer server({.read_threads = 1, .list_asks_others = asks_others});
  server.list = [&] {
    if (!begun.IsOpen()) {
      begun.Open();
      go.Pass();
      return;
    }
    note("read");
    Executor::AtBatchEnd([&] { note("end"); });
  };
  Client client = server.MakeClient();
  std::vector<std::thread> callers;
  const auto call = [&] { callers.emplace_back([&] { EXPECT_OK(ListStewards(client)); }); };
  call();
  begun.Pass();
  for (int i = 0; i < 3; ++i) call();
  base::CondVar never;
  while (server.queued() < 3) {
    base::MutexLock lock(&mu);
    never.WaitWithTimeout(&mu, absl::Milliseconds(1));
  }
  go.Open();
  for (auto& caller : callers) caller.join();
  base::MutexLock lock(&mu);
  while (seen.size() < 6) never.WaitWithTimeout(&mu, absl::Milliseconds(1));
  return seen;
}

// Proves: P05
TEST(Pipeline, LetsNobodyWaitInABatchBehindACallThatAsksOthers) {
  EXPECT_THAT(ThreeReadsInARow(false), ElementsAre("read", "read", "read", "end", "end", "end"));
  EXPECT_THAT(ThreeReadsInARow(true), ElementsAre("read", "end", "read", "end", "read", "end"));
}

TEST(Calls, AreUnderWayAtOnce) {
  TestServer server;
  // The first call ends only because another one has reached the server.
  server.list = [&] {
    server.held.WaitFor(1);
    server.held.Take()->Finish(Answer{});
  };
  Client client = server.MakeClient();
  GetStewardRequest request;
  request.set_name("tenants/home/stewards/held");
  absl::StatusOr<Steward> held;
  absl::StatusOr<ListStewardsResponse> listed;
  absl::StatusOr<Steward> none;
  Calls calls;
  calls.Start(client, kGetSteward, request, &held);
  ListStewardsRequest list;
  list.set_parent("tenants/home");
  calls.Start(client, kListStewards, list, &listed);
  request.set_name("tenants/home/stewards/bug");
  calls.Start(client, kGetSteward, request, &none);
  calls.Wait();
  EXPECT_OK(held);
  EXPECT_OK(listed);
  EXPECT_THAT(none, StatusIs(absl::StatusCode::kInternal));
  calls.Wait();
}

// Proves: P05
TEST(Pipeline, RefusesCallsAboveTheLimitAndTheClientTriesAgain) {
  TestServer server({.server = {.max_in_flight = 1}});
  Client client = server.MakeClient();
  std::thread held([&] { EXPECT_OK(GetSteward(client, "tenants/home/stewards/held")); });
  server.held.WaitFor(1);
  const auto refused = GetSteward(client, "tenants/home/stewards/ada");
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(ReasonName(refused.status()), "OVERLOADED");
  EXPECT_GT(errors::RetryAfter(refused.status()), absl::ZeroDuration());
  EXPECT_EQ(server.observations.Count("OVERLOADED"), 4);
  server.held.Take()->Finish(Answer{});
  held.join();
  EXPECT_OK(GetSteward(client, "tenants/home/stewards/ada"));
}

// Proves: P05
TEST(Pipeline, GivesEachTenantItsOwnRate) {
  time::FakeClock clock(absl::Now());
  Tokens tokens(clock);
  TestServer server(
      {.admission = {.tenant_rate = 2}, .verifier = tokens.verifier(), .clock = &clock});
  Client home = server.MakeClient(tokens.For("home", {"contact.read"}));
  Client shop = server.MakeClient(tokens.For("shop", {"contact.read"}));
  EXPECT_OK(GetSteward(home, "tenants/home/stewards/a"));
  EXPECT_OK(GetSteward(home, "tenants/home/stewards/a"));
  const auto refused = GetSteward(home, "tenants/home/stewards/a");
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(ReasonName(refused.status()), "RATE");
  EXPECT_GT(errors::RetryAfter(refused.status()), absl::ZeroDuration());
  EXPECT_OK(GetSteward(shop, "tenants/shop/stewards/a"));
  clock.Advance(absl::Seconds(1));
  EXPECT_OK(GetSteward(home, "tenants/home/stewards/a"));
}

class TestGate final : public ConsistencyGate {
 public:
  void Wait(const std::vector<Position>& positions, absl::Time,
            absl::AnyInvocable<void(absl::Status)> then) override {
    {
      base::MutexLock lock(&mu_);
      waited_.push_back(FormatToken(positions));
      if (!behind_) {
        waiting_.push_back(std::move(then));
        changed_.SignalAll();
        return;
      }
    }
    then(errors::Behind("contact", 3));
  }
  void Reach() {
    absl::AnyInvocable<void(absl::Status)> then;
    {
      base::MutexLock lock(&mu_);
      while (waiting_.empty()) changed_.Wait(&mu_);
      then = std::move(waiting_.back());
      waiting_.pop_back();
    }
    then(absl::OkStatus());
  }
  void FallBehind() {
    base::MutexLock lock(&mu_);
    behind_ = true;
  }
  std::vector<std::string> waited() {
    base::MutexLock lock(&mu_);
    return waited_;
  }

 private:
  base::Mutex mu_;
  base::CondVar changed_;
  bool behind_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::string> waited_ ABSL_GUARDED_BY(mu_);
  std::vector<absl::AnyInvocable<void(absl::Status)>> waiting_ ABSL_GUARDED_BY(mu_);
};

// Proves: S05
TEST(Consistency, ACallWaitsForWhatTheSessionHasWritten) {
  TestGate gate;
  TestServer server({.gate = &gate});
  const auto session = std::make_shared<Session>();
  Client client = server.MakeClient({}, session);
  EXPECT_OK(GetSteward(client, "tenants/home/stewards/ada"));
  EXPECT_EQ(session->Token(), "");
  UpdateStewardRequest update;
  update.mutable_steward()->set_name("tenants/home/stewards/ada");
  ASSERT_OK(client.Call<Steward>(kUpdateSteward, update));
  EXPECT_EQ(session->Token(), "teststore.7");
  std::thread reached([&] { gate.Reach(); });
  EXPECT_OK(GetSteward(client, "tenants/home/stewards/ada"));
  reached.join();
  EXPECT_THAT(gate.waited(), ElementsAre("teststore.7"));
  gate.FallBehind();
  const auto behind = ListStewards(client);
  EXPECT_THAT(behind, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(ReasonName(behind.status()), "BEHIND");
  Client other = server.MakeClient();
  CallOptions broken;
  broken.consistency_token = "no token";
  EXPECT_EQ(ReasonName(ListStewards(other, broken).status()), "CONSISTENCY_TOKEN");
}

// Proves: S05
TEST(Consistency, WhoAsksForSpeedWaitsForNothing) {
  TestGate gate;
  gate.FallBehind();
  TestServer server({.gate = &gate});
  Client client = server.MakeClient();
  CallOptions options;
  options.consistency_token = "teststore.7,other.1";
  EXPECT_EQ(ReasonName(ListStewards(client, options).status()), "BEHIND");
  options.consistency.level = base::Consistency::Level::kMinimizeLatency;
  EXPECT_OK(ListStewards(client, options));
}

// Proves: S05
TEST(Consistency, ATokenOfALostStateOfTheStoreIsRefused) {
  TestServer server({.server = {.former_store_ids = {"before", "longbefore"}}});
  Client client = server.MakeClient();
  CallOptions options;
  for (const char* token : {"before.1", "longbefore.3", "other.9,before.1"}) {
    options.consistency_token = token;
    const auto refused = ListStewards(client, options);
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument)) << token;
    EXPECT_EQ(ReasonName(refused.status()), "CONSISTENCY_TOKEN") << token;
  }
  options.consistency_token = "teststore.1,other.9";
  EXPECT_OK(ListStewards(client, options));
}

TEST(Pipeline, SendsAnswersThatOtherThreadsFinish) {
  TestServer server({.server = {.loops = 2}});
  constexpr int kCallers = 8;
  constexpr int kCalls = 50;
  std::vector<std::thread> threads;
  for (int i = 0; i < kCallers; ++i) {
    threads.emplace_back([&] {
      Client client = server.MakeClient();
      for (int n = 0; n < kCalls; ++n) {
        EXPECT_OK(GetSteward(client, "tenants/home/stewards/held"));
      }
    });
  }
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < kCallers * kCalls / 4; ++n) server.held.Take()->Finish(Answer{});
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(server.observations.Count(""), kCallers * kCalls);
}

// Proves: P01
TEST(Drain, FinishesCallsInFlightAndRefusesNewOnes) {
  TestServer server;
  Client client = server.MakeClient();
  std::thread held([&] { EXPECT_OK(GetSteward(client, "tenants/home/stewards/held")); });
  Call* const call = (server.held.WaitFor(1), server.held.Take());
  std::thread drain([&] { server.server().Drain(absl::Seconds(20)); });
  Client late = server.MakeClient();
  absl::Status refused;
  while ((refused = GetSteward(late, "tenants/home/stewards/ada").status()).ok()) {
  }
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
  call->Finish(Answer{});
  held.join();
  drain.join();
  EXPECT_EQ(server.server().in_flight(), 0);
}

// A client that has a connection and does nothing with it: it neither reads nor answers pings, like
// a process whose threads are all busy with something else.
class SilentConnection {
 public:
  explicit SilentConnection(const std::string& address)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port)) << address;
    struct sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    EXPECT_EQ(connect(fd_, reinterpret_cast<struct sockaddr*>(&to), sizeof to), 0);
    // HTTP/2: the preface and an empty SETTINGS frame. The server's own frame says that it has
    // taken the connection.
    const std::string hello("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
    EXPECT_EQ(send(fd_, hello.data(), hello.size(), 0), static_cast<ssize_t>(hello.size()));
    char frame[9];
    EXPECT_EQ(recv(fd_, frame, sizeof frame, MSG_WAITALL), static_cast<ssize_t>(sizeof frame));
    EXPECT_EQ(frame[3], 4) << "no SETTINGS frame";
  }
  ~SilentConnection() { close(fd_); }
  SilentConnection(const SilentConnection&) = delete;
  SilentConnection& operator=(const SilentConnection&) = delete;

 private:
  const int fd_;
};

// Proves: P01
TEST(Drain, DoesNotWaitForClientsThatNeverLookAtTheirConnection) {
  TestServer server;
  const SilentConnection silent(server.address());
  Client client = server.MakeClient();
  auto watch = client.ReadStream<grpc::health::v1::HealthCheckResponse>(
      "grpc.health.v1.Health/Watch", grpc::health::v1::HealthCheckRequest());
  grpc::health::v1::HealthCheckResponse health;
  ASSERT_TRUE(watch->Read(&health));
  auto changes =
      client.ReadStream<feed::v1::ChangeBatch>(kWatchChanges, feed::v1::WatchChangesRequest());
  server.feed.WaitForSources(1);
  const absl::Time begin = absl::Now();
  server.server().Drain(absl::Minutes(1));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));  // in fact a quarter of a second
  EXPECT_EQ(server.server().in_flight(), 0);
  EXPECT_FALSE(watch->Read(&health));
  EXPECT_EQ(ReasonName(watch->Finish()), "DRAINING");
}

// Proves: P01
TEST(Drain, FinishesCallsInFlightBesideClientsThatNeverLookAtTheirConnection) {
  TestServer server;
  const SilentConnection silent(server.address());
  Client client = server.MakeClient();
  std::thread held([&] {
    // Longer than the call that finds the server drained may take.
    EXPECT_OK(GetSteward(client, "tenants/home/stewards/held", {.timeout = absl::Minutes(1)}));
  });
  Call* const call = (server.held.WaitFor(1), server.held.Take());
  std::atomic<bool> drained{false};
  std::thread drain([&] {
    server.server().Drain(absl::Minutes(1));
    drained = true;
  });
  Client late = server.MakeClient();
  while (GetSteward(late, "tenants/home/stewards/ada").ok()) {
  }
  EXPECT_FALSE(drained);
  call->Finish(Answer{});
  held.join();
  drain.join();
}

TEST(Drain, CancelsCallsThatOutliveTheGrace) {
  TestServer server;
  Client client = server.MakeClient();
  std::thread held([&] {
    EXPECT_THAT(GetSteward(client, "tenants/home/stewards/held"),
                StatusIs(absl::StatusCode::kUnavailable));
  });
  Call* const call = (server.held.WaitFor(1), server.held.Take());
  std::thread drain([&] { server.server().Drain(absl::ZeroDuration()); });
  held.join();
  call->Finish(Answer{});  // its handler comes back although nobody waits
  drain.join();
  EXPECT_EQ(server.server().in_flight(), 0);
}

TEST(Server, SaysSoIfItCannotListen) {
  TestServer server;
  MethodTable table;
  Health health;
  health.AddTo(&table);
  const time::SystemClock clock;
  Admission admission({.fixed_tenant = "home"}, nullptr, clock);
  Executor executor({.threads = 1});
  EXPECT_THAT(Server::Start({.listen = {server.address()}}, table, &admission, &executor, nullptr,
                            nullptr, clock),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST(Server, ServesUnixSocketsAndKnowsLocalAddresses) {
  for (const char* local : {"127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/tmp/x", "127.9.9.9:1"})
    EXPECT_TRUE(IsLocalAddress(local)) << local;
  for (const char* open : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "127.example.com:1", "host:1"})
    EXPECT_FALSE(IsLocalAddress(open)) << open;
}

}  // namespace
}  // namespace rapport::rpc
