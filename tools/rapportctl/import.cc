// rapportctl import: who we are, then people, mail and everything else, in that order.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/text/locale.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "rapport/recommendation/v1/recommendation_service.pb.h"
#include "tools/import/mbox.h"
#include "tools/rapportctl/commands.h"
#include "tools/rapportctl/house_lines.h"
#include "tools/rapportctl/import_run.h"
#include "tools/rapportctl/json.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using contact::v1::Steward;

// The IANA zone of this machine, or "".
std::string LocalZone() {
  std::string name;
  if (const char* tz = std::getenv("TZ"); tz != nullptr) name = *tz == ':' ? tz + 1 : tz;
  if (name.empty()) {
    std::error_code error;
    const std::string link = std::filesystem::read_symlink("/etc/localtime", error).string();
    const std::string folder = "/zoneinfo/";
    if (const std::size_t at = link.find(folder); at != std::string::npos) {
      name = link.substr(at + folder.size());
    }
  }
  return text::IsIanaZone(name) ? name : "";
}

constexpr int kMailsToLookAt = 5000;
constexpr std::size_t kProblemsShown = 5;

class Importer {
 public:
  Importer(Context& context, const ImportOptions& options)
      : context_(context), options_(options), connection_(*context.connection) {}

  absl::Status Run() {
    for (const std::string& given : WithExports(options_.files)) {
      ASSIGN_OR_RETURN(ImportFile file, LookAtFile(given));
      if (file.is_table) RETURN_IF_ERROR(MapTable(options_.mapping, &file));
      const bool twice = std::any_of(files_.begin(), files_.end(),
                                     [&](const auto& f) { return f.path == file.path; });
      if (!twice) files_.push_back(std::move(file));
    }
    std::stable_sort(files_.begin(), files_.end(),
                     [](const ImportFile& a, const ImportFile& b) { return a.kind < b.kind; });
    RETURN_IF_ERROR(MakeFolder(context_.settings.dir));
    const absl::Status restored = RestoreExports();
    if (!restored.ok() || files_.empty()) {
      RETURN_IF_ERROR(Report());
      return restored;
    }
    ASSIGN_OR_RETURN(stewards_, ListStewards(connection_));
    if (options_.dry_run) {
      RETURN_IF_ERROR(CheckDryRun());
    } else {
      RETURN_IF_ERROR(Found());
    }
    ImportLedger ledger = OpenLedger();
    Steward steward;
    if (!stewards_.empty() || !options_.dry_run) {
      ASSIGN_OR_RETURN(steward, ChooseSteward(stewards_, context_.settings.steward));
    }
    ImportRun run{.context = &context_,
                  .ledger = &ledger,
                  .source = options_.source,
                  .dry_run = options_.dry_run,
                  .again = options_.again || options_.dry_run,
                  .steward = steward.name(),
                  .time_zone = steward.time_zone().empty() ? LocalZone() : steward.time_zone()};
    RETURN_IF_ERROR(LearnAddresses(ledger, steward, &run.ours));
    absl::Status status;
    for (const ImportFile& file : files_) {
      status = One(run, file);
      if (!status.ok()) break;
    }
    RETURN_IF_ERROR(Report());
    if (status.ok() && !options_.dry_run) Settle(steward);
    return status;
  }

  bool unreadable() const {
    return std::any_of(results_.begin(), results_.end(),
                       [](const auto& result) { return result.counts.unreadable > 0; });
  }

 private:
  // The files of an export in place of their folder.
  static std::vector<std::string> WithExports(const std::vector<std::string>& given) {
    std::vector<std::string> files;
    for (const std::string& name : given) {
      const std::vector<std::string> in_folder = ExportFilesIn(name);
      if (in_folder.empty()) files.push_back(name);
      files.insert(files.end(), in_folder.begin(), in_folder.end());
    }
    return files;
  }

  // Only what can be checked without being sent.
  absl::Status CheckDryRun() const {
    for (const ImportFile& file : files_) {
      if (file.kind != ImportKind::kPeople && file.kind != ImportKind::kEngagements) {
        return absl::InvalidArgumentError(
            absl::StrCat("--dry-run: ", file.given, " is no address book, no table and no export"));
      }
    }
    return absl::OkStatus();
  }

