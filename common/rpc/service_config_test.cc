// protos/service_config.json, given to a client of gRPC as it is: what it promises is what happens.
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/types/span.h"
#include "common/base/mutex.h"
#include "common/rpc/codec.h"
#include "common/testing/matchers.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/impl/client_unary_call.h"
#include "grpcpp/impl/rpc_method.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/channel_arguments.h"
#include "rapport/contact/v1/people_service.pb.h"

namespace rapport::rpc {
namespace {

using ::testing::SizeIs;

constexpr char kRead[] = "rapport.contact.v1.PeopleService/GetPerson";
constexpr char kChange[] = "rapport.contact.v1.PeopleService/CreatePerson";

std::string ServiceConfig() {
  std::ifstream in(RAPPORT_SERVICE_CONFIG);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// One entry of the file: its methods and their deadline (infinite if it gives none).
struct Entry {
  std::vector<std::string> methods;
  absl::Duration timeout = absl::InfiniteDuration();
};

std::vector<Entry> Entries() {
  const auto file = nlohmann::json::parse(ServiceConfig(), nullptr, false);
  EXPECT_FALSE(file.is_discarded());
  std::vector<Entry> entries;
  for (const auto& config : file["methodConfig"]) {
    Entry entry;
    for (const auto& name : config["name"]) {
      entry.methods.push_back(
          absl::StrCat(name["service"].get<std::string>(), "/", name["method"].get<std::string>()));
    }
    if (config.contains("timeout")) {
      EXPECT_TRUE(absl::ParseDuration(config["timeout"].get<std::string>(), &entry.timeout));
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

// In place of a status: no answer at all.
constexpr grpc::StatusCode kNever = grpc::StatusCode::DO_NOT_USE;

// What a server saw of one attempt.
struct Attempt {
  absl::Duration time_left;
  std::string request;
};

// Answers every method with what the test says: the status of the nth attempt (from 0) at it.
class FakeServer final : public grpc::CallbackGenericService {
 public:
  using Answers = std::function<grpc::Status(std::size_t attempt)>;
  explicit FakeServer(Answers answers, std::string pushback = "")
      : answers_(std::move(answers)), pushback_(std::move(pushback)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeServer() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::vector<Attempt> AttemptsAt(const std::string& method) {
    base::MutexLock lock(&mu_);
    return attempts_[method];
  }
  // A channel of a client that was given `config`.
  std::shared_ptr<grpc::Channel> Connect(const std::string& config = ServiceConfig()) const {
    grpc::ChannelArguments arguments;
    arguments.SetServiceConfigJSON(config);
    arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port_),
                                     grpc::InsecureChannelCredentials(), arguments);
  }

 private:
  class Reactor final : public grpc::ServerGenericBidiReactor {
   public:
    Reactor(FakeServer* server, grpc::GenericCallbackServerContext* context)
        : server_(server), context_(context) {
      StartRead(&request_);
    }
    void OnReadDone(bool) override {
      const grpc::Status status = server_->Note(*context_, request_);
      if (status.error_code() == kNever || finished_.exchange(true)) return;
      if (status.ok()) {
        StartWriteAndFinish(&response_, grpc::WriteOptions(), status);
      } else {
        if (!server_->pushback_.empty()) {
          context_->AddTrailingMetadata("grpc-retry-pushback-ms", server_->pushback_);
        }
        Finish(status);
      }
    }
    void OnCancel() override {  // the client has given up
      if (!finished_.exchange(true)) Finish(grpc::Status::CANCELLED);
    }
    void OnDone() override { delete this; }

   private:
    FakeServer* const server_;
    grpc::GenericCallbackServerContext* const context_;
    grpc::ByteBuffer request_;
    const grpc::ByteBuffer response_ = Wrap("");
    std::atomic<bool> finished_{false};
  };

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Reactor(this, context);
  }
  grpc::Status Note(const grpc::GenericCallbackServerContext& context,
                    const grpc::ByteBuffer& request) {
    Attempt attempt;
    attempt.time_left = absl::FromChrono(context.deadline()) - absl::Now();
    std::vector<grpc::Slice> slices;
    EXPECT_TRUE(request.Dump(&slices).ok());
    for (const auto& slice : slices) {
      attempt.request.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    base::MutexLock lock(&mu_);
    auto& attempts = attempts_[context.method().substr(1)];
    attempts.push_back(std::move(attempt));
    return answers_(attempts.size() - 1);
  }

  const Answers answers_;
  const std::string pushback_;
  int port_ = 0;
  base::Mutex mu_;
  std::map<std::string, std::vector<Attempt>> attempts_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<grpc::Server> server_;
};

FakeServer::Answers FirstFails(grpc::StatusCode code) {
  return [code](std::size_t attempt) {
    return attempt == 0 ? grpc::Status(code, "not now") : grpc::Status::OK;
  };
}
FakeServer::Answers AlwaysFails(grpc::StatusCode code) {
  return [code](std::size_t) { return grpc::Status(code, "not now"); };
}

// A call as a generated stub makes it, without a deadline unless one is given.
grpc::StatusCode Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                      const grpc::ByteBuffer& request = Wrap(""),
                      absl::Duration deadline = absl::InfiniteDuration()) {
  grpc::ClientContext context;
  if (deadline != absl::InfiniteDuration()) {
    context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(deadline));
  }
  const std::string path = absl::StrCat("/", method);
  grpc::ByteBuffer answer;
  return grpc::internal::BlockingUnaryCall(
             channel.get(),
             grpc::internal::RpcMethod(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC),
             &context, request, &answer)
      .error_code();
}

std::size_t AttemptsWhenItFailsWith(grpc::StatusCode code, const std::string& method = kRead) {
  FakeServer server(FirstFails(code));
  const grpc::StatusCode end = Call(server.Connect(), method);
  const std::size_t attempts = server.AttemptsAt(method).size();
  EXPECT_EQ(end, attempts == 1 ? code : grpc::StatusCode::OK);
  return attempts;
}

// Proves: K01
TEST(ServiceConfig, IsTakenByAClientAsItIs) {
  FakeServer server([](std::size_t) { return grpc::Status::OK; });
  const auto channel = server.Connect();
  EXPECT_EQ(Call(channel, kRead), grpc::StatusCode::OK);
  EXPECT_EQ(channel->GetServiceConfigJSON(), ServiceConfig());
  EXPECT_EQ(channel->GetLoadBalancingPolicyName(), "pick_first") << "the file chooses none";
  // A client that cannot read one duration throws the whole file away, and all calls with it.
  const auto broken = server.Connect(
      absl::StrReplaceAll(ServiceConfig(), {{R"("maxBackoff": "1s")", R"("maxBackoff": "1")"}}));
  EXPECT_NE(Call(broken, kRead), grpc::StatusCode::OK);
  EXPECT_THAT(server.AttemptsAt(kRead), SizeIs(1));
}

// Proves: K01
TEST(ServiceConfig, HasEveryMethodRepeatedWhenNothingWasDone) {
  constexpr std::size_t kTogether = 20;
  std::size_t methods = 0;
  for (const Entry& entry : Entries()) {
    // Many calls that fail end the retries of all calls to a server, so each serves a few.
    for (std::size_t begin = 0; begin < entry.methods.size(); begin += kTogether) {
      const auto some = absl::MakeConstSpan(entry.methods).subspan(begin, kTogether);
      FakeServer server(FirstFails(grpc::StatusCode::UNAVAILABLE));
      const auto channel = server.Connect();
      std::vector<std::thread> calls;
      for (const std::string& method : some) {
        calls.emplace_back(
            [&] { EXPECT_EQ(Call(channel, method), grpc::StatusCode::OK) << method; });
      }
      for (auto& call : calls) call.join();
      for (const std::string& method : some) {
        EXPECT_THAT(server.AttemptsAt(method), SizeIs(2)) << method;
      }
    }
    methods += entry.methods.size();
  }
  EXPECT_GE(methods, 40U);
}

// Proves: K01
TEST(ServiceConfig, RepeatsNothingButWhatMayBeRepeated) {
  EXPECT_EQ(AttemptsWhenItFailsWith(grpc::StatusCode::CANCELLED), 2U);
  for (const grpc::StatusCode code :
       {grpc::StatusCode::INVALID_ARGUMENT, grpc::StatusCode::NOT_FOUND, grpc::StatusCode::ABORTED,
        grpc::StatusCode::RESOURCE_EXHAUSTED, grpc::StatusCode::DEADLINE_EXCEEDED,
        grpc::StatusCode::INTERNAL, grpc::StatusCode::UNKNOWN, grpc::StatusCode::DATA_LOSS}) {
    EXPECT_EQ(AttemptsWhenItFailsWith(code), 1U) << code;
    EXPECT_EQ(AttemptsWhenItFailsWith(code, kChange), 1U) << code;
  }
  EXPECT_EQ(AttemptsWhenItFailsWith(grpc::StatusCode::UNAVAILABLE,
                                    "rapport.contact.v1.PeopleService/NotInTheFile"),
            1U);
}

// The file cannot know whether a change carries a request_id: it repeats all of them, byte for
// byte. So it is the request_id that keeps a repeat after a broken connection from doing it twice.
// Proves: K01, C04
TEST(ServiceConfig, RepeatsAChangeWithTheSameRequestId) {
  contact::v1::CreatePersonRequest request;
  request.set_parent("tenants/home");
  request.mutable_person()->set_full_name("Ana");
  for (const char* id : {"3f0c8d1e-5a64-4c6e-9f5d-0a1b2c3d4e5f", ""}) {
    request.set_request_id(id);
    FakeServer server(FirstFails(grpc::StatusCode::UNAVAILABLE));
    EXPECT_EQ(Call(server.Connect(), kChange, Serialize(request)), grpc::StatusCode::OK);
    const auto attempts = server.AttemptsAt(kChange);
    ASSERT_THAT(attempts, SizeIs(2));
    EXPECT_EQ(attempts[0].request, request.SerializeAsString());
    EXPECT_EQ(attempts[1].request, attempts[0].request);
  }
}

// Proves: K01, P05
TEST(ServiceConfig, GivesUpAfterFiveAttemptsOrWhenTheServerSaysSo) {
  FakeServer busy(AlwaysFails(grpc::StatusCode::UNAVAILABLE));
  EXPECT_EQ(Call(busy.Connect(), kChange), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(busy.AttemptsAt(kChange), SizeIs(5));
  FakeServer firm(AlwaysFails(grpc::StatusCode::UNAVAILABLE), "-1");
  EXPECT_EQ(Call(firm.Connect(), kChange), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(firm.AttemptsAt(kChange), SizeIs(1));
}

// gRPC's C core takes up to two seconds off these timeouts: what is left must be the deadline of
// the class at least. Proves: K01, P05
TEST(ServiceConfig, GivesCallsAtLeastTheDeadlineOfTheirClass) {
  FakeServer server([](std::size_t) { return grpc::Status::OK; });
  const auto channel = server.Connect();
  std::map<absl::Duration, std::string> classes;
  for (const Entry& entry : Entries()) classes[entry.timeout] = entry.methods.front();
  EXPECT_THAT(classes, SizeIs(5)) << "reads, writes, batches, searches, streams";
  for (const auto& [timeout, method] : classes) {
    EXPECT_EQ(Call(channel, method), grpc::StatusCode::OK) << method;
  }
  // A server that never answers.
  FakeServer silent([](std::size_t) { return grpc::Status(kNever, ""); });
  const absl::Time begin = absl::Now();
  EXPECT_EQ(Call(silent.Connect(), kRead), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(990));
  EXPECT_THAT(silent.AttemptsAt(kRead), SizeIs(1));
  // The client's own deadline wins if it is shorter. (On the wire it is rounded up.)
  EXPECT_EQ(Call(silent.Connect(), kChange, Wrap(""), absl::Milliseconds(100)),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_LE(silent.AttemptsAt(kChange).back().time_left, absl::Milliseconds(500));
}

// Proves: K01, P05
TEST(ServiceConfig, StopsRepeatingWhileAServerFailsMostOfTheTime) {
  FakeServer server(AlwaysFails(grpc::StatusCode::UNAVAILABLE));
  const auto channel = server.Connect();
  std::vector<std::thread> calls;
  for (int i = 0; i < 60; ++i) {
    calls.emplace_back([&] { EXPECT_EQ(Call(channel, kChange), grpc::StatusCode::UNAVAILABLE); });
  }
  for (auto& call : calls) call.join();
  const std::size_t before = server.AttemptsAt(kChange).size();
  EXPECT_LT(before, 60U * 5U / 2U);
  EXPECT_EQ(Call(channel, kChange), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(server.AttemptsAt(kChange).size(), before + 1);
}

}  // namespace
}  // namespace rapport::rpc
