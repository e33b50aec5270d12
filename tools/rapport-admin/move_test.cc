// Tenants move between engines: every row arrives, in the order of the feeds, or nothing does.
#include "tools/rapport-admin/move.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/rapport-admin/test_house.h"

namespace rapport::admin {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kRefused = absl::StatusCode::kFailedPrecondition;

class MoveTest : public AdminTest {
 protected:
  absl::Status Moved(const std::string& from, const std::string& to, const Strings& tenants = {}) {
    return Move(Things(), {from, to, tenants}, clock_, Lines());
  }
  // Every kind of value that both engines take.
  void FillAtRandom(store::Store& store, const base::TenantId& tenant, unsigned seed) {
    std::mt19937 random(seed);
    const auto number = [&](unsigned below) { return static_cast<int>(random() % below); };
    const auto text = [&](int longest) {
      static const Strings* const pieces =
          new Strings{"a", "Z", "é", "日", "😀", std::string("\0", 1), "\1", "\2", "'", "\\", "\n"};
      std::string out;
      for (int i = number(static_cast<unsigned>(longest) + 1); i > 0; --i) {
        out += (*pieces)[random() % pieces->size()];
      }
      return out;
    };
    const auto bytes = [&](int longest) {
      std::string out(static_cast<std::size_t>(number(static_cast<unsigned>(longest) + 1)), '\0');
      for (char& c : out) c = static_cast<char>(random());
      return out;
    };
    const auto integer = [&]() -> std::int64_t {
      switch (number(4)) {
        case 0:
          return std::numeric_limits<std::int64_t>::min();
        case 1:
          return std::numeric_limits<std::int64_t>::max();
        default:
          return number(1000) - 500;
      }
    };
    const auto maybe = [&](Value value) { return number(4) == 0 ? Value() : value; };
    // Rows are written again, also in one transaction.
    for (int transaction = 0; transaction < 20; ++transaction) {
      std::vector<std::pair<const Table*, Row>> rows;
      for (int i = 0; i < 40; ++i) {
        const std::string id = absl::StrCat(number(400), text(6));
        const int unique = 100 * transaction + i;
        switch (number(4)) {
          case 0:
            rows.emplace_back(&people_, Row{id, maybe(absl::StrCat(unique, text(20))),
                                            maybe(integer()), Value(), maybe(bytes(5000))});
            break;
          case 1:
            rows.emplace_back(&notes_, Row{id, integer(), maybe(bytes(200)), Value()});
            break;
          default:
            rows.emplace_back(
                &log_, Row{absl::StrCat(bytes(30), unique), maybe(integer()), maybe(bytes(300))});
            break;
        }
      }
      PutAll(store, tenant, rows);
    }
  }
};

TEST_F(MoveTest, EveryRowArrivesInTheOrderOfTheFeedsAndComesBack) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  const std::string first = File("first.db");
  const std::string database = Server().CreateDatabase();
  const std::string second = File("second.db");
  {
    const auto store = Open(Things(), first);
    FillAtRandom(store->store(), Acme(), seed);
    FillAtRandom(store->store(), Bolt(), seed + 1);
    Put(store->store(), base::TenantId::Trusted("system-cursors"), cursors_,
        {std::string("contact"), std::int64_t{7}});
  }
  ASSERT_OK(Moved(first, database));
  ASSERT_OK(Moved(database, second));
  const auto before = Open(Things(), first);
  for (const std::string& address : {database, second}) {
    const auto after = Open(Things(), address);
    for (const auto& tenant : {Acme(), Bolt()}) {
      for (const Table* table : {&people_, &notes_, &log_}) {
        EXPECT_EQ(RowsOf(after->store(), tenant, *table), RowsOf(before->store(), tenant, *table));
      }
      EXPECT_EQ(FeedOf(after->store(), tenant), FeedOf(before->store(), tenant));
    }
    // How far the old store has followed others is not the new one's.
    EXPECT_THAT(RowsOf(after->store(), base::TenantId::Trusted("system-cursors"), cursors_),
                ::testing::IsEmpty());
  }
}

