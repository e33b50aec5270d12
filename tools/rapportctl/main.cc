// rapportctl: speaks with the services of Rapport for their owner.
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/uuid.h"
#include "tools/rapportctl/allowing_commands.h"
#include "tools/rapportctl/commands.h"
#include "tools/rapportctl/outcome.h"
#include "tools/rapportctl/proposing_commands.h"
#include "tools/rapportctl/understanding_commands.h"

namespace rapport::rapportctl {
namespace {

constexpr char kFooter[] =
    "WHO is the beginning of a name, a mail address, a telephone number or a resource name.\n"
    "Dates: 2026-03-12, \"2026-03-12 14:30\", tomorrow, friday, \"3 weeks ago\", or RFC 3339.\n\n"
    "Exit codes: 0 done · 1 other error · 2 wrong usage or input · 3 not found · 4 conflict ·\n"
    "5 the state does not allow it · 6 not allowed · 7 not available · 8 import --strict: some\n"
    "records could not be read · 9 check: not now";

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
  ListOptions list;
  RecordOptions record;
  PromiseOptions promise;
  ExplainOptions explain;
  NeedOptions need;
  LearnOptions learn;
  TrustOptions trust;
  ConsentOptions consent;
  CareOptions care;
  GuardOptions guard;
  StandingOptions rest, reopen, quiet;
  OfferOptions offer;
  CheckOptions check;
  SaleOptions sale;
  std::string why_not_who, why_not_what;
  bool no = false;  // check: the answer is "not now"
  ExportOptions to;
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

// An option that may be repeated, with one value each time.
void AddMany(CLI::App* sub, const char* name, std::vector<std::string>& values, const char* what) {
  sub->add_option(name, values, what)->allow_extra_args(false);
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
  brief->add_option("--for", f.brief.occasion,
                    "by which way contact is planned: call, mail, letter, video, …");
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

  CLI::App* list = Add(app, "list", "any collection of the services, with their names", chosen,
                       [&f](Context& c) { return List(c, f.list); });
  list->add_option("kind", f.list.kind, absl::StrJoin(ListedKinds(), ", "))->required();
  list->add_option("who", f.list.who, "WHO, for what is of a person or of a relationship");
  list->add_option("--filter", f.list.filter,
                   "what must hold, e.g. 'standing = RESTING AND labels:\"press\"'");
  list->add_option("--order-by", f.list.order_by,
                   "fields in order of weight, e.g. 'event_time desc'");
  list->add_flag("--deleted", f.list.deleted, "also what is deleted");
  list->add_option("-n,--count", f.list.count, "how many (50)")
      ->check(CLI::Range(std::int64_t{1}, kMostListed));

  CLI::App* explain = Add(app, "explain", "what moved the health of a relationship", chosen,
                          [&f](Context& c) { return Explain(c, f.explain); });
  explain->add_option("who", f.explain.who, "WHO")->required();
  explain->add_option("--since", f.explain.since, "from when (\"1 month ago\")");

  CLI::App* out = Add(app, "export", "writes all that is known into files", chosen,
                      [&f](Context& c) { return Export(c, f.to); });
  out->add_option("--out", f.to.dir, "folder (rapport-export)");
  out->add_option("--cards", f.to.cards,
                  "forms of address books: vcard (default), jcard, jscontact, csv")
      ->delimiter(',')
      ->check(CLI::IsMember({"vcard", "jcard", "jscontact", "csv"}));

  Add(app, "status", "whether the services are ready", chosen, ShowStatus);
  Add(app, "cache", "the shared cache: mode, epoch, share of hits, memory of Redis", chosen,
      ShowCache);
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
  record->add_option("--reaction", f.record.reaction,
                     "how they took what came from us: welcomed, neutral, unwelcome");
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

void AddUnderstanding(CLI::App& app, Flags& f, Command* chosen) {
  CLI::App* need =
      Add(app, "need", "what they need: lists it, writes one down, or says how it went on", chosen,
          [&f](Context& c) { return Need(c, f.need); });
  need->add_option("who", f.need.who, "WHO")->required();
  need->add_option("text", f.need.text, "the need in words");
  AddMany(need, "--topic", f.need.topics,
          "what it is about, as facts and offers say it; may be repeated");
  AddMany(need, "--offer", f.need.offers, "an offer that they asked for by name");
  need->add_flag("--explicit", f.need.solved, "they said that they want it solved");
  need->add_flag("--wants-to-buy", f.need.buy, "they asked to buy");
  need->add_flag("--sensed", f.need.sensed, "we noticed it; they did not say it");
  need->add_option("--recurs-days", f.need.recurs_days,
                   "after how many days it tends to come back");
  need->add_option("--when", f.need.when, "when it was said (now)");
  CLI::Option_group* moves = need->add_option_group("how a need went on");
  moves->add_option("--advance", f.need.advance,
                    "it moved (with --to), or they said more: NAME or some of its words");
  moves->add_option("--outlive", f.need.outlive, "it is over (with --said-by)");
  moves->add_option("--revive", f.need.revive, "it is there again (with --said-by)");
  moves->require_option(0, 1);
  need->add_option("--to", f.need.to, "stated, being-served, served");
  need->add_option("--said-by", f.need.said_by, "who says so: them, us");
  need->add_option("--reason", f.need.reason, "why, in words");

  CLI::App* learn = Add(app, "learn", "what they told us: lists it, or writes down a fact", chosen,
                        [&f](Context& c) { return Learn(c, f.learn); });
  learn->add_option("who", f.learn.who, "WHO")->required();
  learn->add_option("slot", f.learn.slot,
                    "s how things are, p what hurts, i what that leads to, n what a solution would "
                    "be worth");
  learn->add_option("text", f.learn.text, "the fact in words");
  AddMany(learn, "--topic", f.learn.topics,
          "what it is about, as needs and offers say it; may be repeated");
  learn->add_option("--said-by", f.learn.said_by, "them (default), or us: we infer it");
  learn->add_option("--in", f.learn.said_in, "where it was said: call, letter, …");
  learn->add_option("--when", f.learn.when, "when it was said (now)");
  AddMany(learn, "--supersedes", f.learn.supersedes,
          "an older fact that this one stands in for: NAME or some of its words");
  CLI::Option_group* doubts = learn->add_option_group("what became of a fact");
  doubts->add_option("--confirm", f.learn.confirm, "it still holds (with --said-by)");
  doubts->add_option("--dispute", f.learn.dispute, "it is in doubt (with --said-by)");
  doubts->require_option(0, 1);
  learn->add_option("--reason", f.learn.reason, "why it is in doubt");
  learn->add_option("--against", f.learn.against, "a fact that says otherwise");

  CLI::App* trust = Add(app, "trust", "trust in its four parts, and what it rests on", chosen,
                        [&f](Context& c) { return ShowTrust(c, f.trust); });
  trust->add_option("who", f.trust.who, "WHO")->required();
  trust->add_option("-n,--count", f.trust.count, "how many postings (10)")
      ->check(CLI::Range(1, 1000));
}

void AddAllowing(CLI::App& app, Flags& f, Command* chosen) {
  CLI::App* consent = Add(app, "consent", "what they allow: the ledger, or a new line in it",
                          chosen, [&f](Context& c) { return Consent(c, f.consent); });
  consent->add_option("who", f.consent.who, "WHO")->required();
  CLI::Option_group* decided = consent->add_option_group("what they decided");
  decided->add_flag("--grant", f.consent.grant, "they allow it");
  decided->add_flag("--refuse", f.consent.refuse, "they said no when asked");
  decided->add_flag("--withdraw", f.consent.withdraw, "they took it back");
  decided->require_option(0, 1);
  consent->add_option("--purpose", f.consent.purpose,
                      "proposal, ask, care, service, community, introduction; all");
  consent->add_option("--channel", f.consent.channel,
                      "call, mail, sms, chat, letter, in-person, video, social, other; all");
  consent->add_option("--point", f.consent.point, "one address of theirs, or a part of it");
  consent->add_option("--basis", f.consent.basis,
                      "consent (default), contract, legitimate-interest, …");
  consent->add_option("--evidence", f.consent.evidence, "what they said or clicked, in words");
  consent->add_option("--source", f.consent.source, "where it was captured, e.g. form:newsletter");
  consent->add_option("--since", f.consent.since, "from when it holds (now)");
  consent->add_option("--until", f.consent.until, "until when it holds");
  consent->add_option("--jurisdiction", f.consent.jurisdiction, "whose law, e.g. PT");
  consent->add_option("--correct", f.consent.correct,
                      "the number of a line that was wrong; what is not said stays");

  const auto add_event = [](CLI::App* sub, CareOptions* care) {
    sub->add_option("--event", care->event,
                    "bereavement, illness, birth, wedding, separation, move, work, celebration, "
                    "hardship, wellbeing, other");
    sub->add_option("--said-by", care->said_by, "who told it: them (default), us");
    sub->add_option("--date", care->date, "the day, as far as known: 2026-10-12, 2026-10, --10-12");
    sub->add_option("--when", care->when, "when it was told (now)");
  };
  CLI::App* care = Add(app, "care", "what happened in their life: lists it, or writes it down",
                       chosen, [&f](Context& c) { return Care(c, f.care); });
  care->add_option("who", f.care.who, "WHO")->required();
  care->add_option("text", f.care.text, "what happened, in words");
  add_event(care, &f.care);

  CLI::App* guard = Add(app, "guard", "nothing is offered or asked until the guard is lifted",
                        chosen, [&f](Context& c) { return Guard(c, f.guard); });
  guard->add_option("who", f.guard.care.who, "WHO")->required();
  guard->add_option("reason", f.guard.care.text, "why; with --event it is written down first");
  add_event(guard, &f.guard.care);
  guard->add_flag("--lift", f.guard.lift, "it may be offered and asked again");

  const auto add_move = [](CLI::App* sub, StandingOptions* standing, const char* usually) {
    sub->add_option("who", standing->who, "WHO")->required();
    sub->add_option("--reason", standing->reason, "why, in words");
    sub->add_option("--said-by", standing->said_by, usually);
  };
  CLI::App* rest = Add(app, "rest", "lets a relationship rest: the need is over, they stay known",
                       chosen, [&f](Context& c) { return Rest(c, f.rest); });
  add_move(rest, &f.rest, "who says so: us (default), them");
  rest->add_option("--evidence", f.rest.evidence, "where they said so");
  CLI::App* reopen = Add(app, "reopen", "wakes a resting relationship", chosen,
                         [&f](Context& c) { return Reopen(c, f.reopen); });
  add_move(reopen, &f.reopen, "who says so: us (default), them");
  CLI::App* quiet = Add(app, "quiet", "they asked us to stop reaching out", chosen,
                        [&f](Context& c) { return Quiet(c, f.quiet); });
  add_move(quiet, &f.quiet, "who says so: them (default), us");
  quiet->add_flag("--lift", f.quiet.lift, "they took it back (with --evidence)");
  quiet->add_option("--evidence", f.quiet.evidence, "where they said so");
}

void AddProposing(CLI::App& app, Flags& f, Command* chosen) {
  CLI::App* check = Add(app, "check", "may we? exit code 9 says \"not now\"", chosen,
                        [&f](Context& c) { return Check(c, f.check, &f.no); });
  check->add_option("who", f.check.who, "WHO")->required();
  check->add_option("--purpose", f.check.purpose,
                    "proposal (default), ask, care, service, community, introduction");
  check->add_option("--channel", f.check.channel, "call, mail, … (the best one)");
  check->add_flag("--automated", f.check.automated, "a machine would act");
  check->add_option("--offer", f.check.offer, "whether this may be proposed");
  check->add_option("--need", f.check.need, "whether something may be proposed for this need");
  check->add_flag("--all", f.check.all, "with --offer or --need: also what holds");

  CLI::App* why_not =
      Add(app, "why-not", "why an offer, or a step such as care, is not suggested", chosen,
          [&f](Context& c) { return WhyNot(c, f.why_not_who, f.why_not_what); });
  why_not->add_option("who", f.why_not_who, "WHO")->required();
  why_not->add_option("what", f.why_not_what, "an offer by its name, or a step")->required();

  CLI::App* sale = Add(app, "sale", "sales: lists them, writes one down, or moves one on", chosen,
                       [&f](Context& c) { return Sale(c, f.sale); });
  sale->add_option("who", f.sale.who, "WHO")->required();
  sale->add_option("text", f.sale.text, "what it is about");
  AddMany(sale, "--need", f.sale.needs, "a need that it serves: some of its words");
  sale->add_option("--offer", f.sale.offer, "the offer");
  sale->add_option("--led-by", f.sale.led_by, "who led to it: them (they asked), us");
  sale->add_option("--amount", f.sale.amount, "\"1200 EUR\"");
  sale->add_option("--stage", f.sale.stage, "proposed (default), agreed, delivered");
  sale->add_flag("--no-after-care", f.sale.no_after_care, "no after-care is promised");
  sale->add_option("--when", f.sale.when, "when (now)");
  sale->add_option("--advance", f.sale.advance, "moves a sale on: NAME or some of its words");
  sale->add_option("--to", f.sale.to, "agreed, delivered, declined, reversed");
  sale->add_option("--reason", f.sale.reason, "why, in words");

  CLI::App* offer = Add(app, "offer", "what the house can do for people: lists it, or adds to it",
                        chosen, [&f](Context& c) { return Offer(c, f.offer); });
  offer->add_option("name", f.offer.name, "what people call it");
  AddMany(offer, "--serves", f.offer.serves,
          "a topic of the needs that it serves; may be repeated");
  offer->add_option("--stake", f.offer.stake, "what is at stake for people: low, high");
  offer->add_option("--id", f.offer.id, "its id: a-z, 0-9 and -");
  AddMany(offer, "--only-for", f.offer.labels, "a label of the people that it is for");
  AddMany(offer, "--needs-to-know", f.offer.requires_facts,
          "a topic of which something must be known");
  AddMany(offer, "--not-with", f.offer.against, "a topic of facts that speak against it");
  AddMany(offer, "--house", f.offer.houses, "a house that offers it (all)");
  offer->add_option("--rest-days", f.offer.rest_days, "for how long it rests after a decline (90)");
  CLI::Option_group* moves = offer->add_option_group("what became of an offer");
  moves->add_option("--pause", f.offer.pause, "it is not offered for now");
  moves->add_option("--resume", f.offer.resume, "it is offered again");
  moves->add_option("--withdraw", f.offer.withdraw, "it is not offered any more");
  moves->require_option(0, 1);
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
  CLI::App* import =
      Add(app, "import", "reads address books, mailboxes, calendars and lists of requests", &chosen,
          [&](Context& c) { return Import(c, f.import, &unreadable); });
  import
      ->add_option("files", f.import.files,
                   ".vcf, .csv, .mbox, .eml, .ics, .jsonl, or the folder of an export")
      ->required();
  import->add_option("--mapping", f.import.mapping,
                     "file that says what the columns of a .csv mean (else they are named like "
                     "fields)");
  import->add_flag("--dry-run", f.import.dry_run,
                   "reads and checks people, tables and exports; changes nothing");
  AddMany(import, "--me", f.import.me, "an address of yours; may be repeated");
  import->add_option("--name", f.import.name, "your name, for a house without stewards");
  import->add_option("--source", f.import.source,
                     "name of the system that the records come from (vcard, mail)");
  import->add_flag("--strict", f.import.strict, "exit code 8 if a record could not be read");
  import->add_flag("--again", f.import.again, "also read what was imported completely");
  AddReading(app, f, &chosen);
  AddWriting(app, f, &chosen);
  AddUnderstanding(app, f, &chosen);
  AddAllowing(app, f, &chosen);
  AddProposing(app, f, &chosen);
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
  if (f.no) return kExitNotNow;
  return unreadable && f.import.strict ? kExitUnreadable : kExitOk;
}

}  // namespace
}  // namespace rapport::rapportctl

int main(int argc, char** argv) { return rapport::rapportctl::Run(argc, argv); }
