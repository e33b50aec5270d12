// What stands around the calls: health, reflection, metrics, log, watchdog.
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "common/rpc/call_metrics.h"
#include "common/rpc/test_server.h"
#include "common/rpc/watchdog.h"
#include "common/testing/certificates.h"
#include "common/testing/matchers.h"
#include "google/protobuf/descriptor.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"
#include "grpcpp/security/server_credentials.h"
#include "rapport/contact/v1/steward_service.pb.h"

namespace rapport::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;
using ::rapport::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCheck[] = "grpc.health.v1.Health/Check";
constexpr char kWatch[] = "grpc.health.v1.Health/Watch";

HealthCheckRequest About(const std::string& service) {
  HealthCheckRequest request;
  request.set_service(service);
  return request;
}

// Proves: P01
TEST(Health, AnswersForEachServiceAndProbe) {
  TestServer server;
  Client client = server.MakeClient();
  const auto status = [&](const std::string& service) {
    const auto answer = client.Call<HealthCheckResponse>(kCheck, About(service));
    EXPECT_OK(answer);
    return answer.ok() ? answer->status() : HealthCheckResponse::UNKNOWN;
  };
  EXPECT_EQ(status("liveness"), HealthCheckResponse::SERVING);
  for (const char* name : {"", "readiness", "startup", "rapport.contact.v1.StewardService"}) {
    EXPECT_EQ(status(name), HealthCheckResponse::NOT_SERVING) << name;
  }
  server.health.SetReady(true);
  for (const char* name : {"", "readiness", "rapport.contact.v1.StewardService"}) {
    EXPECT_EQ(status(name), HealthCheckResponse::SERVING) << name;
  }
  EXPECT_EQ(status("startup"), HealthCheckResponse::NOT_SERVING);
  server.health.SetStarted();
  EXPECT_EQ(status("startup"), HealthCheckResponse::SERVING);
  const auto unknown = client.Call<HealthCheckResponse>(kCheck, About("nobody"));
  EXPECT_THAT(unknown, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(ReasonName(unknown.status()), "RESOURCE_UNKNOWN");
}

TEST(Health, TellsWatchersWhatChanges) {
  TestServer server;
  Client client = server.MakeClient();
  auto ready = client.ReadStream<HealthCheckResponse>(kWatch, About("readiness"));
  auto unknown = client.ReadStream<HealthCheckResponse>(kWatch, About("nobody"));
  HealthCheckResponse response;
  ASSERT_TRUE(ready->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  server.health.SetReady(true);
  ASSERT_TRUE(ready->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  ASSERT_TRUE(unknown->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  server.health.Set("nobody", true);
  ASSERT_TRUE(unknown->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
}

class ReflectionTest : public ::testing::Test {
 protected:
  ServerReflectionResponse Ask(const ServerReflectionRequest& request) {
    auto stream = client_.OpenStream<ServerReflectionRequest, ServerReflectionResponse>(
        "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo");
    ServerReflectionResponse response;
    EXPECT_TRUE(stream->Write(request));
    EXPECT_TRUE(stream->Read(&response));
    EXPECT_TRUE(stream->WritesDone());
    EXPECT_OK(stream->Finish());
    return response;
  }

  TestServer server_{{.reflection = true}};
  Client client_ = server_.MakeClient();
  ServerReflectionRequest request_;
};

TEST_F(ReflectionTest, ListsTheServicesOfTheTable) {
  request_.set_list_services("*");
  std::vector<std::string> names;
  const auto answer = Ask(request_);
  for (const auto& service : answer.list_services_response().service()) {
    names.push_back(service.name());
  }
  EXPECT_THAT(names, ::testing::ElementsAre("grpc.health.v1.Health",
                                            "grpc.reflection.v1alpha.ServerReflection",
                                            "rapport.contact.v1.StewardService",
                                            "rapport.engagement.v1.EngagementService",
                                            "rapport.feed.v1.ChangeFeedService"));
}

TEST_F(ReflectionTest, GivesFilesWithAllThatTheyImport) {
  request_.set_file_containing_symbol("rapport.contact.v1.StewardService.GetSteward");
  const auto answer = Ask(request_);
  google::protobuf::DescriptorPool pool;
  const auto& files = answer.file_descriptor_response().file_descriptor_proto();
  ASSERT_GT(files.size(), 3);
  google::protobuf::FileDescriptorProto first;
  ASSERT_TRUE(first.ParseFromString(files[0]));
  EXPECT_EQ(first.name(), "rapport/contact/v1/steward_service.proto");
  request_.set_file_by_filename(first.name());
  EXPECT_EQ(Ask(request_).file_descriptor_response().file_descriptor_proto_size(), files.size());
  auto* extension = request_.mutable_file_containing_extension();
  extension->set_containing_type("google.protobuf.MethodOptions");
  extension->set_extension_number(50002);
  ASSERT_TRUE(
      first.ParseFromString(Ask(request_).file_descriptor_response().file_descriptor_proto(0)));
  EXPECT_EQ(first.name(), "rapport/type/v1/annotations.proto");
  request_.set_all_extension_numbers_of_type("google.protobuf.MethodOptions");
  EXPECT_THAT(Ask(request_).all_extension_numbers_response().extension_number(),
              ::testing::Contains(50002));
}

TEST_F(ReflectionTest, SaysWhatItDoesNotKnow) {
  request_.set_file_containing_symbol("no.such.Thing");
  EXPECT_EQ(Ask(request_).error_response().error_code(), 5);
  request_.clear_message_request();
  EXPECT_EQ(Ask(request_).error_response().error_code(), 3);
}

class LinesSink final : public telemetry::LogSink {
 public:
  explicit LinesSink(std::vector<std::string>* lines) : lines_(lines) {}
  bool Write(absl::string_view line) override {
    lines_->emplace_back(line);
    return true;
  }

 private:
  std::vector<std::string>* const lines_;
};

class CallMetricsTest : public ::testing::Test {
 protected:
  CallMetricsTest() {
    table_.Unary(kGetSteward, Lane::kLoop, [](Call&) {});
    table_.Unary(kUpdateSteward, Lane::kLoop, [](Call&) {});
    metrics_ = std::make_unique<CallMetrics>(table_, &registry_, &log_);
  }
  void Finish(int method, const absl::Status& status) {
    base::CallContext context;
    context.tenant = base::TenantId::Trusted("home");
    CallRecord record;
    record.method = method < 0 ? nullptr : table_.methods()[static_cast<std::size_t>(method)].get();
    record.context = &context;
    record.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    record.status = &status;
    record.duration = absl::Milliseconds(3);
    metrics_->OnFinished(record);
  }

  const time::SystemClock clock_;
  std::vector<std::string> lines_;
  telemetry::Logger log_{clock_, "test", std::make_unique<LinesSink>(&lines_)};
  telemetry::Registry registry_;
  MethodTable table_;
  std::unique_ptr<CallMetrics> metrics_;
};

TEST_F(CallMetricsTest, LogsOneOfAThousandReadsAndEveryChangeAndRefusal) {
  for (int i = 0; i < 2000; ++i) Finish(0, absl::OkStatus());
  EXPECT_EQ(lines_.size(), 2U);
  for (int i = 0; i < 5; ++i) Finish(1, absl::OkStatus());
  EXPECT_EQ(lines_.size(), 7U);
  for (int i = 0; i < 5; ++i) Finish(0, errors::TokenRefused());
  Finish(-1, errors::MethodUnknown());
  ASSERT_EQ(lines_.size(), 13U);
  EXPECT_THAT(lines_[8], HasSubstr("\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\""));
  EXPECT_THAT(lines_[8], HasSubstr("\"reason\":\"TOKEN\""));
  EXPECT_THAT(lines_[8], HasSubstr("\"method\":\"rapport.contact.v1.StewardService/GetSteward\""));
}

TEST_F(CallMetricsTest, CountsByMethodCodeAndReason) {
  Finish(0, absl::OkStatus());
  Finish(0, errors::Overloaded("q"));
  Finish(0, absl::AlreadyExistsError("nobody named this"));
  metrics_->ReadInFlightFrom([] { return 12; });
  const std::string text = registry_.CollectText();
  const std::string label = "{method=\"rapport.contact.v1.StewardService/GetSteward\",";
  EXPECT_THAT(text, HasSubstr("rapport_rpc_total" + label + "code=\"OK\"} 1"));
  EXPECT_THAT(text, HasSubstr("rapport_rpc_total" + label + "code=\"UNAVAILABLE\"} 1"));
  EXPECT_THAT(text, HasSubstr("rapport_rpc_total" + label + "code=\"INTERNAL\"} 1"));
  EXPECT_THAT(text, HasSubstr("rapport_rpc_refusals_total{reason=\"OVERLOADED\"} 1"));
  EXPECT_THAT(text, HasSubstr("rapport_rpc_refusals_total{reason=\"BUG\"} 1"));
  EXPECT_THAT(text, HasSubstr("rapport_rpc_in_flight 12"));
  EXPECT_THAT(text, HasSubstr("rapport_rpc_duration_seconds_count"));
  EXPECT_THAT(text, Not(HasSubstr("ABORTED")));
}

// Proves: Z5
TEST(WatchdogTest, CallsOutWhenTheServerDoesNotAnswer) {
  base::Mutex mu;
  base::CondVar changed;
  bool dead = false;
  std::string address;
  {
    TestServer server;
    address = server.address();
  }
  const Watchdog watchdog({.address = address,
                           .period = absl::Milliseconds(5),
                           .timeout = absl::Milliseconds(200),
                           .on_dead = [&] {
                             base::MutexLock lock(&mu);
                             dead = true;
                             changed.SignalAll();
                           }});
  base::MutexLock lock(&mu);
  while (!dead) changed.Wait(&mu);
}

TEST(WatchdogTest, IsContentWithAServerThatAnswers) {
  TestServer server;
  std::atomic<bool> dead{false};
  {
    const Watchdog watchdog({.address = server.address(),
                             .period = absl::Milliseconds(1),
                             .on_dead = [&] { dead = true; }});
    server.observations.WaitFor("", 5);
  }
  EXPECT_FALSE(dead);
}

// Proves: Z5
TEST(WatchdogTest, IsContentWithAServerThatAnswersWithTls) {
  const ::rapport::testing::CertificateAuthority authority("nobody's");
  const auto certificate = authority.Issue({"another.example"});
  grpc::SslServerCredentialsOptions ssl;
  ssl.pem_key_cert_pairs.push_back({certificate.key_pem, certificate.chain_pem});
  TestServer server({.server = {.credentials = grpc::SslServerCredentials(ssl)}});
  std::atomic<bool> dead{false};
  {
    const Watchdog watchdog({.address = server.address(),
                             .credentials = UncheckedTls(),
                             .period = absl::Milliseconds(1),
                             .on_dead = [&] { dead = true; }});
    server.observations.WaitFor("", 5);
  }
  EXPECT_FALSE(dead);
}

TEST(WatchdogTest, DialsOpenAddressesThroughLoopback) {
  EXPECT_EQ(SelfAddress("0.0.0.0:7101"), "127.0.0.1:7101");
  EXPECT_EQ(SelfAddress("[::]:7101"), "[::1]:7101");
  EXPECT_EQ(SelfAddress("10.1.2.3:7101"), "10.1.2.3:7101");
  EXPECT_EQ(SelfAddress("unix:/run/x"), "unix:/run/x");
}

}  // namespace
}  // namespace rapport::rpc
