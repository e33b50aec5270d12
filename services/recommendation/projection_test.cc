// The index of the worklist while another version of the program runs beside this one.
#include "services/recommendation/projection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/store/sqlite_store.h"
#include "common/testing/matchers.h"
#include "common/time/clock.h"
#include "common/time/proto_time.h"

namespace rapport::recommendation {
namespace {

using ::testing::SizeIs;

const char kAna[] = "tenants/home/relationships/ana";
const char kMara[] = "tenants/home/stewards/mara";

class ProjectionTest : public ::testing::Test {
 protected:
  ProjectionTest() {
    store::SqliteOptions options;
    options.tables = projection_.tables();
    options.clock = &clock_;
    auto opened = store::SqliteStore::Open(std::move(options));
    EXPECT_OK(opened);
    store_ = *std::move(opened);
    EXPECT_OK(projection_.RebuildIndex(*store_));
    tail_ = std::make_unique<store::Tail>(
        store_.get(), std::vector<store::Tail::Source>{projection_.IndexSource()});
  }
  template <class M>
  void Hears(const M& message) {
    google::protobuf::Any any;
    any.PackFrom(message);
    Write([&](store::Tx& tx) { return projection_.Apply(tx, context_, any); });
  }
  void Write(store::Store::Body body) {
    EXPECT_OK(store::TransactAndWait(*store_, context_, context_.tenant, std::move(body)));
    EXPECT_OK(tail_->CatchUp());
  }
  // What a program with another layout leaves when it follows the feed.
  void WriteOtherLayout() {
    Write([](store::Tx& tx) {
      return tx
          .Put(IndexRow::table(),
               store::Row{std::string("ana"), std::string("mara"), std::string(), std::int64_t{1},
                          std::int64_t{0}, std::string("another layout")})
          .status();
    });
  }
  static contact::v1::Relationship Ana() {
    contact::v1::Relationship ana;
    ana.set_name(kAna);
    ana.set_person("tenants/home/people/ana");
    ana.set_standing(contact::v1::OPEN);
    ana.add_stewards(kMara);
    return ana;
  }
  static engagement::v1::Promise Overdue() {
    engagement::v1::Promise promise;
    promise.set_name(absl::StrCat(kAna, "/promises/list"));
    promise.set_promised_by(type::v1::PARTY_US);
    promise.set_state(engagement::v1::Promise::OPEN);
    *promise.mutable_due_time() = time::ToProto(clock_time() - absl::Hours(48));
    return promise;
  }
  static absl::Time clock_time() { return absl::FromUnixSeconds(1781517600); }
  Selection Today() const {
    return projection_.Select(context_.tenant, "mara", 10, clock_time(), absl::UTCTimeZone(), 10,
                              0);
  }

  const time::FakeClock clock_{clock_time()};
  base::CallContext context_ = [] {
    base::CallContext context;
    context.tenant = base::TenantId::Trusted("home");
    return context;
  }();
  Projection projection_;
  std::unique_ptr<store::SqliteStore> store_;
  std::unique_ptr<store::Tail> tail_;
};

// Proves: P08
TEST_F(ProjectionTest, KnowsOfChangesThatAnotherVersionWroteDown) {
  Hears(Ana());
  EXPECT_THAT(Today().items, SizeIs(0));
  Hears(Overdue());
  EXPECT_THAT(Today().items, SizeIs(1));
  auto kept = Overdue();
  kept.set_state(engagement::v1::Promise::KEPT);
  Hears(kept);
  EXPECT_THAT(Today().items, SizeIs(0));
  // The other version heard last that the promise is open after all, and enters it its own way.
  Hears(Overdue());
  WriteOtherLayout();
  EXPECT_THAT(Today().items, SizeIs(1));
}

// Proves: P08
TEST_F(ProjectionTest, ForgetsWhomAnotherVersionTookOff) {
  Hears(Ana());
  Hears(Overdue());
  auto gone = Ana();
  *gone.mutable_delete_time() = time::ToProto(clock_time());
  Hears(gone);
  WriteOtherLayout();
  EXPECT_THAT(Today().items, SizeIs(0));
}

}  // namespace
}  // namespace rapport::recommendation
