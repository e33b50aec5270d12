// Calendars: each meeting with somebody else, held or planned, in batches.
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/text/locale.h"
#include "tools/import/calendar_series.h"
#include "tools/rapportctl/calendar_mapping.h"
#include "tools/rapportctl/calendar_plans.h"
#include "tools/rapportctl/import_run.h"
#include "tools/rapportctl/progress.h"

namespace rapport::rapportctl {
namespace {

using engagement::v1::BatchRecordEngagementsRequest;
using engagement::v1::BatchRecordEngagementsResponse;
using engagement::v1::RecordResult;
using Fate = MeetingRecords::Fate;

constexpr int kBatchRecords = 500;
// Of all series together; later ones are then unrolled only a little.
constexpr std::int64_t kMaxOccurrences = 1'000'000;
constexpr std::size_t kFewOccurrences = 100;
constexpr std::int64_t kMaxSteps = 20'000'000;  // of all rules together

class CalendarImport {
 public:
  CalendarImport(ImportRun& run, ImportedResult* result)
      : run_(run),
        result_(*result),
        mapping_{.ours = &run.ours,
                 .parent = run.context->connection->parent(),
                 .source = run.source.empty() ? "calendar" : run.source,
                 .now = run.context->now},
        plans_(run.context->connection, mapping_.source, mapping_.now) {}

  absl::Status Run() {
    std::ifstream in(result_.file.path, std::ios::binary);
    if (!in) return absl::InvalidArgumentError(absl::StrCat("cannot read ", result_.file.given));
    const auto zone = text::LoadIanaZone(run_.time_zone);
    const importer::CalendarFile file = importer::ReadCalendar(
        &in, {.file = result_.file.given, .zone = zone.ok() ? *zone : absl::UTCTimeZone()});
    partly_ = file.partly;
    for (const auto& problem : file.unreadable) {
      result_.report.Unreadable(problem.line, problem.reason);
    }
    SayWhoIsMissing(file);
    const auto series = importer::SeriesOf(file, &partly_);
    Progress progress(run_.context->err,
                      {.terminal = run_.context->err_is_terminal, .now = absl::Now},
                      BaseName(result_.file.path), static_cast<std::int64_t>(series.size()));
    for (std::size_t i = 0; i < series.size(); ++i) {
      RETURN_IF_ERROR(Add(file, series[i]));
      progress.Set(static_cast<std::int64_t>(i));
    }
    RETURN_IF_ERROR(Flush());
    ASSIGN_OR_RETURN(const std::int64_t changed, plans_.Settle());
    result_.counts.fresh += changed;
    for (const auto& problem : partly_) result_.report.Partly(problem.line, problem.reason);
    result_.counts.unreadable = result_.report.unreadable();
    return absl::OkStatus();
  }

 private:
  // Whose calendar it is decides who is the other side. Nothing is guessed: the address on most
  // meetings may be a customer's.
  void SayWhoIsMissing(const importer::CalendarFile& file) {
    bool parties = false;
    for (const auto& event : file.events) {
      if (Concerns(event, run_.ours)) return;
      parties = parties || event.organizer || !event.attendees.empty();
    }
    if (!parties) return;
    *run_.context->err << "no address of yours is in " << BaseName(result_.file.path)
                       << ": everybody in it counts as the other side; your address: rapportctl "
                          "import --me ADDRESS\n";
  }

  absl::Status Add(const importer::CalendarFile& file, const importer::CalendarSeries& series) {
    importer::SeriesOptions options{.now = mapping_.now, .steps_left = &steps_left_};
    if (occurrences_ > kMaxOccurrences) options.max_occurrences = kFewOccurrences;
    const std::size_t told = partly_.size();
    const auto occurrences = importer::OccurrencesOf(file, series, options, &partly_);
    // What was cut off may still be planned: only a series that is whole can take plans back.
    const bool whole = partly_.size() == told;
    occurrences_ += static_cast<std::int64_t>(occurrences.size());
    const std::string thread = ThreadOf(series);
    Fate aside = Fate::kTaken;  // a whole series without another side is one entry
    for (const auto& occurrence : occurrences) {
      MeetingRecords records = RecordsOf(occurrence, series.uid, mapping_);
      switch (records.fate) {
        case Fate::kTaken:
          if (whole) plans_.LookAt(occurrence, thread, run_.ours);
          RETURN_IF_ERROR(Take(occurrence, std::move(records)));
          break;
        case Fate::kNotHeld:
          ++result_.counts.not_held;
          if (whole) plans_.LookAt(occurrence, thread, run_.ours);
          break;
        default:
          aside = records.fate;
          break;
      }
    }
    if (aside == Fate::kNobody) ++result_.counts.nobody;
    if (aside == Fate::kAmongOurselves) ++result_.counts.ourselves;
    if (aside == Fate::kBadAddress) {
      const auto* event = series.event != nullptr ? series.event : series.changed.front();
      result_.report.Unreadable(event->line, "no address of the other side can be one");
    }
    return absl::OkStatus();
  }

  absl::Status Take(const importer::CalendarOccurrence& occurrence, MeetingRecords records) {
    ++result_.counts.items;
    if (records.planned) ++result_.counts.planned;
    if (records.left_out > 0) {
      partly_.push_back({"", occurrence.event->line,
                         absl::StrCat(records.left_out, " people beyond the first 50 left out")});
    }
    for (auto& request : records.requests) {
      plans_.Hold(request.engagement());
      *batch_.add_requests() = std::move(request);
      lines_.push_back(occurrence.event->line);
      if (batch_.requests_size() >= kBatchRecords) RETURN_IF_ERROR(Flush());
    }
    return absl::OkStatus();
  }

  absl::Status Flush() {
    if (batch_.requests().empty()) return absl::OkStatus();
    batch_.set_parent(mapping_.parent);
    ASSIGN_OR_RETURN(const auto answer,
                     run_.context->connection->Call<BatchRecordEngagementsResponse>(
                         "rapport.engagement.v1.EngagementService/BatchRecordEngagements", batch_));
    if (answer.results_size() != batch_.requests_size()) {
      return absl::InternalError("engagement answered for another number than was sent");
    }
    for (int i = 0; i < answer.results_size(); ++i) {
      const RecordResult& result = answer.results(i);
      if (result.status().code() != 0) {
        result_.report.Unreadable(lines_[static_cast<std::size_t>(i)], result.status().message());
      } else if (result.outcome() != RecordResult::REPEATED) {
        ++result_.counts.fresh;
      }
    }
    batch_.clear_requests();
    lines_.clear();
    return absl::OkStatus();
  }

  ImportRun& run_;
  ImportedResult& result_;
  const MeetingMapping mapping_;
  CalendarPlans plans_;
  BatchRecordEngagementsRequest batch_;
  std::vector<std::int64_t> lines_;  // of the requests in the batch
  std::vector<importer::ImportProblem> partly_;
  std::int64_t occurrences_ = 0;
  std::int64_t steps_left_ = kMaxSteps;
};

}  // namespace

absl::Status ImportCalendar(ImportRun& run, ImportedResult* result) {
  RETURN_IF_ERROR(CalendarImport(run, result).Run());
  // A plan becomes a meeting when its time has come: such a file is read again each time.
  return run.ledger->Put(result->file.path, {.state = result->file.state,
                                             .offset = result->file.state.size,
                                             .complete = result->counts.planned == 0,
                                             .counts = result->counts});
}

}  // namespace rapport::rapportctl
