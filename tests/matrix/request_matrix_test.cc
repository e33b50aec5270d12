// Every method of every service, against every single fault that its request can have: the
// documented code, reason and field, and nothing written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/stubs/logging.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "rapport/type/v1/annotations.pb.h"
#include "tests/harness/house.h"
#include "tests/matrix/house_world.h"
#include "tests/matrix/mutations.h"
#include "tests/matrix/raw_call.h"
#include "tests/matrix/request_maker.h"

namespace rapport::tests {
namespace {

namespace pb = google::protobuf;
namespace type = rapport::type::v1;

// Every method in the linked descriptors, so that a new one is met here without being named.
std::vector<const pb::MethodDescriptor*> AllMethods() {
  std::vector<std::string> files;
  pb::DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
  std::sort(files.begin(), files.end());
  std::vector<const pb::MethodDescriptor*> methods;
  for (const auto& name : files) {
    if (!absl::StartsWith(name, "rapport/")) continue;
    const auto* file = pb::DescriptorPool::generated_pool()->FindFileByName(name);
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        methods.push_back(file->service(s)->method(m));
      }
    }
  }
  return methods;
}

absl::StatusCode CodeOf(type::ErrorReason reason) {
  switch (reason) {
    case type::RESOURCE_UNKNOWN:
      return absl::StatusCode::kNotFound;
    case type::ETAG_MISMATCH:
      return absl::StatusCode::kAborted;
    case type::MESSAGE_TOO_LARGE:
      return absl::StatusCode::kResourceExhausted;
    case type::METHOD_UNKNOWN:
      return absl::StatusCode::kUnimplemented;
    default:
      return absl::StatusCode::kInvalidArgument;
  }
}

// The fields that BadRequest names.
std::set<std::string> FieldsOf(const absl::Status& status) {
  google::rpc::BadRequest bad;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  std::set<std::string> fields;
  if (payload && bad.ParseFromString(std::string(*payload))) {
    for (const auto& violation : bad.field_violations()) fields.insert(violation.field());
  }
  return fields;
}

// An unknown length-delimited field of this many bytes.
std::string Ballast(std::size_t size) {
  std::string out = "\xfa\x3f";  // field 1023, bytes
  for (std::size_t rest = size;;) {
    const auto low = static_cast<char>(rest & 0x7f);
    rest >>= 7;
    out.push_back(rest == 0 ? low : static_cast<char>(low | 0x80));
    if (rest == 0) break;
  }
  return out + std::string(size, 'x');
}

// Sets the first text in the message, however deep, to bytes that are no UTF-8.
bool SpoilText(pb::Message* message) {
  const auto* descriptor = message->GetDescriptor();
  const auto* reflection = message->GetReflection();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    if (field->type() == pb::FieldDescriptor::TYPE_STRING && !field->is_repeated()) {
      reflection->SetString(message, field, "a\xc3\x28z");
      return true;
    }
    if (field->message_type() != nullptr && !field->is_repeated() &&
        SpoilText(reflection->MutableMessage(message, field))) {
      return true;
    }
  }
  return false;
}

class Matrix : public ::testing::Test {
 protected:
  Matrix() : world_(&house_, "one"), maker_(&world_), methods_(AllMethods()) {
    second_ = std::make_unique<World>(&house_, "two");
    for (const char* service : {"contact", "engagement", "recommendation"}) {
      callers_.emplace(service, house_.SocketOf(service));
    }
    previous_ = pb::SetLogHandler(nullptr);  // it would report the texts that are no UTF-8
  }
  ~Matrix() override { pb::SetLogHandler(previous_); }

  // The processes that serve a method.
  static std::vector<std::string> ServicesOf(const pb::MethodDescriptor& method) {
    for (const char* service : {"contact", "engagement", "recommendation"}) {
      if (absl::StartsWith(method.full_name(), absl::StrCat("rapport.", service, "."))) {
        return {service};
      }
    }
    if (absl::StartsWith(method.full_name(), "rapport.feed.")) return {"contact", "engagement"};
    return {"contact", "engagement", "recommendation"};
  }

  absl::StatusOr<std::string> Send(const pb::MethodDescriptor& method, const std::string& bytes) {
    absl::StatusOr<std::string> answer = absl::UnknownError("not sent");
    for (const auto& service : ServicesOf(method)) {
      answer = callers_.at(service).Call(PathOf(method), bytes);
      ++cells_;
    }
    return answer;
  }
  absl::StatusOr<std::string> Send(const pb::MethodDescriptor& method, const pb::Message& request) {
    return Send(method, request.SerializePartialAsString());
  }

