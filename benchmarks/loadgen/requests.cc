#include "benchmarks/loadgen/requests.h"

#include <fstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/time/proto_time.h"
#include "rapport/contact/v1/relationship_service.pb.h"
#include "rapport/recommendation/v1/recommendation_service.pb.h"

namespace rapport::benchmarks {

namespace v1 = rapport::engagement::v1;

namespace {

std::vector<std::string> Drawn(const std::vector<std::string>& names, std::size_t count,
                               std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::string> drawn;
  drawn.reserve(count);
  for (std::size_t i = 0; i < count; ++i) drawn.push_back(names[random() % names.size()]);
  return drawn;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ReadLines(const std::string& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) lines.push_back(std::move(line));
  }
  if (lines.empty()) return absl::NotFoundError(absl::StrCat(path, " has no lines"));
  return lines;
}

std::vector<std::string> EveryName(const std::vector<std::string>& names) {
  std::vector<std::string> requests;
  requests.reserve(names.size());
  contact::v1::GetRelationshipRequest request;
  for (const auto& name : names) {
    request.set_name(name);
    requests.push_back(request.SerializeAsString());
  }
  return requests;
}

std::vector<std::string> NameRequests(const std::vector<std::string>& names, std::size_t count,
                                      std::uint64_t seed) {
  return EveryName(Drawn(names, count, seed));
}

std::vector<std::string> ReadinessRequests(const std::vector<std::string>& names,
                                           const std::string& offer, std::size_t count,
                                           std::uint64_t seed) {
  std::vector<std::string> requests;
  requests.reserve(count);
  recommendation::v1::CheckReadinessRequest request;
  request.set_offer(offer);
  for (const auto& name : Drawn(names, count, seed)) {
    request.set_relationship(name);
    requests.push_back(request.SerializeAsString());
  }
  return requests;
}

Mail::Mail(std::vector<std::string> relationships, std::uint64_t seed)
    : relationships_(std::move(relationships)), seed_(seed), random_(seed) {}

void Mail::Next(absl::Time when, v1::RecordEngagementRequest* request) {
  const std::uint64_t drawn = random_();
  const bool inbound = ((drawn >> 32) & 1) != 0;
  Thread thread{static_cast<std::size_t>(drawn % relationships_.size()), (drawn >> 40) % 4};
  v1::Engagement& mail = *request->mutable_engagement();
  mail.set_source("mail");
  mail.set_source_id(absl::StrCat("<", seed_, ".", made_, "@mail.example>"));
  *mail.mutable_event_time() = time::ToProto(when);
  mail.set_kind(v1::Engagement::MESSAGE);
  mail.set_channel(v1::Engagement::EMAIL);
  mail.set_direction(inbound ? v1::Engagement::IN : v1::Engagement::OUT);
  mail.set_conduct(v1::Engagement::HUMAN);
  const auto words = static_cast<std::int64_t>(20 + (drawn >> 44) % 180);
  if (inbound) {
    mail.set_their_words(words);
    if (((drawn >> 33) & 1) != 0) {
      mail.set_needs_answer(true);
      unanswered_.push_back(thread);
    }
  } else {
    mail.set_our_words(words);
    if (!unanswered_.empty()) {
      thread = unanswered_.front();
      unanswered_.pop_front();
    }
  }
  request->set_relationship(relationships_[thread.relationship]);
  mail.set_thread(
      absl::StrCat("<thread.", thread.relationship, ".", thread.number, "@mail.example>"));
  mail.set_subject("The linen for the spring, and the visit in Guimaraes");
  ++made_;
}

std::vector<std::string> RecordRequests(Mail* mail, std::size_t count, absl::Time now) {
  std::vector<std::string> requests;
  requests.reserve(count);
  const absl::Duration step = absl::Hours(1) / static_cast<std::int64_t>(count + 1);
  absl::Time when = now - absl::Hours(1);
  for (std::size_t i = 0; i < count; ++i) {
    when += step;
    v1::RecordEngagementRequest request;
    mail->Next(when, &request);
    requests.push_back(request.SerializeAsString());
  }
  return requests;
}

}  // namespace rapport::benchmarks
