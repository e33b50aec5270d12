// Tables: people and engagements by a mapping.
#include <fstream>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/rpc/request_validator.h"
#include "tools/import/csv.h"
#include "tools/rapportctl/csv_mapping.h"
#include "tools/rapportctl/import_run.h"
#include "tools/rapportctl/outcome.h"
#include "tools/rapportctl/people_batch.h"
#include "tools/rapportctl/progress.h"

namespace rapport::rapportctl {
namespace {

using engagement::v1::BatchRecordEngagementsRequest;
using engagement::v1::BatchRecordEngagementsResponse;
using engagement::v1::RecordEngagementRequest;
using engagement::v1::RecordResult;
using importer::CsvReader;
using importer::CsvRecord;
using importer::ImportProblem;

constexpr int kBatchItems = 500;
constexpr std::size_t kBatchBytes = 1 << 20;

// Sends engagements, and says what became of each.
class EngagementBatch {
 public:
  EngagementBatch(const ImportRun& run, ImportedResult* result)
      : run_(run), result_(*result), validator_(RecordEngagementRequest::descriptor()) {
    batch_.set_parent(run.context->connection->parent());
  }

  absl::Status Add(RecordEngagementRequest request, std::int64_t line) {
    bytes_ += request.ByteSizeLong();
    lines_.push_back(line);
    *batch_.add_requests() = std::move(request);
    return lines_.size() >= kBatchItems || bytes_ >= kBatchBytes ? Flush() : absl::OkStatus();
  }

  absl::Status Flush() {
    if (lines_.empty()) return absl::OkStatus();
    if (run_.dry_run) {
      Check();
    } else {
      ASSIGN_OR_RETURN(
          const auto answer,
          run_.context->connection->Call<BatchRecordEngagementsResponse>(
              "rapport.engagement.v1.EngagementService/BatchRecordEngagements", batch_));
      if (answer.results_size() != batch_.requests_size()) {
        return absl::InternalError("engagement answered for another number than were sent");
      }
      for (int i = 0; i < answer.results_size(); ++i) Take(answer.results(i), LineOf(i));
    }
    batch_.clear_requests();
    lines_.clear();
    bytes_ = 0;
    return absl::OkStatus();
  }

 private:
  std::int64_t LineOf(int index) const { return lines_[static_cast<std::size_t>(index)]; }

  void Check() {
    for (int i = 0; i < batch_.requests_size(); ++i) {
      const absl::Status status =
          validator_.Check(batch_.requests(i), run_.context->settings.tenant);
      if (status.ok()) {
        ++result_.counts.items;
        ++result_.counts.fresh;  // as far as anybody can tell
      } else {
        result_.report.Unreadable(LineOf(i), FirstLine(status));
      }
    }
  }

  void Take(const RecordResult& answer, std::int64_t line) {
    if (answer.status().code() != 0) {
      result_.report.Unreadable(line, answer.status().message());
      return;
    }
    ++result_.counts.items;
    if (answer.outcome() != RecordResult::REPEATED) ++result_.counts.fresh;
  }

  const ImportRun& run_;
  ImportedResult& result_;
  const rpc::RequestValidator validator_;
  BatchRecordEngagementsRequest batch_;
  std::vector<std::int64_t> lines_;  // of the engagements in the batch
  std::size_t bytes_ = 0;
};

importer::CsvOptions OptionsFor(const ImportFile& file, const CsvMapping& mapping) {
  return {.file = file.given, .delimiter = mapping.delimiter, .charset = mapping.charset};
}

absl::StatusOr<std::vector<std::string>> Header(CsvReader& reader, const ImportFile& file) {
  auto first = reader.Next();
  if (!first) return absl::InvalidArgumentError(absl::StrCat(file.given, " is empty"));
  if (const auto* problem = std::get_if<ImportProblem>(&*first)) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.given, ": the names of the columns cannot be read: ", problem->reason));
  }
  return std::get<CsvRecord>(*std::move(first)).fields;
}

}  // namespace

absl::Status MapTable(const std::string& mapping_file, ImportFile* file) {
  CsvMapping mapping;
  if (!mapping_file.empty()) {
    ASSIGN_OR_RETURN(const std::string text, ReadFile(mapping_file));
    ASSIGN_OR_RETURN(mapping, ReadCsvMapping(text));
  }
  std::ifstream in(file->path, std::ios::binary);
  CsvReader reader(&in, OptionsFor(*file, mapping));
  ASSIGN_OR_RETURN(const auto header, Header(reader, *file));
  if (mapping_file.empty()) {
    ASSIGN_OR_RETURN(mapping, MappingOfHeader(header));
  }
  RETURN_IF_ERROR(CsvMapper::Create(mapping, header).status());
  file->kind =
      mapping.kind == CsvMapping::Kind::kPeople ? ImportKind::kPeople : ImportKind::kEngagements;
  file->table = std::make_shared<const CsvMapping>(std::move(mapping));
  return absl::OkStatus();
}

absl::Status ReadTable(ImportRun& run, ImportedResult* result) {
  const ImportFile& file = result->file;
  std::ifstream in(file.path, std::ios::binary);
  if (!in) return absl::InvalidArgumentError(absl::StrCat("cannot read ", file.given));
  CsvReader reader(&in, OptionsFor(file, *file.table));
  ASSIGN_OR_RETURN(const auto header, Header(reader, file));
  CsvMapping mapping = *file.table;
  if (!run.source.empty()) mapping.source = run.source;
  ASSIGN_OR_RETURN(const CsvMapper mapper, CsvMapper::Create(std::move(mapping), header));
  PeopleBatch people(run, "csv", result);
  EngagementBatch engagements(run, result);
  Progress progress(run.context->err, {.terminal = run.context->err_is_terminal, .now = absl::Now},
                    BaseName(file.path), file.state.size);
  const std::string& parent = run.context->connection->parent();
  while (auto next = reader.Next()) {
    if (const auto* problem = std::get_if<ImportProblem>(&*next)) {
      result->report.Unreadable(problem->line, problem->reason);
      continue;
    }
    const auto& record = std::get<CsvRecord>(*next);
    if (mapper.mapping().kind == CsvMapping::Kind::kPeople) {
      auto person = mapper.PersonOf(record.fields);
      if (person.ok()) {
        if (!run.steward.empty()) person->add_stewards(run.steward);
        RETURN_IF_ERROR(people.Add(*std::move(person), record.line));
      } else {
        result->report.Unreadable(record.line, person.status().message());
      }
    } else {
      auto engagement = mapper.EngagementOf(record.fields, parent);
      if (engagement.ok()) {
        RETURN_IF_ERROR(engagements.Add(*std::move(engagement), record.line));
      } else {
        result->report.Unreadable(record.line, engagement.status().message());
      }
    }
    if (const auto at = in.tellg(); at > 0) progress.Set(at);
  }
  RETURN_IF_ERROR(people.Flush());
  return engagements.Flush();
}

absl::Status ImportEngagements(ImportRun& run, ImportedResult* result) {
  RETURN_IF_ERROR(ReadTable(run, result));
  return Completed(run, result);
}

}  // namespace rapport::rapportctl
