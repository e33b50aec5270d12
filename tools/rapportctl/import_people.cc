// Address books: BatchUpsertPeople in batches.
#include <fstream>
#include <set>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "tools/import/vcard.h"
#include "tools/rapportctl/import_run.h"
#include "tools/rapportctl/people_mapping.h"
#include "tools/rapportctl/progress.h"

namespace rapport::rapportctl {
namespace {

using contact::v1::BatchUpsertPeopleRequest;
using contact::v1::BatchUpsertPeopleResponse;
using contact::v1::PersonUpsertResult;

constexpr int kBatchItems = 500;
constexpr std::size_t kBatchBytes = 1 << 20;  // well below what a service accepts

class PeopleImport {
 public:
  PeopleImport(ImportRun& run, ImportedResult* result) : run_(run), result_(*result) {
    batch_.set_parent(run.context->connection->parent());
    batch_.set_trust(contact::v1::TRUST_IMPORTED);
    batch_.set_source(Line(absl::StrCat("vcard:", BaseName(result->file.path)), 200));
    if (!run.source.empty()) mapping_.source = run.source;
    if (!run.steward.empty()) mapping_.stewards = {run.steward};
  }

  absl::Status Run() {
    std::ifstream in(result_.file.path, std::ios::binary);
    if (!in) return absl::InvalidArgumentError(absl::StrCat("cannot read ", result_.file.given));
    importer::VCardReader reader(&in, {.file = result_.file.given});
    Progress progress(run_.context->err,
                      {.terminal = run_.context->err_is_terminal, .now = absl::Now},
                      BaseName(result_.file.path), result_.file.state.size);
    while (auto next = reader.Next()) {
      if (const auto* problem = std::get_if<importer::ImportProblem>(&*next)) {
        result_.report.Unreadable(problem->line, problem->reason);
        continue;
      }
      RETURN_IF_ERROR(Add(std::get<importer::VCard>(*next)));
      if (const auto at = in.tellg(); at > 0) progress.Set(at);
    }
    RETURN_IF_ERROR(Flush());
    result_.counts.unreadable = result_.report.unreadable();
    return absl::OkStatus();
  }

 private:
  absl::Status Add(const importer::VCard& card) {
    MappedPerson person = PersonOf(card.contact, mapping_);
    for (const auto& warning : card.warnings) result_.report.Partly(warning.line, warning.reason);
    if (person.dropped_lines > 0) {
      result_.report.Partly(
          card.line, absl::StrCat(person.dropped_lines, " large properties left out (pictures)"));
    }
    // Two cards with one identity in one batch: the second waits for the first.
    const std::string& id = person.upsert.external_id().id();
    if (batch_.people_size() >= kBatchItems || bytes_ >= kBatchBytes || ids_.contains(id)) {
      RETURN_IF_ERROR(Flush());
    }
    ids_.insert(id);
    bytes_ += person.upsert.ByteSizeLong();
    lines_.push_back(card.line);
    *batch_.add_people() = std::move(person.upsert);
    return absl::OkStatus();
  }

  absl::Status Flush() {
    if (batch_.people().empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const auto answer,
                     run_.context->connection->Call<BatchUpsertPeopleResponse>(
                         "rapport.contact.v1.PeopleService/BatchUpsertPeople", batch_));
    if (answer.results_size() != batch_.people_size()) {
      return absl::InternalError("contact answered for another number of people than were sent");
    }
    for (int i = 0; i < answer.results_size(); ++i) Take(answer.results(i), i);
    batch_.clear_people();
    lines_.clear();
    ids_.clear();
    bytes_ = 0;
    return absl::OkStatus();
  }

  void Take(const PersonUpsertResult& answer, int index) {
    const std::int64_t line = lines_[static_cast<std::size_t>(index)];
    if (answer.status().code() != 0) {
      result_.report.Unreadable(line, answer.status().message());
      return;
    }
    ++result_.counts.items;
    if (answer.outcome() != PersonUpsertResult::UNCHANGED) ++result_.counts.fresh;
    for (const auto& refused : answer.refused_contact_points()) {
      const auto& points = batch_.people(index).contact_points();
      std::string kind = "contact point";
      if (refused.index() >= 0 && refused.index() < points.size()) {
        switch (points[refused.index()].kind()) {
          case contact::v1::ContactPoint::EMAIL:
            kind = "mail address";
            break;
          case contact::v1::ContactPoint::PHONE:
            kind = "telephone number";
            break;
          default:
            break;
        }
      }
      result_.report.Partly(line, absl::StrCat(kind, " not taken: ", refused.reason()));
    }
  }

  ImportRun& run_;
  ImportedResult& result_;
  PeopleMapping mapping_;
  BatchUpsertPeopleRequest batch_;
  std::vector<std::int64_t> lines_;  // of the cards in the batch
  std::set<std::string> ids_;
  std::size_t bytes_ = 0;
};

}  // namespace

absl::Status ImportPeople(ImportRun& run, ImportedResult* result) {
  RETURN_IF_ERROR(PeopleImport(run, result).Run());
  return run.ledger->Put(result->file.path, {.state = result->file.state,
                                             .offset = result->file.state.size,
                                             .complete = true,
                                             .counts = result->counts});
}

}  // namespace rapport::rapportctl