TEST_F(MoveTest, OneTenantJoinsOthersAndIsHeardBehindWhatIsThere) {
  const std::string from = File("from.db");
  const std::string database = Server().CreateDatabase();
  std::int64_t there = 0;
  {
    const auto store = Open(Things(), from);
    for (const std::string id : {"a", "b"}) {
      Put(store->store(), Acme(), people_, {id, Value(), Value(), Value(), Value()});
      Put(store->store(), Bolt(), people_, {id, Value(), Value(), Value(), Value()});
    }
    const auto other = Open(Things(), database);
    Put(other->store(), Bolt(), people_, {std::string("c"), Value(), Value(), Value(), Value()});
    there = other->store().committed_sequence();
  }
  EXPECT_THAT(Moved(from, database), StatusIs(kRefused, HasSubstr("rows of tenant bolt already")));
  ASSERT_OK(Moved(from, database, {"acme"}));
  const auto after = Open(Things(), database);
  EXPECT_THAT(FeedOf(after->store(), Acme()), ElementsAre("people/a", "people/b"));
  EXPECT_THAT(FeedOf(after->store(), Bolt()), ElementsAre("people/c"));
  const auto view = ReadNow(after->store(), Acme());
  ASSERT_OK(view);
  // Whoever has come so far hears of both.
  int heard = 0;
  EXPECT_OK((*view)->Feed(people_, there, 10, [&](const auto& tenant, std::int64_t, Row&) {
    EXPECT_EQ(tenant, Acme());
    return ++heard > 0;
  }));
  EXPECT_EQ(heard, 2);
  // Once more changes nothing.
  EXPECT_OK(Moved(from, database, {"acme"}));
  EXPECT_EQ(lines_.back(), "tenant acme: was moved and compared before");
  EXPECT_THAT(Moved(from, database, {"nobody"}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(MoveTest, WhatPostgresRefusesIsNamedAndNothingIsMoved) {
  const std::string database = Server().CreateDatabase();
  const auto try_with = [&](const std::string& name, const Table& table, Row row) {
    const std::string from = File(name);
    {
      const auto store = Open(Things(), from);
      Put(store->store(), Acme(), people_, {std::string("a"), Value(), Value(), Value(), Value()});
      Put(store->store(), Acme(), table, std::move(row));
    }
    return Moved(from, database);
  };
  EXPECT_THAT(try_with("1.db", people_,
                       {std::string("b\"\n"), std::string("\xff"), Value(), Value(), Value()}),
              StatusIs(kRefused,
                       "table people of tenant acme, key (0x62220a): column email is not"
                       " UTF-8"));
  EXPECT_THAT(try_with("2.db", log_, {std::string(2700, 'k'), std::int64_t{1}, Value()}),
              StatusIs(kRefused, HasSubstr("the key has 2704 bytes")));
  EXPECT_THAT(try_with("3.db", people_,
                       {std::string("b"), std::string(1300, '\1'), Value(), Value(), Value()}),
              StatusIs(kRefused, HasSubstr("the entry in index by_email has 2604 bytes")));
  const auto after = Open(Things(), database);
  EXPECT_THAT(RowsOf(after->store(), Acme(), people_), ::testing::IsEmpty());
}

TEST_F(MoveTest, AStoreThatIsInUseIsRefused) {
  const std::string from = File("from.db");
  const std::string database = Server().CreateDatabase();
  auto used = Open(Things(), from);
  Put(used->store(), Acme(), people_, {std::string("a"), Value(), Value(), Value(), Value()});
  EXPECT_THAT(Moved(from, database), StatusIs(kRefused, HasSubstr("in use by process")));
  used.reset();
  ASSERT_OK(Moved(from, database));
  used = Open(Things(), database);
  EXPECT_THAT(Moved(database, File("to.db")), StatusIs(kRefused, HasSubstr("works on the schema")));
  EXPECT_THAT(Moved(File("none.db"), database), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/none.db"));
}

TEST_F(MoveTest, WhatSomebodyWritesMeanwhileIsFound) {
  const std::string from = File("from.db");
  const std::string database = Server().CreateDatabase();
  {
    const auto store = Open(Things(), from);
    for (const std::string id : {"a", "b"}) {
      Put(store->store(), Acme(), people_, {id, Value(), std::int64_t{1}, Value(), Value()});
    }
  }
  const auto other = Open(Things(), database);
  // When all is copied, and before it is compared.
  const Say meddling = [&](absl::string_view line) {
    if (line == "copied 2 rows") {
      Put(other->store(), Acme(), people_,
          {std::string("a"), Value(), std::int64_t{1}, Value(), Value()});
    }
  };
  EXPECT_THAT(Move(Things(), {from, database, {}}, clock_, meddling),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("the order of the feeds of tenant")));
  Put(other->store(), Acme(), people_,
      {std::string("b"), Value(), std::int64_t{2}, Value(), Value()});
  EXPECT_THAT(Moved(from, database),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("table people of tenant acme")));
}

}  // namespace
}  // namespace rapport::admin
