// Address books: vCard, jCard and JSContact.
#include <fstream>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "tools/import/jcard.h"
#include "tools/import/jscontact.h"
#include "tools/import/vcard.h"
#include "tools/rapportctl/import_run.h"
#include "tools/rapportctl/people_batch.h"
#include "tools/rapportctl/people_mapping.h"
#include "tools/rapportctl/progress.h"

namespace rapport::rapportctl {
namespace {

using importer::ImportProblem;
using importer::VCard;

// Reads cards with any of the readers: they differ in the form of the file alone.
template <class Reader>
absl::Status ReadCards(const ImportRun& run, absl::string_view form, ImportedResult* result) {
  std::ifstream in(result->file.path, std::ios::binary);
  if (!in) return absl::InvalidArgumentError(absl::StrCat("cannot read ", result->file.given));
  PeopleMapping mapping;
  if (!run.source.empty()) mapping.source = run.source;
  if (!run.steward.empty()) mapping.stewards = {run.steward};
  Reader reader(&in, {.file = result->file.given});
  PeopleBatch batch(run, form, result);
  Progress progress(run.context->err, {.terminal = run.context->err_is_terminal, .now = absl::Now},
                    BaseName(result->file.path), result->file.state.size);
  while (auto next = reader.Next()) {
    if (const auto* problem = std::get_if<ImportProblem>(&*next)) {
      result->report.Unreadable(problem->line, problem->reason);
      continue;
    }
    const auto& card = std::get<VCard>(*next);
    MappedPerson person = PersonOf(card.contact, mapping);
    for (const auto& warning : card.warnings) result->report.Partly(warning.line, warning.reason);
    if (person.dropped_lines > 0) {
      result->report.Partly(
          card.line, absl::StrCat(person.dropped_lines, " large properties left out (pictures)"));
    }
    RETURN_IF_ERROR(batch.Add(std::move(person.upsert), card.line));
    if (const auto at = in.tellg(); at > 0) progress.Set(at);
  }
  return batch.Flush();
}

}  // namespace

absl::Status ImportPeople(ImportRun& run, ImportedResult* result) {
  const std::string& form = result->file.form;
  RETURN_IF_ERROR(result->file.table != nullptr ? ReadTable(run, result)
                  : form == "jcard"     ? ReadCards<importer::JCardReader>(run, form, result)
                  : form == "jscontact" ? ReadCards<importer::JsContactReader>(run, form, result)
                                        : ReadCards<importer::VCardReader>(run, "vcard", result));
  return Completed(run, result);
}

absl::Status Completed(ImportRun& run, ImportedResult* result) {
  result->counts.unreadable = result->report.unreadable();
  if (run.dry_run) return absl::OkStatus();
  return run.ledger->Put(result->file.path, {.state = result->file.state,
                                             .offset = result->file.state.size,
                                             .complete = true,
                                             .counts = result->counts});
}

}  // namespace rapport::rapportctl
