#include "common/host/host.h"

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/flags/reflection.h"
#include "common/config/command_line.h"
#include "common/rpc/client.h"
#include "common/testing/matchers.h"
#include "grpc/health/v1/health.pb.h"

namespace rapport::host {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using ::rapport::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::ExitedWithCode;
using ::testing::HasSubstr;

const Program kProgram = {"testing", "A program for tests.", "127.0.0.1:0", {"feed.read"}, {}};

class HostTest : public ::testing::Test {
 protected:
  HostTest() { std::filesystem::create_directories(folder_); }
  ~HostTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }
  std::string Write(const std::string& name, const std::string& content) const {
    std::ofstream(Path(name)) << content;
    return Path(name);
  }
  static Options ParseOrExit(std::vector<const char*> flags) {
    flags.insert(flags.begin(), "testing");
    return ParseOptionsOrExit(static_cast<int>(flags.size()), flags.data(), kProgram);
  }
  absl::StatusOr<Options> Parse(std::vector<std::string> flags) {
    std::vector<const char*> argv = {"testing", "--listen=127.0.0.1:0"};
    for (const auto& flag : flags) argv.push_back(flag.c_str());
    std::ostringstream out;
    const auto outcome = config::ParseCommandLine(static_cast<int>(argv.size()), argv.data(),
                                                  nullptr, {"testing", "1", "", {}}, out);
    if (!outcome.ok()) return outcome.status();
    return OptionsFromFlags(kProgram);
  }
  Options Local(std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(), {"--store=sqlite::memory:", "--fixed_tenant=home",
                                 "--log_level=off", "--port_file=" + Path("ports")});
    auto options = Parse(std::move(flags));
    EXPECT_OK(options);
    return *std::move(options);
  }

  const absl::FlagSaver saver_;
  const std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) /
      ("rapport_host_test_" + std::to_string(getpid()) + "_" +
       ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(HostTest, TakesWhatAServiceNeeds) {
  const auto options = Parse({"--store=sqlite:/data/x.db", "--jwks_file=keys", "--issuer=a,b",
                              "--audience=rapport", "--listen=0.0.0.0:7101,unix:/run/x",
                              "--tenant_rate=50", "--loops=3", "--nocork", "--reflection"});
  ASSERT_OK(options);
  EXPECT_EQ(options->store, "sqlite:/data/x.db");
  EXPECT_THAT(options->issuers, ElementsAre("a", "b"));
  EXPECT_THAT(options->listen, ElementsAre("0.0.0.0:7101", "unix:/run/x"));
  EXPECT_EQ(options->tenant_rate, 50);
  EXPECT_EQ(options->loops, 3);
  EXPECT_FALSE(options->cork);
  EXPECT_GE(options->read_threads, 2);
  EXPECT_TRUE(options->reflection);
  EXPECT_FALSE(options->fixed_tenant.has_value());
}

// Proves: P10
TEST_F(HostTest, AllowsAFixedTenantAndATestClockOnlyOnLocalAddresses) {
  const std::vector<std::string> local = {"--store=sqlite::memory:", "--fixed_tenant=home"};
  ASSERT_OK(Parse(local));
  EXPECT_EQ(Parse(local)->store, "sqlite::memory:");
  EXPECT_OK(Parse({"--listen=127.0.0.1:1,unix:/run/x,[::1]:2"}));
  EXPECT_THAT(Parse({"--listen=127.0.0.1:1,0.0.0.0:2"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--fixed_tenant")));
  EXPECT_THAT(Parse({"--fixed_tenant=", "--jwks_file=k", "--issuer=i", "--listen=0.0.0.0:2",
                     "--test_now_file=now"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--test_now_file")));
}

TEST_F(HostTest, RefusesValuesThatDoNotGoTogether) {
  EXPECT_THAT(Parse({}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--store")));
  EXPECT_THAT(Parse({"--store=x.db"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("sqlite:PATH")));
  EXPECT_THAT(Parse({"--store=sqlite:x.db"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("who may call")));
  EXPECT_THAT(Parse({"--jwks_file=k"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--issuer")));
  EXPECT_THAT(Parse({"--jwks_file=", "--fixed_tenant=No Tenant"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--fixed_tenant")));
  ASSERT_OK(Parse({"--fixed_tenant=home"}));
  for (const char* bad : {"--listen=7101", "--listen=:7101", "--listen=h:x", "--listen=unix:",
                          "--listen=", "--log_level=loud", "--loops=-1", "--read_threads=1000",
                          "--drain_grace=-1s", "--tenant_rate=-1", "--tls_key_file=k"}) {
    const absl::FlagSaver saver;
    EXPECT_THAT(Parse({bad}), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

using HostDeathTest = HostTest;

TEST_F(HostDeathTest, ExitsWith2ForBadFlagsAndVariables) {
  EXPECT_EXIT(ParseOrExit({"--frobnicate"}), ExitedWithCode(2),
              "^testing: unknown flag --frobnicate\n$");
  EXPECT_EXIT(ParseOrExit({}), ExitedWithCode(2), "^testing: --store: .*\n$");
  EXPECT_EXIT(
      {
        setenv("RAPPORT_STROE", "x", 1);
        ParseOrExit({});
      },
      ExitedWithCode(2), "^testing: unknown environment variable RAPPORT_STROE.*\n$");
  EXPECT_EXIT(ParseOrExit({"--print_config"}), ExitedWithCode(0), "");
}

TEST_F(HostDeathTest, ExitsWith1IfItCannotStart) {
  Options options = Local();
  options.fixed_tenant.reset();
  options.jwks_file = Path("missing");
  options.issuers = {"i"};
  options.audience = "a";
  EXPECT_EXIT(Host::CreateOrExit(options), ExitedWithCode(1), "^testing: [^\n]+\n$");
}

TEST_F(HostTest, ServesUntilItIsStopped) {
  auto host = Host::Create(Local({"--reflection", "--metrics_listen=127.0.0.1:0"}));
  ASSERT_OK(host);
  rpc::MethodTable table;
  std::vector<std::string> steps;
  int code = -1;
  std::thread run([&] {
    code = (*host)->Run(&table, {.on_started =
                                     [&] {
                                       steps.push_back("started");
                                       return absl::OkStatus();
                                     },
                                 .on_drained = [&] { steps.push_back("drained"); }});
  });
  std::string address;
  while (address.empty()) {  // the file comes at once, complete
    std::ifstream in(Path("ports"));
    std::getline(in, address);
  }
  EXPECT_THAT(address, HasSubstr("127.0.0.1:"));
  rpc::Client client({.target = address});
  HealthCheckRequest request;
  request.set_service("readiness");
  const auto ready = client.Call<HealthCheckResponse>("grpc.health.v1.Health/Check", request);
  ASSERT_OK(ready);
  EXPECT_EQ(ready->status(), HealthCheckResponse::SERVING);
  kill(getpid(), SIGTERM);
  run.join();
  EXPECT_EQ(code, 0);
  EXPECT_THAT(steps, ElementsAre("started", "drained"));
  EXPECT_FALSE(*(*host)->health().IsServing("readiness"));
}

TEST_F(HostTest, SaysWhatKeepsItFromServing) {
  auto first = Host::Create(Local());
  ASSERT_OK(first);
  rpc::MethodTable table;
  std::thread run([&] { EXPECT_EQ((*first)->Run(&table), 0); });
  std::string address;
  while (address.empty()) {
    std::ifstream in(Path("ports"));
    std::getline(in, address);
  }
  Options same = (*first)->options();
  same.listen = {address};
  same.port_file = "";
  auto second = Host::Create(same);
  ASSERT_OK(second);
  rpc::MethodTable other;
  ::testing::internal::CaptureStderr();
  EXPECT_EQ((*second)->Run(&other), 1);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr(address));
  (*first)->Stop();
  run.join();
}

TEST_F(HostTest, OpensItsStoreOnceAndTellsTheTimeOfTheTest) {
  Options options = Local();
  options.store = absl::StrCat("sqlite:", Path("store.db"));
  options.test_now_file = Write("now", "2026-11-21T09:00:00Z\n");
  auto host = Host::Create(options);
  ASSERT_OK(host);
  EXPECT_EQ(absl::FormatTime((*host)->clock().Now(), absl::UTCTimeZone()),
            "2026-11-21T09:00:00+00:00");
  const store::Table table = {"things", {{"id", store::ColumnType::kText}}};
  auto opened = (*host)->OpenStorage({.service = "things", .tables = {&table}});
  ASSERT_OK(opened);
  auto again = Host::Create(options);
  ASSERT_OK(again);
  EXPECT_THAT((*again)->OpenStorage({.service = "things", .tables = {&table}}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("in use")));
}

}  // namespace
}  // namespace rapport::host
