// Lists against what the rows hold: pages, filters, orders, and how many rows they look at.
#include "common/resource/list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/resource/page_token.h"
#include "common/resource/registry.h"
#include "common/store/sqlite_store.h"
#include "common/testing/matchers.h"
#include "common/time/clock.h"
#include "rapport/contact/v1/relationship_service.pb.h"
#include "rapport/engagement/v1/care_service.pb.h"

namespace rapport::resource {
namespace {

using contact::v1::ListRelationshipsRequest;
using contact::v1::Relationship;
using engagement::v1::CareEvent;
using engagement::v1::ListCareEventsRequest;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Counts the rows that it lets through.
class CountingReader final : public store::Reader {
 public:
  explicit CountingReader(store::Reader* reader) : reader_(*reader) {}
  absl::StatusOr<std::optional<store::Row>> Get(const store::Table& table,
                                                absl::Span<const store::Value> key) override {
    return reader_.Get(table, key);
  }
  absl::Status Scan(const store::Table& table, const store::Range& range,
                    absl::FunctionRef<bool(store::Row&)> visit) override {
    return reader_.Scan(table, range, [&](store::Row& row) {
      ++rows;
      return visit(row);
    });
  }
  int rows = 0;

 private:
  store::Reader& reader_;
};

Strategy<Relationship> Relationships() {
  Strategy<Relationship> s;
  s.table = "relationships";
  s.field = "relationship";
  s.columns = {{"house", store::ColumnType::kText,
                [](const Relationship& r) { return store::Value(r.house()); }, "house"}};
  s.indexes = {{"by_house", {0, kId}}};
  return s;
}

// `time` comes first in an index that knows no parent: List must not go by it.
Strategy<CareEvent> CareEvents() {
  Strategy<CareEvent> s;
  s.table = "care_events";
  s.field = "care_event";
  s.columns = {{"time", store::ColumnType::kInt,
                [](const CareEvent& e) {
                  return store::Value(absl::ToUnixMicros(time::FromProto(e.said_time())));
                },
                "said_time"},
               {"text", store::ColumnType::kText,
                [](const CareEvent& e) { return store::Value(e.text()); }, "text"}};
  s.indexes = {{"by_text", {1, kId}}, {"by_time", {kParent, 0, kId}}};
  return s;
}

class List : public ::testing::Test {
 protected:
  List()
      : tokens_("0123456789abcdef0123456789abcdef"),
        relationships_(Relationships(), &tokens_, &rng_, nullptr),
        care_events_(CareEvents(), &tokens_, &rng_, nullptr) {
    store::SqliteOptions options;
    options.tables = {&relationships_.table(), &care_events_.table()};
    options.clock = &clock_;
    auto opened = store::SqliteStore::Open(std::move(options));
    EXPECT_OK(opened);
    store_ = *std::move(opened);
    home_.tenant = base::TenantId::Trusted("home");
    home_.deadline = absl::InfiniteFuture();
  }

  void AddRelationship(const std::string& id, const std::string& house, bool orphaned,
                       bool deleted = false) {
    Relationship relationship;
    relationship.set_name("tenants/home/relationships/" + id);
    relationship.set_house(house);
    relationship.set_orphaned(orphaned);
    if (deleted) relationship.mutable_delete_time()->set_seconds(1);
    waiting_.push_back(
        [this, relationship](store::Tx& tx) { return relationships_.Put(tx, relationship); });
  }
  void AddCareEvent(const std::string& relationship, const std::string& id, int second,
                    const std::string& text) {
    CareEvent event;
    event.set_name(absl::StrCat("tenants/home/relationships/", relationship, "/careEvents/", id));
    event.mutable_said_time()->set_seconds(second);
    event.set_text(text);
    waiting_.push_back([this, event](store::Tx& tx) { return care_events_.Put(tx, event); });
  }
  void Write() {
    EXPECT_OK(store::TransactAndWait(*store_, {}, home_.tenant, [&](store::Tx& tx) -> absl::Status {
      for (const auto& put : waiting_) RETURN_IF_ERROR(put(tx));
      return absl::OkStatus();
    }));
    waiting_.clear();
  }

