// Programs of another day: clients that are older or newer than the services, and services that
// follow the feed of a newer one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/testing/matchers.h"
#include "google/protobuf/util/message_differencer.h"
#include "google/rpc/error_details.pb.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/type/v1/annotations.pb.h"
#include "tests/harness/house.h"
#include "tests/matrix/house_world.h"
#include "tests/matrix/raw_call.h"
#include "tests/matrix/released_protos.h"
#include "tests/matrix/request_maker.h"

namespace rapport::tests {
namespace {

namespace pb = google::protobuf;
using pb::util::MessageDifferencer;
using ::rapport::testing::IsOk;

// The descriptor sets of all releases.
std::vector<std::string> Releases() {
  std::vector<std::string> out;
  for (const auto& file : std::filesystem::directory_iterator(RAPPORT_RELEASED_PROTOS)) {
    if (file.path().extension() == ".binpb") out.push_back(file.path());
  }
  std::sort(out.begin(), out.end());
  EXPECT_FALSE(out.empty());
  return out;
}

class Released : public ::testing::Test {
 protected:
  Released() : world_(&house_, "one") {
    for (const char* service : {"contact", "engagement", "recommendation"}) {
      callers_.emplace(service, house_.SocketOf(service));
    }
  }

  absl::StatusOr<std::string> Send(const std::string& path, const std::string& bytes) {
    for (auto& [service, caller] : callers_) {
      if (absl::StartsWith(path, absl::StrCat("rapport.", service, "."))) {
        return caller.Call(path, bytes);
      }
    }
    return callers_.at("contact").Call(path, bytes);  // its change feed
  }

  // The worlds in which requests are made. A change gets one of its own: it may take away what the
  // next one needs.
  const World& WorldFor(const pb::MethodDescriptor& method) {
    if (method.options().GetExtension(type::v1::method).idempotency() !=
        type::v1::IDEMPOTENCY_REQUEST_ID) {
      return world_;
    }
    own_ = std::make_unique<World>(&house_, absl::StrCat("own-", ++worlds_));
    return *own_;
  }

  // Calls each method of `protos` as a client that has nothing else, and reads the answer so.
  // Returns how many fields of the answers that client does not know.
  int CallEverything(const ReleasedProtos& protos) {
    int unknown = 0;
    EXPECT_GE(protos.methods().size(), 40U);
    for (const auto* old : protos.methods()) {
      SCOPED_TRACE(old->full_name());
      const auto* now = pb::DescriptorPool::generated_pool()->FindMethodByName(old->full_name());
      if (now == nullptr) {
        ADD_FAILURE() << "a released method is gone";
        continue;
      }
      const RequestMaker maker(&WorldFor(*now));
      const auto request = protos.AsOldClient(*maker.Valid(*now));
      EXPECT_EQ(request->GetDescriptor()->full_name(), old->input_type()->full_name());
      const auto answer = Send(PathOf(*old), request->SerializeAsString());
      if (!answer.ok()) {
        ADD_FAILURE() << answer.status() << "\n" << request->DebugString();
        continue;
      }
      const auto response = protos.Read(*old->output_type(), *answer);
      unknown += UnknownFieldsIn(*response);
      // What the client does not know it keeps: handed on, nothing of the answer is lost.
      const MessagePtr sent = NewMessage(*now->output_type());
      const MessagePtr handed_on = NewMessage(*now->output_type());
      EXPECT_TRUE(sent->ParseFromString(*answer));
      EXPECT_TRUE(handed_on->ParseFromString(response->SerializeAsString()));
      EXPECT_TRUE(MessageDifferencer::Equals(*handed_on, *sent))
          << handed_on->DebugString() << "\nis not\n"
          << sent->DebugString();
    }
    return unknown;
  }

