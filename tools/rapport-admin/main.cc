// rapport-admin: works on the stores of the services, not through them.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/time/clock.h"
#include "tools/rapport-admin/backup.h"
#include "tools/rapport-admin/migrate.h"
#include "tools/rapport-admin/move.h"
#include "tools/rapport-admin/rebuild.h"
#include "tools/rapport-admin/services.h"
#include "tools/rapport-admin/verify.h"

namespace rapport::admin {
namespace {

constexpr char kFooter[] =
    "STORE is sqlite:PATH or postgres://USER@HOST/DATABASE; name a file with the password with\n"
    "?passfile=FILE. Progress goes to stderr, what verify finds to stdout. What was broken off "
    "goes\n"
    "on when it is started again.\n\n"
    "Exit codes: 0 done · 1 other error · 2 wrong usage · 3 no such file or tenant · 4 something\n"
    "differs or is damaged · 5 the state does not allow it · 7 not available";

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

void PrintOnStdout(absl::string_view line) {
  std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
}

// Options that several commands have.
struct Arguments {
  std::string service;
  MigrateOptions migrate;
  MoveOptions move;
  bool all = false;
  std::string store;
  std::vector<std::string> tenants;
  std::vector<std::string> origins;  // SERVICE=STORE
  BackupOptions backup;
};

void AddMigrate(CLI::App* app, Arguments* arguments) {
  CLI::App* command = app->add_subcommand(
      "migrate", "brings a store to what this release knows, while the release before serves");
  command->add_option("--store", arguments->migrate.store, "STORE")->required();
  AddService(command, &arguments->service);
  command->add_flag("--plan", arguments->migrate.plan, "say what would be done, and do nothing");
  command->add_flag("--contract", arguments->migrate.contract,
                    "also what no older release survives; refused while one works on the store");
}

void AddMove(CLI::App* app, Arguments* arguments) {
  CLI::App* command = app->add_subcommand(
      "move", "copies tenants into another store, and compares; the source stays as it is");
  command->add_option("--from", arguments->move.from, "STORE; no service may use it")->required();
  command->add_option("--to", arguments->move.to, "STORE")->required();
  AddService(command, &arguments->service);
  CLI::Option_group* which = command->add_option_group("which tenants");
  which->add_option("--tenant", arguments->move.tenants, "id of a tenant; may be repeated")
      ->allow_extra_args(false);
  which->add_flag("--all", arguments->all, "all tenants of the source");
  which->require_option(1);
}

// verify and rebuild.
void AddDerived(CLI::App* app, Arguments* arguments, const char* name, const char* what) {
  CLI::App* command = app->add_subcommand(name, what);
  command->add_option("--store", arguments->store, "STORE")->required();
  AddService(command, &arguments->service);
  command
      ->add_option(
          "--origin", arguments->origins,
          "SERVICE=STORE of a service that this one follows, e.g. "
          "contact=sqlite:contact.db: then also what it keeps of that one; may be repeated")
      ->allow_extra_args(false);
  command
      ->add_option("--tenant", arguments->tenants,
                   "id of a tenant, instead of all; may be repeated")
      ->allow_extra_args(false);
}

void AddBackup(CLI::App* app, Arguments* arguments) {
  CLI::App* command = app->add_subcommand(
      "backup", "copies a SQLite store, while a service may write; beside FILE is FILE.manifest");
  command->add_option("FILE", arguments->backup.file, "the new file")->required();
  command->add_option("--store", arguments->backup.store, "sqlite:PATH")->required();
  AddService(command, &arguments->service);
}

void AddRestore(CLI::App* app, Arguments* arguments) {
  CLI::App* command = app->add_subcommand(
      "restore", "puts a backup in the place of a store that nobody uses, and verifies it");
  command->add_option("FILE", arguments->backup.file, "made by backup")->required();
  command->add_option("--store", arguments->backup.store, "sqlite:PATH")->required();
  AddService(command, &arguments->service);
  command->add_flag("--replace", arguments->backup.replace,
                    "even if there is a store; what it holds is gone then");
}

absl::StatusOr<OriginsOptions> OriginsOf(const Arguments& arguments) {
  OriginsOptions origins;
  for (const std::string& text : arguments.origins) {
    ASSIGN_OR_RETURN(const auto origin, ParseOrigin(text));
    ASSIGN_OR_RETURN(const resource::Schema schema, SchemaOf(origin.first));
    if (!origins.emplace(origin.first, OriginOptions{schema, origin.second}).second) {
      return absl::InvalidArgumentError(absl::StrCat("--origin: ", origin.first, " twice"));
    }
  }
  return origins;
}

absl::Status Do(absl::string_view command, const Arguments& arguments, const time::Clock& clock) {
  ASSIGN_OR_RETURN(const resource::Schema schema, SchemaOf(arguments.service));
  if (command == "migrate") return Migrate(schema, arguments.migrate, clock, SayOnStderr);
  if (command == "move") return Move(schema, arguments.move, clock, SayOnStderr);
  if (command == "backup") return BackUp(schema, arguments.backup, clock, SayOnStderr);
  if (command == "restore") {
    return Restore(schema, arguments.backup, clock, PrintOnStdout, SayOnStderr);
  }
  ASSIGN_OR_RETURN(const OriginsOptions origins, OriginsOf(arguments));
  if (command == "rebuild") {
    return Rebuild(schema, {arguments.store, origins, arguments.tenants}, clock, SayOnStderr);
  }
  return Verify(schema, {arguments.store, origins, arguments.tenants}, clock, PrintOnStdout,
                SayOnStderr);
}

int Run(int argc, char** argv) {
  CLI::App app("Rapport: works on stores.", "rapport-admin");
  app.footer(kFooter);
  app.require_subcommand(1);
  Arguments arguments;
  AddMigrate(&app, &arguments);
  AddMove(&app, &arguments);
  AddDerived(&app, &arguments, "verify",
             "recomputes all derived state by the rules of the service, and compares; changes "
             "nothing, beside services that work");
  AddDerived(&app, &arguments, "rebuild",
             "makes derived state anew where it differs; followers hear of it");
  AddBackup(&app, &arguments);
  AddRestore(&app, &arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    std::fprintf(stderr, "rapport-admin: %s\n               rapport-admin --help\n", error.what());
    return kUsage;
  }
  const time::SystemClock clock;
  const absl::Status status = Do(app.get_subcommands().front()->get_name(), arguments, clock);
  if (status.ok()) return kDone;
  std::fprintf(stderr, "rapport-admin: %s\n", std::string(status.message()).c_str());
  return CodeOf(status);
}

}  // namespace
}  // namespace rapport::admin

int main(int argc, char** argv) { return rapport::admin::Run(argc, argv); }
