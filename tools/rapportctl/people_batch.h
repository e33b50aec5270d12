// Sends people of any kind of file with BatchUpsertPeople, and says what became of each.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_PEOPLE_BATCH_H_
#define RAPPORT_TOOLS_RAPPORTCTL_PEOPLE_BATCH_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/rpc/request_validator.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "tools/rapportctl/import_run.h"

namespace rapport::rapportctl {

class PeopleBatch {
 public:
  // `form` is the first part of the source that provenance names: "vcard" of "vcard:people.vcf".
  // In a dry run people are only held against the limits of the API. Both outlive this.
  PeopleBatch(const ImportRun& run, absl::string_view form, ImportedResult* result);

  // Counts and problems go to the result, under the line.
  absl::Status Add(contact::v1::PersonUpsert person, std::int64_t line);
  absl::Status Flush();

 private:
  void Check();
  void Take(const contact::v1::PersonUpsertResult& answer, int index);

  const ImportRun& run_;
  ImportedResult& result_;
  const rpc::RequestValidator validator_;
  contact::v1::BatchUpsertPeopleRequest batch_;
  std::vector<std::int64_t> lines_;  // of the people in the batch
  std::set<std::string> ids_;
  std::size_t bytes_ = 0;
};

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_PEOPLE_BATCH_H_
