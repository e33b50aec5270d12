#include "tools/cache_auditor/redis_client.h"

#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/cache/redis_address.h"

namespace rapport::auditor {
namespace {

constexpr std::size_t kLongestValue = std::size_t{64} << 20;

constexpr absl::Duration kReplyPatience = absl::Seconds(1);

void Append(absl::Span<const std::string> words, std::string* out) {
  absl::StrAppend(out, "*", words.size(), "\r\n");
  for (const std::string& word : words)
    absl::StrAppend(out, "$", word.size(), "\r\n", word, "\r\n");
}

}  // namespace

absl::StatusOr<std::unique_ptr<RedisClient>> RedisClient::Dial(const std::string& address,
                                                               const std::string& user,
                                                               const std::string& password,
                                                               const std::string& ca_file) {
  ASSIGN_OR_RETURN(const cache::RedisAddress where, cache::ParseRedisAddress(address));
  if (where.kind != cache::RedisAddress::Kind::kDirect) {
    return absl::InvalidArgumentError(
        absl::StrCat(address, ": name the Redis processes themselves"));
  }
  cache::RedisTransport transport;
  transport.tls = where.tls;
  transport.ca_file = ca_file;
  transport.allow_clear_network = true;  // whoever runs the auditor has said where it is
  const cache::SystemBootClock clock;
  auto stream =
      cache::RedisStream::Open(clock, where.nodes[0], transport, clock.Now() + kReplyPatience);
  if (!stream.ok()) return absl::UnavailableError(absl::StrCat("nobody answers at ", address));
  std::unique_ptr<RedisClient> client(new RedisClient(*std::move(stream)));
  if (!password.empty()) {
    std::vector<std::string> words = {"AUTH"};
    if (!user.empty()) words.push_back(user);
    words.push_back(password);
    RETURN_IF_ERROR(client->Ask(words).status());
  }
  ASSIGN_OR_RETURN(const Value info, client->Ask({"INFO", "server"}));
  for (absl::string_view line : absl::StrSplit(info.value_or(""), "\r\n")) {
    if (absl::ConsumePrefix(&line, "run_id:")) client->run_id_ = std::string(line);
  }
  if (client->run_id_.empty()) return absl::UnavailableError("it does not say who it is");
  return client;
}

absl::StatusOr<std::vector<RedisClient::Value>> RedisClient::Get(
    absl::Span<const std::string> keys) {
  std::string commands;
  for (const std::string& key : keys) Append({"GET", key}, &commands);
  RETURN_IF_ERROR(Send(commands));
  std::vector<Value> values;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    ASSIGN_OR_RETURN(values.emplace_back(), Reply());
  }
  return values;
}

absl::StatusOr<RedisClient::Value> RedisClient::Ask(absl::Span<const std::string> words) {
  std::string command;
  Append(words, &command);
  RETURN_IF_ERROR(Send(command));
  return Reply();
}

absl::Status RedisClient::Send(absl::string_view bytes) {
  const absl::Duration deadline = clock_.Now() + kReplyPatience;
  while (!bytes.empty()) {
    const auto sent = stream_.Write(bytes);
    if (sent.kind == cache::RedisStream::Progress::Kind::kLater) {
      RETURN_IF_ERROR(stream_.Await(clock_, true, deadline));
    } else if (sent.kind != cache::RedisStream::Progress::Kind::kSome) {
      return absl::UnavailableError("the connection to Redis broke");
    }
    bytes.remove_prefix(sent.bytes);
  }
  return absl::OkStatus();
}

absl::Status RedisClient::Receive() {
  const absl::Duration deadline = clock_.Now() + kReplyPatience;
  std::array<char, cache::RedisStream::kReadBytes> bytes{};
  for (;;) {
    const auto got = stream_.Read(absl::MakeSpan(bytes));
    if (got.kind == cache::RedisStream::Progress::Kind::kSome) {
      read_.append(bytes.data(), got.bytes);
      return absl::OkStatus();
    }
    if (got.kind != cache::RedisStream::Progress::Kind::kLater ||
        !stream_.Await(clock_, stream_.read_wants_write(), deadline).ok()) {
      return absl::UnavailableError("Redis does not answer");
    }
  }
}

absl::StatusOr<std::string> RedisClient::Line() {
  std::size_t end = 0;
  while ((end = read_.find("\r\n")) == std::string::npos) RETURN_IF_ERROR(Receive());
  std::string line = read_.substr(0, end);
  read_.erase(0, end + 2);
  return line;
}

absl::StatusOr<RedisClient::Value> RedisClient::Reply() {
  ASSIGN_OR_RETURN(const std::string line, Line());
  const std::string rest = line.substr(line.empty() ? 0 : 1);
  const char type = line.empty() ? '\0' : line[0];
  if (type == '+' || type == ':') return Value(rest);
  if (type == '-') return absl::UnavailableError(rest.substr(0, rest.find(' ')));
  std::int64_t size = 0;
  if (type != '$' || !absl::SimpleAtoi(rest, &size)) return absl::InternalError("not RESP2");
  if (size < 0) return Value();
  const std::size_t needed = static_cast<std::size_t>(size) + 2;
  if (needed > kLongestValue) return absl::InternalError("a value without measure");
  while (read_.size() < needed) RETURN_IF_ERROR(Receive());
  Value value = read_.substr(0, needed - 2);
  read_.erase(0, needed);
  return value;
}

}  // namespace rapport::auditor
