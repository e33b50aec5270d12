// Exports of a house: RestoreResources in batches, kind by kind.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/resource/name.h"
#include "common/rpc/request_validator.h"
#include "rapport/transfer/v1/transfer_service.pb.h"
#include "tools/import/line_reader.h"
#include "tools/rapportctl/import_run.h"
#include "tools/rapportctl/json.h"
#include "tools/rapportctl/outcome.h"
#include "tools/rapportctl/progress.h"
#include "tools/rapportctl/transfer_kinds.h"

namespace rapport::rapportctl {
namespace {

using transfer::v1::RestoreResourcesRequest;
using transfer::v1::RestoreResourcesResponse;
using transfer::v1::RestoreResult;

constexpr int kBatchItems = 500;
constexpr std::size_t kBatchBytes = 1 << 20;    // well below what a service accepts
constexpr std::size_t kMaxItemBytes = 3 << 20;  // one item must fit a request
constexpr std::size_t kMaxLineBytes = 16 << 20;
constexpr int kBatchesPerMark = 20;
// Engagement learns of relationships after contact has them; of a million it takes a while.
constexpr int kTriesToCatchUp = 30;

class Restore {
 public:
  Restore(Context& context, bool again, bool dry_run)
      : context_(context),
        connection_(*context.connection),
        again_(again || dry_run),
        dry_run_(dry_run) {}

  absl::Status Run(std::vector<ImportedResult>* results) {
    ASSIGN_OR_RETURN(const std::string house, House());
    ImportLedger ledger = ImportLedger::Open(
        absl::StrCat(context_.settings.dir, "/restore-", context_.settings.tenant, ".json"), house);
    ledger_ = &ledger;
    std::vector<std::vector<const TransferKind*>> held;
    for (const ImportedResult& result : *results) {
      ASSIGN_OR_RETURN(held.emplace_back(), KindsIn(result.file));
    }
    for (const TransferKind& kind : TransferKinds()) {
      bool settled = !kind.unclaimed;
      for (std::size_t i = 0; i < results->size(); ++i) {
        if (std::find(held[i].begin(), held[i].end(), &kind) == held[i].end()) continue;
        if (!std::exchange(settled, true) && !dry_run_) RETURN_IF_ERROR(CatchUp(kind));
        RETURN_IF_ERROR(One(kind, &(*results)[i]));
      }
    }
    for (ImportedResult& result : *results) {
      result.counts.unreadable = result.report.unreadable();
      RETURN_IF_ERROR(result.report.Save(context_.settings.dir));
    }
    return absl::OkStatus();
  }

 private:
  // What tells these stores from others behind the same addresses.
  absl::StatusOr<std::string> House() {
    std::string house;
    for (const char* service : {"contact", "engagement", "recommendation"}) {
      RestoreResourcesRequest request;
      request.set_parent(connection_.parent());
      request.set_validate_only(true);
      RestoreResourcesResponse response;
      RETURN_IF_ERROR(CallTransfer(connection_, service, "RestoreResources", request, &response));
      absl::StrAppend(&house, house.empty() ? "" : " ", response.store_id());
    }
    return house;
  }

  // The kinds that lines of the file have, and that of lines that only a whole look tells apart.
  static absl::StatusOr<std::vector<const TransferKind*>> KindsIn(const ImportFile& file) {
    std::ifstream in(file.path, std::ios::binary);
    if (!in) return absl::InvalidArgumentError(absl::StrCat("cannot read ", file.given));
    importer::LineReader lines(&in, {.max_line_bytes = kMaxLineBytes});
    importer::Line line;
    std::vector<const TransferKind*> kinds;
    const auto add = [&](const TransferKind* kind) {
      if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
    };
    bool unclaimed = false;
    while (lines.Next(&line)) {
      const TransferKind* kind = KindOfLine(line.text);
      // What no kind fits is reported by the first kind that reads the file.
      add(kind == nullptr ? &TransferKinds().front() : kind);
      unclaimed = unclaimed || MayBeUnclaimed(line.text);
    }
    if (unclaimed) {
      for (const TransferKind& kind : TransferKinds()) {
        if (kind.unclaimed) add(&kind);
      }
    }
    return kinds;
  }

