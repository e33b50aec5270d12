// A mutation that comes again: the same answer, or a clear no.
#include "common/resource/request_log.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/store/commit_guard.h"
#include "common/store/sqlite_store.h"
#include "common/testing/matchers.h"
#include "common/time/clock.h"
#include "rapport/contact/v1/people_service.pb.h"

namespace rapport::resource {
namespace {

using contact::v1::CreatePersonRequest;
using ::rapport::testing::IsOk;
using ::rapport::testing::StatusIs;

constexpr char kId[] = "3f0c8d1e-5a64-4c6e-9f5d-0a1b2c3d4e5f";
constexpr char kNew[] = "answered now";

CreatePersonRequest Create(const std::string& full_name, const std::string& id = kId) {
  CreatePersonRequest request;
  request.set_parent("tenants/home");
  request.mutable_person()->set_full_name(full_name);
  request.set_request_id(id);
  return request;
}

class RequestLogTest : public ::testing::Test {
 protected:
  RequestLogTest() {
    store::SqliteOptions options;
    options.tables = {&RequestLog::table()};
    options.clock = &wall_;
    auto opened = store::SqliteStore::Open(std::move(options));
    EXPECT_OK(opened);
    store_ = *std::move(opened);
    caller_.tenant = base::TenantId::Trusted("home");
    caller_.principal = "ada";
    caller_.method = "rapport.contact.v1.PeopleService/CreatePerson";
  }

  // As the methods do it: what was answered before, or `answer`, which is kept.
  absl::StatusOr<std::string> Answer(const base::CallContext& caller,
                                     const CreatePersonRequest& request,
                                     const std::string& answer = kNew) {
    base::CallContext context = caller;
    context.now = clock_.Now();
    const auto entry = RequestLog::EntryFor(context, request.request_id(), request);
    std::string given = answer;
    const auto done =
        store::TransactAndWait(*store_, {}, context.tenant, [&](store::Tx& tx) -> absl::Status {
          if (!entry.active()) return absl::OkStatus();
          ASSIGN_OR_RETURN(auto before, RequestLog::Find(tx, entry));
          if (!before) return RequestLog::Keep(tx, entry, answer, context.now);
          given = *before;
          return absl::OkStatus();
        });
    if (!done.ok()) return done.status();
    return given;
  }
  absl::StatusOr<std::string> Answer(const CreatePersonRequest& request,
                                     const std::string& answer = kNew) {
    return Answer(caller_, request, answer);
  }

  int Rows() {
    auto snapshot = store_->Read({}, caller_.tenant);
    EXPECT_OK(snapshot);
    int rows = 0;
    EXPECT_OK((*snapshot)->Scan(RequestLog::table(), {}, [&](store::Row&) { return ++rows > 0; }));
    return rows;
  }