  // What was exported from a house comes before all else, and needs no steward to be here.
  absl::Status RestoreExports() {
    const auto rest = std::find_if(files_.begin(), files_.end(), [](const ImportFile& file) {
      return file.kind != ImportKind::kRestore;
    });
    if (rest == files_.begin()) return absl::OkStatus();
    for (auto file = files_.begin(); file != rest; ++file) {
      results_.push_back({.file = *file, .report = ImportReport(file->given)});
    }
    files_.erase(files_.begin(), rest);
    RETURN_IF_ERROR(ImportRestore(context_, options_.again, options_.dry_run, &results_));
    if (options_.dry_run) return absl::OkStatus();
    ASSIGN_OR_RETURN(stewards_, ListStewards(connection_));
    const auto steward = ChooseSteward(stewards_, context_.settings.steward);
    if (steward.ok()) Settle(*steward);
    return absl::OkStatus();
  }

  // The next command may ask recommendation, which learns a moment later: waits until it knows what
  // was imported. Without it the import is no less done.
  void Settle(const Steward& steward) {
    recommendation::v1::GetWorklistRequest request;
    request.set_steward(steward.name());
    connection_
        .Call<recommendation::v1::GetWorklistResponse>(
            "rapport.recommendation.v1.RecommendationService/GetWorklist", request)
        .status()
        .IgnoreError();
  }

