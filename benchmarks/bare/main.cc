// rapport_bare: the least code that does the thing, to measure the services against.
//
//   echo         answers every call with the same bytes          --listen --bytes
//   typed_echo   the same through messages                       --listen
//   commit       durable writes with group commit                --listen --store (a copy)
//   direct       the bulk path without a service; prints JSON    --from --after --store (a copy)
#include <cstdio>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_format.h"
#include "benchmarks/bare/direct.h"
#include "benchmarks/bare/servers.h"

ABSL_FLAG(std::string, listen, "", "address to serve on, unix:PATH or 127.0.0.1:PORT");
ABSL_FLAG(int, bytes, 400, "size of an answer");
ABSL_FLAG(std::string, store, "", "copy of an engagement store, to write into");
ABSL_FLAG(std::string, from, "", "engagement store to take the rows from");
ABSL_FLAG(std::int64_t, after, 0, "take the engagements with a higher rowid than this");

int main(int argc, char** argv) {
  using namespace rapport::benchmarks;  // NOLINT(google-build-using-namespace): composition only
  const auto positional = absl::ParseCommandLine(argc, argv);
  const std::string command = positional.size() > 1 ? positional[1] : "";
  if (command == "echo") return ServeEcho(absl::GetFlag(FLAGS_listen), absl::GetFlag(FLAGS_bytes));
  if (command == "typed_echo") return ServeTypedEcho(absl::GetFlag(FLAGS_listen));
  if (command == "commit") {
    return ServeCommits(absl::GetFlag(FLAGS_listen), absl::GetFlag(FLAGS_store));
  }
  if (command == "direct") {
    const auto done = CopyDirectly(absl::GetFlag(FLAGS_from), absl::GetFlag(FLAGS_after),
                                   absl::GetFlag(FLAGS_store));
    const double rows = static_cast<double>(done.rows);
    std::printf("%s\n", absl::StrFormat("{\"rows\": %d, \"seconds\": %.4f, \"per_second\": %.1f, "
                                        "\"us_per_row\": %.2f}",
                                        done.rows, done.seconds, rows / done.seconds,
                                        done.cpu_seconds / rows * 1e6)
                            .c_str());
    return 0;
  }
  std::fprintf(stderr, "rapport_bare: say what to be: echo, typed_echo, commit or direct\n");
  return 2;
}
