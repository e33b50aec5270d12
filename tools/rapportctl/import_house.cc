// Files of requests, one a line: sent in order, each line once.
#include <fstream>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "tools/rapportctl/house_lines.h"
#include "tools/rapportctl/import_run.h"
#include "tools/rapportctl/outcome.h"
#include "tools/rapportctl/progress.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

// The lines that were sent, with the names that later lines ask for. Written line by line, so that
// an interrupted import goes on behind the last one. Servers replay a request_id for a day only;
// this journal holds for as long as the house.
class Journal {
 public:
  static absl::StatusOr<Journal> Open(const std::string& path, absl::string_view house) {
    Journal journal;
    bool same_house = false;
    bool torn = false;  // a crash cut the last line
    if (std::ifstream in(path, std::ios::binary); in) {
      std::string line;
      same_house = static_cast<bool>(std::getline(in, line)) && line == house;
      while (same_house && std::getline(in, line)) {
        torn = in.eof();
        if (torn) break;
        const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits('\t', 1));
        journal.done_[parts[0]] = parts.size() > 1 ? parts[1] : "";
      }
    }
    if (!same_house) RETURN_IF_ERROR(WriteFile(path, absl::StrCat(house, "\n")));
    journal.out_.open(path, std::ios::binary | std::ios::app);
    if (torn) journal.out_ << '\n';
    if (!journal.out_) return absl::FailedPreconditionError(absl::StrCat("cannot write ", path));
    return journal;
  }

  // Null if the line was not sent yet; else the name in its answer, often empty.
  const std::string* Find(const std::string& identity) const {
    const auto it = done_.find(identity);
    return it == done_.end() ? nullptr : &it->second;
  }
  absl::Status Add(const std::string& identity, const std::string& name) {
    done_[identity] = name;
    out_ << identity << '\t' << name << '\n' << std::flush;
    return out_ ? absl::OkStatus() : absl::FailedPreconditionError("cannot write the journal");
  }

 private:
  absl::flat_hash_map<std::string, std::string> done_;
  std::ofstream out_;
};

std::string NameIn(const google::protobuf::Message& answer) {
  const auto* field = answer.GetDescriptor()->FindFieldByName("name");
  if (field == nullptr || field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
    return "";
  }
  return answer.GetReflection()->GetString(answer, field);
}

class HouseImport {
 public:
  HouseImport(ImportRun& run, const ImportFile& file)
      : connection_(*run.context->connection), file_(file) {}

