#include "common/store/open_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "common/store/contract_suite.h"
#include "common/store/values.h"

namespace rapport::store {
namespace {

using ::rapport::testing::IsOk;
using ::rapport::testing::StatusIs;
using ::testing::ElementsAre;

TEST(OpenStore, RefusesWhatIsNoAddress) {
  for (const char* address : {"", "sqlite:", "contact.db", "mysql://db/contact", "postgres:/x"}) {
    EXPECT_THAT(CheckAddress(address), StatusIs(absl::StatusCode::kInvalidArgument)) << address;
  }
  for (const char* address :
       {"sqlite:contact.db", "sqlite::memory:", "postgres://rapport@db/rapport",
        "postgresql:///rapport?host=/run/postgresql&passfile=/etc/pass"}) {
    EXPECT_OK(CheckAddress(address)) << address;
  }
}

TEST(OpenStore, RefusesPasswordsThatEverybodyCouldRead) {
  for (const char* address :
       {"postgres://rapport:secret@db/rapport", "postgres://db/rapport?password=secret",
        "postgres://db/rapport?sslmode=require&password=secret"}) {
    EXPECT_THAT(CheckAddress(address), StatusIs(absl::StatusCode::kInvalidArgument)) << address;
  }
  EXPECT_OK(CheckAddress("postgres://rapport@[::1]:5432/rapport"));
}

TEST(OpenStore, OpensTheEngineOfTheAddress) {
  const time::FakeClock clock{absl::FromUnixSeconds(1700000000)};
  testing::PostgresServer& server = OnPostgres::Server();
  for (const std::string& address : {std::string("sqlite::memory:"), server.CreateDatabase()}) {
    OpenOptions options;
    options.address = address;
    options.schema = "opened";
    options.tables = {&People()};
    options.clock = &clock;
    ASSERT_OK_AND_ASSIGN(const auto store, OpenStore(std::move(options)));
    ASSERT_OK(TransactAndWait(*store, {}, Acme(), [](Tx& tx) {
      return tx.Put(People(), Person("ada", kNull)).status();
    }));
    ASSERT_OK_AND_ASSIGN(const auto snapshot, store->Read({}, Acme()));
    EXPECT_THAT(Ids(*snapshot, People(), {}), ElementsAre("ada")) << address;
    EXPECT_EQ(IsEmbedded(address), address == "sqlite::memory:");
  }
}

TEST(Values, ComeBackAsTheyWere) {
  const std::vector<Value> values = {Text(""), Int(0),
                                     kNull,    Text(std::string("a\0b", 3)),
                                     Int(-1),  Int(std::numeric_limits<std::int64_t>::max())};
  const std::string bytes = EncodeValues(values);
  EXPECT_EQ(DecodeValues(bytes), values);
  EXPECT_EQ(DecodeValues(""), std::vector<Value>());
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    const auto cut = DecodeValues(absl::string_view(bytes).substr(0, size));
    EXPECT_TRUE(!cut || cut->size() < values.size()) << size;
  }
  EXPECT_EQ(DecodeValues("x"), absl::nullopt);
}

}  // namespace
}  // namespace rapport::store
