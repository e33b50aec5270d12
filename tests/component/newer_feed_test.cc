// The services behind the feed of a service that is newer than they are: what they do not know they
// pass over or keep, and everything else goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/rpc/admission.h"
#include "common/rpc/codec.h"
#include "common/rpc/consistency.h"
#include "common/rpc/executor.h"
#include "common/rpc/method_table.h"
#include "common/rpc/server.h"
#include "common/time/clock.h"
#include "google/protobuf/unknown_field_set.h"
#include "rapport/feed/v1/change_feed_service.pb.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::rapport::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kNow[] = "2026-06-15 09:00";
constexpr int kNewValue = 77;

// A service that has nothing but a feed, at the socket of the one that it stands for.
class NewerService {
 public:
  NewerService(const std::string& address, std::string store) : store_(std::move(store)) {
    table_.ServerStream(
        "rapport.feed.v1.ChangeFeedService/WatchChanges",
        [this](const base::CallContext&, const google::protobuf::Message&,
               std::function<void()> wake) -> absl::StatusOr<std::unique_ptr<rpc::StreamSource>> {
          return std::make_unique<Source>(this, std::move(wake));
        });
    rpc::ServerOptions options;
    options.listen = {address};
    options.store_id = store_;
    auto started = rpc::Server::Start(std::move(options), table_, &admission_, &executor_, nullptr,
                                      nullptr, clock_);
    EXPECT_OK(started);
    server_ = *std::move(started);
  }

  void Changed(const google::protobuf::Any& resource) {
    base::MutexLock lock(&mu_);
    changes_.push_back(resource);
    for (const Source* source : sources_) source->wake();
  }
  // A resource in which the newer service says more than the older ones know.
  template <class M>
  void Changed(M resource, const std::string& name) {
    resource.set_name(name);
    resource.set_uid(name.substr(name.rfind('/') + 1));
    resource.set_etag("\"1\"");
    resource.set_revision(1);
    auto* unknown = resource.GetReflection()->MutableUnknownFields(&resource);
    unknown->AddVarint(50000, 7);
    unknown->AddLengthDelimited(50001, "of tomorrow");
    google::protobuf::Any any;
    any.PackFrom(resource);
    Changed(any);
  }
  // For calls that must know all of it.
  rpc::Position position() {
    base::MutexLock lock(&mu_);
    return {store_, static_cast<std::int64_t>(changes_.size())};
  }

 private:
  class Source final : public rpc::StreamSource {
   public:
    Source(NewerService* service, std::function<void()> wake)
        : service_(service), wake_(std::move(wake)) {
      base::MutexLock lock(&service_->mu_);
      service_->sources_.push_back(this);
    }
    ~Source() override {
      base::MutexLock lock(&service_->mu_);
      auto& all = service_->sources_;
      all.erase(std::find(all.begin(), all.end(), this));
    }
    absl::StatusOr<std::vector<grpc::ByteBuffer>> Next(bool heartbeat) override {
      base::MutexLock lock(&service_->mu_);
      feed::v1::ChangeBatch batch;
      for (; sent_ < service_->changes_.size(); ++sent_) {
        *batch.add_changes()->mutable_resource() = service_->changes_[sent_];
      }
      if (batch.changes().empty() && !heartbeat && greeted_) return std::vector<grpc::ByteBuffer>();
      greeted_ = true;
      batch.set_sequence(static_cast<std::int64_t>(sent_));
      batch.set_store_id(service_->store_);
      batch.set_caught_up(true);
      return std::vector<grpc::ByteBuffer>{rpc::Serialize(batch)};
    }
    void wake() const { wake_(); }

   private:
    NewerService* const service_;
    const std::function<void()> wake_;
    std::size_t sent_ = 0;
    bool greeted_ = false;
  };

  const std::string store_;
  base::Mutex mu_;
  std::vector<google::protobuf::Any> changes_ ABSL_GUARDED_BY(mu_);
  std::vector<Source*> sources_ ABSL_GUARDED_BY(mu_);
  const time::SystemClock clock_;
  rpc::MethodTable table_;
  rpc::Admission admission_{{.fixed_tenant = "home"}, nullptr, clock_};
  rpc::Executor executor_{{.threads = 2}};
  std::unique_ptr<rpc::Server> server_;
};

rpc::CallOptions Knowing(const std::vector<rpc::Position>& positions) {
  rpc::CallOptions options;
  options.consistency_token = rpc::FormatToken(positions);
  return options;
}

google::protobuf::Any KindOfTomorrow() {
  google::protobuf::Any any;
  any.set_type_url("type.googleapis.com/rapport.contact.v9.Household");
  any.set_value("\x0a\x1atenants/home/households/one");
  return any;
}

template <class Response>
Response Must(House& house, const std::string& service, const std::string& method,
              const google::protobuf::Message& request, const rpc::CallOptions& options) {
  const auto response = house.client(service).Call<Response>(method, request, options);
  EXPECT_OK(response) << method;
  return response.ok() ? *response : Response();
}

