// What an import remembers between runs: how far each file was read. Kept in one small file that is
// replaced as a whole, so that a crash loses at most the last step.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_IMPORT_LEDGER_H_
#define RAPPORT_TOOLS_RAPPORTCTL_IMPORT_LEDGER_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/rapportctl/files.h"

namespace rapport::rapportctl {

// What one file gave.
struct ImportCounts {
  std::int64_t items = 0;        // people, messages, meetings or requests that were read
  std::int64_t fresh = 0;        // of them not known before
  std::int64_t not_counted = 0;  // messages kept but not counted
  std::int64_t ourselves = 0;    // messages among ourselves, not kept
  std::int64_t nobody = 0;       // messages without another side, not kept
  std::int64_t planned = 0;      // meetings that are still ahead
  std::int64_t not_held = 0;     // meetings that were called off or declined, not kept
  std::int64_t unreadable = 0;   // records that could not be read or were refused
  friend bool operator==(const ImportCounts&, const ImportCounts&) = default;
};

struct ImportedFile {
  FileState state;
  // Everything before this byte is durable; the line there.
  std::int64_t offset = 0;
  std::int64_t line = 1;
  bool complete = false;
  ImportCounts counts;  // of what was read up to `offset`
};

// Not thread-safe; one import at a time writes it.
class ImportLedger {
 public:
  // `house` tells one installation from another: entries made for another one are forgotten, since
  // what they say is not in this house. A file that cannot be read counts as empty: an import
  // repeated from the beginning changes nothing.
  static ImportLedger Open(std::string path, std::string house);

  // Null, or the entry of the file if it still is in the state that was seen.
  const ImportedFile* Find(const std::string& path, const FileState& state) const;
  absl::Status Put(const std::string& path, const ImportedFile& entry);
  const std::string& house() const { return house_; }

 private:
  ImportLedger(std::string path, std::string house)
      : path_(std::move(path)), house_(std::move(house)) {}

  std::string path_;
  std::string house_;
  std::map<std::string, ImportedFile> files_;
};

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_IMPORT_LEDGER_H_
