// What leaves together is counted in TCP segments.
#include "common/rpc/corks.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/test_server.h"
#include "common/testing/matchers.h"
#include "rapport/contact/v1/steward_service.pb.h"

namespace rapport::rpc {
namespace {

constexpr int kCalls = 40;
// One, as a rule; without corks 13 to 42 were seen, because the kernel joins some by itself.
constexpr int kMostSegments = 4;

std::uint16_t LocalPort(int socket) {
  struct sockaddr_storage storage = {};
  socklen_t size = sizeof storage;
  if (getsockname(socket, reinterpret_cast<struct sockaddr*>(&storage), &size) != 0) return 0;
  if (storage.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const struct sockaddr_in&>(storage).sin_port);
  }
  if (storage.ss_family != AF_INET6) return 0;
  return ntohs(reinterpret_cast<const struct sockaddr_in6&>(storage).sin6_port);
}

// Calls `visit` with each socket of this process that has this port.
template <class Visit>
void EachSocketOf(std::uint16_t port, Visit visit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  while (const struct dirent* entry = readdir(folder.get())) {
    int socket = -1;
    if (absl::SimpleAtoi(entry->d_name, &socket) && LocalPort(socket) == port) visit(socket);
  }
}

// Segments with data that this process has sent from a port.
int SegmentsFrom(std::uint16_t port) {
  int sum = 0;
  EachSocketOf(port, [&](int socket) {
    struct tcp_info info = {};
    socklen_t size = sizeof info;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
      sum += static_cast<int>(info.tcpi_data_segs_out);
    }
  });
  return sum;
}

int CorkedOf(std::uint16_t port) {
  int sum = 0;
  EachSocketOf(port, [&](int socket) {
    int on = 0;
    socklen_t size = sizeof on;
    if (getsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, &size) == 0) sum += on != 0 ? 1 : 0;
  });
  return sum;
}

std::uint16_t PortOf(const TestServer& server) {
  int port = 0;
  EXPECT_TRUE(absl::SimpleAtoi(server.address().substr(server.address().rfind(':') + 1), &port));
  return static_cast<std::uint16_t>(port);
}

class OneTurn : public ::testing::TestWithParam<const char*> {
 protected:
  static TestServerOptions On(const char* address, bool cork) {
    TestServerOptions options;
    options.server.listen = {address};
    options.server.cork = cork;
    return options;
  }

  // Answers kCalls calls of one connection in one turn; returns how many segments that took.
  static int Segments(TestServer& server, Client& client) {
    const std::uint16_t port = PortOf(server);
    const int expected = server.held.held() + kCalls;
    std::vector<std::thread> calls;
    for (int i = 0; i < kCalls; ++i) {
      calls.emplace_back([&] { EXPECT_OK(Get(client, "held")); });
    }
    server.held.WaitFor(expected);
    const int before = SegmentsFrom(port);
    EXPECT_OK(Get(client, "together"));
    for (std::thread& call : calls) call.join();
    return SegmentsFrom(port) - before;
  }
  // Not at once: it must be busy, and have been looked for.
  static bool SendsFew(TestServer& server, Client& client) {
    for (int i = 0; i < 100; ++i) {
      if (i > 0 && Segments(server, client) <= kMostSegments) return true;
    }
    return false;
  }
  static absl::Status Get(Client& client, absl::string_view id) {
    contact::v1::GetStewardRequest request;
    request.set_name(absl::StrCat("tenants/home/stewards/", id));
    return client.Call<contact::v1::Steward>(kGetSteward, request).status();
  }
};

INSTANTIATE_TEST_SUITE_P(Addresses, OneTurn, ::testing::Values("127.0.0.1:0", "[::1]:0"),
                         [](const auto& address) {
                           return address.param[0] == '[' ? "Six" : "Four";
                         });

TEST_P(OneTurn, SendsManyAnswersInFewSegmentsOnceAConnectionIsBusy) {
  TestServer server(On(GetParam(), true));
  Client client = server.MakeClient();
  EXPECT_TRUE(SendsFew(server, client));
}

TEST_P(OneTurn, CorksAConnectionForTheTurnAloneAndNotAtAllIfThatIsUnwanted) {
  for (const bool cork : {true, false}) {
    TestServer server(On(GetParam(), cork));
    Client client = server.MakeClient();
    std::atomic<int> corked = 0;
    server.together = [&] { corked += CorkedOf(PortOf(server)); };
    for (int i = 0; i < 5; ++i) Segments(server, client);
    EXPECT_EQ(corked > 0, cork);
    EXPECT_OK(Get(client, "behind-that-turn"));
    EXPECT_OK(Get(client, "behind-the-next"));
    EXPECT_EQ(CorkedOf(PortOf(server)), 0);
  }
}

// The connections of both are busy, and the number of a socket that has ended is used again.
TEST_P(OneTurn, AnswersEveryConnectionAlsoAfterOthersHaveEnded) {
  TestServer server(On(GetParam(), true));
  Client stays = server.MakeClient();
  for (int i = 0; i < 5; ++i) {
    Client goes({.target = server.address(), .own_connection = true});
    EXPECT_TRUE(SendsFew(server, goes));
    EXPECT_TRUE(SendsFew(server, stays));
  }
}

}  // namespace
}  // namespace rapport::rpc
