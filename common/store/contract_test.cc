// The contract of store.h for rows, keys, ranges, tenants and feeds: a case per sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "common/store/contract_suite.h"

namespace rapport::store {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

template <class Engine>
class StoreRows : public StoreContract<Engine> {};
TYPED_TEST_SUITE(StoreRows, Engines);

TYPED_TEST(StoreRows, GivesBackWhatWasPut) {
  const Row row = Person("p1", Text("Ada"), Int(36), Text("ada@example.org"), Text("\x01\x02"));
  this->Put(People(), row);
  EXPECT_THAT(this->Get(People(), {Text("p1")}), Optional(row));
}

TYPED_TEST(StoreRows, AMissingRowIsNoError) {
  EXPECT_EQ(this->Get(People(), {Text("nobody")}), std::nullopt);
  this->Delete(People(), {Text("nobody")});
}

// In a snapshot and in a transaction that has written one of them.
TYPED_TEST(StoreRows, ManyRowsAreGottenAtOnce) {
  this->Put(Notes(), {Text("ada"), Int(1), Text("one")});
  this->Put(Notes(), {Text("ada"), Int(2), Text("two")});
  this->Put(Notes(), {Text("ada"), Int(2), Text("theirs")}, Bolt());
  const std::vector<std::vector<Value>> keys = {
      {Text("ada"), Int(2)}, {Text("bob"), Int(1)}, {Text("ada"), Int(1)}, {Text("ada"), Int(2)}};
  const auto gotten = [&](Reader& reader) {
    std::vector<std::string> bodies(keys.size());
    EXPECT_OK(reader.GetMany(
        Notes(), keys, [&](std::size_t place, Row& row) { bodies[place] += AsText(row[2]); }));
    return bodies;
  };
  EXPECT_THAT(gotten(*this->Snap()), ElementsAre("two", "", "one", "two"));
  EXPECT_OK(this->Try([&](Tx& tx) {
    EXPECT_OK(tx.Put(Notes(), {Text("bob"), Int(1), Text("new")}));
    EXPECT_THAT(gotten(tx), ElementsAre("two", "new", "one", "two"));
    return absl::OkStatus();
  }));
  const auto nothing = [](std::size_t, Row&) { ADD_FAILURE(); };
  EXPECT_OK(this->Snap()->GetMany(Notes(), {}, nothing));
  const std::vector<std::vector<Value>> strange = {{Text("ada"), Int(1)}, {Text("ada")}};
  const auto any = [](std::size_t, Row&) {};
  EXPECT_THAT(this->Snap()->GetMany(Notes(), strange, any), StatusIs(absl::StatusCode::kInternal));
}

TYPED_TEST(StoreRows, PutReplacesTheRowWithTheSameKey) {
  this->Put(People(), Person("p1", Text("Ada"), Int(36), Text("a@b.c")));
  this->Put(People(), Person("p1", Text("Grace")));
  EXPECT_THAT(this->Get(People(), {Text("p1")}), Optional(Person("p1", Text("Grace"))));
  EXPECT_THAT(this->Scan(People(), {.index = 0}), ElementsAre("p1"));
  EXPECT_THAT(this->Scan(People(), {.index = 1}), IsEmpty());
}

TYPED_TEST(StoreRows, InsertRefusesAnExistingKey) {
  this->Put(People(), Person("p1", Text("Ada")));
  EXPECT_THAT(
      this->Try([](Tx& tx) { return tx.Insert(People(), Person("p1", Text("Eve"))).status(); }),
      StatusIs(absl::StatusCode::kAlreadyExists, "primary"));
  EXPECT_THAT(this->Get(People(), {Text("p1")}), Optional(Person("p1", Text("Ada"))));
}

TYPED_TEST(StoreRows, DeleteRemovesTheRowFromEveryIndex) {
  this->Put(People(), Person("p1", Text("Ada"), Int(36), Text("a@b.c")));
  this->Delete(People(), {Text("p1")});
  EXPECT_EQ(this->Get(People(), {Text("p1")}), std::nullopt);
  for (int index = -1; index < 3; ++index) {
    EXPECT_THAT(this->Scan(People(), {.index = index}), IsEmpty());
  }
}

TYPED_TEST(StoreRows, KeepsValuesByteForByte) {
  const std::string nul("a\0b\0", 4);
  const std::string wide = "\xF0\x9F\xA4\x9D \xF0\xA0\x80\x8B";
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  const std::vector<Row> rows = {
      Person("nul", Text(nul), kNull, Text(nul), Text(nul)),
      Person("wide", Text(wide), kNull, kNull, Text(all)),
      Person("empty", Text(""), Int(0), kNull, Text("")),
      Person("large", Text(std::string(2000, 'x')), kNull, kNull, Text(std::string(1 << 20, 'x'))),
      Person("null", kNull)};
  for (const Row& row : rows) this->Put(People(), row);
  for (const Row& row : rows) EXPECT_THAT(this->Get(People(), {row[0]}), Optional(row));
}

TYPED_TEST(StoreRows, KeepsAndOrdersTheExtremesOfIntegers) {
  const std::int64_t low = std::numeric_limits<std::int64_t>::min();
  const std::int64_t high = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t number : {high, std::int64_t{0}, low, std::int64_t{-1}}) {
    this->Put(Notes(), {Text("p"), Int(number), kNull});
  }
  std::vector<std::int64_t> seen;
  EXPECT_OK(this->Snap()->Scan(Notes(), {}, [&](Row& row) {
    seen.push_back(AsInt(row[1]));
    return true;
  }));
  EXPECT_THAT(seen, ElementsAre(low, -1, 0, high));
}