  const time::SystemClock wall_;
  time::FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  std::unique_ptr<store::SqliteStore> store_;
  base::CallContext caller_;
};

// Proves: C04
TEST_F(RequestLogTest, ARepeatGetsTheFirstAnswer) {
  EXPECT_EQ(*Answer(Create("Ana"), "first"), "first");
  EXPECT_EQ(*Answer(Create("Ana")), "first");
  EXPECT_EQ(*Answer(Create("Ana", "3F0C8D1E-5A64-4C6E-9F5D-0A1B2C3D4E5F")), "first")
      << "a UUID may be written in capitals";
  EXPECT_EQ(*Answer(Create("Ana", "3f0c8d1e-0000-4c6e-9f5d-0a1b2c3d4e5f")), kNew);
}

// Proves: C04
TEST_F(RequestLogTest, AnEmptyAnswerIsAnAnswerToo) {
  EXPECT_EQ(*Answer(Create("Ana"), ""), "");
  EXPECT_EQ(*Answer(Create("Ana")), "");
}

// Proves: C04
TEST_F(RequestLogTest, AnotherRequestUnderTheSameIdIsRefused) {
  ASSERT_OK(Answer(Create("Ana"), "first"));
  const auto other = Answer(Create("Bea"));
  EXPECT_THAT(other, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(errors::ReasonOf(other.status()), rapport::type::v1::REQUEST_ID_REUSED);
  EXPECT_EQ(*Answer(Create("Ana")), "first") << "the refusal spoils nothing";
}

TEST_F(RequestLogTest, WithoutAnIdNothingIsKept) {
  EXPECT_EQ(*Answer(Create("Ana", ""), "first"), "first");
  EXPECT_EQ(*Answer(Create("Ana", "")), kNew);
  EXPECT_EQ(Rows(), 0);
}

// Proves: C04
TEST_F(RequestLogTest, AnAnswerIsKeptForADay) {
  ASSERT_OK(Answer(Create("Ana"), "first"));
  clock_.Advance(RequestLog::kKept);
  EXPECT_EQ(*Answer(Create("Ana")), "first");
  clock_.Advance(absl::Microseconds(1));
  EXPECT_EQ(*Answer(Create("Bea")), kNew) << "the id is free again, for any request";
  EXPECT_EQ(*Answer(Create("Bea"), "newer"), kNew);
}

// Proves: C04, Z3
TEST_F(RequestLogTest, IdsBelongToPrincipalMethodAndTenant) {
  ASSERT_OK(Answer(Create("Ana"), "first"));
  base::CallContext other = caller_;
  other.principal = "ben";
  EXPECT_EQ(*Answer(other, Create("Ana")), kNew);
  EXPECT_EQ(*Answer(other, Create("Ana"), "again"), kNew);
  other = caller_;
  other.method = "rapport.contact.v1.PeopleService/UpdatePerson";
  EXPECT_EQ(*Answer(other, Create("Bea")), kNew);
  other = caller_;
  other.tenant = base::TenantId::Trusted("shop");
  EXPECT_EQ(*Answer(other, Create("Bea")), kNew);
  EXPECT_EQ(*Answer(Create("Ana")), "first");
}

TEST_F(RequestLogTest, KeepingAnAnswerForgetsSomeThatAreTooOld) {
  const auto id = [](int i) {
    return "3f0c8d1e-5a64-4c6e-9f5d-0a1b2c3d4e" + std::to_string(10 + i);
  };
  for (int i = 0; i < 20; ++i) ASSERT_OK(Answer(Create("Ana", id(i))));
  clock_.Advance(absl::Hours(23));
  ASSERT_OK(Answer(Create("Ana", id(20))));
  EXPECT_EQ(Rows(), 21);
  clock_.Advance(absl::Hours(2));
  ASSERT_OK(Answer(Create("Ana", id(21))));
  EXPECT_EQ(Rows(), 6) << "sixteen at once, so that no call pays for all";
  ASSERT_OK(Answer(Create("Ana", id(22))));
  EXPECT_EQ(Rows(), 3) << "what is younger than a day stays";
}

const store::Table& Letters() {
  static const auto* const table =
      new store::Table{.name = "letters",
                       .columns = {{"box", store::ColumnType::kInt},
                                   {"id", store::ColumnType::kText},
                                   {"sequence", store::ColumnType::kInt}},
                       .key_columns = 2,
                       .sequence_column = 2};
  return *table;
}

// Guards letters, and notes which of them are announced.
class NotingGuard final : public store::CommitGuard {
 public:
  bool Guards(const store::Table& table) const override { return table.name == Letters().name; }
  const base::TenantId& tenant() const override { return tenant_; }
  absl::StatusOr<std::unique_ptr<store::GuardedCommit>> Announce(
      store::Tx&, absl::Span<const store::TouchedRow> rows) override {
    std::string ids;
    for (const auto& row : rows) absl::StrAppend(&ids, store::AsText(row.key[1]), " ");
    announced.push_back(ids);
    return std::make_unique<Commit>();
  }
  absl::Status Mend(Run) override { return absl::OkStatus(); }

  std::vector<std::string> announced;

 private:
  struct Commit final : store::GuardedCommit {
    absl::Status Finish(Outcome) override { return absl::OkStatus(); }
  };
  const base::TenantId tenant_ = base::TenantId::Trusted("guard");
};

// Proves: S01
TEST_F(RequestLogTest, ARepeatTouchesAgainWhatTheFirstWrote) {
  NotingGuard guard;
  store::SqliteOptions options;
  options.tables = {&RequestLog::table(), &Letters()};
  options.clock = &wall_;
  ASSERT_OK_AND_ASSIGN(const auto store, store::SqliteStore::Open(std::move(options)));
  store->SetGuard(&guard);
  const auto entry = RequestLog::EntryFor(caller_, kId, Create("Ada"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_OK(
        store::TransactAndWait(*store, {}, caller_.tenant, [&](store::Tx& tx) -> absl::Status {
          ASSIGN_OR_RETURN(const auto before, RequestLog::Find(tx, entry));
          if (before) return absl::OkStatus();
          for (const char* id : {"a", "b"}) {
            RETURN_IF_ERROR(
                tx.Put(Letters(), store::Row{std::int64_t{7}, std::string(id), std::int64_t{0}})
                    .status());
          }
          return RequestLog::Keep(tx, entry, "answer", clock_.Now());
        }));
  }
  EXPECT_EQ(guard.announced, (std::vector<std::string>{"a b ", "a b "}));
}

}  // namespace
}  // namespace rapport::resource
