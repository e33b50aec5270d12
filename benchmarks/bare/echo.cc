#include <signal.h>

#include <cstdio>

#include "benchmarks/bare/servers.h"
#include "benchmarks/bare/service.h"
#include "grpcpp/server_builder.h"
#include "rapport/contact/v1/relationship.pb.h"
#include "rapport/contact/v1/relationship_service.pb.h"

namespace rapport::benchmarks {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

contact::v1::Relationship SampleRelationship() {
  contact::v1::Relationship sample;
  sample.set_name("tenants/bench/relationships/0190a1b2-0000-7000-8000-000000000000");
  sample.set_uid("0190a1b2-0000-7000-8000-000000000000");
  sample.set_etag("\"1\"");
  sample.set_revision(1);
  sample.mutable_create_time()->set_seconds(1780000000);
  sample.mutable_update_time()->set_seconds(1780000000);
  sample.set_person("tenants/bench/people/0190a1b2-0000-7000-8000-000000000001");
  sample.set_house("default");
  sample.set_standing(contact::v1::OPEN);
  sample.add_stewards("tenants/bench/stewards/all");
  sample.add_stewards("tenants/bench/stewards/s1");
  sample.mutable_effective_rhythm()->set_wish_days(30);
  sample.mutable_effective_rhythm()->set_tolerate_days(60);
  sample.set_standing_reason(std::string(100, 'x'));
  return sample;
}

void BlockSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void WaitForSignal() {
  const sigset_t signals = StopSignals();
  int which = 0;
  sigwait(&signals, &which);
}

int ServeUntilSignal(const std::string& address, grpc::Service* service,
                     const std::function<void()>& stop) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1000);
  builder.RegisterService(service);
  const auto server = builder.BuildAndStart();
  if (server == nullptr) {
    std::fprintf(stderr, "rapport_bare: cannot listen on %s\n", address.c_str());
    return 1;
  }
  WaitForSignal();
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  stop();
  return 0;
}

int ServeEcho(const std::string& address, int bytes) {
  BlockSignals();
  const grpc::Slice slice(std::string(static_cast<std::size_t>(bytes), 'x'));
  const grpc::ByteBuffer answer(&slice, 1);
  BareService<grpc::ByteBuffer, grpc::ByteBuffer> service(
      kBareMethod,
      [&](grpc::CallbackServerContext* context, const grpc::ByteBuffer*, grpc::ByteBuffer* out) {
        *out = answer;
        auto* const reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
      });
  return ServeUntilSignal(address, &service, [] {});
}

int ServeTypedEcho(const std::string& address) {
  BlockSignals();
  const contact::v1::Relationship sample = SampleRelationship();
  BareService<contact::v1::GetRelationshipRequest, contact::v1::Relationship> service(
      kBareMethod, [&](grpc::CallbackServerContext* context,
                       const contact::v1::GetRelationshipRequest*, contact::v1::Relationship* out) {
        *out = sample;
        auto* const reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
      });
  return ServeUntilSignal(address, &service, [] {});
}

}  // namespace rapport::benchmarks