  // What tells this house from another one behind the same address: its oldest steward.
  ImportLedger OpenLedger() const {
    std::string house;
    for (const Steward& steward : stewards_) {
      const std::string id = absl::StrCat(
          absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time::FromProto(steward.create_time()),
                           absl::UTCTimeZone()),
          " ", steward.name());
      if (house.empty() || id < house) house = id;
    }
    return ImportLedger::Open(
        absl::StrCat(context_.settings.dir, "/import-", context_.settings.tenant, ".json"), house);
  }

  // Makes sure that there is a steward: from the request files, else the owner of the mailbox.
  absl::Status Found() {
    const ImportLedger ledger = OpenLedger();
    ImportRun run{.context = &context_};
    for (const ImportFile& file : files_) {
      if (file.kind != ImportKind::kHouse) continue;
      const ImportedFile* known = ledger.Find(file.path, file.state);
      if (!stewards_.empty() && known != nullptr && known->complete && !options_.again) continue;
      RETURN_IF_ERROR(ImportHouseFoundation(run, file));
    }
    ASSIGN_OR_RETURN(stewards_, ListStewards(connection_));
    if (!stewards_.empty()) return absl::OkStatus();

    contact::v1::CreateStewardRequest request;
    request.set_parent(connection_.parent());
    request.set_steward_id("owner");
    Steward& owner = *request.mutable_steward();
    for (const std::string& address : options_.me) owner.add_addresses(address);
    std::string name;
    if (options_.me.empty()) {
      const MailboxOwner seen = LookIntoMail(nullptr);
      const std::string address = seen.Address();
      if (!address.empty()) {
        owner.add_addresses(address);
        name = seen.NameOf(address);
        Say(absl::StrCat("taking ", address,
                         " for your address; another one: rapportctl import --me ADDRESS"));
      }
    }
    if (!options_.name.empty()) name = options_.name;
    owner.set_display_name(name.empty() ? "You" : name);
    owner.set_time_zone(LocalZone());
    request.set_request_id(UuidOf(ToJson(request, JsonLayout::kOneLine)));
    ASSIGN_OR_RETURN(
        const Steward made,
        connection_.Call<Steward>("rapport.contact.v1.StewardService/CreateSteward", request));
    stewards_.push_back(made);
    return absl::OkStatus();
  }

  // The addresses of the stewards and --me; if none of them is in the mail, the one that is in most
  // of it.
  absl::Status LearnAddresses(const ImportLedger& ledger, const Steward& steward,
                              OwnAddresses* ours) {
    for (const std::string& address : options_.me) ours->Add(address, steward.name());
    for (const Steward& other : stewards_) {
      for (const std::string& address : other.addresses()) ours->Add(address, other.name());
    }
    const bool mail_to_read = std::any_of(files_.begin(), files_.end(), [&](const auto& file) {
      return file.kind == ImportKind::kMail && !Complete(ledger, file);
    });
    if (!mail_to_read) return absl::OkStatus();
    bool found = false;
    const MailboxOwner seen = LookIntoMail([&](const importer::Mail& mail) {
      found = found || Concerns(mail, *ours);
      return !found;
    });
    const std::string address = seen.Address();
    if (found || address.empty()) return absl::OkStatus();
    ours->Add(address, steward.name());
    Say(absl::StrCat("no address of yours is in this mail; taking ", address,
                     " for it; another one: rapportctl import --me ADDRESS"));
    return absl::OkStatus();
  }

  // Reads the beginning of each mailbox. `more` ends the reading by false; may be empty.
  MailboxOwner LookIntoMail(const std::function<bool(const importer::Mail&)>& more) const {
    MailboxOwner owner;
    for (const ImportFile& file : files_) {
      if (file.kind != ImportKind::kMail) continue;
      std::ifstream in(file.path, std::ios::binary);
      importer::MboxReader reader(&in, {.file = file.given});
      for (int i = 0; i < kMailsToLookAt; ++i) {
        const auto item = reader.Next();
        if (!item) break;
        const auto* mail = std::get_if<importer::Mail>(&item->content);
        if (mail == nullptr) continue;
        if (more && !more(*mail)) return owner;
        if (mail->kind == importer::MailKind::kHuman) owner.See(*mail);
      }
    }
    return owner;
  }

  bool Complete(const ImportLedger& ledger, const ImportFile& file) const {
    const ImportedFile* known = ledger.Find(file.path, file.state);
    return known != nullptr && known->complete && !options_.again && !options_.dry_run;
  }

  absl::Status One(ImportRun& run, const ImportFile& file) {
    ImportedResult result{.file = file, .report = ImportReport(file.given)};
    if (Complete(*run.ledger, file)) {
      result.skipped = true;
      result.counts = run.ledger->Find(file.path, file.state)->counts;
      results_.push_back(std::move(result));
      return absl::OkStatus();
    }
    absl::Status status = file.kind == ImportKind::kPeople        ? ImportPeople(run, &result)
                          : file.kind == ImportKind::kEngagements ? ImportEngagements(run, &result)
                          : file.kind == ImportKind::kMail        ? ImportMail(run, &result)
                          : file.kind == ImportKind::kCalendar    ? ImportCalendar(run, &result)
                                                                  : ImportHouse(run, &result);
    if (absl::Status saved = result.report.Save(context_.settings.dir); status.ok()) {
      status = saved;
    }
    if (status.ok()) results_.push_back(std::move(result));
    return status;
  }

  absl::Status Report() {
    if (results_.empty()) return absl::OkStatus();
    std::size_t shown = 0;
    for (const ImportedResult& result : results_) {
      if (result.skipped) continue;
      for (const std::string& line : result.report.FirstUnreadable(kProblemsShown - shown)) {
        *context_.err << line << "\n";
        ++shown;
      }
      if (result.report.unreadable() + result.report.partly() == 0) continue;
      *context_.err << "details in " << result.report.PathIn(context_.settings.dir) << "\n";
    }
    if (context_.json) {
      PrintJson(context_, AsJson());
    } else {
      *context_.out << SummaryLine(results_) << "\n";
    }
    return absl::OkStatus();
  }

  google::protobuf::Struct AsJson() const {
    google::protobuf::Struct out;
    auto* list = (*out.mutable_fields())["files"].mutable_list_value();
    for (const ImportedResult& result : results_) {
      auto* file = list->add_values()->mutable_struct_value();
      const ImportCounts& counts = result.counts;
      SetText(file, "file", result.file.given);
      SetBool(file, "skipped", result.skipped);
      for (const auto& [key, value] :
           {std::pair("items", counts.items), std::pair("fresh", counts.fresh),
            std::pair("notCounted", counts.not_counted), std::pair("ourselves", counts.ourselves),
            std::pair("nobody", counts.nobody), std::pair("planned", counts.planned),
            std::pair("notHeld", counts.not_held), std::pair("unreadable", counts.unreadable),
            std::pair("partly", result.report.partly())}) {
        SetWhole(file, key, value);
      }
    }
    return out;
  }

  void Say(const std::string& line) { *context_.err << line << "\n"; }

  Context& context_;
  const ImportOptions& options_;
  Connection& connection_;
  std::vector<ImportFile> files_;
  std::vector<Steward> stewards_;
  std::vector<ImportedResult> results_;
};

}  // namespace

absl::Status Import(Context& context, const ImportOptions& options, bool* unreadable) {
  Importer importer(context, options);
  absl::Status status = importer.Run();
  *unreadable = importer.unreadable();
  return status;
}

}  // namespace rapport::rapportctl
