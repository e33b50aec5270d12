#include "tools/rapportctl/people_batch.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "tools/rapportctl/outcome.h"
#include "tools/rapportctl/people_mapping.h"

namespace rapport::rapportctl {

using contact::v1::BatchUpsertPeopleResponse;
using contact::v1::PersonUpsert;
using contact::v1::PersonUpsertResult;

namespace {

constexpr int kBatchItems = 500;
constexpr std::size_t kBatchBytes = 1 << 20;  // well below what a service accepts

}  // namespace

PeopleBatch::PeopleBatch(const ImportRun& run, absl::string_view form, ImportedResult* result)
    : run_(run), result_(*result), validator_(PersonUpsert::descriptor()) {
  batch_.set_parent(run.context->connection->parent());
  batch_.set_trust(contact::v1::TRUST_IMPORTED);
  batch_.set_source(Line(absl::StrCat(form, ":", BaseName(result->file.path)), 200));
}

absl::Status PeopleBatch::Add(PersonUpsert person, std::int64_t line) {
  // Two people with one identity in one batch: the second waits for the first.
  const std::string& id = person.external_id().id();
  if (batch_.people_size() >= kBatchItems || bytes_ >= kBatchBytes || ids_.contains(id)) {
    RETURN_IF_ERROR(Flush());
  }
  ids_.insert(id);
  bytes_ += person.ByteSizeLong();
  lines_.push_back(line);
  *batch_.add_people() = std::move(person);
  return absl::OkStatus();
}

absl::Status PeopleBatch::Flush() {
  if (batch_.people().empty()) return absl::OkStatus();
  if (run_.dry_run) {
    Check();
  } else {
    ASSIGN_OR_RETURN(const auto answer,
                     run_.context->connection->Call<BatchUpsertPeopleResponse>(
                         "rapport.contact.v1.PeopleService/BatchUpsertPeople", batch_));
    if (answer.results_size() != batch_.people_size()) {
      return absl::InternalError("contact answered for another number of people than were sent");
    }
    for (int i = 0; i < answer.results_size(); ++i) Take(answer.results(i), i);
  }
  batch_.clear_people();
  lines_.clear();
  ids_.clear();
  bytes_ = 0;
  return absl::OkStatus();
}

void PeopleBatch::Check() {
  for (int i = 0; i < batch_.people_size(); ++i) {
    const absl::Status status = validator_.Check(batch_.people(i), run_.context->settings.tenant);
    if (status.ok()) {
      ++result_.counts.items;
      ++result_.counts.fresh;  // as far as anybody can tell
    } else {
      result_.report.Unreadable(lines_[static_cast<std::size_t>(i)], FirstLine(status));
    }
  }
}

void PeopleBatch::Take(const PersonUpsertResult& answer, int index) {
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

}  // namespace rapport::rapportctl
