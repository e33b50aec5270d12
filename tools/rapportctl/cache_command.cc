// rapportctl cache.
#include <netdb.h>
#include <sys/socket.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "tools/rapportctl/commands.h"
#include "tools/rapportctl/json.h"
#include "tools/rapportctl/render_cache.h"

namespace rapport::rapportctl {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(3);

// The processes behind a target: those of a dns:/// name, one by one; what else there is, is one.
// So is a name in TLS, because certificates are for names.
std::vector<std::string> AddressesOf(const std::string& target, bool encrypted) {
  absl::string_view rest = target;
  const std::size_t colon = rest.rfind(':');
  if (encrypted || !absl::ConsumePrefix(&rest, "dns:///") || colon == std::string::npos) {
    return {target};
  }
  const std::string port = target.substr(colon + 1);
  absl::ConsumeSuffix(&rest, absl::StrCat(":", port));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(std::string(rest).c_str(), port.c_str(), &hints, &found) != 0) return {target};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(found, freeaddrinfo);
  std::set<std::string> addresses;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    char host[NI_MAXHOST];
    if (getnameinfo(at->ai_addr, at->ai_addrlen, host, sizeof host, nullptr, 0, NI_NUMERICHOST) !=
        0) {
      continue;
    }
    addresses.insert(at->ai_family == AF_INET6 ? absl::StrCat("[", host, "]:", port)
                                               : absl::StrCat(host, ":", port));
  }
  return {addresses.begin(), addresses.end()};
}

}  // namespace

absl::Status ShowCache(Context& context) {
  struct Asked {
    std::unique_ptr<rpc::Client> client;
    absl::StatusOr<cache::v1::CacheStatus> answer;
    CacheAnswer said;
  };
  const bool encrypted = !context.settings.tls_ca_file.empty();
  std::vector<std::unique_ptr<Asked>> asked;
  for (const auto& [service, target] :
       {std::pair("contact", context.settings.contact),
        std::pair("engagement", context.settings.engagement),
        std::pair("recommendation", context.settings.recommendation)}) {
    for (const std::string& address : AddressesOf(target, encrypted)) {
      asked.push_back(std::make_unique<Asked>());
      asked.back()->client = context.connection->ClientAt(address);
      asked.back()->said = {service, address, absl::OkStatus(), {}};
    }
  }
  {
    rpc::Calls calls;
    for (const auto& one : asked) {
      calls.Start(*one->client, "rapport.cache.v1.CacheService/GetCacheStatus",
                  cache::v1::GetCacheStatusRequest(), &one->answer, {.timeout = kPatience});
    }
  }
  std::vector<CacheAnswer> answers;
  std::vector<std::string> silent;
  for (const auto& one : asked) {
    CacheAnswer& said = one->said;
    if (one->answer.ok()) {
      said.cache = *one->answer;
    } else if (absl::IsUnavailable(one->answer.status()) ||
               absl::IsDeadlineExceeded(one->answer.status())) {
      said.status = Connection::Explained(*one->client, one->answer.status());
      silent.push_back(said.service);
    } else {
      return one->answer.status();
    }
    answers.push_back(said);
  }
  if (context.json) {
    google::protobuf::Struct json;
    auto* list = (*json.mutable_fields())["processes"].mutable_list_value();
    for (const CacheAnswer& said : answers) {
      auto* entry = list->add_values()->mutable_struct_value();
      SetText(entry, "service", said.service);
      SetText(entry, "address", said.address);
      SetBool(entry, "answers", said.status.ok());
      if (!said.status.ok()) continue;
      absl::Status copied = FromJson(ToJson(said.cache, JsonLayout::kOneLine),
                                     (*entry->mutable_fields())["cache"].mutable_struct_value());
      if (!copied.ok()) return copied;
    }
    PrintJson(context, json);
  } else {
    const DayStyle days{
        .now = context.now, .zone = absl::LocalTimeZone(), .exact = context.exact_dates};
    *context.out << RenderCaches(answers, days);
  }
  if (silent.empty()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("no answer from ", absl::StrJoin(silent, ", ")));
}

}  // namespace rapport::rapportctl