  // `journal` and `progress` may be null. Refused lines go to `report`.
  absl::Status Run(Journal* journal, bool foundation_only, ImportReport* report,
                   ImportCounts* counts, Progress* progress) {
    std::ifstream in(file_.path, std::ios::binary);
    if (!in) return absl::InvalidArgumentError(absl::StrCat("cannot read ", file_.given));
    absl::flat_hash_map<std::string, int> times;
    std::string text;
    std::int64_t bytes = 0;
    for (std::int64_t number = 1; std::getline(in, text); ++number) {
      bytes += static_cast<std::int64_t>(text.size()) + 1;
      if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
      // The same line twice means it twice.
      std::string identity = Sha256Hex(text).substr(0, 32);
      if (const int before = times[identity]++; before > 0) absl::StrAppend(&identity, "-", before);
      auto line = ReadHouseLine(text);
      if (foundation_only && (!line.ok() || !IsFoundation(*line))) continue;
      absl::Status status = line.ok() ? Send(*line, identity, journal, counts) : line.status();
      if (!status.ok()) {
        if (ExitCodeOf(status) == kExitUnavailable || ExitCodeOf(status) == kExitNotAllowed) {
          return status;
        }
        report->Unreadable(number, FirstLine(status));
      }
      if (progress != nullptr) progress->Set(bytes);
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Send(const HouseLine& line, const std::string& identity, Journal* journal,
                    ImportCounts* counts) {
    const std::string* known = journal == nullptr ? nullptr : journal->Find(identity);
    if (known != nullptr) {
      if (!line.save.empty()) saved_[line.save] = *known;
      ++counts->items;
      return absl::OkStatus();
    }
    HouseLine resolved = line;
    RETURN_IF_ERROR(Resolve([this](absl::string_view placeholder) { return Name(placeholder); },
                            &resolved.request));
    ASSIGN_OR_RETURN(TypedCall call, TypedCallOf(resolved, identity));
    const absl::Status status =
        connection_.CallInto(line.method, *call.request, call.response.get());
    if (!status.ok() && !absl::IsAlreadyExists(status)) return status;
    std::string name = status.ok() ? NameIn(*call.response) : "";
    if (!line.save.empty()) saved_[line.save] = name;
    ++counts->items;
    ++counts->fresh;
    return journal == nullptr ? absl::OkStatus() : journal->Add(identity, name);
  }

  absl::StatusOr<std::string> Name(absl::string_view placeholder) {
    if (placeholder == "tenant") return connection_.parent();
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(placeholder, absl::MaxSplits(':', 1));
    if (parts.first == "saved") {
      const auto it = saved_.find(std::string(parts.second));
      if (it != saved_.end() && !it->second.empty()) return it->second;
      return absl::InvalidArgumentError(
          absl::StrCat("no earlier line gave \"", Plain(parts.second), "\""));
    }
    ASSIGN_OR_RETURN(const Known known, Lookup(parts.second));
    if (parts.first == "person") return known.person;
    if (!known.relationship.empty()) return known.relationship;
    return absl::NotFoundError("no relationship is open with the person");
  }

  struct Known {
    std::string person;
    std::string relationship;
  };

  absl::StatusOr<Known> Lookup(absl::string_view address) {
    const auto it = known_.find(std::string(address));
    if (it != known_.end()) return it->second;
    contact::v1::LookupPersonRequest request;
    request.set_parent(connection_.parent());
    if (absl::StrContains(address, "@")) {
      request.set_email(std::string(address));
    } else {
      request.set_phone(std::string(address));
    }
    ASSIGN_OR_RETURN(const auto answer,
                     connection_.Call<contact::v1::LookupPersonResponse>(
                         "rapport.contact.v1.PeopleService/LookupPerson", request));
    if (answer.matches().empty()) {
      return absl::NotFoundError("nobody is known under the address of this line");
    }
    if (answer.matches_size() > 1 &&
        answer.matches(1).confidence() >= answer.matches(0).confidence()) {
      return absl::NotFoundError("several people are known under the address of this line");
    }
    Known known{answer.matches(0).person().name(), answer.matches(0).relationships().empty()
                                                       ? ""
                                                       : answer.matches(0).relationships(0)};
    known_[std::string(address)] = known;
    return known;
  }

  Connection& connection_;
  const ImportFile& file_;
  absl::flat_hash_map<std::string, std::string> saved_;
  absl::flat_hash_map<std::string, Known> known_;
};

std::string JournalPath(const ImportRun& run, const ImportFile& file) {
  return absl::StrCat(run.context->settings.dir, "/", BaseName(file.path), ".",
                      Sha256Hex(file.path).substr(0, 8), ".", run.context->settings.tenant,
                      ".sent");
}

}  // namespace

absl::Status ImportHouseFoundation(ImportRun& run, const ImportFile& file) {
  // Founding lines are safe to repeat, and which house this is may not be known before them: they
  // leave no mark in the journal. What is refused is reported when the whole file is sent.
  ImportReport report(file.given);
  ImportCounts counts;
  return HouseImport(run, file).Run(nullptr, true, &report, &counts, nullptr);
}

absl::Status ImportHouse(ImportRun& run, ImportedResult* result) {
  ASSIGN_OR_RETURN(Journal journal,
                   Journal::Open(JournalPath(run, result->file), run.ledger->house()));
  Progress progress(run.context->err, {.terminal = run.context->err_is_terminal, .now = absl::Now},
                    BaseName(result->file.path), result->file.state.size);
  RETURN_IF_ERROR(HouseImport(run, result->file)
                      .Run(&journal, false, &result->report, &result->counts, &progress));
  result->counts.unreadable = result->report.unreadable();
  return run.ledger->Put(result->file.path, {.state = result->file.state,
                                             .offset = result->file.state.size,
                                             .complete = true,
                                             .counts = result->counts});
}

}  // namespace rapport::rapportctl