class NewerFeed : public ::testing::Test {
 protected:
  // The names that the tests use.
  const std::string ada_ = "tenants/home/stewards/ada";
  const std::string odd_ = "tenants/home/relationships/odd";
  const std::string plain_ = "tenants/home/relationships/plain";

  static void ExpectNothingPassedOver(const House& house, const std::string& service) {
    EXPECT_THAT(house.LogOf(service), Not(HasSubstr("passed_over"))) << service;
  }
  // Everything that recommendation answers, about both relationships.
  void ExpectRecommendations(House& house, const rpc::CallOptions& options) {
    rv::GetWorklistRequest worklist;
    worklist.set_steward(ada_);
    worklist.set_max_waiting(10);
    const auto list = Must<rv::GetWorklistResponse>(
        house, "recommendation", absl::StrCat(kRecommendation, "GetWorklist"), worklist, options);
    EXPECT_EQ(list.items_size() + list.left_out() + list.waiting_count(), 2) << list.DebugString();
    for (const std::string& name : {odd_, plain_}) {
      rv::GetBriefingRequest briefing;
      briefing.set_relationship(name);
      briefing.set_view(rv::GetBriefingRequest::FULL);
      Must<rv::Briefing>(house, "recommendation", absl::StrCat(kRecommendation, "GetBriefing"),
                         briefing, options);
      rv::SuggestNextStepsRequest steps;
      steps.set_relationship(name);
      Must<rv::Decision>(house, "recommendation", absl::StrCat(kRecommendation, "SuggestNextSteps"),
                         steps, options);
    }
  }
};

// Proves: P08
TEST_F(NewerFeed, OfContactStopsNeitherEngagementNorRecommendation) {
  House house({.now = At(kNow), .services = {"engagement", "recommendation"}});
  NewerService contact(house.SocketOf("contact"), "newer-contact");
  cv::Steward ada;
  ada.set_display_name("Ada");
  contact.Changed(ada, ada_);
  contact.Changed(KindOfTomorrow());
  for (const char* who : {"odd", "plain"}) {
    const bool odd = std::string(who) == "odd";
    const std::string person_name = absl::StrCat("tenants/home/people/", who);
    cv::Person person;
    person.set_full_name(absl::StrCat(who, " person"));
    cv::ContactPoint point;
    point.set_kind(cv::ContactPoint::EMAIL);
    point.set_value(absl::StrCat(who, "@example.org"));
    point.set_normalized_value(point.value());
    cv::Relationship relationship;
    relationship.set_person(person_name);
    relationship.set_house("default");
    relationship.set_standing(cv::OPEN);
    relationship.add_stewards(ada_);
    if (odd) {
      auto* provenance = person.add_provenance();
      provenance->set_field("a_field_of_tomorrow");
      provenance->set_trust(static_cast<cv::Trust>(kNewValue));
      auto* day = person.add_anniversaries();
      day->set_kind(static_cast<cv::Anniversary::Kind>(kNewValue));
      day->mutable_date()->set_month(6);
      day->mutable_date()->set_day(16);
      point.set_kind(static_cast<cv::ContactPoint::Kind>(kNewValue));
      relationship.set_standing(static_cast<cv::Standing>(kNewValue));
      relationship.mutable_effective_rhythm()->set_wish_days(30);
      relationship.mutable_effective_rhythm()->set_source(
          static_cast<cv::Rhythm::Source>(kNewValue));
    }
    contact.Changed(person, person_name);
    contact.Changed(point, absl::StrCat(person_name, "/contactPoints/one"));
    contact.Changed(relationship, absl::StrCat("tenants/home/relationships/", who));
    cv::Preference preference;
    preference.add_unwanted_topics()->set_topic("the weather");
    contact.Changed(preference, absl::StrCat(person_name, "/preference"));
  }

  const rpc::CallOptions options = Knowing({contact.position()});
  for (const std::string& name : {odd_, plain_}) {
    ev::RecordEngagementRequest record;
    record.set_relationship(name);
    *record.mutable_engagement() = Call(absl::StrCat("call ", name), "2026-06-01 10:00", 60, 60);
    Must<ev::Engagement>(house, "engagement", absl::StrCat(kEngagements, "RecordEngagement"),
                         record, options);
    ev::GetRapportRequest get;
    get.set_name(name);
    EXPECT_EQ(
        Must<ev::Rapport>(house, "engagement", absl::StrCat(kRapport, "GetRapport"), get, options)
            .two_way_count(),
        1);
  }
  ExpectRecommendations(house, options);
  ExpectNothingPassedOver(house, "engagement");
  ExpectNothingPassedOver(house, "recommendation");
}

