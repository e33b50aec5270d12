#include "common/cache/redis_dial.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/cache/redis_address.h"
#include "common/cache/redis_discovery.h"
#include "common/cache/redis_talk.h"

namespace rapport::cache {
namespace {

// The value of "name:value" in an answer to INFO; empty if there is none.
absl::string_view InfoField(absl::string_view info, absl::string_view name) {
  for (absl::string_view line : absl::StrSplit(info, '\n')) {
    if (absl::ConsumePrefix(&line, name) && absl::ConsumePrefix(&line, ":")) {
      return absl::StripSuffix(line, "\r");
    }
  }
  return {};
}

absl::StatusOr<std::string> ReadPassword(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  std::string password = text.str();
  while (!password.empty() && (password.back() == '\n' || password.back() == '\r')) {
    password.pop_back();
  }
  if (!in || password.empty()) {
    return absl::FailedPreconditionError("the password file of Redis cannot be read or is empty");
  }
  return password;
}

absl::StatusOr<RedisQuestion> QuestionOf(const RedisOptions& options) {
  RedisQuestion question;
  ASSIGN_OR_RETURN(question.address, ParseRedisAddress(options.address));
  question.transport = options.transport;
  question.transport.tls = question.address.tls;
  question.scope = options.scope;
  if (!options.password_file.empty()) {
    ASSIGN_OR_RETURN(std::string password, ReadPassword(options.password_file));
    question.auth = {"AUTH", options.user.empty() ? "default" : options.user, std::move(password)};
  }
  return question;
}

}  // namespace

absl::Status CheckRedisOptions(const RedisOptions& options) {
  ASSIGN_OR_RETURN(const RedisAddress address, ParseRedisAddress(options.address));
  const RedisTransport& transport = options.transport;
  if (transport.cert_file.empty() != transport.key_file.empty()) {
    return absl::InvalidArgumentError("the client's certificate comes together with its key");
  }
  if (!address.tls && !(transport.ca_file.empty() && transport.cert_file.empty())) {
    return absl::InvalidArgumentError("roots and certificates need an address with TLS");
  }
  return absl::OkStatus();
}

absl::StatusOr<DialedRedis> DialRedis(const BootClock& clock, const RedisOptions& options,
                                      std::size_t attempt, ReplyReader& reader) {
  const absl::Duration deadline = clock.Now() + options.open_timeout;
  ASSIGN_OR_RETURN(RedisQuestion question, QuestionOf(options));
  question.first = attempt;
  ASSIGN_OR_RETURN(RedisNode node, FindRedis(clock, question, deadline));
  std::vector<std::vector<std::string>> greeting;
  if (!question.auth.empty()) greeting.push_back(question.auth);
  greeting.push_back({"INFO", "server"});
  greeting.push_back({"INFO", "replication"});

  ASSIGN_OR_RETURN(RedisStream stream,
                   RedisStream::Open(clock, node, question.transport, deadline));
  ASSIGN_OR_RETURN(const auto answers, Talk(clock, stream, reader, greeting, deadline));
  const RedisReply& server = answers[answers.size() - 2];
  const RedisReply& replication = answers[answers.size() - 1];
  std::string run_id(InfoField(server.text, "run_id"));
  if (run_id.empty()) return RedisError(RedisFailure::kProtocol, "no run id");
  if (InfoField(replication.text, "role") != "master") {
    return RedisError(RedisFailure::kReadOnly, "not the master");
  }
  RETURN_IF_ERROR(Talk(clock, stream, reader, options.setup, deadline).status());
  if (reader.in_reply()) return RedisError(RedisFailure::kProtocol, "more than was asked");
  return DialedRedis{std::move(stream), std::move(node), std::move(run_id)};
}

bool HasMoved(const BootClock& clock, const RedisOptions& options, const RedisNode& node) {
  const auto address = ParseRedisAddress(options.address);
  if (!address.ok() || address->kind != RedisAddress::Kind::kSentinel) return false;
  const auto question = QuestionOf(options);
  if (!question.ok()) return false;
  const auto found = FindRedis(clock, *question, clock.Now() + options.open_timeout);
  return found.ok() && *found != node;
}

}  // namespace rapport::cache
