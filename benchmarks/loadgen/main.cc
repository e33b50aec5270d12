// rapport_bench: the load generator. `rapport_bench COMMAND --flag=value…` prints one JSON object.
//
//   load        puts load on one method: closed loop with --in_flight, open loop with --rate
//   people      fills contact with people and stewards, writes the relationships to --names
//   stream      streams --count engagements of the relationships in --names
//   understand  makes an --offer question of every relationship in --names
//   settle      waits until contact and recommendation have followed engagement
//   start       time from exec to the first answer of the command behind "--"
//   fsync       latency of the disk under --folder
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "benchmarks/loadgen/house.h"
#include "benchmarks/loadgen/load.h"
#include "benchmarks/loadgen/machine.h"
#include "benchmarks/loadgen/probe.h"
#include "benchmarks/loadgen/requests.h"

ABSL_FLAG(std::string, target, "", "where the server listens, unix:PATH or 127.0.0.1:PORT");
ABSL_FLAG(std::string, method, "", "package.Service/Method");
ABSL_FLAG(std::string, names, "", "file with one resource name a line");
ABSL_FLAG(std::string, requests, "names",
          "what to send: names (drawn), every_name, readiness (of --offer), or mail");
ABSL_FLAG(std::string, offer, "", "name of the offer to check");
ABSL_FLAG(std::int64_t, count, 0, "how many requests to prepare, or engagements to stream");
ABSL_FLAG(std::uint64_t, seed, 1, "of all that is drawn");
ABSL_FLAG(int, in_flight, 1, "closed loop: calls in flight");
ABSL_FLAG(double, rate, 0, "open loop: calls a second");
ABSL_FLAG(double, seconds, 3, "measured stretch");
ABSL_FLAG(double, warm_up, 0.5, "seconds before it");
ABSL_FLAG(int, server_pid, 0, "whose CPU time to count");
ABSL_FLAG(std::vector<std::string>, engine_pids, {},
          "what the server works with (a database, Redis); their children count, too");
ABSL_FLAG(int, core, -1, "core to stay on; with start: the service's");
ABSL_FLAG(bool, once, false, "send every request once and measure nothing");
ABSL_FLAG(std::string, authorization_file, "", "file with the value of the authorization header");
ABSL_FLAG(std::string, contact, "", "target of the contact service");
ABSL_FLAG(std::string, engagement, "", "target of the engagement service");
ABSL_FLAG(std::string, recommendation, "", "target of the recommendation service");
ABSL_FLAG(std::string, tenant, "bench", "tenant to fill");
ABSL_FLAG(int, people, 100000, "people to make");
ABSL_FLAG(int, stewards, 100, "stewards beside the one of everybody");
ABSL_FLAG(double, from_days_ago, 1000, "age of the oldest engagement");
ABSL_FLAG(double, until_days_ago, 1, "age of the newest engagement");
ABSL_FLAG(std::string, folder, ".", "where to probe the disk");

namespace rapport::benchmarks {
namespace {

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "rapport_bench: %s\n", status.ToString().c_str());
  return 1;
}

int Say(const std::string& json) {
  std::printf("%s\n", json.c_str());
  return 0;
}

absl::StatusOr<std::vector<std::string>> MakeRequests() {
  auto names = ReadLines(absl::GetFlag(FLAGS_names));
  if (!names.ok()) return names.status();
  const std::string kind = absl::GetFlag(FLAGS_requests);
  const auto count = static_cast<std::size_t>(absl::GetFlag(FLAGS_count));
  if (kind == "every_name") return EveryName(*names);
  const std::size_t drawn = count == 0 ? 100000 : count;
  if (kind == "names") return NameRequests(*names, drawn, absl::GetFlag(FLAGS_seed));
  if (kind == "readiness") {
    return ReadinessRequests(*names, absl::GetFlag(FLAGS_offer), drawn, absl::GetFlag(FLAGS_seed));
  }
  if (kind != "mail") return absl::InvalidArgumentError(absl::StrCat("--requests=", kind));
  Mail mail(*std::move(names), absl::GetFlag(FLAGS_seed));
  return RecordRequests(&mail, count, absl::Now());
}

std::vector<pid_t> Engines() {
  std::vector<pid_t> engines;
  for (const std::string& text : absl::GetFlag(FLAGS_engine_pids)) {
    pid_t engine = 0;
    if (absl::SimpleAtoi(text, &engine)) engines.push_back(engine);
  }
  return engines;
}

int Load() {
  const auto requests = MakeRequests();
  if (!requests.ok()) return Fail(requests.status());
  LoadOptions options;
  options.target = absl::GetFlag(FLAGS_target);
  options.method = absl::GetFlag(FLAGS_method);
  if (const std::string file = absl::GetFlag(FLAGS_authorization_file); !file.empty()) {
    const auto lines = ReadLines(file);
    if (!lines.ok()) return Fail(lines.status());
    options.authorization = lines->front();
  }
  options.in_flight = absl::GetFlag(FLAGS_in_flight);
  options.rate = absl::GetFlag(FLAGS_rate);
  options.seconds = absl::GetFlag(FLAGS_seconds);
  options.warm_up_seconds = absl::GetFlag(FLAGS_warm_up);
  options.server = absl::GetFlag(FLAGS_server_pid);
  options.engines = Engines();
  options.once = absl::GetFlag(FLAGS_once);
  options.repeat = absl::GetFlag(FLAGS_requests) != "mail";
  return Say(ToJson(Run(options, *requests)));
}

