// Mailboxes: a stream of batches, acknowledged when they are durable.
#include <deque>
#include <fstream>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "tools/import/mbox.h"
#include "tools/rapportctl/import_run.h"
#include "tools/rapportctl/progress.h"

namespace rapport::rapportctl {
namespace {

using engagement::v1::StreamEngagementsRequest;
using engagement::v1::StreamEngagementsResponse;
using Stream = rpc::BidiStream<StreamEngagementsRequest, StreamEngagementsResponse>;

constexpr int kBatchRecords = 200;  // a mail with many recipients may add up to 50
constexpr std::size_t kInFlight = 4;
constexpr absl::Duration kSaveEvery = absl::Seconds(1);
constexpr int kAttempts = 5;  // without any progress in between

bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsAborted(status);
}

class MailImport {
 public:
  MailImport(ImportRun& run, ImportedResult* result)
      : run_(run),
        result_(*result),
        source_(run.source.empty() ? "mail" : run.source),
        progress_(run.context->err, {.terminal = run.context->err_is_terminal, .now = absl::Now},
                  BaseName(result->file.path), result->file.state.size) {
    durable_.state = result->file.state;
    if (const ImportedFile* known = run.ledger->Find(result->file.path, result->file.state);
        known != nullptr && !known->complete && !run.again) {
      durable_ = *known;
      result->report.Continue(run.context->settings.dir, durable_.line);
    }
  }

  absl::Status Run() {
    int attempts = 0;
    absl::Status status;
    do {
      const std::int64_t before = durable_.offset;
      status = ReadAndSend();
      if (status.ok()) break;
      attempts = durable_.offset > before ? 1 : attempts + 1;
      if (!MayPass(status) || attempts >= kAttempts) break;
      absl::SleepFor(std::max(errors::RetryAfter(status), absl::Milliseconds(250) * attempts));
    } while (true);
    if (status.ok()) {
      durable_.complete = true;
      durable_.offset = result_.file.state.size;
    }
    const absl::Status saved = run_.ledger->Put(result_.file.path, durable_);
    result_.counts = durable_.counts;
    RETURN_IF_ERROR(status);
    return saved;
  }

 private:
  // A batch and where the file stands behind it.
  struct Batch {
    StreamEngagementsRequest request;
    std::vector<std::int64_t> lines;  // of each record
    std::int64_t end_offset = 0;
    std::int64_t end_line = 1;
    ImportCounts counts;
    std::vector<std::pair<std::int64_t, std::string>> problems;
  };

  // From the last durable place to the end of the file.
  absl::Status ReadAndSend() {
    std::ifstream in(result_.file.path, std::ios::binary);
    if (!in) return absl::InvalidArgumentError(absl::StrCat("cannot read ", result_.file.given));
    importer::MboxReader reader(
        &in,
        {.file = result_.file.given, .start_offset = durable_.offset, .start_line = durable_.line});
    sent_.clear();
    next_position_ = 1;
    stream_ = run_.context->connection->engagement()
                  .OpenStream<StreamEngagementsRequest, StreamEngagementsResponse>(
                      "rapport.engagement.v1.EngagementService/StreamEngagements");
    Batch batch;
    while (auto item = reader.Next()) {
      Take(*item, &batch);
      if (batch.request.batch().requests_size() < kBatchRecords) continue;
      RETURN_IF_ERROR(Send(std::move(batch)));
      batch = Batch();
    }
    if (batch.end_offset > 0) RETURN_IF_ERROR(Send(std::move(batch)));
    stream_->WritesDone();
    while (!sent_.empty()) RETURN_IF_ERROR(AwaitOne());
    StreamEngagementsResponse extra;
    while (stream_->Read(&extra)) {
    }
    return Ended(stream_->Finish());
  }

