#include "tools/rapport-admin/manifest.h"

#include <map>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace rapport::admin {
namespace {

constexpr char kFormat[] = "1";

}  // namespace

std::string Manifest::Text() const {
  return absl::StrCat("rapport_backup ", kFormat, "\nservice ", service, "\nstore_id ", store_id,
                      "\nsequence ", sequence, "\nschema_version ", schema_version, "\ntime ",
                      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone()), "\nbytes ",
                      bytes, "\nsha256 ", sha256, "\n");
}

absl::StatusOr<Manifest> Manifest::Parse(const std::string& text) {
  std::map<absl::string_view, absl::string_view> fields;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    if (words.size() == 2) fields[words[0]] = words[1];
  }
  Manifest out;
  std::string ignored;
  if (fields["rapport_backup"] == kFormat && absl::SimpleAtoi(fields["sequence"], &out.sequence) &&
      absl::SimpleAtoi(fields["schema_version"], &out.schema_version) &&
      absl::ParseTime("%Y-%m-%dT%H:%M:%SZ", fields["time"], &out.time, &ignored) &&
      absl::SimpleAtoi(fields["bytes"], &out.bytes) && fields["sha256"].size() == 64) {
    out.service = std::string(fields["service"]);
    out.store_id = std::string(fields["store_id"]);
    out.sha256 = std::string(fields["sha256"]);
    return out;
  }
  return absl::InvalidArgumentError("is no manifest of a backup that this program knows");
}

}  // namespace rapport::admin
