// rapportctl: speaks with the services of Rapport for their owner.
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <string>

#include "absl/time/clock.h"
#include "common/base/uuid.h"
#include "tools/rapportctl/commands.h"
#include "tools/rapportctl/outcome.h"

namespace rapport::rapportctl {
namespace {

constexpr char kFooter[] =
    "WHO is the beginning of a name, a mail address, a telephone number or a resource name.\n"
    "Dates: 2026-03-12, \"2026-03-12 14:30\", tomorrow, friday, \"3 weeks ago\", or RFC 3339.\n\n"
    "Exit codes: 0 done · 1 other error · 2 wrong usage or input · 3 not found · 4 conflict ·\n"
    "5 the state does not allow it · 6 not allowed · 7 not available · 8 import --strict: some\n"
    "records could not be read";

struct Flags {
  Settings settings;
  std::string as_of;
  std::string output = "text";
  bool exact_dates = false;
  KeysOptions keys;
  ImportOptions import;
  TodayOptions today;
  BriefOptions brief;
  std::string why;
  TimelineOptions timeline;
  RecordOptions record;
  PromiseOptions promise;
  ExplainOptions explain;
  std::string export_dir = "rapport-export";
};

void AddGlobals(CLI::App& app, Flags& f) {
  app.add_option("--dir", f.settings.dir,
                 "folder with connection.json and what an import remembers "
                 "(default: $RAPPORT_DIR, else ~/.rapport)");
  app.add_option("--contact", f.settings.contact, "target of the contact service");
  app.add_option("--engagement", f.settings.engagement, "target of the engagement service");
  app.add_option("--recommendation", f.settings.recommendation,
                 "target of the recommendation service");
  app.add_option("--tenant", f.settings.tenant, "id of the tenant");
  app.add_option("--steward", f.settings.steward, "for whom: resource name, id or name");
  app.add_option("--key", f.settings.key, "private JWK that signs the tokens of the calls");
  app.add_option("--tls_ca_file", f.settings.tls_ca_file,
                 "PEM roots to check the services' certificates with; without it the services are "
                 "called in plaintext");
  app.add_option("--as-of", f.as_of, "answer for this instant instead of now");
  app.add_option("--output", f.output, "text, or json: the answer as canonical protobuf JSON")
      ->check(CLI::IsMember({"text", "json"}));
  app.add_flag("--exact-dates", f.exact_dates, "dates as RFC 3339 instead of words");
}

using Command = std::function<absl::Status(Context&)>;

// A command that is chosen by its name on the command line.
CLI::App* Add(CLI::App& app, const char* name, const char* what, Command* chosen, Command command) {
  CLI::App* sub = app.add_subcommand(name, what);
  sub->fallthrough();
  sub->final_callback([chosen, command = std::move(command)] { *chosen = command; });
  return sub;
}

void AddReading(CLI::App& app, Flags& f, Command* chosen) {
  CLI::App* today = Add(app, "today", "whom to reach out to today, and why", chosen,
                        [&f](Context& c) { return Today(c, f.today); });
  today->add_option("--capacity", f.today.capacity, "for how many people there is time")
      ->check(CLI::Range(1, 500));
  today->add_flag("--waiting", f.today.waiting, "also those for whom waiting is better");

  CLI::App* brief = Add(app, "brief", "what to know before contact", chosen,
                        [&f](Context& c) { return Brief(c, f.brief); });
  brief->add_option("who", f.brief.who, "WHO")->required();
  brief->add_flag("--full", f.brief.full, "everything instead of one screen");
  brief->add_flag("--sources", f.brief.sources, "under each line what it rests on");

  CLI::App* why = Add(app, "why",
                      "where a line of today's list, or the next step with WHO, comes "
                      "from",
                      chosen, [&f](Context& c) { return Why(c, f.why); });
  why->add_option("what", f.why, "number of a line, or WHO")->required();

  CLI::App* timeline = Add(app, "timeline", "what happened, newest first", chosen,
                           [&f](Context& c) { return Timeline(c, f.timeline); });
  timeline->add_option("who", f.timeline.who, "WHO")->required();
  timeline->add_option("-n,--count", f.timeline.count, "how many entries (20)")
      ->check(CLI::Range(1, 1'000'000));

  CLI::App* explain = Add(app, "explain", "what moved the health of a relationship", chosen,
                          [&f](Context& c) { return Explain(c, f.explain); });
  explain->add_option("who", f.explain.who, "WHO")->required();
  explain->add_option("--since", f.explain.since, "from when (\"1 month ago\")");

  CLI::App* out = Add(app, "export", "writes all that is known into files", chosen,
                      [&f](Context& c) { return Export(c, f.export_dir); });
  out->add_option("--out", f.export_dir, "folder (rapport-export)");

  Add(app, "status", "whether the services are ready", chosen, ShowStatus);
}

void AddWriting(CLI::App& app, Flags& f, Command* chosen) {
  CLI::App* record = Add(app, "record", "writes down a call, a visit, a letter, …", chosen,
                         [&f](Context& c) { return Record(c, f.record); });
  record->add_option("who", f.record.who, "WHO")->required();
  record->add_option("--kind", f.record.kind,
                     "conversation (call), message, meeting, visit, letter, gift, gathering, "
                     "review, payment, care");
  record->add_option("--channel", f.record.channel,
                     "call, mail, sms, chat, letter, in-person, video, social, other");
  record->add_option("--direction", f.record.direction, "in (from them), out (from us), mutual");
  record->add_option("--minutes-theirs", f.record.minutes_theirs, "minutes that they talked");
  record->add_option("--minutes-ours", f.record.minutes_ours, "minutes that we talked");
  record->add_option("--when", f.record.when, "when it happened (now)");
  record->add_option("--subject", f.record.subject, "what it was about");
  record->add_option("--note-topic", f.record.topics, "a topic that was touched; may be repeated");
  record->add_option("--gave", f.record.gave, "what we gave: help, introduction, gift, …");
  record->add_option("--asked", f.record.asked, "what we asked for: referral, review, …");
  record->add_option("--began", f.record.began, "who began the conversation: us, them");
  record->add_flag("--needs-answer", f.record.needs_answer, "they wait for our answer");
  record->add_option("--id", f.record.id, "your own id: the same one again counts once");

  CLI::App* promise = Add(app, "promise",
                          "the promises of both sides: lists them, makes one, or "
                          "says what became of one",
                          chosen, [&f](Context& c) { return Promise(c, f.promise); });
  promise->add_option("who", f.promise.who, "WHO");
  promise->add_option("text", f.promise.text, "what is promised");
  promise->add_option("--due", f.promise.due, "by when");
  promise->add_flag("--theirs", f.promise.theirs, "they promised it to us");
  CLI::Option_group* moves = promise->add_option_group("what became of a promise");
  moves->add_option("--keep", f.promise.keep, "it was kept: NAME or some of its words");
  moves->add_option("--repair", f.promise.repair, "it was broken and is made good");
  moves->add_option("--release", f.promise.release, "the one promised to let it go");
  moves->add_option("--move", f.promise.move, "another time was agreed on (with --due)");
  moves->require_option(0, 1);
  promise->add_option("--evidence", f.promise.evidence, "what shows it");
}

// Returns the exit code; `unreadable` is set by an import.
int Run(int argc, char** argv) {
  Flags f;
  Command chosen;
  bool unreadable = false;
  bool offline = false;
  CLI::App app("Rapport: whom to reach out to today, and why.", "rapportctl");
  app.footer(kFooter);
  app.require_subcommand(1);
  AddGlobals(app, f);
  CLI::App* import = Add(app, "import", "reads address books, mailboxes and lists of requests",
                         &chosen, [&](Context& c) { return Import(c, f.import, &unreadable); });
  import->add_option("files", f.import.files, ".vcf, .mbox, .eml, .jsonl")->required();
  import->add_option("--me", f.import.me, "an address of yours; may be repeated");
  import->add_option("--name", f.import.name, "your name, for a house without stewards");
  import->add_option("--source", f.import.source,
                     "name of the system that the records come from (vcard, mail)");
  import->add_flag("--strict", f.import.strict, "exit code 8 if a record could not be read");
  import->add_flag("--again", f.import.again, "also read what was imported completely");
  AddReading(app, f, &chosen);
  AddWriting(app, f, &chosen);
  CLI::App* keys = app.add_subcommand("keys", "keys that sign tokens");
  keys->fallthrough();
  keys->require_subcommand(1);
  CLI::App* create = Add(*keys, "create", "makes private keys and the public jwks.json", &chosen,
                         [&](Context& c) { return CreateKeys(c, f.keys); });
  create->add_option("--for", f.keys.owners, "a key for each: contact, engagement, …, owner")
      ->delimiter(',');
  create->add_option("--kid", f.keys.kid, "id of the key; with --for what all ids begin with");
  create->parse_complete_callback([&] { offline = true; });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    const std::vector<std::string> rest = app.remaining();
    std::cerr << "rapportctl: ";
    if (app.get_subcommands().empty() && !rest.empty() && rest[0][0] != '-') {
      std::cerr << "\"" << rest[0] << "\" is no command";
    } else {
      std::cerr << error.what();
    }
    std::cerr << "\n            rapportctl --help\n";
    return kExitUsage;
  }

