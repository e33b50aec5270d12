// The connection over TLS, to a real Redis.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/cache/test_redis.h"
#include "common/cache/test_tls.h"
#include "common/testing/matchers.h"
#include "common/testing/redis_server.h"

namespace rapport::cache {
namespace {

using ::rapport::testing::FreePort;
using ::rapport::testing::RedisServer;
using ::rapport::testing::StatusIs;
using ::testing::HasSubstr;

// Passes bytes on between one client and a port of loopback, in slices of `slice` bytes; ends both
// sides when `limit` bytes of the server have come by.
class SlicingProxy {
 public:
  SlicingProxy(int to, std::size_t slice) : to_(to), slice_(slice) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof(address);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
        listen(listener_, 1) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~SlicingProxy() {
    Stop();
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  int port() const { return port_; }
  // The connection ends in the middle of the next `bytes` that the server sends.
  void CutAfter(std::int64_t bytes) { left_ = bytes; }
  void Stop() { left_ = 0; }

 private:
  static sockaddr_in Loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
  }
  void Run() {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = Loopback(to_);
    bool open = connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    while (open && left_ > 0) {
      pollfd sides[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (poll(sides, 2, 10) <= 0) continue;
      if (sides[0].revents != 0) open = Pass(client, server, slice_) > 0;
      if (open && sides[1].revents != 0) {
        const auto most = std::min<std::int64_t>(static_cast<std::int64_t>(slice_), left_);
        const ssize_t passed = Pass(server, client, static_cast<std::size_t>(most));
        open = passed > 0;
        left_ -= passed;
      }
    }
    close(client);
    close(server);
  }
  static ssize_t Pass(int from, int to, std::size_t most) {
    std::string bytes(most, 0);
    const ssize_t got = recv(from, bytes.data(), bytes.size(), 0);
    if (got > 0 && send(to, bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) != got) {
      return -1;
    }
    return got;
  }

  const int to_;
  const std::size_t slice_;
  std::atomic<std::int64_t> left_{std::int64_t{1} << 60};
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

TEST(RedisTls, ReachesARedisByNameAndByAddress) {
  for (const char* version : {"TLSv1.2", "TLSv1.3"}) {
    SCOPED_TRACE(version);
    TlsRedis redis({"localhost", "127.0.0.1"}, {"--tls-protocols", version});
    RedisFixture f;
    for (const char* host : {"localhost", "127.0.0.1"}) {
      SCOPED_TRACE(host);
      ASSERT_OK_AND_ASSIGN(auto connection, f.Open(redis.Options(host)));
      EXPECT_FALSE(connection->run_id().empty());
      EXPECT_EQ(TextOf(Ask(*connection, {"SET", "k", "v"})), "OK");
      EXPECT_EQ(TextOf(Ask(*connection, {"GET", "k"})), "v");
      EXPECT_EQ(TextOf(Ask(*connection, {"NONSENSE"})), "failure:other");
    }
  }
}

TEST(RedisTls, ACertificateOfAnotherAuthorityIsRefused) {
  TlsRedis redis;
  const TlsFiles others;
  RedisFixture f;
  RedisOptions options = redis.Options();
  options.transport.ca_file = others.ca();
  const auto refused = f.Open(options);
  EXPECT_EQ(FailureOf(refused.status()), RedisFailure::kUnreachable);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("its certificate: "));
  options.transport.ca_file = "";  // the system's roots know neither
  EXPECT_EQ(FailureOf(f.Open(options).status()), RedisFailure::kUnreachable);
}

TEST(RedisTls, ACertificateForAnotherNameIsRefused) {
  {
    TlsRedis redis({"elsewhere.test", "192.0.2.1"});
    RedisFixture f;
    for (const char* host : {"localhost", "127.0.0.1"}) {
      const auto refused = f.Open(redis.Options(host));
      EXPECT_EQ(FailureOf(refused.status()), RedisFailure::kUnreachable) << host;
      EXPECT_THAT(std::string(refused.status().message()), HasSubstr("mismatch")) << host;
    }
  }
  TlsRedis named({"localhost"});  // the name is no address
  RedisFixture f;
  EXPECT_OK(f.Open(named.Options("localhost")));
  EXPECT_EQ(FailureOf(f.Open(named.Options("127.0.0.1")).status()), RedisFailure::kUnreachable);
}

TEST(RedisTls, AClientShowsItsCertificate) {
  TlsRedis redis({"127.0.0.1"}, {"--tls-auth-clients", "yes"});
  RedisFixture f;
  RedisOptions options = redis.Options();
  EXPECT_EQ(FailureOf(f.Open(options).status()), RedisFailure::kUnreachable);
  const TlsFiles others;
  options.transport.cert_file = others.cert();
  options.transport.key_file = others.key();
  EXPECT_EQ(FailureOf(f.Open(options).status()), RedisFailure::kUnreachable);
  options.transport.cert_file = redis.files.cert();
  EXPECT_THAT(f.Open(options), StatusIs(absl::StatusCode::kFailedPrecondition));  // another's key
  options.transport.key_file = redis.files.key();
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
  EXPECT_EQ(TextOf(Ask(*connection, {"ECHO", "x"})), "x");
}

TEST(RedisTls, FilesThatAreNotThereAreTold) {
  TlsRedis redis;
  RedisFixture f;
  RedisOptions options = redis.Options();
  options.transport.ca_file = "/nowhere/ca.pem";
  EXPECT_THAT(f.Open(options), StatusIs(absl::StatusCode::kFailedPrecondition));
  options = redis.Options();
  options.transport.cert_file = options.transport.key_file = "/nowhere/client.pem";
  EXPECT_THAT(f.Open(options), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(RedisTls, PlaintextAndTlsDoNotMix) {
  TlsRedis redis;
  RedisFixture f;
  RedisOptions plain;
  plain.address = absl::StrCat("127.0.0.1:", redis.port);
  EXPECT_FALSE(f.Open(plain).ok());
  const int port = FreePort();
  RedisServer server({"--port", absl::StrCat(port), "--bind", "127.0.0.1"});
  RedisOptions tls = redis.Options();
  tls.address = absl::StrCat("rediss://127.0.0.1:", port);
  tls.open_timeout = absl::Seconds(1);  // this Redis waits for the end of a line
  EXPECT_EQ(FailureOf(f.Open(tls).status()), RedisFailure::kUnreachable);
}

TEST(RedisTls, AHandshakeThatIsNotAnsweredEndsInTime) {
  TlsRedis redis;
  RedisFixture f;
  redis.server.Signal(SIGSTOP);  // the kernel still accepts
  RedisOptions options = redis.Options();
  options.open_timeout = absl::Milliseconds(20);
  EXPECT_EQ(FailureOf(f.Open(options).status()), RedisFailure::kUnreachable);
  redis.server.Signal(SIGCONT);
}

TEST(RedisTls, AnotherMachineNeedsNoLeave) {
  TlsRedis redis;
  RedisFixture f;
  RedisOptions options = redis.Options("192.0.2.1");  // an address of documentation
  options.open_timeout = absl::Milliseconds(20);
  EXPECT_EQ(FailureOf(f.Open(options).status()), RedisFailure::kUnreachable);
}

TEST(RedisTls, BigValuesAndFullSocketsLoseNothing) {
  for (const char* version : {"TLSv1.2", "TLSv1.3"}) {
    SCOPED_TRACE(version);
    TlsRedis redis({"127.0.0.1"}, {"--tls-protocols", version});
    RedisFixture f;
    RedisOptions options = redis.Options();
    options.max_queued_bytes = std::size_t{64} << 20;
    ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
    const std::string big(3 << 20, 'b');
    EXPECT_EQ(TextOf(Ask(*connection, {"SET", "big", big})), "OK");
    EXPECT_EQ(TextOf(Ask(*connection, {"GET", "big"})), big);
    // More than the socket takes, while nobody reads there.
    redis.server.Signal(SIGSTOP);
    constexpr int kCount = 200;
    Replies replies;
    const auto value = [](int i) {
      return std::string(100'000 + static_cast<std::size_t>(i), 'v');
    };
    for (int i = 0; i < kCount; ++i) {
      connection->Submit({"SET", absl::StrCat("k", i), value(i)}, kForEver, Note(replies));
      connection->Submit({"GET", absl::StrCat("k", i)}, kForEver, Note(replies));
    }
    redis.server.Signal(SIGCONT);
    for (int i = 0; i < kCount; ++i) {
      EXPECT_EQ(TextOf(replies.Next()), "OK");
      EXPECT_TRUE(TextOf(replies.Next()) == value(i)) << i;
    }
    EXPECT_TRUE(f.broken.empty());
  }
}

TEST(RedisTls, RecordsInPiecesArePutTogether) {
  TlsRedis redis;
  SlicingProxy proxy(redis.port, 7);
  RedisFixture f;
  RedisOptions options = redis.Options();
  options.address = absl::StrCat("rediss://127.0.0.1:", proxy.port());
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
  const std::string value(20'000, 'v');  // more than one record
  EXPECT_EQ(TextOf(Ask(*connection, {"SET", "k", value})), "OK");
  EXPECT_EQ(TextOf(Ask(*connection, {"GET", "k"})), value);
}

TEST(RedisTls, AConnectionThatIsCutInTheMiddleOfARecordIsBroken) {
  TlsRedis redis;
  SlicingProxy proxy(redis.port, 16'000);
  RedisFixture f;
  RedisOptions options = redis.Options();
  options.address = absl::StrCat("rediss://127.0.0.1:", proxy.port());
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
  const std::string value(100'000, 'v');
  EXPECT_EQ(TextOf(Ask(*connection, {"SET", "k", value})), "OK");
  proxy.CutAfter(20'001);
  Replies replies;
  connection->Submit({"GET", "k"}, kForEver, Note(replies));
  connection->Submit({"ECHO", "x"}, kForEver, Note(replies));
  EXPECT_EQ(TextOf(replies.Next()), "failure:broken");
  const std::string second = TextOf(replies.Next());
  EXPECT_TRUE(second == "failure:broken" || second == "failure:closed") << second;
  const auto why = f.broken.Next();
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(FailureOf(*why), RedisFailure::kBroken);
  EXPECT_EQ(TextOf(Ask(*connection, {"GET", "k"})), "failure:closed");
}

TEST(RedisTls, SentinelsAreAskedByItToo) {
  TlsRedis redis;
  const int port = FreePort();
  RedisServer sentinel({"--sentinel", "--tls-port", absl::StrCat(port), "--bind", "127.0.0.1",
                        "--tls-cert-file", redis.files.cert(), "--tls-key-file", redis.files.key(),
                        "--tls-ca-cert-file", redis.files.ca(), "--tls-auth-clients", "no"},
                       absl::StrCat("sentinel monitor cache 127.0.0.1 ", redis.port, " 1\n"));
  RedisFixture f;
  RedisOptions options = redis.Options();
  options.address = absl::StrCat("sentinels://127.0.0.1:", port, "/cache");
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
  EXPECT_EQ(TextOf(Ask(*connection, {"ECHO", "x"})), "x");
  EXPECT_EQ(connection->node().port, absl::StrCat(redis.port));
}

TEST(RedisTls, AClusterIsAskedByItToo) {
  TlsRedis redis({"127.0.0.1"}, {"--cluster-enabled", "yes", "--tls-cluster", "yes",
                                 "--cluster-port", absl::StrCat(FreePort())});
  ASSERT_EQ(TextOf(RunOn(redis.server.socket(), {"CLUSTER", "ADDSLOTSRANGE", "0", "16383"})), "OK");
  ASSERT_TRUE(AwaitText(redis.server.socket(), {"CLUSTER", "INFO"}, "cluster_state:ok"));
  RedisFixture f;
  RedisOptions options = redis.Options();
  options.address = absl::StrCat("clusters://127.0.0.1:", redis.port);
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
  EXPECT_EQ(TextOf(Ask(*connection, {"SET", "rp1:{00}:x", "v"})), "OK");
  EXPECT_EQ(connection->node(), (RedisNode{"", "127.0.0.1", absl::StrCat(redis.port)}));
}

TEST(RedisTls, AServerThatDiesBreaksTheConnection) {
  TlsRedis redis;
  RedisFixture f;
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(redis.Options()));
  redis.server.Kill();
  const auto why = f.broken.Next();
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(FailureOf(*why), RedisFailure::kBroken);
}

}  // namespace
}  // namespace rapport::cache