TYPED_TEST(StoreRows, ComparesTextBytewise) {
  for (const char* id : {"b", "a", "B", "\xC3\xA9", "aa", ""}) {
    this->Put(People(), Person(id, kNull));
  }
  this->Put(People(), Person(std::string("a\0", 2), kNull));
  EXPECT_THAT(this->Scan(People(), {}),
              ElementsAre("", "B", "a", std::string("a\0", 2), "aa", "b", "\xC3\xA9"));
}

TYPED_TEST(StoreRows, KeysOfSeveralColumnsOrderOneAfterTheOther) {
  for (const char* person : {"q", "p"}) {
    for (const std::int64_t number : {10, 9, 100}) {
      this->Put(Notes(), {Text(person), Int(number), kNull});
    }
  }
  std::vector<std::pair<std::string, std::int64_t>> seen;
  EXPECT_OK(this->Snap()->Scan(Notes(), {}, [&](Row& row) {
    seen.emplace_back(AsText(row[0]), AsInt(row[1]));
    return true;
  }));
  EXPECT_THAT(seen, ElementsAre(std::pair("p", 9), std::pair("p", 10), std::pair("p", 100),
                                std::pair("q", 9), std::pair("q", 10), std::pair("q", 100)));
}

TYPED_TEST(StoreRows, RowsThatDoNotFitTheTableAreABug) {
  const auto refused = StatusIs(absl::StatusCode::kInternal);
  const auto put = [&](Row row) {
    return this->Try([&](Tx& tx) { return tx.Put(People(), row).status(); });
  };
  EXPECT_THAT(put({Text("p1")}), refused);
  EXPECT_THAT(put(Person("p1", Int(5))), refused);
  EXPECT_THAT(put(Person("p1", kNull, Text("5"))), refused);
  EXPECT_THAT(put({kNull, kNull, kNull, kNull, kNull}), refused);
  EXPECT_THAT(this->Snap()->Get(People(), {Int(1)}), refused);
  EXPECT_THAT(this->Snap()->Get(People(), {}), refused);
  const Table unknown{.name = "unknown", .columns = {{"id", ColumnType::kText}}};
  EXPECT_THAT(this->Snap()->Get(unknown, {Text("p1")}), refused);
  EXPECT_THAT(this->Scan(People(), {}), IsEmpty());
}

template <class Engine>
class StoreRanges : public StoreContract<Engine> {
 protected:
  void SetUp() override {
    EXPECT_OK(this->Try([](Tx& tx) {
      int age = 30;
      for (const char* id : {"e", "a", "d", "b", "c"}) {
        const bool odd = std::string(id) == "a" || std::string(id) == "e";
        EXPECT_OK(tx.Put(People(), Person(id, odd ? Text("Odd") : Text("Even"), Int(age))));
        age += 10;
      }
      return tx.Put(People(), Person("z", kNull, Int(30), Text("z@z.z"))).status();
    }));
  }
};
TYPED_TEST_SUITE(StoreRanges, Engines);

TYPED_TEST(StoreRanges, WithoutAnIndexTheKeyOrders) {
  EXPECT_THAT(this->Scan(People(), {}), ElementsAre("a", "b", "c", "d", "e", "z"));
  EXPECT_THAT(this->Scan(People(), {.descending = true}),
              ElementsAre("z", "e", "d", "c", "b", "a"));
}

