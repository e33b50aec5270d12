// A process that cannot run as it was told says why in one line and ends; it never half-starts.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "tests/harness/house.h"
#include "tests/harness/process.h"

namespace rapport::tests {
namespace {

using ::testing::HasSubstr;

constexpr int kUsage = 2;
constexpr int kStartUp = 1;

struct Service {
  const char* name;
  const char* binary;
};
const Service kServices[] = {{"contact", RAPPORT_CONTACT_BINARY},
                             {"engagement", RAPPORT_ENGAGEMENT_BINARY},
                             {"recommendation", RAPPORT_RECOMMENDATION_BINARY}};

// A loopback port that somebody listens on for as long as the object lives.
class TakenPort {
 public:
  TakenPort() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    struct sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd_, reinterpret_cast<struct sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
    getsockname(fd_, reinterpret_cast<struct sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~TakenPort() { close(fd_); }
  int port() const { return port_; }

 private:
  const int fd_;
  int port_ = 0;
};

class BadStart : public ::testing::TestWithParam<Service> {
 protected:
  void SetUp() override {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/start-XXXXXX");
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string In(const std::string& file) const { return absl::StrCat(folder_, "/", file); }
  std::string Write(const std::string& file, const std::string& content) const {
    std::ofstream(In(file)) << content;
    return In(file);
  }

  // A command line that would run; flags given later win.
  std::vector<std::string> Good() const {
    return {GetParam().binary, absl::StrCat("--listen=unix:", In("s.sock")),
            absl::StrCat("--store=sqlite:", In("s.db")), "--fixed_tenant=home"};
  }

  // Runs it, and expects the exit code and one line with each of `words` on stderr and stdout
  // together: a start that failed has nothing else to say.
  void Expect(int code, const std::vector<std::string>& arguments,
              const std::vector<std::string>& words,
              const std::vector<std::string>& environment = {}) {
    SCOPED_TRACE(absl::StrCat(GetParam().name, " ", arguments.back(),
                              environment.empty() ? "" : " " + environment.back()));
    const std::string log = In(absl::StrCat("log", ++runs_));
    Process process(arguments, log, environment);
    EXPECT_EQ(process.Wait(absl::Seconds(20)), code) << "it still runs if -1";
    if (process.Running()) process.Kill();
    std::ifstream in(log);
    std::stringstream text;
    text << in.rdbuf();
    const std::vector<std::string> lines = absl::StrSplit(text.str(), '\n', absl::SkipEmpty());
    ASSERT_EQ(lines.size(), 1u) << text.str();
    EXPECT_TRUE(absl::StartsWith(lines[0], absl::StrCat(GetParam().name, ": "))) << lines[0];
    EXPECT_LE(lines[0].size(), 300u) << lines[0];
    for (const auto& word : words) EXPECT_THAT(lines[0], HasSubstr(word));
    EXPECT_FALSE(std::filesystem::exists(In("ready"))) << "said that it is ready";
    ++cases_;
  }
  void ExpectFlags(int code, std::vector<std::string> flags,
                   const std::vector<std::string>& words) {
    std::vector<std::string> arguments = Good();
    arguments.push_back(absl::StrCat("--port_file=", In("ready")));
    for (auto& flag : flags) arguments.push_back(std::move(flag));
    Expect(code, arguments, words);
  }
  void ExpectVariable(const std::string& variable, const std::vector<std::string>& words) {
    Expect(kUsage, Good(), words, {variable});
  }

  // Flags for callers with tokens instead of the fixed tenant.
  std::vector<std::string> WithTokens(const std::string& listen, const std::string& jwks) const {
    return {"--fixed_tenant=", absl::StrCat("--listen=", listen), "--issuer=https://id.example",
            absl::StrCat("--jwks_file=", jwks)};
  }

  std::string folder_;
  int runs_ = 0;
  int cases_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Services, BadStart, ::testing::ValuesIn(kServices),
                         [](const auto& service) { return std::string(service.param.name); });

TEST_P(BadStart, AWrongFlagOrVariableIsNamedInOneLine) {
  ExpectFlags(kUsage, {"--bogus=1"}, {"--bogus"});
  ExpectFlags(kUsage, {"--listne=127.0.0.1:0"}, {"--listne", "did you mean --listen?"});
  ExpectFlags(kUsage, {"surplus"}, {"surplus"});
  ExpectFlags(kUsage, {"--loops"}, {"--loops", "needs a value"});
  ExpectFlags(kUsage, {"--loops=many"}, {"--loops", "many"});
  ExpectFlags(kUsage, {"--loops=65"}, {"--loops"});
  ExpectFlags(kUsage, {"--read_threads=-1"}, {"--read_threads"});
  ExpectFlags(kUsage, {"--tenant_rate=-3"}, {"--tenant_rate"});
  ExpectFlags(kUsage, {"--drain_grace=-1s"}, {"--drain_grace"});
  ExpectFlags(kUsage, {"--drain_delay=soon"}, {"--drain_delay", "soon"});
  ExpectFlags(kUsage, {"--log_level=loud"}, {"--log_level"});
  ExpectFlags(kUsage, {"--listen=nonsense"}, {"--listen", "nonsense"});
  ExpectFlags(kUsage, {"--listen=127.0.0.1:70000"}, {"--listen", "70000"});
  ExpectFlags(kUsage, {"--listen=unix:"}, {"--listen"});
  ExpectFlags(kUsage, {"--listen="}, {"--listen"});
  ExpectFlags(kUsage, {"--store="}, {"--store"});
  ExpectFlags(kUsage, {"--store=mysql://db"}, {"--store"});
  ExpectFlags(kUsage, {"--store=postgres://ada:secret@db/rapport"}, {"--store", "passfile"});
  ExpectFlags(kUsage, {"--redis=127.0.0.1:6379"}, {"--redis", "--store"});
  ExpectFlags(kUsage, {"--store=postgres://rapport@db/rapport", "--redis=6379"}, {"--redis"});
  ExpectFlags(kUsage,
              {"--store=postgres://rapport@db/rapport", "--redis=rediss://cache:6379",
               "--redis_cert_file=cert.pem"},
              {"--redis", "key"});
  ExpectFlags(
      kUsage,
      {"--store=postgres://rapport@db/rapport", "--redis=cache:6379", "--redis_ca_file=ca.pem"},
      {"--redis", "TLS"});
  ExpectFlags(kUsage, {"--store=postgres://rapport@db/rapport", "--redis=sentinel://cache:26379"},
              {"--redis", "sentinel"});
  ExpectFlags(kUsage, {"--cache_scopes=0"}, {"--cache_scopes"});
  ExpectFlags(kUsage, {"--cache_scopes=17"}, {"--cache_scopes", "16"});
  ExpectFlags(kUsage, {"--fixed_tenant=Not An Id"}, {"--fixed_tenant"});
  ExpectFlags(kUsage, {"--fixed_tenant="}, {"--jwks_file", "--fixed_tenant"});
  ExpectFlags(kUsage, {absl::StrCat("--jwks_file=", In("keys"))}, {"--fixed_tenant"});
  ExpectFlags(kUsage, {"--fixed_tenant=", "--jwks_file=keys"}, {"--issuer"});
  ExpectFlags(kUsage, {"--tls_cert_file=cert.pem"}, {"--tls_cert_file", "--tls_key_file"});
  ExpectFlags(kUsage, {"--signing_key_file=key"}, {"--issuer"});
  ExpectVariable("RAPPORT_LISTNE=unix:x", {"RAPPORT_LISTNE", "did you mean RAPPORT_LISTEN?"});
  ExpectVariable("RAPPORT_SHOE_SIZE=44", {"RAPPORT_SHOE_SIZE"});
  ExpectVariable("RAPPORT_LOOPS=many", {"RAPPORT_LOOPS", "many"});
  ExpectVariable("RAPPORT_loops=1", {"RAPPORT_loops"});
  std::printf("%d wrong command lines of %s\n", cases_, GetParam().name);
}

TEST_P(BadStart, WhatIsForLocalUseOnlyRefusesAnAddressThatOthersReach) {
  for (const char* address : {"0.0.0.0:0", "[::]:0", "192.0.2.1:7101", "example.org:7101"}) {
    ExpectFlags(kUsage, {absl::StrCat("--listen=", address)}, {"--fixed_tenant", "loopback"});
    std::vector<std::string> flags = WithTokens(address, In("keys"));
    flags.push_back(absl::StrCat("--test_now_file=", Write("now", "2026-01-01T00:00:00Z")));
    ExpectFlags(kUsage, flags, {"--test_now_file", "loopback"});
    ExpectFlags(kUsage, {absl::StrCat("--listen=unix:", In("s.sock"), ",", address)},
                {"--fixed_tenant", "loopback"});
  }
}

TEST_P(BadStart, AFileThatCannotBeUsedIsNamedInOneLine) {
  const std::string local = absl::StrCat("unix:", In("t.sock"));
  ExpectFlags(kStartUp, WithTokens(local, In("missing.json")), {"missing.json"});
  ExpectFlags(kStartUp, WithTokens(local, Write("keys.json", "{\"keys\": 3")), {"keys.json"});
  ExpectFlags(kStartUp, WithTokens(local, folder_), {folder_});
  ExpectFlags(kStartUp, {absl::StrCat("--test_now_file=", In("when"))}, {"when"});
  ExpectFlags(kStartUp, {absl::StrCat("--test_now_file=", Write("then", "yesterday"))}, {"then"});
  ExpectFlags(kStartUp, {"--issuer=i", absl::StrCat("--signing_key_file=", In("key"))}, {"key"});
  ExpectFlags(
      kStartUp,
      {absl::StrCat("--tls_cert_file=", In("c.pem")), absl::StrCat("--tls_key_file=", In("k.pem"))},
      {".pem"});
  ExpectFlags(kStartUp,
              {absl::StrCat("--tls_cert_file=", Write("bad.pem", "no certificate")),
               absl::StrCat("--tls_key_file=", Write("badkey.pem", "no key"))},
              {});
  ExpectFlags(kStartUp, {absl::StrCat("--store=sqlite:", In("no/such/folder.db"))},
              {"no/such/folder.db"});
  ExpectFlags(kStartUp, {absl::StrCat("--store=sqlite:", folder_)}, {folder_});
  ExpectFlags(kStartUp, {absl::StrCat("--store=postgresql:///rapport?host=", folder_)},
              {"PostgreSQL", folder_});
  const std::string other = Write("letter.db", std::string(8192, 'x'));
  ExpectFlags(kStartUp, {absl::StrCat("--store=sqlite:", other)}, {"letter.db"});
  EXPECT_EQ(std::filesystem::file_size(other), 8192u) << "somebody else's file was touched";
  ExpectFlags(kStartUp, {absl::StrCat("--port_file=", In("no/such/ready"))}, {"no/such/ready"});
}

TEST_P(BadStart, AnAddressInUseIsNamedInOneLine) {
  const TakenPort taken;
  const std::string address = absl::StrCat("127.0.0.1:", taken.port());
  ExpectFlags(kStartUp, {absl::StrCat("--listen=", address)}, {address});
  ExpectFlags(kStartUp, {absl::StrCat("--metrics_listen=", address)}, {address});
  ExpectFlags(kStartUp, {absl::StrCat("--listen=unix:", In("no/such/folder.sock"))},
              {"no/such/folder.sock"});
}

TEST_P(BadStart, ASecondProcessOnTheSameStoreRefusesAndTheFirstGoesOn) {
  House house({.services = {GetParam().name}});
  const std::string store = house.StoreOf(GetParam().name);
  ExpectFlags(kStartUp, {absl::StrCat("--store=sqlite:", store)},
              {store, absl::StrCat(house.process(GetParam().name).pid())});
  EXPECT_TRUE(house.process(GetParam().name).Running());
  // The socket of a living process is not taken over either.
  ExpectFlags(kStartUp, {absl::StrCat("--listen=", house.SocketOf(GetParam().name))},
              {house.SocketOf(GetParam().name)});
  EXPECT_TRUE(house.process(GetParam().name).Running());
  EXPECT_EQ(house.Stop(GetParam().name), 0);
}

}  // namespace
}  // namespace rapport::tests