  static bool MayBeUnclaimed(absl::string_view line) {
    return absl::StrContains(line, "/relationships/unclaimed/");
  }

  // Waits until the service has heard of all that was written to the others.
  absl::Status CatchUp(const TransferKind& kind) {
    transfer::v1::ExportResourcesRequest request;
    request.set_parent(connection_.parent());
    request.set_page_size(1);
    absl::Status status;
    for (int i = 0; i < kTriesToCatchUp; ++i) {
      transfer::v1::ExportResourcesResponse response;
      status = CallTransfer(connection_, kind.service, "ExportResources", request, &response);
      if (!absl::IsUnavailable(status)) break;
    }
    return status;
  }

  absl::Status One(const TransferKind& kind, ImportedResult* result) {
    const std::string entry = absl::StrCat(result->file.path, "#", kind.file);
    ImportedFile mark{.state = result->file.state};
    if (const auto* known = ledger_->Find(entry, result->file.state); known != nullptr && !again_) {
      mark = *known;
      result->counts.items += mark.counts.items;
      if (mark.complete) return absl::OkStatus();
      result->counts.fresh += mark.counts.fresh;
    }
    std::ifstream in(result->file.path, std::ios::binary);
    in.seekg(mark.offset);
    if (!in) return absl::InvalidArgumentError(absl::StrCat("cannot read ", result->file.given));
    importer::LineReader lines(
        &in, {.max_line_bytes = kMaxLineBytes, .offset = mark.offset, .line = mark.line});
    Progress progress(context_.err, {.terminal = context_.err_is_terminal, .now = absl::Now},
                      kind.file, result->file.state.size);
    batch_.set_parent(connection_.parent());
    batch_.clear_resources();
    int batches = 0;
    const auto flush = [&](bool last) -> absl::Status {
      RETURN_IF_ERROR(Send(kind, &mark.counts, result));
      mark.offset = lines.offset();
      mark.line = lines.next_line_number();
      mark.complete = last;
      progress.Set(mark.offset);
      if (dry_run_) return absl::OkStatus();
      if (!last && ++batches % kBatchesPerMark != 0) return absl::OkStatus();
      return ledger_->Put(entry, mark);
    };
    importer::Line line;
    while (lines.Next(&line)) {
      Take(kind, line, result);
      if (batch_.resources_size() >= kBatchItems || bytes_ >= kBatchBytes) {
        RETURN_IF_ERROR(flush(false));
      }
    }
    return flush(true);
  }

  // Puts the line into the batch if it is of the kind.
  void Take(const TransferKind& kind, const importer::Line& line, ImportedResult* result) {
    if (line.text.find_first_not_of(" \t\r") == std::string::npos) return;
    const TransferKind* stated = KindOfLine(line.text);
    const bool first = &kind == &TransferKinds().front();
    if (stated == nullptr) {
      if (first) result->report.Unreadable(line.number, "no resource of a house");
      return;
    }
    if (stated->type != kind.type) return;
    const bool unsure = MayBeUnclaimed(line.text);
    if (kind.unclaimed && !unsure) return;
    google::protobuf::Any any;
    const absl::Status read =
        line.truncated ? absl::InvalidArgumentError("line too long") : FromJson(line.text, &any);
    if (!read.ok()) {
      if (!kind.unclaimed) result->report.Unreadable(line.number, read.message());
      return;
    }
    if (unsure && KindOf(any) != &kind) return;
    MoveToOurTenant(kind, &any);
    if (any.ByteSizeLong() > kMaxItemBytes) {
      result->report.Unreadable(line.number, "larger than a service accepts");
      return;
    }
    bytes_ += any.ByteSizeLong();
    lines_.push_back(line.number);
    *batch_.add_resources() = std::move(any);
  }

