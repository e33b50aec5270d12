// Any bytes as a vCard file: no crash, bounded work, and only valid UTF-8 comes out.
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "tools/import/charset.h"
#include "tools/import/vcard.h"

namespace {

using rapport::importer::IsUtf8;

void Check(bool holds) {
  if (!holds) std::abort();
}

void CheckCard(const rapport::importer::VCard& card) {
  for (const auto& property : card.properties) {
    Check(IsUtf8(property.raw));
    Check(property.raw.find('\n') == std::string::npos);
    Check(property.binary || IsUtf8(property.value));
  }
  const auto& contact = card.contact;
  Check(IsUtf8(contact.formatted_name));
  Check(IsUtf8(contact.note));
  for (const auto& email : contact.emails) Check(email.value.find('@') != std::string::npos);
  for (const auto& phone : contact.phones) Check(!phone.number.empty());
  for (const auto& line : contact.unmodelled) Check(IsUtf8(line));
  for (const auto& agent : card.agents) CheckCard(agent);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // The limits are small so that the fuzzer meets them.
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  rapport::importer::VCardReader reader(
      &in, {.file = "fuzz", .max_card_bytes = 4096, .max_properties = 50, .max_agent_depth = 3});
  size_t items = 0;
  int64_t line = 0;
  while (auto item = reader.Next()) {
    Check(++items <= size + 1);
    if (const auto* card = std::get_if<rapport::importer::VCard>(&*item)) {
      Check(card->line >= line);
      line = card->line;
      Check(card->contact.HasName() || card->contact.HasContactPoint());
      CheckCard(*card);
    } else {
      Check(!std::get<rapport::importer::ImportProblem>(*item).reason.empty());
      Check(IsUtf8(std::get<rapport::importer::ImportProblem>(*item).reason));
    }
  }
  return 0;
}
