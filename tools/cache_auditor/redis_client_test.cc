// The auditor's client and a real Redis, in the clear and by TLS.
#include "tools/cache_auditor/redis_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/cache/test_tls.h"
#include "common/testing/matchers.h"
#include "common/testing/redis_server.h"

namespace rapport::auditor {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Optional;

// More than one record of TLS, and more than one read.
const std::string& Large() {
  static const auto* const large = new std::string(300'000, 'x');
  return *large;
}

void ExpectReads(RedisClient& client) {
  EXPECT_FALSE(client.run_id().empty());
  ASSERT_OK(client.Ask({"SET", "large", Large()}));
  ASSERT_OK(client.Ask({"SET", "small", "1"}));
  const auto values = client.Get({"small", "none", "large"});
  ASSERT_OK(values);
  EXPECT_THAT(*values, ElementsAre(Optional(std::string("1")), absl::nullopt, Optional(Large())));
  EXPECT_THAT(client.Ask({"NOSUCH"}), StatusIs(absl::StatusCode::kUnavailable));
}

TEST(RedisClient, ReadsFromASocket) {
  const testing::RedisServer redis;
  ASSERT_OK_AND_ASSIGN(const auto client, RedisClient::Dial("unix:" + redis.socket(), "", ""));
  ExpectReads(*client);
}

TEST(RedisClient, ReadsByTls) {
  const cache::TlsRedis redis;
  const std::string address = absl::StrCat("rediss://127.0.0.1:", redis.port);
  ASSERT_OK_AND_ASSIGN(const auto client, RedisClient::Dial(address, "", "", redis.files.ca()));
  ExpectReads(*client);
  // Nobody vouches for it, or it speaks no TLS.
  const cache::TlsFiles others;
  EXPECT_THAT(RedisClient::Dial(address, "", "", others.ca()),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(RedisClient::Dial(absl::StrCat("127.0.0.1:", redis.port), "", ""),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST(RedisClient, RefusesAddressesThatAreNoProcess) {
  EXPECT_THAT(RedisClient::Dial("cluster://127.0.0.1:7000", "", ""),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(RedisClient::Dial("nowhere", "", ""), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace rapport::auditor
