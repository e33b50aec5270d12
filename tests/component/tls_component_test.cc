// The services behind TLS: they follow each other, and answer those alone who speak TLS with them
// and trust the same root.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/testing/certificates.h"
#include "grpc/health/v1/health.pb.h"
#include "grpcpp/security/credentials.h"
#include "tests/harness/process.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kNow[] = "2026-06-15 09:00";
const char* const kServices[] = {"contact", "engagement", "recommendation"};

class Tls : public ::testing::Test {
 protected:
  Tls() {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/tls-XXXXXX");
    folder_ = mkdtemp(pattern.data());
    Write("ca.pem", ours_.root_pem());
    Write("other.pem", theirs_.root_pem());
    const auto certificate = ours_.Issue({"localhost", "127.0.0.1"});
    Write("server.pem", certificate.chain_pem);
    Write("server.key", certificate.key_pem);
    // 127.0.0.2 is the same machine under a name that the certificate does not have.
    story_ = std::make_unique<Story>(
        kNow, House::Options{.tls = House::Options::Tls{.cert = File("server.pem"),
                                                        .key = File("server.key"),
                                                        .ca = File("ca.pem")},
                             .listen_also = {"127.0.0.1:0", "127.0.0.2:0"}});
  }
  ~Tls() override {
    story_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string File(const std::string& name) const { return absl::StrCat(folder_, "/", name); }
  void Write(const std::string& name, const std::string& content) const {
    std::ofstream(File(name)) << content;
  }
  House& house() { return story_->house; }

  // An open call of a client that trusts `roots`, or speaks plaintext.
  static absl::Status Ask(const std::string& target, const std::string& roots) {
    rpc::ClientOptions options;
    options.target = target;
    options.own_connection = true;
    if (!roots.empty()) {
      grpc::SslCredentialsOptions ssl;
      ssl.pem_root_certs = roots;
      options.credentials = grpc::SslCredentials(ssl);
    }
    grpc::health::v1::HealthCheckRequest request;
    return rpc::Client(std::move(options))
        .Call<grpc::health::v1::HealthCheckResponse>("grpc.health.v1.Health/Check", request)
        .status();
  }

  // rapportctl with the targets of the house; what it wrote is in `said_`.
  int Rapportctl(const std::vector<std::string>& arguments) {
    std::vector<std::string> line = {RAPPORTCTL_BINARY, "--dir=" + folder_};
    for (const char* service : kServices) {
      const std::string address = house().AddressesOf(service)[static_cast<std::size_t>(way_)];
      line.push_back(absl::StrCat("--", service, "=", address));
    }
    line.insert(line.end(), arguments.begin(), arguments.end());
    std::filesystem::remove(File("said"));
    Process process(line, File("said"));
    const int code = process.Wait(absl::Seconds(60));
    std::ifstream in(File("said"));
    std::stringstream text;
    text << in.rdbuf();
    said_ = text.str();
    return code;
  }

  const ::rapport::testing::CertificateAuthority ours_{"the house"};
  const ::rapport::testing::CertificateAuthority theirs_{"somebody else"};
  std::string folder_;
  std::unique_ptr<Story> story_;
  int way_ = 0;  // which of its addresses rapportctl calls a service by
  std::string said_;
};

TEST_F(Tls, ServicesFollowEachOther) {
  const std::string ada = story_->HasSteward("ada", "Ada");
  const auto ana = story_->Knows("Ana Sousa", {"ana@example.org"}, {ada});
  story_->Recorded(ana, Call("call of 1 June", "2026-06-01 10:00", 300, 200));
  // Engagement knows the relationship from contact, contact the exchange from engagement, and
  // recommendation both.
  EXPECT_EQ(story_->RapportOf(ana).two_way_count(), 1);
  EXPECT_TRUE(story_->RelationshipOf(ana).has_first_exchange_time());
  const auto worklist = story_->WorklistOf(ada);
  EXPECT_NE(ItemFor(worklist, ana), nullptr);
  EXPECT_THAT(worklist.degraded(), IsEmpty());
  EXPECT_THAT(story_->BriefingOn(ana).standing(), Not(IsEmpty()));
}

TEST_F(Tls, OnlyWhoTrustsTheRootAndFindsTheNameIsServed) {
  const auto expect_refused = [](const std::string& target, const std::string& roots) {
    EXPECT_THAT(Ask(target, roots), StatusIs(absl::StatusCode::kUnavailable));
  };
  for (const char* service : kServices) {
    SCOPED_TRACE(service);
    EXPECT_OK(Ask(house().SocketOf(service), ours_.root_pem()));
    expect_refused(house().SocketOf(service), "");
    expect_refused(house().SocketOf(service), theirs_.root_pem());
  }
  const auto addresses = house().AddressesOf("contact");
  ASSERT_THAT(addresses, SizeIs(3));
  EXPECT_OK(Ask(addresses[1], ours_.root_pem()));
  expect_refused(addresses[1], "");
  expect_refused(addresses[1], theirs_.root_pem());
  expect_refused(addresses[2], ours_.root_pem());  // the root is right, the name is not
}

// Proves: K04
TEST_F(Tls, RapportctlSpeaksItWithTheRootsThatItIsGiven) {
  const std::string ada = story_->HasSteward("ada", "Ada");
  story_->Knows("Ana Sousa", {"ana@example.org"}, {ada});
  EXPECT_EQ(Rapportctl({"--help"}), 0);
  EXPECT_THAT(said_, HasSubstr("--tls_ca_file"));

  const std::string roots = "--tls_ca_file=" + File("ca.pem");
  EXPECT_EQ(Rapportctl({roots, "status"}), 0) << said_;
  EXPECT_THAT(said_, AllOf(HasSubstr("ready"), Not(HasSubstr("not answer"))));
  EXPECT_EQ(Rapportctl({roots, "today", "--waiting"}), 0) << said_;
  EXPECT_THAT(said_, HasSubstr("Ana"));
  way_ = 1;
  EXPECT_EQ(Rapportctl({roots, "status"}), 0) << said_;
  way_ = 0;

  EXPECT_EQ(Rapportctl({"status"}), 7) << "in plaintext: " << said_;
  EXPECT_EQ(Rapportctl({"--tls_ca_file=" + File("other.pem"), "status"}), 7) << said_;
  EXPECT_EQ(Rapportctl({"--tls_ca_file=" + File("other.pem"), "today"}), 7) << said_;
  EXPECT_THAT(said_, HasSubstr("does --tls_ca_file fit its certificate?"));
  EXPECT_EQ(Rapportctl({"--tls_ca_file=" + File("none.pem"), "status"}), 2) << said_;
  EXPECT_THAT(said_, HasSubstr("--tls_ca_file: cannot read"));

  Write("connection.json", R"({"tls_ca_file": "ca.pem"})");  // beside it
  EXPECT_EQ(Rapportctl({"status"}), 0) << said_;
}

}  // namespace
}  // namespace rapport::tests