  absl::StatusOr<Listed> Ask(const Collection& collection, const google::protobuf::Message& request,
                             const View& view = {}) {
    auto snapshot = store_->Read(home_, home_.tenant);
    EXPECT_OK(snapshot);
    CountingReader reader(snapshot->get());
    auto page = resource::List(collection, tokens_, reader, home_, request, view);
    examined_ = reader.rows;
    return page;
  }
  // The ids of all pages, and how many pages there were.
  template <class Request>
  std::vector<std::string> All(const Collection& collection, Request request) {
    std::vector<std::string> ids;
    pages_ = 0;
    do {
      auto page = Ask(collection, request);
      EXPECT_OK(page);
      if (!page.ok()) return ids;
      for (const auto& item : page->items) {
        const std::string& name = TextOf(*item, "name");
        ids.push_back(name.substr(name.rfind('/') + 1));
      }
      request.set_page_token(page->next_token);
    } while (++pages_ < 100 && !request.page_token().empty());
    return ids;
  }
  static ListRelationshipsRequest InHome(const std::string& filter = "",
                                         const std::string& order_by = "") {
    ListRelationshipsRequest request;
    request.set_parent("tenants/home");
    request.set_filter(filter);
    request.set_order_by(order_by);
    return request;
  }
  static ListCareEventsRequest Of(const std::string& relationship, const std::string& filter,
                                  const std::string& order_by) {
    ListCareEventsRequest request;
    request.set_parent("tenants/home/relationships/" + relationship);
    request.set_filter(filter);
    request.set_order_by(order_by);
    return request;
  }