TYPED_TEST(StoreRanges, StartStrictlyBehindTheGivenValues) {
  EXPECT_THAT(this->Scan(People(), {.after = {Text("c")}}), ElementsAre("d", "e", "z"));
  EXPECT_THAT(this->Scan(People(), {.after = {Text("c")}, .descending = true}),
              ElementsAre("b", "a"));
  EXPECT_THAT(this->Scan(People(), {.after = {Text("bb")}, .limit = 2}), ElementsAre("c", "d"));
}

TYPED_TEST(StoreRanges, EndAtTheLimitOrWhenTheVisitorHasEnough) {
  EXPECT_THAT(this->Scan(People(), {.limit = 2}), ElementsAre("a", "b"));
  EXPECT_THAT(this->Scan(People(), {.limit = 100}), ::testing::SizeIs(6));
  std::vector<std::string> seen;
  const auto snapshot = this->Snap();
  EXPECT_OK(snapshot->Scan(People(), {}, [&](Row& row) {
    seen.push_back(AsText(std::exchange(row, {})[0]));
    return seen.size() < 3;
  }));
  EXPECT_THAT(seen, ElementsAre("a", "b", "c"));
  EXPECT_THAT(Ids(*snapshot, People(), {}), ::testing::SizeIs(6));
}

TYPED_TEST(StoreRanges, AnIndexOrdersByItsColumnsThenByTheKey) {
  EXPECT_THAT(this->Scan(People(), {.index = 0}), ElementsAre("b", "c", "d", "a", "e"));
  EXPECT_THAT(this->Scan(People(), {.index = 0, .descending = true}),
              ElementsAre("e", "a", "d", "c", "b"));
  EXPECT_THAT(this->Scan(People(), {.index = 0, .prefix = {Text("Even")}}),
              ElementsAre("b", "c", "d"));
  EXPECT_THAT(this->Scan(People(), {.index = 0, .after = {Text("Even"), Text("b")}}),
              ElementsAre("c", "d", "a", "e"));
  EXPECT_THAT(this->Scan(People(), {.index = 0, .after = {Text("Even")}}), ElementsAre("a", "e"));
  EXPECT_THAT(this->Scan(People(),
                         {.index = 0, .prefix = {Text("Even")}, .after = {Text("b")}, .limit = 1}),
              ElementsAre("c"));
  EXPECT_THAT(
      this->Scan(People(),
                 {.index = 0, .prefix = {Text("Even")}, .after = {Text("c")}, .descending = true}),
      ElementsAre("b"));
}

TYPED_TEST(StoreRanges, LeaveOutRowsWithANullInAnIndexedColumn) {
  EXPECT_THAT(this->Scan(People(), {.index = 0}), ::testing::Not(::testing::Contains("z")));
  EXPECT_THAT(this->Scan(People(), {.index = 1}), ElementsAre("e", "a", "d", "b", "c"));
  EXPECT_THAT(this->Scan(People(), {.index = 2}), ElementsAre("z"));
  EXPECT_THAT(this->Scan(People(), {.index = 0, .prefix = {kNull}}), IsEmpty());
}

TYPED_TEST(StoreRanges, RefuseWhatTheIndexDoesNotHave) {
  const auto snapshot = this->Snap();
  const auto scan = [&](const Range& range) {
    return snapshot->Scan(People(), range, [](Row&) { return true; });
  };
  const auto refused = StatusIs(absl::StatusCode::kInternal);
  EXPECT_THAT(scan({.index = 3}), refused);
  EXPECT_THAT(scan({.index = -2}), refused);
  EXPECT_THAT(scan({.prefix = {Text("a"), Text("b")}}), refused);
  EXPECT_THAT(scan({.index = 0, .prefix = {Int(1)}}), refused);
  EXPECT_THAT(scan({.index = 0, .after = {kNull}}), refused);
  EXPECT_THAT(scan({.limit = -1}), refused);
}

TYPED_TEST(StoreRanges, AVisitMustNotUseItsReader) {
  const auto snapshot = this->Snap();
  absl::Status inner;
  EXPECT_OK(snapshot->Scan(People(), {}, [&](Row&) {
    inner = snapshot->Scan(People(), {}, [](Row&) { return true; });
    return false;
  }));
  EXPECT_THAT(inner, StatusIs(absl::StatusCode::kInternal));
}

TYPED_TEST(StoreRanges, SeeTheTransactionsOwnWrites) {
  EXPECT_OK(this->Try([](Tx& tx) {
    EXPECT_OK(tx.Put(People(), Person("aa", Text("Even"))));
    EXPECT_OK(tx.Delete(People(), {Text("b")}));
    EXPECT_THAT(Ids(tx, People(), {.index = 0, .prefix = {Text("Even")}}),
                ElementsAre("aa", "c", "d"));
    return absl::OkStatus();
  }));
}

