// One `rapportctl import`: what its parts share.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_IMPORT_RUN_H_
#define RAPPORT_TOOLS_RAPPORTCTL_IMPORT_RUN_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/rapportctl/context.h"
#include "tools/rapportctl/import_ledger.h"
#include "tools/rapportctl/import_report.h"
#include "tools/rapportctl/mail_mapping.h"

namespace rapport::rapportctl {

enum class ImportKind { kPeople, kMail, kHouse };  // in the order in which they are imported

struct ImportFile {
  std::string given{};  // as on the command line
  std::string path{};   // absolute
  ImportKind kind = ImportKind::kPeople;
  FileState state{};
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
  bool again = false;     // read what is known to be complete too
  std::string steward{};  // resource name: who cares for newly known people
  OwnAddresses ours{};
};

// Each imports one file: reads, sends, waits until all is durable, keeps the ledger. Records that
// cannot be read or are refused go to the report and stop nothing. An error ends the import; it can
// be repeated. What was durable before an interruption is not sent again (mail, house).
absl::Status ImportPeople(ImportRun& run, ImportedResult* result);
absl::Status ImportMail(ImportRun& run, ImportedResult* result);
absl::Status ImportHouse(ImportRun& run, ImportedResult* result);

// Sends the lines of the file that create stewards and settings; the stewards' addresses tell ours
// from theirs, and the region of the settings how to read telephone numbers.
absl::Status ImportHouseFoundation(ImportRun& run, const ImportFile& file);

// The kind by the end of the name (.vcf .vcard, .mbox .mbx .eml, .jsonl .ndjson), else by the first
// bytes. INVALID_ARGUMENT if it is neither or cannot be read.
absl::StatusOr<ImportFile> LookAtFile(const std::string& given);

// "people.vcf 38 people · mail.mbox 1 912 messages (311 lists and auto-replies kept, not counted)"
std::string SummaryLine(const std::vector<ImportedResult>& results);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_IMPORT_RUN_H_