  void Take(const importer::MboxItem& item, Batch* batch) {
    batch->end_offset = item.end_offset;
    batch->end_line = item.end_line;
    if (const auto* problem = std::get_if<importer::ImportProblem>(&item.content)) {
      batch->problems.emplace_back(problem->line, problem->reason);
      return;
    }
    const auto& mail = std::get<importer::Mail>(item.content);
    MailRecords records = RecordsOf(mail, run_.ours, run_.context->connection->parent(), source_);
    switch (records.fate) {
      case MailRecords::Fate::kBadAddress:
        batch->problems.emplace_back(item.line, "no address of the other side can be one");
        return;
      case MailRecords::Fate::kAmongOurselves:
        ++batch->counts.items;
        ++batch->counts.ourselves;
        return;
      case MailRecords::Fate::kNobody:
        ++batch->counts.items;
        ++batch->counts.nobody;
        return;
      case MailRecords::Fate::kTaken:
        break;
    }
    ++batch->counts.items;
    if (mail.kind != importer::MailKind::kHuman) ++batch->counts.not_counted;
    auto& requests = *batch->request.mutable_batch();
    for (auto& request : records.requests) {
      *requests.add_requests() = std::move(request);
      batch->lines.push_back(item.line);
    }
  }

  absl::Status Send(Batch batch) {
    while (sent_.size() >= kInFlight) RETURN_IF_ERROR(AwaitOne());
    batch.request.mutable_batch()->set_parent(run_.context->connection->parent());
    batch.request.set_position(next_position_++);
    const bool written = batch.request.batch().requests().empty() || stream_->Write(batch.request);
    if (!written) {
      stream_->Cancel();
      return Ended(stream_->Finish());
    }
    sent_.push_back(std::move(batch));
    return absl::OkStatus();
  }

  // Waits until the oldest batch is durable.
  absl::Status AwaitOne() {
    Batch batch = std::move(sent_.front());
    sent_.pop_front();
    StreamEngagementsResponse answer;
    if (!batch.request.batch().requests().empty()) {
      if (!stream_->Read(&answer)) {
        absl::Status status = Ended(stream_->Finish());
        return status.ok() ? absl::UnavailableError("the stream ended early") : status;
      }
      if (answer.position() != batch.request.position()) {
        stream_->Cancel();
        stream_->Finish().IgnoreError();
        return absl::InternalError("engagement acknowledged another batch than was sent");
      }
    }
    for (const auto& refused : answer.refused()) {
      const absl::Status status = errors::FromProto(refused.status());
      if (!MayPass(status)) continue;
      stream_->Cancel();
      stream_->Finish().IgnoreError();
      return status;  // nothing is wrong with the record: send the batch once more
    }
    for (const auto& refused : answer.refused()) {
      const auto index = static_cast<std::size_t>(refused.index());
      batch.problems.emplace_back(index < batch.lines.size() ? batch.lines[index] : 0,
                                  refused.status().message());
    }
    Advance(batch, answer);
    return SaveNowAndThen();
  }

  void Advance(const Batch& batch, const StreamEngagementsResponse& answer) {
    durable_.offset = batch.end_offset;
    durable_.line = batch.end_line;
    durable_.counts.items += batch.counts.items;
    durable_.counts.not_counted += batch.counts.not_counted;
    durable_.counts.ourselves += batch.counts.ourselves;
    durable_.counts.nobody += batch.counts.nobody;
    durable_.counts.fresh += answer.recorded() + answer.unclaimed();
    for (const auto& [line, reason] : batch.problems) {
      result_.report.Unreadable(line, reason);
      ++durable_.counts.unreadable;
    }
    progress_.Set(durable_.offset);
  }

  absl::Status SaveNowAndThen() {
    const absl::Time now = absl::Now();
    if (now < next_save_) return absl::OkStatus();
    next_save_ = now + kSaveEvery;
    // The report first: what it says of lines behind the ledger's place is dropped on resuming.
    if (result_.report.unreadable() > reported_) {
      RETURN_IF_ERROR(result_.report.Save(run_.context->settings.dir));
      reported_ = result_.report.unreadable();
    }
    return run_.ledger->Put(result_.file.path, durable_);
  }

  absl::Status Ended(absl::Status status) {
    return Connection::Explained(run_.context->connection->engagement(), std::move(status));
  }

  ImportRun& run_;
  ImportedResult& result_;
  const std::string source_;
  Progress progress_;
  ImportedFile durable_;
  std::unique_ptr<Stream> stream_;
  std::deque<Batch> sent_;
  std::int64_t next_position_ = 1;
  std::int64_t reported_ = 0;  // records in the report when it was last saved
  absl::Time next_save_ = absl::Now() + kSaveEvery;
};

}  // namespace

absl::Status ImportMail(ImportRun& run, ImportedResult* result) {
  return MailImport(run, result).Run();
}

}  // namespace rapport::rapportctl