template <class Engine>
class StoreUnique : public StoreContract<Engine> {};
TYPED_TEST_SUITE(StoreUnique, Engines);

TYPED_TEST(StoreUnique, AUniqueIndexForbidsTheSecondRowAndNamesItself) {
  this->Put(People(), Person("p1", kNull, kNull, Text("a@b.c")));
  const auto taken = StatusIs(absl::StatusCode::kAlreadyExists, "by_email");
  const Row rival = Person("p2", kNull, kNull, Text("a@b.c"));
  EXPECT_THAT(this->Try([&](Tx& tx) { return tx.Put(People(), rival).status(); }), taken);
  EXPECT_THAT(this->Try([&](Tx& tx) { return tx.Insert(People(), rival).status(); }), taken);
  EXPECT_EQ(this->Get(People(), {Text("p2")}), std::nullopt);
}

TYPED_TEST(StoreUnique, TheSameRowMayKeepItsValueAndAFreedValueMayBeTaken) {
  this->Put(People(), Person("p1", kNull, kNull, Text("a@b.c")));
  this->Put(People(), Person("p1", Text("Ada"), kNull, Text("a@b.c")));
  this->Put(People(), Person("p1", Text("Ada"), kNull, Text("new@b.c")));
  this->Put(People(), Person("p2", kNull, kNull, Text("a@b.c")));
  EXPECT_THAT(this->Scan(People(), {.index = 2, .prefix = {Text("a@b.c")}}), ElementsAre("p2"));
}

TYPED_TEST(StoreUnique, NullsDoNotCollide) {
  this->Put(People(), Person("p1", kNull));
  this->Put(People(), Person("p2", kNull));
  EXPECT_THAT(this->Scan(People(), {}), ElementsAre("p1", "p2"));
}

TYPED_TEST(StoreUnique, ABodyMayGoOnAfterARefusal) {
  this->Put(People(), Person("p1", kNull, kNull, Text("a@b.c")));
  EXPECT_OK(this->Try([](Tx& tx) {
    EXPECT_THAT(tx.Put(People(), Person("p2", kNull, kNull, Text("a@b.c"))),
                StatusIs(absl::StatusCode::kAlreadyExists, "by_email"));
    return tx.Put(People(), Person("p3", kNull)).status();
  }));
  EXPECT_THAT(this->Scan(People(), {}), ElementsAre("p1", "p3"));
}

template <class Engine>
class StoreTenants : public StoreContract<Engine> {};
TYPED_TEST_SUITE(StoreTenants, Engines);

TYPED_TEST(StoreTenants, NeverSeeOrTouchEachOthersRows) {
  this->Put(People(), Person("p1", Text("Ada"), Int(1), Text("a@b.c")), Acme());
  this->Put(People(), Person("p1", Text("Bob"), Int(2), Text("a@b.c")), Bolt());
  this->Put(People(), Person("p2", Text("Ben"), Int(2)), Bolt());
  EXPECT_THAT(this->Get(People(), {Text("p1")}, Acme()),
              Optional(Person("p1", Text("Ada"), Int(1), Text("a@b.c"))));
  for (int index = -1; index < 3; ++index) {
    EXPECT_THAT(this->Scan(People(), {.index = index}, Acme()), ElementsAre("p1"));
    EXPECT_THAT(this->Scan(People(), {.index = index, .descending = true}, Acme()),
                ElementsAre("p1"));
  }
  this->Delete(People(), {Text("p1")}, Acme());
  EXPECT_THAT(this->Scan(People(), {}, Acme()), IsEmpty());
  EXPECT_THAT(this->Scan(People(), {}, Bolt()), ElementsAre("p1", "p2"));
}

TYPED_TEST(StoreTenants, ATransactionKnowsItsTenant) {
  EXPECT_OK(this->Try(
      [](Tx& tx) {
        EXPECT_EQ(tx.tenant(), Bolt());
        return absl::OkStatus();
      },
      Bolt()));
}

template <class Engine>
class StoreFeed : public StoreContract<Engine> {
 protected:
  using Entry = std::tuple<std::string, std::int64_t, std::string>;
  std::vector<Entry> Feed(std::int64_t after, int limit = 100) {
    std::vector<Entry> entries;
    EXPECT_OK(this->Snap()->Feed(
        Events(), after, limit, [&](const base::TenantId& tenant, std::int64_t sequence, Row& row) {
          EXPECT_EQ(AsInt(row[2]), sequence);
          entries.emplace_back(tenant.value(), sequence, AsText(row[0]));
          return true;
        }));
    return entries;
  }
};
TYPED_TEST_SUITE(StoreFeed, Engines);