  void ExpectRefused(const absl::Status& status, type::ErrorReason reason,
                     const std::string& field) {
    EXPECT_EQ(status.code(), CodeOf(reason)) << status;
    EXPECT_EQ(type::ErrorReason_Name(errors::ReasonOf(status)), type::ErrorReason_Name(reason))
        << status;
    if (reason == type::FIELD) {
      EXPECT_TRUE(FieldsOf(status).contains(field))
          << status << "\nnames " << ::testing::PrintToString(FieldsOf(status)) << ", not "
          << field;
    }
    // The same words whether another tenant has it or nobody.
    if (reason == type::RESOURCE_UNKNOWN) {
      EXPECT_TRUE(absl::StartsWith(status.message(), "no such resource: tenants/")) << status;
    }
  }

  // The status of the only item of a batch: in results[0].status or refused[0].status.
  static absl::Status ItemStatus(const pb::MethodDescriptor& method, const std::string& bytes) {
    MessagePtr response = NewMessage(*method.output_type());
    if (!response->ParseFromString(bytes)) return absl::InternalError("no such answer");
    for (const char* list : {"results", "refused"}) {
      const auto* field = response->GetDescriptor()->FindFieldByName(list);
      if (field == nullptr || response->GetReflection()->FieldSize(*response, field) == 0) continue;
      const auto& item = response->GetReflection()->GetRepeatedMessage(*response, field, 0);
      const auto* status = item.GetDescriptor()->FindFieldByName("status");
      google::rpc::Status proto;
      proto.CopyFrom(item.GetReflection()->GetMessage(item, status));
      return errors::FromProto(proto);
    }
    return absl::OkStatus();
  }

  std::map<std::string, StoreContent> Stores() {
    std::map<std::string, StoreContent> out;
    for (const char* service : {"contact", "engagement", "recommendation"}) {
      out[service] = ReadStore(house_.StoreOf(service));
    }
    return out;
  }
  // What the stores hold once the feeds have come to rest.
  std::map<std::string, StoreContent> SettledStores() {
    auto last = Stores();
    int same = 0;
    EXPECT_TRUE(Eventually(absl::Seconds(30), [&] {
      auto now = Stores();
      same = now == last ? same + 1 : 0;
      last = std::move(now);
      return same >= 20;
    }));
    return last;
  }

  // The tables that hold something else than before; "" if none does.
  std::string ChangesSince(const std::map<std::string, StoreContent>& before) {
    const auto after = SettledStores();
    std::string changes;
    for (const auto& [service, content] : after) {
      const StoreContent& old = before.at(service);
      for (const auto& [table, sum] : content.content) {
        const auto was = old.content.find(table);
        if (was != old.content.end() && was->second == sum) continue;
        absl::StrAppend(&changes, service, ".", table, ": ", content.rows.at(table), " rows, had ",
                        was == old.content.end() ? 0 : old.rows.at(table), "\n");
      }
      if (content.rows.size() != old.rows.size()) absl::StrAppend(&changes, service, " tables\n");
    }
    return changes;
  }

  static bool HasField(const pb::MethodDescriptor& method, const char* name) {
    return method.input_type()->FindFieldByName(name) != nullptr;
  }
  static void SetText(pb::Message* message, const char* field, const std::string& text) {
    message->GetReflection()->SetString(message, message->GetDescriptor()->FindFieldByName(field),
                                        text);
  }

  House house_;
  World world_;
  std::unique_ptr<World> second_;
  RequestMaker maker_;
  const std::vector<const pb::MethodDescriptor*> methods_;
  std::map<std::string, RawCaller> callers_;
  pb::LogHandler* previous_ = nullptr;
  int cells_ = 0;
};

