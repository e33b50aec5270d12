// Any bytes as an mbox file: no crash, the items cover the file without a gap, reading can resume
// behind every item, and only valid UTF-8 comes out.
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "tools/import/charset.h"
#include "tools/import/html_text.h"
#include "tools/import/mbox.h"
#include "tools/import/new_text.h"

namespace {

using rapport::importer::ImportProblem;
using rapport::importer::IsUtf8;
using rapport::importer::Mail;
using rapport::importer::MailKind;
using rapport::importer::MboxReader;

void Check(bool holds) {
  if (!holds) std::abort();
}

void CheckMail(const Mail& mail) {
  Check(!mail.message_id.empty() && IsUtf8(mail.message_id));
  Check(!mail.thread_key.empty() && IsUtf8(mail.thread_key));
  Check(IsUtf8(mail.subject) && IsUtf8(mail.list_id) && IsUtf8(mail.in_reply_to));
  Check(mail.references.size() <= 200);
  Check(mail.new_words >= 0);
  Check(mail.from.has_value() || mail.kind != MailKind::kHuman);
  Check(mail.kind == MailKind::kHuman || !mail.kind_reason.empty());
  for (const auto* list : {&mail.to, &mail.cc, &mail.bcc, &mail.reply_to}) {
    for (const auto& address : *list) {
      Check(address.address.find('@') != std::string::npos);
      Check(IsUtf8(address.address) && IsUtf8(address.name));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  std::istringstream in(bytes);
  MboxReader reader(&in, {.file = "fuzz", .max_message_bytes = 65536});
  int64_t offset = 0;
  int64_t line = 1;
  size_t items = 0;
  while (auto item = reader.Next()) {
    Check(++items <= size);
    Check(item->start_offset == offset && item->end_offset > offset);
    Check(item->line == line && item->end_line >= line);
    offset = item->end_offset;
    line = item->end_line;
    if (const auto* mail = std::get_if<Mail>(&item->content)) {
      CheckMail(*mail);
    } else {
      Check(!std::get<ImportProblem>(item->content).reason.empty());
    }
    if (items > 3) continue;
    std::istringstream again(bytes);
    MboxReader resumed(&again, {.file = "fuzz",
                                .start_offset = item->start_offset,
                                .start_line = item->line,
                                .max_message_bytes = 65536});
    const auto same = resumed.Next();
    Check(same.has_value() && same->start_offset == item->start_offset);
    Check(same->end_offset == item->end_offset && same->end_line == item->end_line);
  }
  const std::string text = rapport::importer::ToUtf8(bytes);
  Check(rapport::importer::CountWords(rapport::importer::NewText(text)) >= 0);
  Check(IsUtf8(rapport::importer::HtmlNewText(text)));
  return 0;
}
