// What an import could not read of one file: the first lines on the screen, all in a file.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_IMPORT_REPORT_H_
#define RAPPORT_TOOLS_RAPPORTCTL_IMPORT_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace rapport::rapportctl {

class ImportReport {
 public:
  explicit ImportReport(std::string file) : file_(std::move(file)) {}

  // A record that was not taken.
  void Unreadable(std::int64_t line, absl::string_view reason);
  // A record that was taken without some part of it.
  void Partly(std::int64_t line, absl::string_view reason);

  std::int64_t unreadable() const { return unreadable_; }
  std::int64_t partly() const { return partly_; }

  // "people.vcf line 411: no name and no contact point", at most `max` of them.
  std::vector<std::string> FirstUnreadable(std::size_t max) const;

  // Takes over what an interrupted run reported of the lines before `line`.
  void Continue(const std::string& dir, std::int64_t line);

  // Writes DIR/<file>.report.json, or removes an old one if there is nothing to report.
  //   {"file", "unreadable": [{"line", "reason"}], "partly": [...], "notListed": n}
  absl::Status Save(const std::string& dir) const;
  std::string PathIn(const std::string& dir) const;

 private:
  struct Entry {
    std::int64_t line;
    std::string reason;
  };
  // A file full of rubbish must not fill the memory.
  static constexpr std::size_t kMaxEntries = 10'000;

  std::string file_;
  std::vector<Entry> unreadable_entries_;
  std::vector<Entry> partly_entries_;
  std::int64_t unreadable_ = 0;
  std::int64_t partly_ = 0;
};

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_IMPORT_REPORT_H_