  base::SystemRng rng;
  Context context{.rng = &rng,
                  .out = &std::cout,
                  .err = &std::cerr,
                  .now = absl::Now(),
                  .as_of = f.as_of,
                  .json = f.output == "json",
                  .exact_dates = f.exact_dates,
                  .err_is_terminal = isatty(STDERR_FILENO) == 1};
  if (struct winsize size{};
      isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    context.width = size.ws_col;
  }
  const auto run = [&]() -> absl::Status {
    if (!f.as_of.empty()) {
      if (auto t = ReadTime("--as-of", f.as_of, {.now = context.now, .zone = absl::UTCTimeZone()});
          !t.ok()) {
        return t.status();
      }
    }
    auto settings = LoadSettings(f.settings);
    if (!settings.ok()) return settings.status();
    context.settings = *std::move(settings);
    if (f.keys.dir.empty()) f.keys.dir = context.settings.dir;
    if (offline) return chosen(context);
    auto connection = Connection::Open(context.settings);
    if (!connection.ok()) return connection.status();
    context.connection = connection->get();
    return chosen(context);
  };
  const absl::Status status = run();
  std::cout.flush();
  if (!status.ok()) {
    std::cerr << ErrorText(status);
    return ExitCodeOf(status);
  }
  if (!std::cout) {
    std::cerr << "rapportctl: cannot write the answer\n";
    return kExitOther;
  }
  return unreadable && f.import.strict ? kExitUnreadable : kExitOk;
}

}  // namespace
}  // namespace rapport::rapportctl

int main(int argc, char** argv) { return rapport::rapportctl::Run(argc, argv); }