FillOptions Services() {
  FillOptions options;
  options.contact = absl::GetFlag(FLAGS_contact);
  options.engagement = absl::GetFlag(FLAGS_engagement);
  options.recommendation = absl::GetFlag(FLAGS_recommendation);
  options.tenant = absl::GetFlag(FLAGS_tenant);
  return options;
}

int People() {
  FillOptions options = Services();
  options.people = absl::GetFlag(FLAGS_people);
  options.stewards = absl::GetFlag(FLAGS_stewards);
  const auto filled = FillPeople(options);
  if (!filled.ok()) return Fail(filled.status());
  std::ofstream out(absl::GetFlag(FLAGS_names));
  for (const auto& name : filled->relationships) out << name << "\n";
  out.close();
  if (!out) return Fail(absl::UnavailableError("cannot write --names"));
  return Say(absl::StrFormat("{\"people\": %d, \"upsert_seconds\": %.3f, \"follow_seconds\": %.3f}",
                             filled->relationships.size(), filled->upsert_seconds,
                             filled->follow_seconds));
}

int Stream() {
  const auto names = ReadLines(absl::GetFlag(FLAGS_names));
  if (!names.ok()) return Fail(names.status());
  StreamOptions options;
  options.engagement = absl::GetFlag(FLAGS_engagement);
  options.count = absl::GetFlag(FLAGS_count);
  options.seed = absl::GetFlag(FLAGS_seed);
  const absl::Time now = absl::Now();
  options.from = now - absl::Hours(24) * absl::GetFlag(FLAGS_from_days_ago);
  options.until = now - absl::Hours(24) * absl::GetFlag(FLAGS_until_days_ago);
  const Stretch stretch(absl::GetFlag(FLAGS_server_pid), Engines());
  const auto streamed = StreamMail(options, *names);
  if (!streamed.ok()) return Fail(streamed.status());
  const auto usage = stretch.UntilNow();
  return Say(absl::StrFormat(
      "{\"recorded\": %d, \"refused\": %d, \"seconds\": %.4f, \"per_second\": %.1f, "
      "\"server_us_per_call\": %.2f, \"engine_us_per_call\": %.2f, \"others_share\": %.3f}",
      streamed->recorded, streamed->refused, streamed->seconds,
      static_cast<double>(streamed->recorded) / streamed->seconds,
      usage.server_seconds / static_cast<double>(streamed->recorded) * 1e6,
      usage.engine_seconds / static_cast<double>(streamed->recorded) * 1e6,
      usage.other_seconds / usage.seconds));
}

int UnderstandAll() {
  const auto names = ReadLines(absl::GetFlag(FLAGS_names));
  if (!names.ok()) return Fail(names.status());
  const auto offer = Understand(Services(), *names);
  if (!offer.ok()) return Fail(offer.status());
  return Say(absl::StrFormat("{\"offer\": \"%s\"}", *offer));
}

int Settle() {
  const auto names = ReadLines(absl::GetFlag(FLAGS_names));
  if (!names.ok()) return Fail(names.status());
  const std::int64_t begin = NowNs();
  const absl::Status settled =
      WaitForFeeds(absl::GetFlag(FLAGS_contact), absl::GetFlag(FLAGS_engagement),
                   absl::GetFlag(FLAGS_recommendation), names->back());
  if (!settled.ok()) return Fail(settled);
  return Say(absl::StrFormat("{\"seconds\": %.3f}", static_cast<double>(NowNs() - begin) * 1e-9));
}

int Start(const std::vector<std::string>& command) {
  const auto names = ReadLines(absl::GetFlag(FLAGS_names));
  if (!names.ok()) return Fail(names.status());
  const auto seconds =
      TimeToFirstAnswer(command, absl::GetFlag(FLAGS_core), absl::GetFlag(FLAGS_target),
                        absl::GetFlag(FLAGS_method), EveryName({names->front()}).front());
  if (!seconds.ok()) return Fail(seconds.status());
  return Say(absl::StrFormat("{\"seconds\": %.4f}", *seconds));
}

int Fsync() {
  const auto latency = ProbeFsync(absl::GetFlag(FLAGS_folder), 300);
  if (!latency.ok()) return Fail(latency.status());
  const auto ms = [](const Histogram& histogram, double percent) {
    return static_cast<double>(histogram.Percentile(percent)) * 1e-6;
  };
  return Say(absl::StrFormat(
      "{\"append_p50_ms\": %.4f, \"append_p99_ms\": %.4f, \"overwrite_p50_ms\": %.4f, "
      "\"overwrite_p99_ms\": %.4f}",
      ms(latency->append, 50), ms(latency->append, 99), ms(latency->overwrite, 50),
      ms(latency->overwrite, 99)));
}

int Main(std::vector<std::string> arguments) {
  const std::string command = arguments.empty() ? "" : arguments.front();
  if (command != "start" && absl::GetFlag(FLAGS_core) >= 0 && !PinTo(absl::GetFlag(FLAGS_core))) {
    return Fail(absl::InvalidArgumentError("no such core"));
  }
  if (command == "load") return Load();
  if (command == "people") return People();
  if (command == "stream") return Stream();
  if (command == "understand") return UnderstandAll();
  if (command == "settle") return Settle();
  if (command == "fsync") return Fsync();
  if (command == "start" && arguments.size() > 1) {
    arguments.erase(arguments.begin());
    return Start(arguments);
  }
  return Fail(absl::InvalidArgumentError(
      "say what to do: load, people, stream, understand, settle, start -- PROGRAM…, or fsync"));
}

}  // namespace
}  // namespace rapport::benchmarks

int main(int argc, char** argv) {
  const auto positional = absl::ParseCommandLine(argc, argv);
  return rapport::benchmarks::Main({positional.begin() + 1, positional.end()});
}