// Proves: P04
TEST_F(Matrix, EveryFaultOfEveryRequestIsRefusedAsDocumentedAndNothingIsWritten) {
  ASSERT_GE(methods_.size(), 120u);
  // Naturally repeatable writes have no dry run: their valid requests come first.
  for (const auto* method : methods_) {
    SCOPED_TRACE(method->full_name());
    const auto& rule = method->options().GetExtension(type::method);
    if (rule.idempotency() != type::IDEMPOTENCY_NATURAL) continue;
    const auto answer = Send(*method, *maker_.Valid(*method));
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_TRUE(ItemStatus(*method, *answer).ok()) << ItemStatus(*method, *answer);
  }
  const auto before = SettledStores();

  std::map<std::string, int> kinds;
  std::set<std::string> free_fields;
  for (const auto* method : methods_) {
    SCOPED_TRACE(method->full_name());
    const auto& rule = method->options().GetExtension(type::method);
    // The request without a fault, done dry where it writes: so each fault is the only one.
    if (rule.idempotency() != type::IDEMPOTENCY_NATURAL) {
      MessagePtr valid = maker_.Valid(*method);
      if (rule.idempotency() == type::IDEMPOTENCY_REQUEST_ID) {
        ASSERT_TRUE(HasField(*method, "validate_only"));
        valid->GetReflection()->SetBool(
            valid.get(), method->input_type()->FindFieldByName("validate_only"), true);
      }
      const auto answer = Send(*method, *valid);
      EXPECT_TRUE(answer.ok()) << answer.status() << "\n" << valid->DebugString();
      // What a newer client says besides is left alone.
      const auto newer = Send(*method, valid->SerializeAsString() + Ballast(20));
      EXPECT_TRUE(newer.ok()) << newer.status();
    }
    const Mutations mutations = MutationsOf(*method, maker_);
    free_fields.insert(mutations.free_fields.begin(), mutations.free_fields.end());
    for (const auto& cell : mutations.cells) {
      SCOPED_TRACE(absl::StrCat(cell.field, ": ", cell.what));
      const auto answer = Send(*method, *cell.request);
      ++kinds[cell.what];
      if (cell.per_item) {
        ASSERT_TRUE(answer.ok()) << answer.status();
        ExpectRefused(ItemStatus(*method, *answer), cell.reason, cell.item_field);
      } else {
        ExpectRefused(answer.status(), cell.reason, cell.field);
      }
    }
  }
  // Whoever adds a field that nothing can be wrong with says so here.
  EXPECT_THAT(free_fields, ::testing::UnorderedElementsAre(
                               "rapport.engagement.v1.StreamEngagementsRequest.position",
                               "google.type.Money.units", "google.type.Money.nanos",
                               "google.protobuf.Any.value"));
  EXPECT_EQ(ChangesSince(before), "") << "a refused request has written something";
  for (const auto& [what, count] : kinds) std::printf("%5d %s\n", count, what.c_str());
  std::printf("%d cells of %zu methods\n", cells_, methods_.size());
}

// Proves: P04
TEST_F(Matrix, BytesThatAreNoRequestAreRefusedByEveryMethod) {
  const auto before = SettledStores();
  for (const auto* method : methods_) {
    SCOPED_TRACE(method->full_name());
    MessagePtr spoiled = maker_.Valid(*method);
    const bool has_text = SpoilText(spoiled.get());
    EXPECT_EQ(has_text, method->input_type()->field_count() > 0);
    const std::string valid = maker_.Valid(*method)->SerializeAsString();
    const std::pair<const char*, std::string> malformed[] = {
        {"invalid UTF-8", has_text ? spoiled->SerializePartialAsString() : "\xff"},
        {"truncated varint", valid + "\xf8\x3f\xff"},
        {"endless varint", valid + "\xf8\x3f" + std::string(11, '\xff')},
        {"length beyond the end", valid + "\xfa\x3f\x7fshort"},
        {"field number zero", valid + std::string("\x00\x00", 2)},
        {"wire type seven", valid + "\x0f"},
        {"end of no group", valid + "\xfc\x3f"},
        {"depth bomb", valid + std::string(10000, '\x0b')},
        {"noise", std::string(64, '\xff')},
    };
    for (const auto& [what, bytes] : malformed) {
      SCOPED_TRACE(what);
      ExpectRefused(Send(*method, bytes).status(), type::MALFORMED_REQUEST, "");
    }
    const bool batch =
        (absl::StartsWith(method->name(), "Batch") || method->name() == "RestoreResources") &&
        method->options().GetExtension(type::method).idempotency() == type::IDEMPOTENCY_NATURAL;
    const std::size_t limit = batch || method->client_streaming() ? 4 << 20 : 1 << 20;
    ExpectRefused(Send(*method, Ballast(limit)).status(), type::MESSAGE_TOO_LARGE, "");
  }
  for (auto& [service, caller] : callers_) {
    for (const std::string& path :
         {absl::StrCat("rapport.", service, ".v1.NoSuchService/GetPerson"),
          std::string("rapport.contact.v1.PeopleService/SellPerson"), std::string("x/y")}) {
      SCOPED_TRACE(path);
      ExpectRefused(caller.Call(path, "").status(), type::METHOD_UNKNOWN, "");
      ++cells_;
    }
  }
  EXPECT_EQ(ChangesSince(before), "");
  std::printf("%d cells of %zu methods\n", cells_, methods_.size());
}

