// What leaves together is counted in TCP segments.
#include "common/rpc/corks.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

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

// Segments with data that this process has sent from a port.
int SegmentsFrom(std::uint16_t port) {
  int sum = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  while (const struct dirent* entry = readdir(folder.get())) {
    int socket = -1;
    if (!absl::SimpleAtoi(entry->d_name, &socket) || LocalPort(socket) != port) continue;
    struct tcp_info info = {};
    socklen_t size = sizeof info;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
      sum += static_cast<int>(info.tcpi_data_segs_out);
    }
  }
  return sum;
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
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(server.address().substr(server.address().rfind(':') + 1), &port));
    const int expected = server.held.held() + kCalls;
    std::vector<std::thread> calls;
    for (int i = 0; i < kCalls; ++i) {
      calls.emplace_back([&] { EXPECT_OK(Get(client, "held")); });
    }
    server.held.WaitFor(expected);
    const int before = SegmentsFrom(static_cast<std::uint16_t>(port));
    EXPECT_OK(Get(client, "together"));
    for (std::thread& call : calls) call.join();
    return SegmentsFrom(static_cast<std::uint16_t>(port)) - before;
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
  Segments(server, client);
  for (int i = 0; i < 3; ++i) EXPECT_LE(Segments(server, client), kMostSegments);
}

TEST_P(OneTurn, LeavesTheSocketAloneIfThatIsWanted) {
  TestServer server(On(GetParam(), false));
  Client client = server.MakeClient();
  for (int i = 0; i < 2; ++i) EXPECT_GE(Segments(server, client), 1);
}

// The connections of both are busy, and the number of a socket that has ended is used again.
TEST_P(OneTurn, AnswersEveryConnectionAlsoAfterOthersHaveEnded) {
  TestServer server(On(GetParam(), true));
  Client stays = server.MakeClient();
  for (int i = 0; i < 5; ++i) {
    Client goes({.target = server.address(), .own_connection = true});
    Segments(server, goes);
    Segments(server, stays);
    EXPECT_LE(Segments(server, goes), kMostSegments);
    EXPECT_LE(Segments(server, stays), kMostSegments);
  }
}

}  // namespace
}  // namespace rapport::rpc
