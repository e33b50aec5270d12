// rapport-admin and a real house: what the services derive is what rapport-admin recomputes; what
// is spoiled is found, made anew and heard of; a backup that is taken under load brings a house
// back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/store/open_store.h"
#include "common/testing/matchers.h"
#include "common/testing/postgres_server.h"
#include "common/time/clock.h"
#include "google/protobuf/util/field_comparator.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/engagement/schema.h"
#include "services/recommendation/schema.h"
#include "tests/harness/process.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::HasSubstr;

constexpr char kNow[] = "2026-06-15 10:00";
const char* const kServices[] = {"contact", "engagement", "recommendation"};

enum class Engine { kSqlite, kPostgres };

class AdminAndHouse : public ::testing::TestWithParam<Engine> {
 protected:
  AdminAndHouse() {
    if (GetParam() == Engine::kPostgres) {
      const std::string database = House::Postgres().CreateDatabase();
      for (const char* service : kServices) story_.house.Stop(service);
      for (const char* service : kServices) {
        address_[service] = database;
        story_.house.MoveTo(service, database);
      }
      StartAll();
    }
    for (const char* service : kServices) {
      address_.try_emplace(service, absl::StrCat("sqlite:", story_.house.StoreOf(service)));
    }
    mara_ = story_.HasSteward("mara", "Mara", 5);
    ana_ = story_.Knows("Ana", {"ana@example.org", "ana@example.com"}, {mara_});
    zoe_ = story_.Knows("Zoe", {"zoe@example.org"}, {mara_});
  }

  // The clients have seen the services go, and look again in their own time.
  void StartAll() {
    for (const char* service : kServices) story_.house.Start(service);
    const auto answers = [](const absl::Status& status) { return !absl::IsUnavailable(status); };
    EXPECT_TRUE(Eventually(absl::Seconds(60), [&] {
      cv::ListPeopleRequest people;
      people.set_parent(story_.house.parent());
      ev::GetRapportRequest rapport;
      rapport.set_name(absl::StrCat(story_.house.parent(), "/relationships/none"));
      rv::GetWorklistRequest worklist;
      worklist.set_steward(absl::StrCat(story_.house.parent(), "/stewards/none"));
      House& house = story_.house;
      const std::string list = absl::StrCat(kPeople, "ListPeople");
      return answers(house.Call<cv::ListPeopleResponse>(list, people).status()) &&
             answers(
                 house.Call<ev::Rapport>(absl::StrCat(kRapport, "GetRapport"), rapport).status()) &&
             answers(house
                         .Call<rv::GetWorklistResponse>(
                             absl::StrCat(kRecommendation, "GetWorklist"), worklist)
                         .status());
    }));
  }
  std::string StepsOf() {
    std::string steps;
    const auto worklist = story_.WorklistOf(mara_);
    for (const auto& item : worklist.items()) {
      absl::StrAppend(&steps, item.relationship(), " ", rv::StepKind_Name(item.suggestion().kind()),
                      "\n");
    }
    return steps;
  }

  // A bit of everything that statistics rest on, in no order, with what was taken back.
  void MuchHappens() {
    story_.Recorded(ana_, Call("call of 1 May", "2026-05-01 10:00", 700, 200));
    story_.Recorded(ana_, Call("call of 1 April", "2026-04-01 10:00", 600, 300));
    const auto wrong = story_.Recorded(ana_, Meeting("a meeting", "2026-04-20 10:00"));
    story_.Recorded(ana_, MailFrom("her question", "2026-06-12 10:00", "linen"));
    story_.Recorded(ana_, MailTo("our answer", "2026-06-13 10:00", "linen"));
    story_.Recorded(zoe_, MailTo("our letter", "2026-06-01 10:00"));
    story_.Recorded(zoe_, NoiseFrom("newsletter", "2026-06-02 10:00", ev::Engagement::LIST));
    story_.Retracted(wrong, "it was with somebody else");
    const auto kept = story_.WePromised(ana_, "a list", "2026-06-10 12:00", "2026-06-01 12:00");
    story_.Kept(kept, "2026-06-09 12:00");
    story_.WePromised(ana_, "the drawings", "2026-06-20 12:00", "2026-06-02 12:00");
    const auto need = story_.Needs(ana_, "linen that lasts", "linen", true);
    const auto offer = story_.Offers("linen", "linen", rv::Offer::LOW);
    story_.Became(story_.WeProposed(ana_, "twelve bolts", offer, {need}, "2026-06-11 10:00"),
                  ev::Sale::AGREED, "2026-06-14 10:00");
    story_.Gave(ana_, ev::Feedback::GRIEVANCE, "it came late", "2026-06-14 12:00");
    story_.WishesRhythm(zoe_, 30, 60);
    story_.DoesNotWantToHearOf(ana_, "her divorce");
    story_.RecordedByAddress({{"nobody@example.org", MailFrom("a stranger", "2026-06-10 10:00")}});
    story_.WorklistOf(mara_);  // recommendation has heard of all of it
    story_.RelationshipOf(ana_);
  }