TYPED_TEST(StoreFeed, ShowsRowsOfAllTenantsInTheOrderOfTheirWrites) {
  const std::int64_t z = this->Put(Events(), Event("z"), Acme());
  const std::int64_t a = this->Put(Events(), Event("a"), Bolt());
  const std::int64_t m = this->Put(Events(), Event("m"), Acme());
  EXPECT_LT(z, a);
  EXPECT_LT(a, m);
  EXPECT_THAT(this->Feed(0), ElementsAre(std::tuple("acme", z, "z"), std::tuple("bolt", a, "a"),
                                         std::tuple("acme", m, "m")));
}

TYPED_TEST(StoreFeed, StartsBehindTheCursorAndKeepsTheLimit) {
  std::vector<std::int64_t> at;
  for (const char* id : {"a", "b", "c", "d"}) at.push_back(this->Put(Events(), Event(id)));
  EXPECT_THAT(this->Feed(at[0], 2),
              ElementsAre(std::tuple("acme", at[1], "b"), std::tuple("acme", at[2], "c")));
  EXPECT_THAT(this->Feed(at[1] - 1, 1), ElementsAre(std::tuple("acme", at[1], "b")));
  EXPECT_THAT(this->Feed(at[3]), IsEmpty());
}

TYPED_TEST(StoreFeed, IsCompleteHoweverLongItIs) {
  constexpr int kRows = 2500;
  EXPECT_OK(this->Try([](Tx& tx) -> absl::Status {
    for (int i = 0; i < kRows; ++i) {
      const auto put = tx.Put(Events(), Event(std::to_string(i)));
      if (!put.ok()) return put.status();
    }
    return absl::OkStatus();
  }));
  const auto all = this->Feed(0, 1 << 20);
  EXPECT_EQ(all.size(), kRows);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::get<1>(a) < std::get<1>(b);
  }));
  EXPECT_EQ(std::get<2>(all[0]), "0");
  EXPECT_EQ(std::get<2>(all[kRows - 1]), std::to_string(kRows - 1));
  EXPECT_THAT(this->Feed(0, 2000), ::testing::SizeIs(2000));
  EXPECT_THAT(this->Scan(Events(), {}), ::testing::SizeIs(kRows));
  EXPECT_THAT(this->Scan(Events(), {.index = 0, .descending = true}), ::testing::SizeIs(kRows));
  EXPECT_THAT(this->Scan(Events(), {.limit = 1500}), ::testing::SizeIs(1500));
}

TYPED_TEST(StoreFeed, ShowsARowOnceAtItsLastWrite) {
  const std::int64_t first = this->Put(Events(), Event("a"));
  const std::int64_t b = this->Put(Events(), Event("b"));
  const std::int64_t a = this->Put(Events(), Event("a", "visit"));
  EXPECT_LT(first, b);
  EXPECT_THAT(this->Feed(0), ElementsAre(std::tuple("acme", b, "b"), std::tuple("acme", a, "a")));
}

TYPED_TEST(StoreFeed, EveryWriteOfASequencedTableGetsAHigherSequence) {
  std::vector<std::int64_t> given;
  const auto done = this->Try([&](Tx& tx) {
    given.clear();
    given.push_back(*tx.Put(Events(), Event("a")));
    given.push_back(*tx.Insert(Events(), Event("b")));
    given.push_back(*tx.Put(Events(), Event("a")));
    EXPECT_EQ(*tx.Put(People(), Person("p", kNull)), 0);
    EXPECT_THAT(tx.Insert(Events(), Event("b")), StatusIs(absl::StatusCode::kAlreadyExists));
    given.push_back(*tx.Put(Events(), Event("c")));
    return absl::OkStatus();
  });
  ASSERT_OK(done);
  EXPECT_GT(given[0], 0);
  for (std::size_t i = 1; i < given.size(); ++i) EXPECT_GT(given[i], given[i - 1]);
  EXPECT_EQ(*done, given.back());
  EXPECT_GE(this->store_->committed_sequence(), given.back());
  EXPECT_THAT(this->Feed(0),
              ElementsAre(std::tuple("acme", given[1], "b"), std::tuple("acme", given[2], "a"),
                          std::tuple("acme", given[3], "c")));
}

TYPED_TEST(StoreFeed, OfATableWithoutSequenceIsABug) {
  EXPECT_THAT(this->Snap()->Feed(People(), 0, 10,
                                 [](const base::TenantId&, std::int64_t, Row&) { return true; }),
              StatusIs(absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace rapport::store
