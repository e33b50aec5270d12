// Streams, seen from a client.
#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "common/base/errors.h"
#include "common/rpc/codec.h"
#include "common/rpc/test_server.h"
#include "common/testing/gate.h"
#include "common/testing/matchers.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/feed/v1/change_feed_service.pb.h"

namespace rapport::rpc {
namespace {

using engagement::v1::StreamEngagementsRequest;
using engagement::v1::StreamEngagementsResponse;
using feed::v1::ChangeBatch;
using feed::v1::WatchChangesRequest;
using ::rapport::testing::StatusIs;

StreamEngagementsRequest Message(std::int64_t position) {
  StreamEngagementsRequest message;
  message.set_position(position);
  auto* batch = message.mutable_batch();
  batch->set_parent("tenants/home");
  auto* request = batch->add_requests();
  request->set_parent("tenants/home");
  request->mutable_engagement()->set_subject("hello");
  return message;
}

void Acknowledge(Call* call) {
  StreamEngagementsResponse response;
  response.set_position(static_cast<const StreamEngagementsRequest&>(call->request()).position());
  call->Finish(Answer{Serialize(response), response.position()});
}

TEST(ServerStream, SendsWhatComesInOrder) {
  TestServer server;
  Client client = server.MakeClient();
  auto stream = client.ReadStream<ChangeBatch>(kWatchChanges, WatchChangesRequest());
  server.feed.WaitForSources(1);
  constexpr std::int64_t kCount = 500;
  std::thread pusher([&] {
    for (std::int64_t n = 1; n <= kCount; ++n) server.feed.Push(n);
  });
  ChangeBatch batch;
  for (std::int64_t n = 1; n <= kCount;) {
    ASSERT_TRUE(stream->Read(&batch));
    if (batch.caught_up()) continue;
    ASSERT_EQ(batch.sequence(), n++);
  }
  pusher.join();
}

TEST(ServerStream, BeatsWhileNothingHappens) {
  TestServer server({.server = {.heartbeat = absl::Milliseconds(10)}});
  Client client = server.MakeClient();
  auto stream = client.ReadStream<ChangeBatch>(kWatchChanges, WatchChangesRequest());
  ChangeBatch batch;
  ASSERT_TRUE(stream->Read(&batch));
  EXPECT_TRUE(batch.caught_up());
  ASSERT_TRUE(stream->Read(&batch));
  EXPECT_TRUE(batch.caught_up());
}

TEST(ServerStream, EndsAtTheServerWhenTheClientGoes) {
  TestServer server;
  Client client = server.MakeClient();
  auto stream = client.ReadStream<ChangeBatch>(kWatchChanges, WatchChangesRequest());
  server.feed.WaitForSources(1);
  std::thread canceller([&] { stream->Cancel(); });
  ChangeBatch batch;
  EXPECT_FALSE(stream->Read(&batch));
  canceller.join();
  EXPECT_THAT(stream->Finish(), StatusIs(absl::StatusCode::kCancelled));
  server.feed.WaitForSources(0);
}

TEST(ServerStream, IsRefusedLikeACall) {
  TestServer server;
  Client client = server.MakeClient();
  WatchChangesRequest request;
  request.set_after_sequence(-1);
  auto stream = client.ReadStream<ChangeBatch>(kWatchChanges, request);
  ChangeBatch batch;
  EXPECT_FALSE(stream->Read(&batch));
  EXPECT_EQ(ReasonName(stream->Finish()), "FIELD");
}

TEST(ServerStream, OutlivesAClientThatHasGoneWhenItsSourceFails) {
  TestServer server;
  Client client = server.MakeClient();
  testing::Gate asked, gone;
  server.feed.next = [&] {
    asked.Open();
    gone.Pass();
    return errors::StoreUnavailable();
  };
  auto stream = client.ReadStream<ChangeBatch>(kWatchChanges, WatchChangesRequest());
  asked.Pass();
  stream.reset();
  server.observations.WaitFor("", 1);  // the server has noticed, and only the source is left
  contact::v1::GetStewardRequest request;
  request.set_name("tenants/home/stewards/mara");
  for (int i = 0; i < 10; ++i) EXPECT_OK(client.Call<contact::v1::Steward>(kGetSteward, request));
  gone.Open();
  server.feed.WaitForSources(0);
  EXPECT_OK(client.Call<contact::v1::Steward>(kGetSteward, request));
}

// Proves: P01
TEST(ServerStream, EndsWithDraining) {
  TestServer server;
  Client client = server.MakeClient();
  auto stream = client.ReadStream<ChangeBatch>(kWatchChanges, WatchChangesRequest());
  server.feed.WaitForSources(1);
  server.feed.Push(1);
  ChangeBatch batch;
  ASSERT_TRUE(stream->Read(&batch));  // from here on the client does not begin anew by itself
  std::thread drain([&] { server.server().Drain(absl::Seconds(20)); });
  while (stream->Read(&batch)) {
  }
  const absl::Status end = stream->Finish();
  EXPECT_EQ(ReasonName(end), "DRAINING") << end;
  drain.join();
}

TEST(BidiStream, AcknowledgesInOrderWithAFewMessagesInFlight) {
  TestServer server;
  const auto session = std::make_shared<Session>();
  Client client = server.MakeClient({}, session);
  auto stream =
      client.OpenStream<StreamEngagementsRequest, StreamEngagementsResponse>(kStreamEngagements);
  constexpr int kMessages = 40;
  constexpr int kWindow = 4;
  std::thread writer([&] {
    for (int n = 1; n <= kMessages; ++n) EXPECT_TRUE(stream->Write(Message(n)));
    EXPECT_TRUE(stream->WritesDone());
  });
  std::thread handler([&] {
    for (int done = 0; done < kMessages; done += kWindow) {
      server.held.WaitFor(done + kWindow);
      EXPECT_EQ(server.held.held(), done + kWindow);  // the rest waits at the client
      std::vector<Call*> calls;
      for (int i = 0; i < kWindow; ++i) calls.push_back(server.held.Take());
      std::reverse(calls.begin(), calls.end());
      for (Call* call : calls) Acknowledge(call);
    }
  });
  StreamEngagementsResponse response;
  for (int n = 1; n <= kMessages; ++n) {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.position(), n);
  }
  EXPECT_FALSE(stream->Read(&response));
  writer.join();
  handler.join();
  EXPECT_OK(stream->Finish());
  EXPECT_EQ(session->Token(), "teststore.40");
}

TEST(BidiStream, EndsWithTheErrorOfAMessage) {
  TestServer server;
  Client client = server.MakeClient();
  auto stream =
      client.OpenStream<StreamEngagementsRequest, StreamEngagementsResponse>(kStreamEngagements);
  ASSERT_TRUE(stream->Write(Message(1)));
  Acknowledge(server.held.Take());
  StreamEngagementsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_TRUE(stream->Write(StreamEngagementsRequest()));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(ReasonName(stream->Finish()), "FIELD");
}

TEST(BidiStream, CanBeCancelledWhileAMessageIsAtWork) {
  TestServer server;
  Client client = server.MakeClient();
  {
    auto stream =
        client.OpenStream<StreamEngagementsRequest, StreamEngagementsResponse>(kStreamEngagements);
    ASSERT_TRUE(stream->Write(Message(1)));
    server.held.WaitFor(1);
    stream->Cancel();
    EXPECT_THAT(stream->Finish(), StatusIs(absl::StatusCode::kCancelled));
  }
  Acknowledge(server.held.Take());
  server.server().Drain(absl::Seconds(20));
  EXPECT_EQ(server.server().in_flight(), 0);
}

// Proves: P01
TEST(BidiStream, AnswersWhatItHasReadBeforeItEndsWithDraining) {
  TestServer server;
  Client client = server.MakeClient();
  auto stream =
      client.OpenStream<StreamEngagementsRequest, StreamEngagementsResponse>(kStreamEngagements);
  ASSERT_TRUE(stream->Write(Message(1)));
  server.held.WaitFor(1);
  std::thread drain([&] { server.server().Drain(absl::Seconds(20)); });
  Client late = server.MakeClient();
  while (true) {
    auto refused =
        late.OpenStream<StreamEngagementsRequest, StreamEngagementsResponse>(kStreamEngagements);
    StreamEngagementsResponse response;
    refused->WritesDone();
    if (!refused->Read(&response) && !refused->Finish().ok()) break;
  }
  Acknowledge(server.held.Take());
  StreamEngagementsResponse response;
  EXPECT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.position(), 1);
  EXPECT_FALSE(stream->Read(&response));
  const absl::Status end = stream->Finish();
  EXPECT_EQ(ReasonName(end), "DRAINING") << end;
  drain.join();
}

}  // namespace
}  // namespace rapport::rpc
