// One `rapportctl import`: what its parts share.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_IMPORT_RUN_H_
#define RAPPORT_TOOLS_RAPPORTCTL_IMPORT_RUN_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/rapportctl/context.h"
#include "tools/rapportctl/csv_mapping.h"
#include "tools/rapportctl/import_ledger.h"
#include "tools/rapportctl/import_report.h"
#include "tools/rapportctl/mail_mapping.h"

namespace rapport::rapportctl {

enum class ImportKind {
  kRestore,
  kPeople,
  kEngagements,
  kMail,
  kCalendar,
  kHouse
};  // in the order in which they are imported

struct ImportFile {
  std::string given{};  // as on the command line
  std::string path{};   // absolute
  ImportKind kind = ImportKind::kPeople;
  FileState state{};
  std::string form{};                         // of an address book: vcard, jcard or jscontact
  bool is_table = false;                      // CSV; its kind is known once it is mapped
  std::shared_ptr<const CsvMapping> table{};  // null: no table
};

struct ImportedResult {
  ImportFile file{};
  ImportCounts counts{};
  bool skipped = false;  // complete and unchanged since an earlier run
  ImportReport report = ImportReport("");
};

struct ImportRun {
  Context* context = nullptr;
  ImportLedger* ledger = nullptr;
  std::string source{};   // "" means the default of the kind of file
  bool dry_run = false;   // read and check, change nothing
  bool again = false;     // read what is known to be complete too
  std::string steward{};  // resource name: who cares for newly known people
  OwnAddresses ours{};
  std::string time_zone{};  // IANA name, for times without a zone; may be empty
};

// Each imports one file: reads, sends, waits until all is durable, keeps the ledger. Records that
// cannot be read or are refused go to the report and stop nothing. An error ends the import; it can
// be repeated. What was durable before an interruption is not sent again (mail, house).
absl::Status ImportPeople(ImportRun& run, ImportedResult* result);
absl::Status ImportEngagements(ImportRun& run, ImportedResult* result);
absl::Status ImportMail(ImportRun& run, ImportedResult* result);
absl::Status ImportCalendar(ImportRun& run, ImportedResult* result);
absl::Status ImportHouse(ImportRun& run, ImportedResult* result);

// Exports of a house, all together: their order is not that of the files. Names move to the tenant
// of the connection. A dry run holds every line against the limits, and sends nothing. What is
// there already in the same state changes nothing; an interrupted import goes on behind the last
// batch, for as long as the services have the same stores.
absl::Status ImportRestore(Context& context, bool again, bool dry_run,
                           std::vector<ImportedResult>* results);
// The files of an export in a folder; none if there is none.
std::vector<std::string> ExportFilesIn(const std::string& folder);
// By the beginning of a file.
bool IsExport(absl::string_view start);

// Reads the names of the columns, and says what they mean: by the mapping file, or, if it is "", as
// fields of these names. Sets kind and table. INVALID_ARGUMENT in plain words.
absl::Status MapTable(const std::string& mapping_file, ImportFile* file);
// People or engagements of a table, without keeping the ledger.
absl::Status ReadTable(ImportRun& run, ImportedResult* result);
// Counts what could not be read and, but for a dry run, marks the file as complete in the ledger.
absl::Status Completed(ImportRun& run, ImportedResult* result);

// Sends the lines of the file that create stewards and settings; the stewards' addresses tell ours
// from theirs, and the region of the settings how to read telephone numbers.
absl::Status ImportHouseFoundation(ImportRun& run, const ImportFile& file);

// The kind by the end of the name (.vcf .vcard, .mbox .mbx .eml, .ics .ical, .jsonl .ndjson), else
// by the first bytes. INVALID_ARGUMENT if it is neither or cannot be read.
absl::StatusOr<ImportFile> LookAtFile(const std::string& given);

// "people.vcf 38 people · mail.mbox 1 912 messages (311 lists and auto-replies kept, not counted)"
std::string SummaryLine(const std::vector<ImportedResult>& results);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_IMPORT_RUN_H_
