#include "tools/rapportctl/settings.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tools/rapportctl/files.h"
#include "tools/rapportctl/json.h"

namespace rapport::rapportctl {
namespace {

void Default(std::string* value, std::string other) {
  if (value->empty()) *value = std::move(other);
}

// A file that connection.json names.
std::string InFolder(const std::string& dir, std::string file) {
  if (file.empty() || absl::StartsWith(file, "/")) return file;
  return absl::StrCat(dir, "/", file);
}

}  // namespace

std::string DefaultFolder() {
  if (const char* dir = std::getenv("RAPPORT_DIR"); dir != nullptr && *dir != '\0') return dir;
  const char* home = std::getenv("HOME");
  return absl::StrCat(home == nullptr ? "." : home, "/.rapport");
}

absl::StatusOr<Settings> LoadSettings(Settings flags) {
  Settings out = std::move(flags);
  Default(&out.dir, DefaultFolder());
  const std::string path = absl::StrCat(out.dir, "/connection.json");
  google::protobuf::Struct file;
  if (auto text = ReadFile(path); text.ok()) {
    if (absl::Status status = FromJson(*text, &file); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", status.message()));
    }
  } else if (!absl::IsNotFound(text.status())) {
    return text.status();
  }
  Default(&out.contact, TextOf(file, "contact"));
  Default(&out.engagement, TextOf(file, "engagement"));
  Default(&out.recommendation, TextOf(file, "recommendation"));
  Default(&out.tenant, TextOf(file, "tenant"));
  Default(&out.steward, TextOf(file, "steward"));
  Default(&out.issuer, TextOf(file, "issuer"));
  Default(&out.key, InFolder(out.dir, TextOf(file, "key")));
  Default(&out.tls_ca_file, InFolder(out.dir, TextOf(file, "tls_ca_file")));
  if (const auto it = file.fields().find("audience"); it != file.fields().end()) {
    if (out.audiences.empty()) {
      for (const auto& value : it->second.list_value().values()) {
        out.audiences.push_back(value.string_value());
      }
      if (!it->second.string_value().empty()) out.audiences = {it->second.string_value()};
    }
  }
  Default(&out.contact, "127.0.0.1:7101");
  Default(&out.engagement, "127.0.0.1:7102");
  Default(&out.recommendation, "127.0.0.1:7103");
  Default(&out.tenant, "home");
  Default(&out.issuer, "rapport");
  if (out.audiences.empty()) out.audiences = {"rapport"};
  return out;
}

}  // namespace rapport::rapportctl
