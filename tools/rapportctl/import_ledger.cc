#include "tools/rapportctl/import_ledger.h"

#include <array>
#include <utility>

#include "google/protobuf/struct.pb.h"
#include "tools/rapportctl/json.h"

namespace rapport::rapportctl {
namespace {

using google::protobuf::Struct;

struct CountName {
  const char* name;
  std::int64_t ImportCounts::*member;
};
constexpr std::array<CountName, 8> kCounts = {{{"items", &ImportCounts::items},
                                               {"fresh", &ImportCounts::fresh},
                                               {"notCounted", &ImportCounts::not_counted},
                                               {"ourselves", &ImportCounts::ourselves},
                                               {"nobody", &ImportCounts::nobody},
                                               {"planned", &ImportCounts::planned},
                                               {"notHeld", &ImportCounts::not_held},
                                               {"unreadable", &ImportCounts::unreadable}}};

Struct ToStruct(const ImportedFile& file) {
  Struct out;
  SetWhole(&out, "size", file.state.size);
  SetWhole(&out, "mtimeNs", file.state.mtime_ns);
  SetWhole(&out, "inode", file.state.inode);
  SetWhole(&out, "offset", file.offset);
  SetWhole(&out, "line", file.line);
  SetBool(&out, "complete", file.complete);
  for (const CountName& count : kCounts) SetWhole(&out, count.name, file.counts.*(count.member));
  return out;
}

ImportedFile FromStruct(const Struct& in) {
  ImportedFile out;
  out.state = {.size = WholeOf(in, "size"),
               .mtime_ns = WholeOf(in, "mtimeNs"),
               .inode = WholeOf(in, "inode")};
  out.offset = WholeOf(in, "offset");
  out.line = WholeOf(in, "line");
  out.complete = BoolOf(in, "complete");
  for (const CountName& count : kCounts) out.counts.*(count.member) = WholeOf(in, count.name);
  return out;
}

}  // namespace

ImportLedger ImportLedger::Open(std::string path, std::string house) {
  ImportLedger ledger(std::move(path), std::move(house));
  const auto text = ReadFile(ledger.path_);
  Struct file;
  if (!text.ok() || !FromJson(*text, &file).ok() || TextOf(file, "house") != ledger.house_) {
    return ledger;
  }
  const auto files = file.fields().find("files");
  if (files == file.fields().end()) return ledger;
  for (const auto& [name, value] : files->second.struct_value().fields()) {
    ledger.files_[name] = FromStruct(value.struct_value());
  }
  return ledger;
}

const ImportedFile* ImportLedger::Find(const std::string& path, const FileState& state) const {
  const auto it = files_.find(path);
  return it == files_.end() || !(it->second.state == state) ? nullptr : &it->second;
}

absl::Status ImportLedger::Put(const std::string& path, const ImportedFile& entry) {
  files_[path] = entry;
  Struct file;
  SetText(&file, "house", house_);
  Struct* files = (*file.mutable_fields())["files"].mutable_struct_value();
  for (const auto& [name, known] : files_) {
    *(*files->mutable_fields())[name].mutable_struct_value() = ToStruct(known);
  }
  return WriteFile(path_, ToJson(file, JsonLayout::kIndented));
}

}  // namespace rapport::rapportctl
