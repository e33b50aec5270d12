// rapportctl export: everything that the house knows, in files that other programs read.
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "rapport/contact/v1/person.pb.h"
#include "rapport/engagement/v1/engagement.pb.h"
#include "rapport/transfer/v1/transfer_service.pb.h"
#include "tools/import/jcard.h"
#include "tools/import/jscontact.h"
#include "tools/rapportctl/calendar_export.h"
#include "tools/rapportctl/commands.h"
#include "tools/rapportctl/csv_writer.h"
#include "tools/rapportctl/files.h"
#include "tools/rapportctl/json.h"
#include "tools/rapportctl/transfer_kinds.h"
#include "tools/rapportctl/vcard_writer.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

// A file that is complete or not there under its name.
class OutFile {
 public:
  OutFile(const std::string& dir, const std::string& name)
      : path_(absl::StrCat(dir, "/", name)),
        name_(name),
        out_(path_ + ".part", std::ios::binary | std::ios::trunc) {}

  void Line(const google::protobuf::Message& message) {
    out_ << ToJson(message, JsonLayout::kOneLine);
    ++count_;
  }
  void Text(const std::string& text) {
    out_ << text;
    ++count_;
  }
  // What stands around the records.
  void Frame(const std::string& text) { out_ << text; }
  absl::Status Finish() {
    out_.close();
    if (!out_ || std::rename((path_ + ".part").c_str(), path_.c_str()) != 0) {
      return absl::FailedPreconditionError(absl::StrCat("cannot write ", path_));
    }
    return absl::OkStatus();
  }
  const std::string& name() const { return name_; }
  std::int64_t count() const { return count_; }

 private:
  const std::string path_;
  const std::string name_;
  std::ofstream out_;
  std::int64_t count_ = 0;
};

// The resources of a service, or of one kind, one after the other.
class ResourcePages {
 public:
  ResourcePages(Connection* connection, const char* service, const char* type)
      : connection_(*connection), service_(service) {
    request_.set_parent(connection_.parent());
    request_.set_type(type);
    request_.set_page_size(500);
  }

  // Null at the end. Valid until the next call.
  absl::StatusOr<const google::protobuf::Any*> Next() {
    while (at_ == page_.resources_size()) {
      if (begun_ && page_.next_page_token().empty()) return nullptr;
      begun_ = true;
      request_.set_page_token(page_.next_page_token());
      page_.Clear();
      RETURN_IF_ERROR(CallTransfer(connection_, service_, "ExportResources", request_, &page_));
      at_ = 0;
    }
    return &page_.resources(at_++);
  }

 private:
  Connection& connection_;
  const char* const service_;
  transfer::v1::ExportResourcesRequest request_;
  transfer::v1::ExportResourcesResponse page_;
  int at_ = 0;
  bool begun_ = false;
};

class Exporter {
 public:
  Exporter(Context& context, const ExportOptions& options)
      : context_(context),
        connection_(*context.connection),
        calendar_(context.connection),
        dir_(options.dir),
        forms_(options.cards) {}

  absl::Status Run() {
    RETURN_IF_ERROR(MakeFolder(dir_));
    for (const TransferKind& kind : TransferKinds()) Open(kind.file);
    for (const std::string& form : forms_) {
      OutFile& file = Open(CardFile(form));
      if (form == "csv") file.Frame(CsvHead());
    }
    Open("calendar.ics").Frame(CalendarHead());
    for (const char* service : {"contact", "engagement", "recommendation"}) {
      RETURN_IF_ERROR(Resources(service));
    }
    Open("calendar.ics").Frame(CalendarTail());
    RETURN_IF_ERROR(Cards());
    google::protobuf::Struct json;
    std::string line;
    for (auto& [name, file] : files_) {
      RETURN_IF_ERROR(file->Finish());
      SetWhole(&json, name, file->count());
      absl::StrAppend(&line, line.empty() ? "" : " · ", name, " ", Grouped(file->count()));
    }
    if (context_.json) {
      PrintJson(context_, json);
    } else {
      *context_.out << "written to " << dir_ << ": " << line << "\n";
    }
    return absl::OkStatus();
  }