  struct Answer {
    int code = -1;
    std::string text;  // stdout and stderr
  };
  Answer Admin(const std::vector<std::string>& arguments) {
    const std::string log = absl::StrCat(story_.house.folder(), "/admin", ++commands_, ".log");
    std::vector<std::string> command = {RAPPORT_ADMIN_BINARY};
    command.insert(command.end(), arguments.begin(), arguments.end());
    Process admin(command, log);
    Answer answer;
    answer.code = admin.Wait(absl::Seconds(120));
    std::ifstream file(log);
    std::stringstream text;
    text << file.rdbuf();
    answer.text = text.str();
    return answer;
  }
  // With the stores of all that it follows.
  Answer AdminOn(const std::string& verb, const std::string& service) {
    std::vector<std::string> arguments = {verb, "--store=" + address_[service],
                                          "--service=" + service};
    for (const std::string origin : {"contact", "engagement"}) {
      const bool follows = origin != service;
      if (follows) arguments.push_back(absl::StrCat("--origin=", origin, "=", address_[origin]));
    }
    return Admin(arguments);
  }
  void ExpectAllVerified() {
    for (const char* service : kServices) {
      const Answer answer = AdminOn("verify", service);
      EXPECT_EQ(answer.code, 0) << service << "\n" << answer.text;
    }
  }

  // Writes into a store as no service would.
  void Spoil(const resource::Schema& schema, const std::string& service, store::Store::Body body) {
    const time::SystemClock clock;
    store::OpenOptions options;
    options.address = address_[service];
    options.schema = service;
    options.tables = schema.tables;
    options.clock = &clock;
    const auto opened = store::OpenStore(options);
    ASSERT_OK(opened);
    const auto tenant = base::TenantId::Trusted(story_.house.tenant());
    base::CallContext context;
    context.tenant = tenant;
    ASSERT_OK(store::TransactAndWait(**opened, context, tenant, std::move(body)));
  }
  static const store::Table& TableOf(const resource::Schema& schema, const std::string& name) {
    for (const store::Table* table : schema.tables) {
      if (table->name == name) return *table;
    }
    ADD_FAILURE() << "no table " << name;
    return *schema.tables[0];
  }

  Story story_{kNow};
  std::map<std::string, std::string> address_;
  std::string mara_;
  Story::Known ana_;
  Story::Known zoe_;
  int commands_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Engines, AdminAndHouse,
                         ::testing::Values(Engine::kSqlite, Engine::kPostgres),
                         [](const auto& engine) {
                           return engine.param == Engine::kSqlite ? "Sqlite" : "Postgres";
                         });

TEST_P(AdminAndHouse, FindsNothingInWhatServicesWroteAlsoWhileTheyWrite) {
  MuchHappens();
  ExpectAllVerified();
  std::atomic<bool> stop = false;
  std::thread load([&] {
    for (int i = 0; !stop; ++i) {
      const auto& who = i % 2 == 0 ? ana_ : zoe_;
      story_.Recorded(who, Call(absl::StrCat("call ", i), "2026-06-03 10:00", 60, 30));
    }
  });
  ExpectAllVerified();
  stop = true;
  load.join();
  ExpectAllVerified();
}

