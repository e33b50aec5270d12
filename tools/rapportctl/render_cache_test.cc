#include "tools/rapportctl/render_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/rapportctl/test_samples.h"

namespace rapport::rapportctl {
namespace {

using ::rapport::cache::v1::CacheStatus;

CacheAnswer From(const char* service, const char* address, const char* text) {
  return {service, address, absl::OkStatus(), Parse<CacheStatus>(text)};
}

TEST(Bytes, HasOneDigitBehindThePoint) {
  EXPECT_EQ(Bytes(0), "0 B");
  EXPECT_EQ(Bytes(1023), "1023 B");
  EXPECT_EQ(Bytes(1024), "1.0 KiB");
  EXPECT_EQ(Bytes(54'525'952), "52.0 MiB");
  EXPECT_EQ(Bytes(1 << 30), "1.0 GiB");
  EXPECT_EQ(Bytes((1 << 30) - 1), "1.0 GiB");
}

TEST(RenderCaches, IsATableWhenAllIsWell) {
  EXPECT_EQ(RenderCaches({From("contact", "127.0.0.1:7101",
                               R"(scopes { mode: ON epoch: "0000000000000abc" redis_run_id: "r"
              mode_time { seconds: 1773043200 } lease_left { nanos: 800000000 } connected: true
              trusted: true breaker: CLOSED
              redis { used_memory_bytes: 54525952 max_memory_bytes: 1073741824
                      eviction_policy: "allkeys-lfu" keys: 1912 evicted_keys: 3 } }
            counters { hits: 1884 misses: 116 hit_ratio: 0.942
                       bypasses { key: "off" value: 0 } })"),
                          From("recommendation", "127.0.0.1:7103", "")},
                         Days()),
            "service  address         scope  mode  since        epoch             from Redis       "
            "memory of Redis                   keys   evicted\n"
            "contact  127.0.0.1:7101  0      on    today 08:00  0000000000000abc  94.2 % of 2 000  "
            "52.0 MiB of 1.0 GiB, allkeys-lfu  1 912  3\n"
            "recommendation (127.0.0.1:7103): shares no cache\n");
}

TEST(RenderCaches, SaysWhyRedisIsNotAskedAndWhatIsWrong) {
  CacheAnswer silent{"engagement", "127.0.0.1:7102", absl::UnavailableError("no"), {}};
  const std::string text = RenderCaches(
      {From("contact", "a:1", R"(scopes { mode: ON lease_left { nanos: 1 } breaker: OPEN
            connection_failure: "unreachable" }
          counters { hits: 1 misses: 1 hit_ratio: 0.2
                     bypasses { key: "off" value: 2 } bypasses { key: "mark" value: 1 }
                     missing_marks: 1 wrong_values: 2 })"),
       From("contact", "b:1", R"(scopes { mode: OFF lease_left { nanos: 1 } } counters {})"),
       From("contact", "c:1", R"(scopes { mode: ON } counters {})"),
       From("contact", "d:1", R"(scopes { mode: ON lease_left { nanos: 1 } } counters {})"),
       From("contact", "e:1", R"(scopes { scope: 1 mode: ON lease_left { nanos: 1 }
            connected: true breaker: OPEN } scopes { scope: 2 trusted: true } counters {})"),
       From("contact", "f:1", "counters {}"), silent},
      Days());
  for (const char* line :
       {"contact (a:1): no connection to Redis (unreachable)\n",
        "contact (a:1): reads around the cache: 1 mark, 2 off\n",
        "contact (a:1): 1 mark was lost by Redis: does it have enough memory?\n",
        "contact (a:1): 2 values were damaged: who else writes below rp1:?\n",
        "contact (b:1): the cache is off; reads go to the database\n",
        "contact (c:1): the database does not say whether Redis may be believed\n",
        "contact (d:1): it is connected to another Redis than the database names\n",
        "contact (e:1): scope 1: Redis fails; the breaker is open\n",
        "contact (f:1): was started without --redis: its first write shuts the cache\n",
        "engagement (127.0.0.1:7102): does not answer\n", "20.0 % of 5", "does not answer"}) {
    EXPECT_THAT(text, ::testing::HasSubstr(line));
  }
}

}  // namespace
}  // namespace rapport::rapportctl