 private:
  OutFile& Open(const std::string& name) {
    auto& file = files_[name];
    if (file == nullptr) file = std::make_unique<OutFile>(dir_, name);
    return *file;
  }

  // Everything that the service owns, each kind in its file.
  absl::Status Resources(const char* service) {
    ResourcePages pages(&connection_, service, "");
    for (;;) {
      ASSIGN_OR_RETURN(const google::protobuf::Any* resource, pages.Next());
      if (resource == nullptr) return absl::OkStatus();
      const TransferKind* kind = KindOf(*resource);
      if (kind == nullptr) {
        return absl::FailedPreconditionError(absl::StrCat(service, " holds ", resource->type_url(),
                                                          ", which this rapportctl does not know"));
      }
      Open(kind->file).Line(*resource);
      RETURN_IF_ERROR(Meeting(*resource));
    }
  }

  // Meetings stand in the calendar too.
  absl::Status Meeting(const google::protobuf::Any& resource) {
    engagement::v1::Engagement engagement;
    if (!resource.Is<engagement::v1::Engagement>() || !resource.UnpackTo(&engagement)) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const std::string event, calendar_.Event(engagement));
    if (!event.empty()) Open("calendar.ics").Text(event);
    return absl::OkStatus();
  }

  // Both come in the order of people: each page is read once, however many people there are.
  absl::Status Cards() {
    ResourcePages people(&connection_, "contact", "rapport.contact.v1.Person");
    ResourcePages points(&connection_, "contact", "rapport.contact.v1.ContactPoint");
    contact::v1::ContactPoint point;
    bool more_points = true;
    const auto next_point = [&]() -> absl::Status {
      ASSIGN_OR_RETURN(const google::protobuf::Any* any, points.Next());
      more_points = any != nullptr && any->UnpackTo(&point);
      return absl::OkStatus();
    };
    RETURN_IF_ERROR(next_point());
    for (;;) {
      contact::v1::Person person;
      ASSIGN_OR_RETURN(const google::protobuf::Any* any, people.Next());
      if (any == nullptr || !any->UnpackTo(&person)) break;
      const std::string below = absl::StrCat(person.name(), "/contactPoints/");
      std::vector<contact::v1::ContactPoint> of_person;
      while (more_points && (point.name() < below || absl::StartsWith(point.name(), below))) {
        const bool theirs = absl::StartsWith(point.name(), below);
        if (theirs && !point.has_delete_time()) of_person.push_back(point);
        RETURN_IF_ERROR(next_point());
      }
      if (person.has_delete_time()) continue;
      for (const std::string& form : forms_) WriteCard(form, person, of_person);
    }
    for (const std::string& form : forms_) {
      if (form == "vcard" || form == "csv") continue;
      OutFile& file = Open(CardFile(form));
      file.Frame(file.count() == 0 ? "[]\n" : "\n]\n");
    }
    return absl::OkStatus();
  }

  static std::string CardFile(const std::string& form) {
    return absl::StrCat("people.", form == "vcard" ? "vcf" : form);
  }

  // jCard and JSContact as an array, a card a line.
  void WriteCard(const std::string& form, const contact::v1::Person& person,
                 const std::vector<contact::v1::ContactPoint>& points) {
    OutFile& file = Open(CardFile(form));
    if (form == "vcard") return file.Text(WriteVCard(person, points));
    if (form == "csv") return file.Text(WriteCsv(person, points));
    const std::vector<std::string> lines = CardLines(person, points);
    const importer::Json card =
        form == "jcard" ? importer::JCardOf(lines) : importer::JsContactOf(lines);
    file.Frame(file.count() == 0 ? "[\n" : ",\n");
    file.Text(card.dump(-1, ' ', false, importer::Json::error_handler_t::replace));
  }

  Context& context_;
  Connection& connection_;
  CalendarExport calendar_;
  const std::string dir_;
  const std::vector<std::string> forms_;
  std::map<std::string, std::unique_ptr<OutFile>> files_;
};

}  // namespace

absl::Status Export(Context& context, const ExportOptions& options) {
  return Exporter(context, options).Run();
}

}  // namespace rapport::rapportctl
