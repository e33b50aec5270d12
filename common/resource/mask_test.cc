// What an update changes, and what it leaves alone.
#include "common/resource/mask.h"

#include <initializer_list>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/testing/matchers.h"
#include "google/protobuf/util/message_differencer.h"
#include "google/rpc/error_details.pb.h"
#include "rapport/contact/v1/person.pb.h"
#include "rapport/contact/v1/relationship.pb.h"
#include "rapport/contact/v1/steward.pb.h"

namespace rapport::resource {
namespace {

using contact::v1::ContactPoint;
using contact::v1::Person;
using contact::v1::Relationship;
using google::protobuf::util::MessageDifferencer;
using ::rapport::testing::IsOk;
using ::testing::ElementsAre;

google::protobuf::FieldMask Mask(std::initializer_list<const char*> paths) {
  google::protobuf::FieldMask mask;
  for (const char* path : paths) mask.add_paths(path);
  return mask;
}

Person Stored() {
  Person person;
  person.set_name("tenants/home/people/ana");
  person.set_uid("ana");
  person.set_etag("\"3\"");
  person.set_revision(3);
  person.mutable_create_time()->set_seconds(1);
  person.set_full_name("Ana Sousa");
  person.mutable_name_components()->set_given("Ana");
  person.mutable_name_components()->set_surname("Sousa");
  person.add_nicknames("Nana");
  person.set_title("Potter");
  person.add_provenance()->set_field("full_name");
  return person;
}

std::vector<std::string> FieldsOf(const absl::Status& status) {
  google::rpc::BadRequest bad;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  std::vector<std::string> fields;
  if (payload && bad.ParseFromString(std::string(*payload))) {
    for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
  }
  return fields;
}

TEST(Mask, AbsentMeansThePopulatedFieldsOfThePatch) {
  Person patch;
  patch.set_name("tenants/home/people/somebody-else");
  patch.set_etag("\"1\"");
  patch.set_revision(99);
  patch.set_full_name("Ana de Sousa");
  patch.add_nicknames("Aninhas");
  Person wanted = Stored();
  wanted.set_full_name("Ana de Sousa");
  wanted.set_nicknames(0, "Aninhas");  // a list is replaced, not added to
  Person person = Stored();
  EXPECT_OK(ApplyMask(patch, {}, "person", &person));
  EXPECT_TRUE(MessageDifferencer::Equals(person, wanted)) << person.DebugString();
}

TEST(Mask, StarReplacesTheWholeResourceButWhatIsTheSystems) {
  Person patch;
  patch.set_full_name("Ana de Sousa");
  patch.set_uid("other");
  Person wanted = Stored();
  wanted.set_full_name("Ana de Sousa");
  wanted.clear_name_components();
  wanted.clear_nicknames();
  wanted.clear_title();
  Person person = Stored();
  EXPECT_OK(ApplyMask(patch, Mask({"*"}), "person", &person));
  EXPECT_TRUE(MessageDifferencer::Equals(person, wanted)) << person.DebugString();
}

TEST(Mask, NamesWhatChangesAndAnAbsentValueClears) {
  Person patch;
  patch.set_full_name("not named by the mask");
  Person wanted = Stored();
  wanted.clear_title();
  Person person = Stored();
  EXPECT_OK(ApplyMask(patch, Mask({"title"}), "person", &person));
  EXPECT_TRUE(MessageDifferencer::Equals(person, wanted)) << person.DebugString();
}

TEST(Mask, ReachesIntoMessages) {
  Person patch;
  patch.mutable_name_components()->set_given("Anabela");
  patch.mutable_name_components()->set_surname("not named by the mask");
  Person wanted = Stored();
  wanted.mutable_name_components()->set_given("Anabela");
  Person person = Stored();
  EXPECT_OK(ApplyMask(patch, Mask({"name_components.given"}), "person", &person));
  EXPECT_TRUE(MessageDifferencer::Equals(person, wanted)) << person.DebugString();
  // The message as a whole is replaced.
  wanted.mutable_name_components()->set_surname("not named by the mask");
  EXPECT_OK(ApplyMask(patch, Mask({"name_components"}), "person", &person));
  EXPECT_TRUE(MessageDifferencer::Equals(person, wanted)) << person.DebugString();
}

TEST(Mask, IgnoresWhatIsTheSystemsAtAnyDepth) {
  Person patch;
  patch.set_name("tenants/home/people/somebody-else");
  patch.set_etag("\"9\"");
  patch.set_uid("other");
  patch.set_revision(99);
  patch.mutable_create_time()->set_seconds(99);
  Person person = Stored();
  EXPECT_OK(ApplyMask(patch, Mask({"name", "etag", "uid", "revision", "create_time", "provenance"}),
                      "person", &person));
  EXPECT_TRUE(MessageDifferencer::Equals(person, Stored())) << person.DebugString();

  Relationship told;
  told.mutable_rhythm()->set_wish_days(30);
  told.mutable_rhythm()->set_source(contact::v1::Rhythm::PERSON);
  Relationship relationship;
  relationship.set_person("tenants/home/people/ana");
  EXPECT_OK(
      ApplyMask(told, Mask({"rhythm.source", "rhythm.wish_days"}), "relationship", &relationship));
  EXPECT_EQ(relationship.rhythm().wish_days(), 30);
  EXPECT_EQ(relationship.rhythm().source(), contact::v1::Rhythm::SOURCE_UNSPECIFIED);
  EXPECT_OK(ApplyMask(told, Mask({"rhythm"}), "relationship", &relationship));
  EXPECT_EQ(relationship.rhythm().source(), contact::v1::Rhythm::SOURCE_UNSPECIFIED);
}

// Proves: P04
TEST(Mask, RefusesPathsThatDoNotExistAndChangesNothing) {
  Person patch;
  patch.set_title("Baker");
  for (const char* path :
       {"shoe_size", "name_components.nope", "full_name.length", "", ".", "title.", ".title", "*",
        "anniversaries.kind" /* of which one? */, "anniversaries[0]", "Title"}) {
    SCOPED_TRACE(path);
    Person person = Stored();
    const absl::Status status = ApplyMask(patch, Mask({"title", path}), "person", &person);
    EXPECT_EQ(errors::ReasonOf(status), rapport::type::v1::UPDATE_MASK) << status;
    EXPECT_TRUE(MessageDifferencer::Equals(person, Stored())) << person.DebugString();
  }
}

// Proves: P04
TEST(Mask, RefusesToChangeWhatIsFixedOrToEmptyWhatIsRequired) {
  Person nameless;
  Person person = Stored();
  EXPECT_THAT(FieldsOf(ApplyMask(nameless, Mask({"full_name"}), "person", &person)),
              ElementsAre("person.full_name"));
  ContactPoint point;
  point.set_kind(ContactPoint::EMAIL);
  point.set_value("ana@example.org");
  ContactPoint patch = point;
  patch.set_label("work");
  EXPECT_OK(ApplyMask(patch, {}, "contact_point", &point)) << "the same value is no change";
  EXPECT_EQ(point.label(), "work");
  patch.set_kind(ContactPoint::PHONE);
  patch.set_value("+351 21 345 67 89");
  const absl::Status status = ApplyMask(patch, {}, "contact_point", &point);
  EXPECT_EQ(errors::ReasonOf(status), rapport::type::v1::FIELD) << status;
  EXPECT_THAT(FieldsOf(status), ElementsAre("contact_point.kind", "contact_point.value"));
}

TEST(ClearOutputOnly, ClearsAtAnyDepthAndNothingElse) {
  Relationship relationship;
  relationship.set_name("tenants/home/relationships/ana");
  relationship.set_person("tenants/home/people/ana");
  relationship.set_standing(contact::v1::QUIETED);
  relationship.mutable_rhythm()->set_wish_days(30);
  relationship.mutable_rhythm()->set_source(contact::v1::Rhythm::PERSON);
  ClearOutputOnly(&relationship);
  Relationship wanted;
  wanted.set_name("tenants/home/relationships/ana");
  wanted.set_person("tenants/home/people/ana");
  wanted.mutable_rhythm()->set_wish_days(30);
  EXPECT_TRUE(MessageDifferencer::Equals(relationship, wanted)) << relationship.DebugString();

  contact::v1::Settings settings;  // in each item of a list
  for (const double days : {7, 30}) {
    auto* label = settings.add_label_rhythms();
    label->mutable_rhythm()->set_wish_days(days);
    label->mutable_rhythm()->set_source(contact::v1::Rhythm::LABEL);
  }
  ClearOutputOnly(&settings);
  for (const auto& label : settings.label_rhythms()) {
    EXPECT_GT(label.rhythm().wish_days(), 0);
    EXPECT_EQ(label.rhythm().source(), contact::v1::Rhythm::SOURCE_UNSPECIFIED);
  }
}

}  // namespace
}  // namespace rapport::resource