  void MoveToOurTenant(const TransferKind& kind, google::protobuf::Any* any) const {
    const std::string ours = absl::StrCat(connection_.parent(), "/");
    const std::unique_ptr<google::protobuf::Message> moved(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(kind.type)->New());
    if (!moved->ParseFromString(any->value())) return;
    const std::string name =
        moved->GetReflection()->GetString(*moved, kind.type->FindFieldByName("name"));
    const absl::string_view tenant = resource::TenantOfName(name);
    const std::string theirs = absl::StrCat("tenants/", tenant, "/");
    if (tenant.empty() || theirs == ours) return;
    MoveNames(theirs, ours, moved.get());
    any->set_value(moved->SerializeAsString());
  }

  absl::Status Send(const TransferKind& kind, ImportCounts* counts, ImportedResult* result) {
    if (batch_.resources().empty()) return absl::OkStatus();
    if (dry_run_) {
      Check(kind, result);
    } else {
      RestoreResourcesResponse response;
      RETURN_IF_ERROR(
          CallTransfer(connection_, kind.service, "RestoreResources", batch_, &response));
      if (response.results_size() != batch_.resources_size()) {
        return absl::InternalError("a service answered for another number of resources than sent");
      }
      Count(response, counts, result);
    }
    batch_.clear_resources();
    lines_.clear();
    bytes_ = 0;
    return absl::OkStatus();
  }

  // Without sending: what comes before a resource is not in the house yet.
  void Check(const TransferKind& kind, ImportedResult* result) {
    const rpc::RequestValidator validator(kind.type, rpc::RequestValidator::Of::kStored);
    const auto* prototype =
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(kind.type);
    for (int i = 0; i < batch_.resources_size(); ++i) {
      const std::unique_ptr<google::protobuf::Message> resource(prototype->New());
      absl::Status status = absl::InvalidArgumentError("cannot be read");
      if (resource->ParseFromString(batch_.resources(i).value())) {
        status = validator.Check(*resource, context_.settings.tenant);
      }
      if (status.ok()) {
        ++result->counts.items;
        ++result->counts.fresh;  // as far as anybody can tell
      } else {
        result->report.Unreadable(lines_[static_cast<std::size_t>(i)], FirstLine(status));
      }
    }
  }

  void Count(const RestoreResourcesResponse& response, ImportCounts* counts,
             ImportedResult* result) {
    for (int i = 0; i < response.results_size(); ++i) {
      const RestoreResult& answer = response.results(i);
      const std::int64_t line = lines_[static_cast<std::size_t>(i)];
      if (answer.status().code() != 0) {
        result->report.Unreadable(line, answer.status().message());
        continue;
      }
      for (ImportCounts* each : {counts, &result->counts}) {
        ++each->items;
        if (answer.outcome() != RestoreResult::UNCHANGED) ++each->fresh;
      }
      if (answer.outcome() == RestoreResult::RECOMPUTED) {
        result->report.Partly(line, "these numbers do not follow from the journal; made anew");
      }
    }
  }

  Context& context_;
  Connection& connection_;
  const bool again_;
  const bool dry_run_;
  ImportLedger* ledger_ = nullptr;
  RestoreResourcesRequest batch_;
  std::vector<std::int64_t> lines_;  // of the resources in the batch
  std::size_t bytes_ = 0;
};

}  // namespace

std::vector<std::string> ExportFilesIn(const std::string& folder) {
  std::vector<std::string> files;
  for (const TransferKind& kind : TransferKinds()) {
    std::string path = absl::StrCat(folder, "/", kind.file);
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error) &&
        std::filesystem::file_size(path, error) > 0) {
      files.push_back(std::move(path));
    }
  }
  return files;
}

bool IsExport(absl::string_view start) { return KindOfLine(start) != nullptr; }

absl::Status ImportRestore(Context& context, bool again, bool dry_run,
                           std::vector<ImportedResult>* results) {
  return Restore(context, again, dry_run).Run(results);
}

}  // namespace rapport::rapportctl
