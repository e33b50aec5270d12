// Many calls at once, answered by several threads.
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/codec.h"
#include "common/rpc/test_server.h"
#include "common/testing/matchers.h"
#include "rapport/contact/v1/steward_service.pb.h"

namespace rapport::rpc {
namespace {

constexpr int kCalls = 10000;
constexpr int kChannels = 12;  // a connection carries at most 1000 calls at once
constexpr int kFinishers = 4;

struct OpenCall {
  grpc::ClientContext context;
  grpc::ByteBuffer answer;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
};

// Proves: P05
TEST(Stress, TenThousandCallsAtOnceAreAnsweredEachOnce) {
  TestServer server({.server = {.loops = 2, .max_in_flight = 2 * kCalls}});
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs;
  for (int i = 0; i < kChannels; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stubs.push_back(std::make_unique<grpc::GenericStub>(grpc::CreateCustomChannel(
        server.address(), grpc::InsecureChannelCredentials(), arguments)));
  }
  contact::v1::GetStewardRequest request;
  request.set_name("tenants/home/stewards/held");
  const grpc::ByteBuffer bytes = Serialize(request);
  const std::string path = absl::StrCat("/", kGetSteward);
  grpc::CompletionQueue queue;
  std::vector<OpenCall> calls(kCalls);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    OpenCall& call = calls[i];
    call.context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(90));
    call.reader = stubs[i % kChannels]->PrepareUnaryCall(&call.context, path, bytes, &queue);
    call.reader->StartCall();
    call.reader->Finish(&call.answer, &call.status, &call);
  }
  std::vector<std::thread> finishers;
  for (int i = 0; i < kFinishers; ++i) {
    finishers.emplace_back([&] {
      server.held.WaitFor(kCalls);
      for (int n = 0; n < kCalls / kFinishers; ++n) server.held.Take()->Finish(Answer{});
    });
  }
  int succeeded = 0;
  for (int n = 0; n < kCalls; ++n) {
    void* tag = nullptr;
    bool ok = false;
    ASSERT_TRUE(queue.Next(&tag, &ok));
    const grpc::Status& status = static_cast<OpenCall*>(tag)->status;
    if (status.ok()) ++succeeded;
  }
  for (auto& thread : finishers) thread.join();
  EXPECT_EQ(succeeded, kCalls);
  EXPECT_EQ(server.held.held(), kCalls);
  server.server().Drain(absl::Seconds(20));
  EXPECT_EQ(server.server().in_flight(), 0);
  EXPECT_EQ(server.observations.Count(""), kCalls);
}

}  // namespace
}  // namespace rapport::rpc
