// rapport-admin: works on the stores of the services, not through them.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <string>

#include "common/time/clock.h"
#include "tools/rapport-admin/migrate.h"
#include "tools/rapport-admin/move.h"
#include "tools/rapport-admin/services.h"

namespace rapport::admin {
namespace {

constexpr char kFooter[] =
    "STORE is sqlite:PATH or postgres://USER@HOST/DATABASE; name a file with the password with\n"
    "?passfile=FILE. Progress goes to stderr. What was broken off goes on when it is started "
    "again.\n\n"
    "Exit codes: 0 done · 1 other error · 2 wrong usage · 3 no such file or tenant · 4 both sides\n"
    "differ · 5 the state does not allow it · 7 not available";

enum ExitCode { kDone, kOther, kUsage, kNotFound, kDiffer, kState, kNotAvailable = 7 };

ExitCode CodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kDone;
    case absl::StatusCode::kInvalidArgument:
      return kUsage;
    case absl::StatusCode::kNotFound:
      return kNotFound;
    case absl::StatusCode::kDataLoss:
      return kDiffer;
    case absl::StatusCode::kFailedPrecondition:
      return kState;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return kNotAvailable;
    default:
      return kOther;
  }
}

void SayOnStderr(absl::string_view line) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

void AddService(CLI::App* command, std::string* service) {
  command->add_option("--service", *service, "contact, engagement or recommendation")
      ->required()
      ->check(CLI::IsMember(ServiceNames()));
}

int Run(int argc, char** argv) {
  CLI::App app("Rapport: works on stores.", "rapport-admin");
  app.footer(kFooter);
  app.require_subcommand(1);
  std::string service;
  MigrateOptions migrate_options;
  CLI::App* migrate = app.add_subcommand(
      "migrate", "brings a store to what this release knows, while the release before serves");
  migrate->add_option("--store", migrate_options.store, "STORE")->required();
  AddService(migrate, &service);
  migrate->add_flag("--plan", migrate_options.plan, "say what would be done, and do nothing");
  migrate->add_flag("--contract", migrate_options.contract,
                    "also what no older release survives; refused while one works on the store");
  MoveOptions move_options;
  bool all = false;
  CLI::App* move = app.add_subcommand(
      "move", "copies tenants into another store, and compares; the source stays as it is");
  move->add_option("--from", move_options.from, "STORE; no service may use it")->required();
  move->add_option("--to", move_options.to, "STORE")->required();
  AddService(move, &service);
  CLI::Option_group* which = move->add_option_group("which tenants");
  which->add_option("--tenant", move_options.tenants, "id of a tenant; may be repeated")
      ->allow_extra_args(false);
  which->add_flag("--all", all, "all tenants of the source");
  which->require_option(1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    std::fprintf(stderr, "rapport-admin: %s\n               rapport-admin --help\n", error.what());
    return kUsage;
  }
  const time::SystemClock clock;
  const auto schema = SchemaOf(service);
  absl::Status status = schema.status();
  if (status.ok()) {
    status = migrate->parsed() ? Migrate(*schema, migrate_options, clock, SayOnStderr)
                               : Move(*schema, move_options, clock, SayOnStderr);
  }
  if (status.ok()) return kDone;
  std::fprintf(stderr, "rapport-admin: %s\n", std::string(status.message()).c_str());
  return CodeOf(status);
}

}  // namespace
}  // namespace rapport::admin

int main(int argc, char** argv) { return rapport::admin::Run(argc, argv); }
