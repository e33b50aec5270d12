// rapport_bare: the least code that does the thing, to measure the services against.
//
//   echo         answers every call with the same bytes          --listen --bytes
//   typed_echo   the same through messages                       --listen
//   redis        answers with what Redis holds                   --listen --redis --prefix
//   fill_redis   writes what it answers with; prints JSON        --redis --prefix --names
//   commit       durable writes with group commit                --listen --store (a copy)
//   direct       the bulk path without a service; prints JSON    --from --after --store (a copy)
//
// commit and direct take the URI of a database on PostgreSQL, too, and then --connections.
#include <cstdio>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "benchmarks/bare/direct.h"
#include "benchmarks/bare/servers.h"

ABSL_FLAG(std::string, listen, "", "address to serve on, unix:PATH or 127.0.0.1:PORT");
ABSL_FLAG(int, bytes, 400, "size of an answer");
ABSL_FLAG(std::string, store, "", "copy of an engagement store, to write into");
ABSL_FLAG(std::string, from, "", "engagement store to take the rows from");
ABSL_FLAG(std::string, after, "0", "take the engagements with a higher rowid, or id, than this");
ABSL_FLAG(std::string, redis, "", "socket of a Redis");
ABSL_FLAG(std::string, prefix, "", "of the keys in Redis");
ABSL_FLAG(std::string, names, "", "file with one resource name a line");
ABSL_FLAG(int, connections, 1, "to PostgreSQL");

namespace rapport::benchmarks {
namespace {

bool IsPostgres(const std::string& store) { return absl::StartsWith(store, "postgres"); }

int Commit() {
  const std::string listen = absl::GetFlag(FLAGS_listen);
  const std::string store = absl::GetFlag(FLAGS_store);
  return IsPostgres(store) ? ServePostgresCommits(listen, store, absl::GetFlag(FLAGS_connections))
                           : ServeCommits(listen, store);
}

int Direct() {
  const std::string from = absl::GetFlag(FLAGS_from);
  const std::string after = absl::GetFlag(FLAGS_after);
  const std::string store = absl::GetFlag(FLAGS_store);
  std::int64_t rowid = 0;
  if (!IsPostgres(store) && !absl::SimpleAtoi(after, &rowid)) {
    std::fprintf(stderr, "rapport_bare: --after is a rowid\n");
    return 2;
  }
  const auto done = IsPostgres(store) ? CopyDirectlyToPostgres(from, after, store,
                                                               absl::GetFlag(FLAGS_connections))
                                      : CopyDirectly(from, rowid, store);
  const double rows = static_cast<double>(done.rows);
  std::printf("%s\n", absl::StrFormat("{\"rows\": %d, \"seconds\": %.4f, \"per_second\": %.1f, "
                                      "\"us_per_row\": %.2f}",
                                      done.rows, done.seconds, rows / done.seconds,
                                      done.cpu_seconds / rows * 1e6)
                          .c_str());
  return 0;
}

}  // namespace
}  // namespace rapport::benchmarks

int main(int argc, char** argv) {
  using namespace rapport::benchmarks;  // NOLINT(google-build-using-namespace): composition only
  const auto positional = absl::ParseCommandLine(argc, argv);
  const std::string command = positional.size() > 1 ? positional[1] : "";
  if (command == "echo") return ServeEcho(absl::GetFlag(FLAGS_listen), absl::GetFlag(FLAGS_bytes));
  if (command == "typed_echo") return ServeTypedEcho(absl::GetFlag(FLAGS_listen));
  if (command == "redis") {
    return ServeRedis(absl::GetFlag(FLAGS_listen), absl::GetFlag(FLAGS_redis),
                      absl::GetFlag(FLAGS_prefix));
  }
  if (command == "fill_redis") {
    return FillRedis(absl::GetFlag(FLAGS_redis), absl::GetFlag(FLAGS_names),
                     absl::GetFlag(FLAGS_prefix));
  }
  if (command == "commit") return Commit();
  if (command == "direct") return Direct();
  std::fprintf(stderr, "rapport_bare: say what to be; its source names the commands\n");
  return 2;
}
