// Any bytes as JSContact and as jCard: no crash, bounded work, only valid UTF-8 and single lines
// come out, and every card can be written in both forms.
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "tools/import/charset.h"
#include "tools/import/jcard.h"
#include "tools/import/jscontact.h"

namespace {

using namespace rapport::importer;  // NOLINT(google-build-using-namespace): one small program

void Check(bool holds) {
  if (!holds) std::abort();
}

void CheckLines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    Check(IsUtf8(line));
    Check(line.find_first_of("\r\n") == std::string::npos);
    Check(line.find(':') != std::string::npos);
  }
}

void CheckCard(const VCard& card) {
  Check(card.contact.HasName() || card.contact.HasContactPoint());
  std::vector<std::string> lines;
  for (const auto& property : card.properties) lines.push_back(property.raw);
  CheckLines(lines);
  Check(JCardOf(lines).is_array());
  const std::vector<std::string> once = LinesOfJsContact(JsContactOf(lines));
  CheckLines(once);
}

template <class Reader>
void ReadAll(const std::string& bytes) {
  std::istringstream in(bytes);
  Reader reader(&in, {.file = "fuzz", .max_value_bytes = 4096, .max_depth = 16});
  size_t items = 0;
  while (const auto item = reader.Next()) {
    Check(++items <= bytes.size() + 1);
    if (const auto* card = std::get_if<VCard>(&*item)) {
      CheckCard(*card);
    } else {
      Check(!std::get<ImportProblem>(*item).reason.empty());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  ReadAll<JsContactReader>(bytes);
  ReadAll<JCardReader>(bytes);
  return 0;
}
