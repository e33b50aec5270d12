#include "common/cache/redis_address.h"

#include <gtest/gtest.h>

#include "common/cache/redis_dial.h"
#include "common/testing/matchers.h"

namespace rapport::cache {
namespace {

using ::rapport::testing::StatusIs;
using Kind = RedisAddress::Kind;

TEST(RedisAddress, OneRedisHasASocketOrAHostAndAPort) {
  const struct {
    const char* text;
    bool tls;
    RedisNode node;
  } kCases[] = {
      {"unix:/run/redis/s", false, {"/run/redis/s", "", ""}},
      {"cache.example:6379", false, {"", "cache.example", "6379"}},
      {"redis://127.0.0.1:1", false, {"", "127.0.0.1", "1"}},
      {"rediss://cache.example:65535", true, {"", "cache.example", "65535"}},
      {"rediss://[::1]:6379", true, {"", "::1", "6379"}},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.text);
    ASSERT_OK_AND_ASSIGN(const auto address, ParseRedisAddress(c.text));
    EXPECT_EQ(address.kind, Kind::kDirect);
    EXPECT_EQ(address.tls, c.tls);
    ASSERT_EQ(address.nodes.size(), 1U);
    EXPECT_EQ(address.nodes[0], c.node);
  }
}

TEST(RedisAddress, SentinelsNameAMaster) {
  ASSERT_OK_AND_ASSIGN(const auto address, ParseRedisAddress("sentinel://a:1,[::1]:2/the-cache"));
  EXPECT_EQ(address.kind, Kind::kSentinel);
  EXPECT_FALSE(address.tls);
  EXPECT_EQ(address.master, "the-cache");
  EXPECT_EQ(address.nodes, (std::vector<RedisNode>{{"", "a", "1"}, {"", "::1", "2"}}));
  ASSERT_OK_AND_ASSIGN(const auto secure, ParseRedisAddress("sentinels://a:1/m"));
  EXPECT_EQ(secure.kind, Kind::kSentinel);
  EXPECT_TRUE(secure.tls);
}

TEST(RedisAddress, AClusterIsSomeOfItsNodes) {
  ASSERT_OK_AND_ASSIGN(const auto address, ParseRedisAddress("cluster://a:1,b:2"));
  EXPECT_EQ(address.kind, Kind::kCluster);
  EXPECT_EQ(address.nodes, (std::vector<RedisNode>{{"", "a", "1"}, {"", "b", "2"}}));
  ASSERT_OK_AND_ASSIGN(const auto secure, ParseRedisAddress("clusters://a:1"));
  EXPECT_TRUE(secure.tls);
}

TEST(RedisAddress, AnythingElseIsRefused) {
  for (const char* text : {"",
                           "unix:",
                           "host",
                           ":1",
                           "host:",
                           "host:0",
                           "host:65536",
                           "host:+1",
                           "host: 1",
                           "host:1x",
                           "[::1:1",
                           "http://host:1",
                           "redis://",
                           "redis://a:1,b:2",
                           "a:1,b:2",
                           "rediss://a:1/0",
                           "sentinel://a:1",
                           "sentinel://a:1/",
                           "sentinel:///name",
                           "sentinel://a:1,/name",
                           "cluster://",
                           "cluster://a:1,",
                           "cluster://unix:/s"}) {
    EXPECT_THAT(ParseRedisAddress(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

TEST(RedisAddress, CertificatesBelongToAddressesWithTls) {
  RedisOptions options;
  options.address = "rediss://host:1";
  EXPECT_OK(CheckRedisOptions(options));
  options.transport.ca_file = "/ca";
  EXPECT_OK(CheckRedisOptions(options));
  options.transport.cert_file = "/cert";
  EXPECT_THAT(CheckRedisOptions(options), StatusIs(absl::StatusCode::kInvalidArgument));
  options.transport.key_file = "/key";
  EXPECT_OK(CheckRedisOptions(options));
  options.address = "redis://host:1";
  EXPECT_THAT(CheckRedisOptions(options), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace rapport::cache