TEST_P(AdminAndHouse, FindsWhatWasSpoiledAndMakesItAnewAndFollowersHearOfIt) {
  MuchHappens();
  const auto before = story_.RapportOf(ana_);
  const std::string steps = StepsOf();
  EXPECT_THAT(steps, HasSubstr(ana_.relationship));
  for (const char* service : kServices) EXPECT_EQ(story_.house.Stop(service), 0);
  const resource::Schema schema = engagement::Schema();
  const store::Table& statistics = TableOf(schema, "statistics");
  const std::string id = ana_.relationship.substr(ana_.relationship.rfind('/') + 1);
  Spoil(schema, "engagement", [&](store::Tx& tx) -> absl::Status {
    const std::vector<store::Value> key{std::string(), id};
    auto row = tx.Get(statistics, key);
    if (!row.ok()) return row.status();
    ev::RelationshipStatistics spoiled;
    spoiled.ParseFromString(store::AsText((**row).back()));
    spoiled.set_volume(spoiled.volume() + 0.5);
    spoiled.mutable_open_promises()->Clear();
    (**row).back() = spoiled.SerializeAsString();
    return tx.Put(statistics, std::move(**row)).status();
  });
  const resource::Schema projection = recommendation::Schema();
  const store::Table& worklist = TableOf(projection, "worklist");
  Spoil(projection, "recommendation", [&](store::Tx& tx) {
    const std::vector<store::Value> key{id};
    return tx.Delete(worklist, key);
  });

  const auto found = AdminOn("verify", "engagement");
  EXPECT_EQ(found.code, 4);
  EXPECT_THAT(found.text, HasSubstr(absl::StrCat("statistics: ", ana_.relationship,
                                                 "/statistics: volume: stored ")));
  EXPECT_THAT(found.text, HasSubstr("open_promises[0]: stored nothing, recomputed something"));
  EXPECT_THAT(found.text, HasSubstr("statistics: 1)"));
  const auto missing = AdminOn("verify", "recommendation");
  EXPECT_EQ(missing.code, 4);
  EXPECT_THAT(missing.text, HasSubstr("is missing"));

  for (const std::string service : {"engagement", "recommendation"}) {
    const auto rebuilt = AdminOn("rebuild", service);
    EXPECT_EQ(rebuilt.code, 0) << rebuilt.text;
  }
  EXPECT_EQ(AdminOn("verify", "engagement").code, 0);
  StartAll();
  google::protobuf::util::DefaultFieldComparator nearly;
  nearly.set_float_comparison(google::protobuf::util::DefaultFieldComparator::APPROXIMATE);
  nearly.SetDefaultFractionAndMargin(1e-9, 1e-9);
  google::protobuf::util::MessageDifferencer differencer;
  differencer.set_field_comparator(&nearly);
  EXPECT_TRUE(differencer.Compare(story_.RapportOf(ana_), before));
  EXPECT_EQ(StepsOf(), steps);
  ExpectAllVerified();
}

// Proves: N1
TEST_P(AdminAndHouse, ABackupUnderLoadHoldsAllThatWasAcknowledgedBeforeIt) {
  const std::string file = story_.house.folder() + "/engagement.backup";
  const std::vector<std::string> backup = {"backup", file, "--store=" + address_["engagement"],
                                           "--service=engagement"};
  if (GetParam() == Engine::kPostgres) {
    const auto refused = Admin(backup);
    EXPECT_EQ(refused.code, 5);
    EXPECT_THAT(refused.text, HasSubstr("pg_dump"));
    return;
  }
  std::atomic<int> recorded = 0;
  std::atomic<bool> stop = false;
  std::thread load([&] {
    while (!stop) {
      story_.Recorded(ana_, Call(absl::StrCat("call ", recorded.load()), "2026-06-03 10:00", 60));
      ++recorded;
    }
  });
  EXPECT_TRUE(Eventually(absl::Seconds(60), [&] { return recorded > 50; }));
  const int before = recorded;
  const auto done = Admin(backup);
  EXPECT_EQ(done.code, 0) << done.text;
  EXPECT_TRUE(Eventually(absl::Seconds(60), [&] { return recorded > before + 20; }));
  stop = true;
  load.join();

  const std::vector<std::string> restore = {"restore", file, "--store=" + address_["engagement"],
                                            "--service=engagement", "--replace"};
  const auto used = Admin(restore);
  EXPECT_EQ(used.code, 5);
  EXPECT_THAT(used.text, HasSubstr("in use by process"));
  EXPECT_EQ(story_.house.Stop("engagement"), 0);
  const auto restored = Admin(restore);
  EXPECT_EQ(restored.code, 0) << restored.text;
  story_.house.Start("engagement");
  // What it has lost can be recorded again; what it has is known.
  int repeated = 0;
  const auto again = [&](int i) {
    ev::RecordEngagementRequest request;
    request.set_relationship(ana_.relationship);
    *request.mutable_engagement() = Call(absl::StrCat("call ", i), "2026-06-03 10:00", 60);
    request.mutable_engagement()->set_source("story");
    rpc::Client client({.target = story_.house.SocketOf("engagement"), .own_connection = true});
    return client.Call<ev::Engagement>(absl::StrCat(kEngagements, "RecordEngagement"), request);
  };
  EXPECT_TRUE(Eventually(absl::Seconds(30), [&] { return again(0).ok(); }));
  for (int i = 0; i < before; ++i) {
    const auto engagement = again(i);
    ASSERT_OK(engagement);
    repeated += engagement->repeated() ? 1 : 0;
  }
  EXPECT_EQ(repeated, before);
}

}  // namespace
}  // namespace rapport::tests
