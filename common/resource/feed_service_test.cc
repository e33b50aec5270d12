// What a reader of the feed is told, and when.
#include "common/resource/feed_service.h"

#include "common/resource/test_things.h"
#include "common/rpc/codec.h"
#include "google/protobuf/timestamp.pb.h"
#include "rapport/feed/v1/change_feed_service.pb.h"

namespace rapport::resource {
namespace {

namespace feed = rapport::feed::v1;

class FeedServiceTest : public ThingsStore {
 protected:
  FeedServiceTest() {
    service_ = std::make_unique<FeedService>(store_.get());
    service_->Publish(Things(), google::protobuf::Timestamp::descriptor());
    service_->Register(&table_);
  }
  std::unique_ptr<rpc::StreamSource> Open(std::int64_t after, bool copies = false) {
    feed::WatchChangesRequest request;
    request.set_store_id(store_->id());
    request.set_after_sequence(after);
    request.set_include_copies(copies);
    auto source = table_.methods().front()->opener(home_, request, [] {});
    EXPECT_OK(source);
    return *std::move(source);
  }
  // Nothing if there is nothing worth saying.
  static std::optional<feed::ChangeBatch> Next(rpc::StreamSource& source, bool heartbeat = false) {
    const auto messages = source.Next(heartbeat);
    EXPECT_OK(messages);
    if (messages->empty()) return std::nullopt;
    feed::ChangeBatch batch;
    EXPECT_TRUE(rpc::Parse(messages->front(), &batch));
    return batch;
  }

  std::unique_ptr<FeedService> service_;
  rpc::MethodTable table_;
};

// Proves: S05
TEST_F(FeedServiceTest, TellsAtOnceWhoHasEverythingThatTheyHave) {
  const std::int64_t last = Write("one");
  const auto source = Open(last);
  const auto first = Next(*source);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->changes_size(), 0);
  EXPECT_TRUE(first->caught_up());
  EXPECT_EQ(first->sequence(), last);
  EXPECT_FALSE(Next(*source).has_value());
  EXPECT_TRUE(Next(*source, true).has_value());
}

// Proves: S05
TEST_F(FeedServiceTest, GivesWhatIsNewOnce) {
  const std::int64_t before = Write("one");
  const auto source = Open(before);
  Next(*source);
  const std::int64_t after = Write("two");
  const auto news = Next(*source);
  ASSERT_TRUE(news.has_value());
  EXPECT_EQ(news->changes_size(), 1);
  EXPECT_EQ(news->sequence(), after);
  EXPECT_EQ(news->changes(0).version(), store_->VersionOf(after));
  EXPECT_FALSE(Next(*source).has_value());
}

// Proves: Z3, S05
TEST_F(FeedServiceTest, GivesEachTenantItsOwnChanges) {
  Write("ours");
  const auto away = base::TenantId::Trusted("away");
  ASSERT_OK(store::TransactAndWait(*store_, {}, away, [](store::Tx& tx) {
    return tx.Put(Things(), {std::string("theirs"), std::int64_t{0}, std::string("secret")})
        .status();
  }));
  const auto news = Next(*Open(0));
  ASSERT_TRUE(news.has_value());
  ASSERT_EQ(news->changes_size(), 1);
  EXPECT_EQ(news->changes(0).resource().value(), "x");
  home_.all_tenants = true;
  const auto all = Next(*Open(0));
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->changes_size(), 2);
}

// Proves: S05
TEST_F(FeedServiceTest, GoesOnBehindWhatWasCutOff) {
  constexpr int kRows = 1500;
  ASSERT_OK(store::TransactAndWait(*store_, {}, home_.tenant, [](store::Tx& tx) -> absl::Status {
    for (int i = 0; i < kRows; ++i) {
      auto put = tx.Put(Things(), {std::to_string(i), std::int64_t{0}, std::string("x")});
      if (!put.ok()) return put.status();
    }
    return absl::OkStatus();
  }));
  const auto source = Open(0);
  int given = 0;
  for (bool caught_up = false; !caught_up;) {
    const auto news = Next(*source);
    ASSERT_TRUE(news.has_value()) << "after " << given;
    given += news->changes_size();
    caught_up = news->caught_up();
  }
  EXPECT_EQ(given, kRows);
}

// Proves: S05
TEST_F(FeedServiceTest, GivesCopiesOnlyToWhoAsksForThem) {
  FeedService copies(store_.get());
  copies.PublishCopy(Things(), google::protobuf::Timestamp::descriptor());
  rpc::MethodTable table;
  copies.Register(&table);
  table_ = std::move(table);
  Write("one");
  const auto plain = Next(*Open(0));
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->changes_size(), 0);
  const auto all = Next(*Open(0, true));
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->changes_size(), 1);
}

}  // namespace
}  // namespace rapport::resource