  const time::SystemClock clock_;
  const PageTokens tokens_;
  base::SystemRng rng_;
  const Registry<Relationship> relationships_;
  const Registry<CareEvent> care_events_;
  std::unique_ptr<store::SqliteStore> store_;
  base::CallContext home_;
  std::vector<std::function<absl::Status(store::Tx&)>> waiting_;
  int examined_ = 0;
  int pages_ = 0;
};

TEST_F(List, GoesPageByPageThroughWhatFits) {
  for (int i = 0; i < 9; ++i) AddRelationship(absl::StrCat("r", i), "default", i % 2 == 0, i == 4);
  Write();
  auto request = InHome("orphaned");
  request.set_page_size(2);
  EXPECT_THAT(All(relationships_.collection(), request), ElementsAre("r0", "r2", "r6", "r8"));
  request.set_show_deleted(true);
  EXPECT_THAT(All(relationships_.collection(), request), ElementsAre("r0", "r2", "r4", "r6", "r8"));
  request.set_order_by("name desc");
  EXPECT_THAT(All(relationships_.collection(), request), ElementsAre("r8", "r6", "r4", "r2", "r0"));
}

TEST_F(List, LooksAtNoMoreRowsThanItMayAndGoesOnLater) {
  for (int i = 0; i < kMaxExamined + 10; ++i) {
    AddRelationship(absl::StrCat("r", 100000 + i), "default", i == kMaxExamined + 5);
  }
  Write();
  ASSERT_OK_AND_ASSIGN(const auto first, Ask(relationships_.collection(), InHome("orphaned")));
  EXPECT_THAT(first.items, IsEmpty());
  EXPECT_NE(first.next_token, "");
  EXPECT_LE(examined_, kMaxExamined + 1);
  EXPECT_THAT(All(relationships_.collection(), InHome("orphaned")),
              ElementsAre(absl::StrCat("r", 100000 + kMaxExamined + 5)));
  EXPECT_EQ(pages_, 2);

  const auto sorted = Ask(relationships_.collection(), InHome("orphaned", "update_time"));
  EXPECT_THAT(sorted, testing::StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(errors::ReasonOf(sorted.status()), type::v1::FIELD);
  EXPECT_LE(examined_, kMaxSorted + 1);
}

TEST_F(List, GoesByTheIndexOfWhatTheFilterPins) {
  for (int i = 0; i < 300; ++i) {
    AddRelationship(absl::StrCat("r", 100 + i), i % 100 == 0 ? "rare" : "usual", i < 150);
  }
  Write();
  EXPECT_THAT(All(relationships_.collection(), InHome("house = rare AND orphaned")),
              ElementsAre("r100", "r200"));
  EXPECT_EQ(examined_, 3);
  EXPECT_THAT(All(relationships_.collection(), InHome("house = rare", "revision desc")),
              ElementsAre("r100", "r200", "r300"));
  EXPECT_EQ(examined_, 3);
  auto request = InHome("house = rare");
  request.set_page_size(1);
  EXPECT_THAT(All(relationships_.collection(), request), ElementsAre("r100", "r200", "r300"));
  EXPECT_THAT(All(relationships_.collection(), InHome("house = nothing")), IsEmpty());
  EXPECT_EQ(examined_, 0);
}

TEST_F(List, NeverShowsWhatIsOfAnotherParent) {
  AddCareEvent("a", "1", 5, "moved");
  AddCareEvent("a", "2", 4, "moved");
  AddCareEvent("b", "3", 3, "moved");
  Write();
  const auto& collection = care_events_.collection();
  EXPECT_THAT(All(collection, Of("a", "text = moved", "")), ElementsAre("1", "2"));
  EXPECT_THAT(All(collection, Of("b", "text = moved", "")), ElementsAre("3"));
  EXPECT_THAT(All(collection, Of("a", "text = moved", "said_time")), ElementsAre("2", "1"));
  EXPECT_THAT(All(collection, Of("c", "", "said_time")), IsEmpty());
}

TEST_F(List, AnIndexAndASortGiveTheSameOrder) {
  for (int i = 0; i < 40; ++i) {
    AddCareEvent("a", absl::StrCat("e", 10 + i), (i * 7) % 40, i % 3 == 0 ? "x" : "y");
  }
  Write();
  const auto& collection = care_events_.collection();
  Collection without_columns = collection;
  without_columns.columns.clear();
  for (const char* filter : {"", "text = x"}) {
    for (const char* order_by : {"said_time", "said_time desc"}) {
      auto request = Of("a", filter, order_by);
      request.set_page_size(7);
      const auto by_index = All(collection, request);
      EXPECT_THAT(by_index, SizeIs(*filter == 0 ? 40 : 14));
      EXPECT_EQ(All(without_columns, request), by_index) << filter << " " << order_by;
    }
  }
  auto request = Of("a", "", "said_time");
  request.set_page_size(5);
  EXPECT_OK(Ask(collection, request));
  EXPECT_EQ(examined_, 6);
  EXPECT_OK(Ask(without_columns, request));
  EXPECT_EQ(examined_, 40);
}

TEST_F(List, ASortedListGoesOnBehindThePlaceOfTheLastOne) {
  for (int i = 0; i < 23; ++i) {
    AddRelationship(absl::StrCat("r", 10 + i), absl::StrCat("h", i % 4), false);
  }
  Write();
  auto request = InHome("", "house desc");
  request.set_page_size(4);
  const auto ids = All(relationships_.collection(), request);
  EXPECT_EQ(pages_, 6);
  std::vector<std::string> expected;
  for (const int house : {3, 2, 1, 0}) {
    for (int i = house; i < 23; i += 4) expected.push_back(absl::StrCat("r", 10 + i));
  }
  EXPECT_EQ(ids, expected);
}

TEST_F(List, ATokenBelongsToItsFilterAndOrder) {
  for (int i = 0; i < 5; ++i) AddRelationship(absl::StrCat("r", i), "default", true);
  Write();
  auto request = InHome("orphaned", "house");
  request.set_page_size(2);
  ASSERT_OK_AND_ASSIGN(const auto first, Ask(relationships_.collection(), request));
  ASSERT_NE(first.next_token, "");
  auto other_filter = InHome("NOT orphaned", "house");
  auto other_order = InHome("orphaned", "house desc");
  for (auto* other : {&other_filter, &other_order}) {
    other->set_page_token(first.next_token);
    const auto page = Ask(relationships_.collection(), *other);
    EXPECT_EQ(errors::ReasonOf(page.status()), type::v1::PAGE_TOKEN) << page.status();
  }
}

TEST_F(List, AFieldOfTheRequestThatTheResourceHasTooAsksForEquality) {
  Relationship relationship;
  for (const char* person : {"ana", "rui"}) {
    relationship.set_name(absl::StrCat("tenants/home/relationships/of-", person));
    relationship.set_person(absl::StrCat("tenants/home/people/", person));
    waiting_.push_back(
        [this, relationship](store::Tx& tx) { return relationships_.Put(tx, relationship); });
  }
  Write();
  auto request = InHome();
  EXPECT_THAT(All(relationships_.collection(), request), ElementsAre("of-ana", "of-rui"));
  request.set_person("tenants/home/people/rui");
  EXPECT_THAT(All(relationships_.collection(), request), ElementsAre("of-rui"));
}

TEST_F(List, FiltersWhatCallersSee) {
  AddRelationship("r1", "default", false);
  Write();
  ASSERT_OK_AND_ASSIGN(const auto page,
                       Ask(relationships_.collection(), InHome("orphaned"),
                           [](const base::CallContext&, google::protobuf::Message* message) {
                             static_cast<Relationship*>(message)->set_orphaned(true);
                           }));
  EXPECT_THAT(page.items, SizeIs(1));
}

}  // namespace
}  // namespace rapport::resource
