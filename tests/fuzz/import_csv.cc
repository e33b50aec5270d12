// Any bytes as a table: no crash, bounded work, only valid UTF-8 comes out, and what was read is
// read back from what is written.
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "tools/import/charset.h"
#include "tools/import/csv.h"

namespace {

using rapport::importer::CsvLine;
using rapport::importer::CsvReader;
using rapport::importer::CsvRecord;
using rapport::importer::ImportProblem;
using rapport::importer::IsUtf8;

constexpr size_t kMaxFields = 20;

void Check(bool holds) {
  if (!holds) std::abort();
}

void CheckReadBack(const std::vector<std::string>& fields) {
  std::istringstream in(CsvLine(fields, ';') + "\n");
  CsvReader reader(&in, {.file = "fuzz", .delimiter = ';', .charset = "utf-8"});
  const auto back = reader.Next();
  Check(back.has_value() && std::holds_alternative<CsvRecord>(*back));
  Check(std::get<CsvRecord>(*back).fields == fields);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // The limits are small so that the fuzzer meets them.
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  CsvReader reader(&in, {.file = "fuzz", .max_record_bytes = 512, .max_fields = kMaxFields});
  size_t items = 0;
  int64_t line = 0;
  while (const auto item = reader.Next()) {
    Check(++items <= size + 1);
    if (const auto* record = std::get_if<CsvRecord>(&*item)) {
      Check(record->line > line);
      line = record->line;
      Check(!record->fields.empty() && record->fields.size() <= kMaxFields);
      bool plain = true;
      for (const std::string& field : record->fields) {
        Check(IsUtf8(field));
        plain = plain && field.find('\r') == std::string::npos;
      }
      if (plain) CheckReadBack(record->fields);
    } else {
      Check(!std::get<ImportProblem>(*item).reason.empty());
      Check(std::get<ImportProblem>(*item).line > line);
      line = std::get<ImportProblem>(*item).line;
    }
  }
  return 0;
}