  House house_;
  World world_;
  std::unique_ptr<World> own_;
  int worlds_ = 0;
  std::map<std::string, RawCaller> callers_;
};

// Proves: P08
TEST_F(Released, AClientOfAReleaseIsServedByEveryMethodThatItKnows) {
  for (const std::string& release : Releases()) {
    SCOPED_TRACE(release);
    CallEverything(ReleasedProtos(release));
  }
}

// The same for a client that is older than the last field of each resource and answer and the last
// value of each enum: so the next addition is tested before it is made.
// Proves: P08
TEST_F(Released, AClientThatDoesNotKnowTheNewestFieldsIsServedAndKeepsThem) {
  EXPECT_GT(CallEverything(ReleasedProtos(Releases().front(), ForgetTheNewest)), 20);
}

// Proves: P08
TEST_F(Released, AnOldClientThatSendsBackWhatItReadLosesNothing) {
  // It knows no titles.
  const ReleasedProtos protos(Releases().front(), [](pb::FileDescriptorProto* file) {
    for (auto& message : *file->mutable_message_type()) {
      if (file->package() != "rapport.contact.v1" || message.name() != "Person") continue;
      auto* fields = message.mutable_field();
      for (auto field = fields->begin(); field != fields->end();) {
        field = field->name() == "title" ? fields->erase(field) : field + 1;
      }
    }
  });
  const auto* type = protos.Find("rapport.contact.v1.Person");
  ASSERT_EQ(type->FindFieldByName("title"), nullptr);
  contact::v1::CreatePersonRequest create;
  create.set_parent(house_.parent());
  create.mutable_person()->set_full_name("Ana Sousa");
  create.mutable_person()->set_title("Potter");
  const auto made =
      house_.Must<contact::v1::Person>("rapport.contact.v1.PeopleService/CreatePerson", create);
  for (const bool keeps_unknown : {true, false}) {  // not every protobuf runtime does
    contact::v1::GetPersonRequest get;
    get.set_name(made.name());
    const auto read = Send("rapport.contact.v1.PeopleService/GetPerson", get.SerializeAsString());
    ASSERT_OK(read);
    const auto person = protos.Read(*type, *read);
    EXPECT_EQ(UnknownFieldsIn(*person), 1);
    if (!keeps_unknown) person->DiscardUnknownFields();
    const std::string name = keeps_unknown ? "Ana de Sousa" : "Ana Sousa e Silva";
    person->GetReflection()->SetString(person.get(), type->FindFieldByName("full_name"), name);
    contact::v1::UpdatePersonRequest update;  // field 1 is the person
    ASSERT_TRUE(update.mutable_person()->ParseFromString(person->SerializeAsString()));
    const auto updated =
        house_.Must<contact::v1::Person>("rapport.contact.v1.PeopleService/UpdatePerson", update);
    EXPECT_EQ(updated.full_name(), name);
    EXPECT_EQ(updated.title(), "Potter");
  }
}

// Proves: P08
TEST_F(Released, WhatANewerClientSaysBesidesIsIgnored) {
  const ReleasedProtos protos(Releases().front());
  for (const auto* old : protos.methods()) {
    SCOPED_TRACE(old->full_name());
    const auto* method = pb::DescriptorPool::generated_pool()->FindMethodByName(old->full_name());
    ASSERT_NE(method, nullptr);
    const RequestMaker maker(&WorldFor(*method));
    const MessagePtr request = maker.Valid(*method);
    AddUnknownFields(request.get());
    ASSERT_GE(UnknownFieldsIn(*request), 2);
    const auto answer = Send(PathOf(*method), request->SerializeAsString());
    EXPECT_OK(answer);
    if (!answer.ok()) continue;
    const MessagePtr response = NewMessage(*method->output_type());
    ASSERT_TRUE(response->ParseFromString(*answer));
    EXPECT_EQ(UnknownFieldsIn(*response), 0) << "kept and given back unchecked:\n"
                                             << response->DebugString();
  }
}

// Proves: P08, P04
TEST_F(Released, AValueThatOnlyANewerClientKnowsIsRefusedByName) {
  int refused = 0;
  const ReleasedProtos protos(Releases().front());
  for (const auto* old : protos.methods()) {
    const auto* method = pb::DescriptorPool::generated_pool()->FindMethodByName(old->full_name());
    if (method->client_streaming() || absl::StartsWith(method->name(), "Batch")) continue;
    const RequestMaker maker(&world_);
    // The enums of the request and of the resource in it.
    const auto try_in = [&](const pb::FieldDescriptor* place) {
      const auto* type = place == nullptr ? method->input_type() : place->message_type();
      for (int i = 0; i < type->field_count(); ++i) {
        const auto* field = type->field(i);
        if (field->enum_type() == nullptr || field->is_repeated() || IsOutputOnly(*field)) continue;
        const std::string path =
            place == nullptr ? field->name() : absl::StrCat(place->name(), ".", field->name());
        SCOPED_TRACE(absl::StrCat(method->full_name(), " ", path));
        const MessagePtr request = maker.Valid(*method);
        pb::Message* message = place == nullptr
                                   ? request.get()
                                   : request->GetReflection()->MutableMessage(request.get(), place);
        message->GetReflection()->SetEnumValue(message, field, 9999);
        const auto answer = Send(PathOf(*method), request->SerializeAsString());
        EXPECT_EQ(errors::ReasonOf(answer.status()), type::v1::FIELD) << answer.status();
        google::rpc::BadRequest bad;
        const auto payload =
            answer.status().GetPayload("type.googleapis.com/google.rpc.BadRequest");
        ASSERT_TRUE(payload && bad.ParseFromString(std::string(*payload))) << answer.status();
        ASSERT_EQ(bad.field_violations_size(), 1) << answer.status();
        EXPECT_EQ(bad.field_violations(0).field(), path);
        ++refused;
      }
    };
    try_in(nullptr);
    if (const auto* resource = ResourceField(*method)) try_in(resource);
  }
  EXPECT_GE(refused, 10);
}

}  // namespace
}  // namespace rapport::tests