// Proves: P04
TEST_F(Matrix, AReusedRequestIdIsRefusedAndARepeatIsAnsweredAsBefore) {
  struct Done {
    const pb::MethodDescriptor* method;
    std::unique_ptr<World> world;
    MessagePtr request;
    std::string answer;
  };
  std::vector<Done> done;
  for (const auto* method : methods_) {
    SCOPED_TRACE(method->full_name());
    if (!HasField(*method, "request_id")) continue;
    // Some moves take the resource away from the next method, so each has a world of its own.
    auto own = std::make_unique<World>(&house_, absl::StrCat("id-", done.size()));
    MessagePtr request = RequestMaker(own.get()).Valid(*method);
    SetText(request.get(), "request_id",
            absl::StrCat("01920000-0000-7000-8000-0000000001",
                         absl::Dec(done.size(), absl::kZeroPad2)));
    const auto first = Send(*method, *request);
    ASSERT_TRUE(first.ok()) << first.status();
    done.push_back({method, std::move(own), std::move(request), *first});
  }
  EXPECT_GE(done.size(), 40u);
  const auto before = SettledStores();
  for (const auto& [method, world, request, first] : done) {
    SCOPED_TRACE(method->full_name());
    const auto repeat = Send(*method, *request);
    ASSERT_TRUE(repeat.ok()) << repeat.status();
    EXPECT_EQ(*repeat, first);
    pb::Message* changed = request.get();
    if (const auto* items = method->input_type()->FindFieldByName("requests")) {
      changed = request->GetReflection()->MutableRepeatedMessage(request.get(), items, 0);
    }
    for (int i = 0; i < changed->GetDescriptor()->field_count(); ++i) {
      const auto* field = changed->GetDescriptor()->field(i);
      if (field->message_type() == nullptr || field->is_repeated() ||
          !field->message_type()->options().HasExtension(google::api::resource)) {
        continue;
      }
      changed = changed->GetReflection()->MutableMessage(changed, field);
      break;
    }
    const bool tagged = changed->GetDescriptor()->FindFieldByName("etag") != nullptr;
    SetText(changed, tagged ? "etag" : "house", tagged ? "\"9\"" : "atelier");
    ExpectRefused(Send(*method, *request).status(), type::REQUEST_ID_REUSED, "");
  }
  EXPECT_EQ(ChangesSince(before), "") << "a repeat or a refused request has written something";
  std::printf("%d cells of %zu methods\n", cells_, done.size());
}

// Proves: P04
TEST_F(Matrix, APageTokenHoldsForTheListThatGaveItOnly) {
  const auto before = SettledStores();
  std::map<const pb::MethodDescriptor*, std::string> tokens;
  const auto page_of = [&](const pb::MethodDescriptor& method, const std::string& token) {
    MessagePtr request = maker_.Valid(method);
    request->GetReflection()->SetInt32(request.get(),
                                       method.input_type()->FindFieldByName("page_size"), 1);
    SetText(request.get(), "page_token", token);
    return request;
  };
  for (const auto* method : methods_) {
    if (!HasField(*method, "page_token")) continue;
    SCOPED_TRACE(method->full_name());
    const auto first = Send(*method, *page_of(*method, ""));
    ASSERT_TRUE(first.ok()) << first.status();
    MessagePtr page = NewMessage(*method->output_type());
    ASSERT_TRUE(page->ParseFromString(*first));
    tokens[method] = page->GetReflection()->GetString(
        *page, method->output_type()->FindFieldByName("next_page_token"));
    if (tokens[method].empty()) continue;  // one item only
    EXPECT_TRUE(Send(*method, *page_of(*method, tokens[method])).ok());
    std::string tampered = tokens[method];
    tampered[tampered.size() / 2] = tampered[tampered.size() / 2] == 'A' ? 'B' : 'A';
    for (const std::string& wrong : {tampered, tokens[method] + "A", tokens[method].substr(1)}) {
      ExpectRefused(Send(*method, *page_of(*method, wrong)).status(), type::PAGE_TOKEN, "");
    }
    if (HasField(*method, "show_deleted")) {
      MessagePtr other = page_of(*method, tokens[method]);
      other->GetReflection()->SetBool(other.get(),
                                      method->input_type()->FindFieldByName("show_deleted"), true);
      ExpectRefused(Send(*method, *other).status(), type::PAGE_TOKEN, "");
    }
  }
  int foreign = 0;
  for (const auto& [method, own] : tokens) {
    for (const auto& [giver, token] : tokens) {
      if (giver == method || token.empty()) continue;
      SCOPED_TRACE(absl::StrCat(giver->full_name(), " to ", method->full_name()));
      ExpectRefused(Send(*method, *page_of(*method, token)).status(), type::PAGE_TOKEN, "");
      ++foreign;
    }
  }
  EXPECT_GE(tokens.size(), 12u);
  EXPECT_GE(foreign, 30);
  EXPECT_EQ(ChangesSince(before), "");
  std::printf("%d cells of %zu lists\n", cells_, tokens.size());
}

}  // namespace
}  // namespace rapport::tests