// Proves: P08
TEST_F(NewerFeed, OfEngagementDoesNotStopRecommendation) {
  House house({.now = At(kNow), .services = {"recommendation"}});
  NewerService contact(house.SocketOf("contact"), "newer-contact");
  NewerService engagement(house.SocketOf("engagement"), "newer-engagement");
  cv::Steward ada;
  ada.set_display_name("Ada");
  contact.Changed(ada, ada_);
  engagement.Changed(KindOfTomorrow());
  const auto stamp = Stamp("2026-06-10 10:00");
  for (const std::string& name : {odd_, plain_}) {
    cv::Person person;
    person.set_full_name(absl::StrCat("the person of ", name));
    const std::string person_name =
        absl::StrCat("tenants/home/people/", name.substr(name.rfind('/') + 1));
    contact.Changed(person, person_name);
    cv::Relationship relationship;
    relationship.set_person(person_name);
    relationship.set_house("default");
    relationship.set_standing(cv::OPEN);
    relationship.add_stewards(ada_);
    contact.Changed(relationship, name);

    const bool odd = name == odd_;
    ev::RelationshipStatistics statistics;
    *statistics.mutable_sums_time() = stamp;
    statistics.set_two_way_count(1);
    *statistics.mutable_last_two_way_time() = stamp;
    *statistics.mutable_last_inbound_time() = stamp;
    auto* thread = statistics.add_threads();
    thread->set_thread("one");
    *thread->mutable_time() = stamp;
    thread->set_awaits_us(true);
    thread->set_channel(odd ? kNewValue : 1);
    auto* open = statistics.add_open_promises();
    open->set_promise(absl::StrCat(name, "/promises/one"));
    open->set_promised_by(odd ? static_cast<type::v1::Party>(kNewValue) : type::v1::PARTY_US);
    *open->mutable_due_time() = stamp;
    statistics.set_standing(odd ? static_cast<cv::Standing>(kNewValue) : cv::OPEN);
    engagement.Changed(statistics, absl::StrCat(name, "/statistics"));
    ev::Promise promise;
    promise.set_text("the list");
    promise.set_promised_by(open->promised_by());
    *promise.mutable_due_time() = stamp;
    *promise.mutable_promise_time() = stamp;
    promise.set_kind(odd ? static_cast<ev::Promise::Kind>(kNewValue) : ev::Promise::TELL_BACK);
    promise.set_state(odd ? static_cast<ev::Promise::State>(kNewValue) : ev::Promise::OPEN);
    engagement.Changed(promise, absl::StrCat(name, "/promises/one"));
    ev::Fact fact;
    fact.set_slot(odd ? static_cast<ev::Fact::Slot>(kNewValue) : ev::Fact::PROBLEM);
    fact.set_text("the oven is slow");
    fact.set_said_by(odd ? static_cast<type::v1::Party>(kNewValue) : type::v1::PARTY_PERSON);
    engagement.Changed(fact, absl::StrCat(name, "/facts/one"));
    ev::Feedback feedback;
    feedback.set_kind(odd ? static_cast<ev::Feedback::Kind>(kNewValue) : ev::Feedback::WISH);
    feedback.set_verbatim("a smaller cup");
    *feedback.mutable_given_time() = stamp;
    feedback.set_state(odd ? static_cast<ev::Feedback::State>(kNewValue) : ev::Feedback::RECEIVED);
    engagement.Changed(feedback, absl::StrCat(name, "/feedback/one"));
  }
  ExpectRecommendations(house, Knowing({contact.position(), engagement.position()}));
  ExpectNothingPassedOver(house, "recommendation");
}

// Proves: P08
TEST_F(NewerFeed, OfEngagementDoesNotStopContact) {
  House house({.now = At(kNow), .services = {"contact"}});
  NewerService engagement(house.SocketOf("engagement"), "newer-engagement");
  cv::BatchUpsertPeopleRequest upsert;
  upsert.set_parent(house.parent());
  auto* item = upsert.add_people();
  item->mutable_external_id()->set_source("test");
  item->mutable_external_id()->set_id("ana");
  item->mutable_person()->set_full_name("Ana Sousa");
  const auto made =
      house.Must<cv::BatchUpsertPeopleResponse>(absl::StrCat(kPeople, "BatchUpsertPeople"), upsert);
  ASSERT_EQ(made.results_size(), 1);
  const std::string name = made.results(0).relationship();
  ev::RelationshipStatistics statistics;
  statistics.set_two_way_count(1);
  *statistics.mutable_first_two_way_time() = Stamp("2026-06-10 10:00");
  statistics.set_standing(static_cast<cv::Standing>(kNewValue));
  engagement.Changed(KindOfTomorrow());
  engagement.Changed(statistics, absl::StrCat(name, "/statistics"));
  cv::GetRelationshipRequest get;
  get.set_name(name);
  EXPECT_TRUE(Must<cv::Relationship>(house, "contact",
                                     absl::StrCat(kRelationships, "GetRelationship"), get,
                                     Knowing({engagement.position()}))
                  .has_first_exchange_time());
  ExpectNothingPassedOver(house, "contact");
}

}  // namespace
}  // namespace rapport::tests
