#include "tools/import/mail_body.h"

#include <vector>

#include "tools/import/ascii.h"
#include "tools/import/charset.h"
#include "tools/import/html_text.h"
#include "tools/import/new_text.h"

namespace rapport::importer {
namespace {

constexpr int kMaxDepth = 32;
constexpr size_t kMaxTextBytes = 4 << 20;  // of one part

std::string_view View(const char* text) { return text == nullptr ? std::string_view() : text; }

bool IsAttachment(GMimePart* part) {
  const GMimeContentDisposition* const disposition =
      g_mime_object_get_content_disposition(GMIME_OBJECT(part));
  if (disposition != nullptr &&
      EqualsIgnoreCase(View(g_mime_content_disposition_get_disposition(
                           const_cast<GMimeContentDisposition*>(disposition))),
                       "attachment")) {
    return true;
  }
  return !View(g_mime_part_get_filename(part)).empty();
}

// The decoded text of a part as UTF-8.
std::string TextOf(GMimePart* part, const char* charset) {
  GMimeDataWrapper* const content = g_mime_part_get_content(part);
  if (content == nullptr) return "";
  GMimeStream* const stream = g_mime_stream_mem_new();
  g_mime_data_wrapper_write_to_stream(content, stream);
  const GByteArray* const bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
  std::string text;
  if (bytes != nullptr && bytes->data != nullptr) {
    const std::string_view view(reinterpret_cast<const char*>(bytes->data), bytes->len);
    text = ToUtf8(view.substr(0, kMaxTextBytes), View(charset));
  }
  g_object_unref(stream);
  return text;
}

class Walker {
 public:
  MailBody Run(GMimeObject* root) {
    body_.new_words = Words(root, 0);
    return body_;
  }

 private:
  int64_t Words(GMimeObject* part, int depth) {
    if (part == nullptr || depth > kMaxDepth) return 0;
    if (GMIME_IS_MULTIPART(part)) return WordsOfMultipart(GMIME_MULTIPART(part), depth);
    if (!GMIME_IS_PART(part)) return 0;
    GMimeContentType* const type = g_mime_object_get_content_type(part);
    if (type == nullptr) return 0;
    if (g_mime_content_type_is_type(type, "text", "calendar") != 0) {
      if (body_.calendar_method.empty()) {
        body_.calendar_method =
            ToUtf8(Upper(View(g_mime_content_type_get_parameter(type, "method"))));
      }
      return 0;
    }
    if (g_mime_content_type_is_type(type, "text", "*") == 0 || IsAttachment(GMIME_PART(part))) {
      return 0;
    }
    const std::string text =
        TextOf(GMIME_PART(part), g_mime_content_type_get_parameter(type, "charset"));
    if (g_mime_content_type_is_type(type, "text", "html") != 0) {
      return CountWords(NewText(HtmlNewText(text)));
    }
    const bool plain = g_mime_content_type_is_type(type, "text", "plain") != 0 ||
                       g_mime_content_type_is_type(type, "text", "enriched") != 0;
    return plain ? CountWords(NewText(text)) : 0;
  }

  int64_t WordsOfMultipart(GMimeMultipart* multipart, int depth) {
    GMimeContentType* const type = g_mime_object_get_content_type(GMIME_OBJECT(multipart));
    if (GMIME_IS_MULTIPART_ENCRYPTED(multipart)) return 0;
    const int count = g_mime_multipart_get_count(multipart);
    const bool alternative =
        type != nullptr && g_mime_content_type_is_type(type, "multipart", "alternative") != 0;
    const bool first_only =
        type != nullptr && (g_mime_content_type_is_type(type, "multipart", "report") != 0 ||
                            g_mime_content_type_is_type(type, "multipart", "related") != 0 ||
                            g_mime_content_type_is_type(type, "multipart", "signed") != 0);
    int64_t words = 0;
    for (int i = 0; i < count; ++i) {
      const int64_t own = Words(g_mime_multipart_get_part(multipart, i), depth + 1);
      // The plain form comes first; the first alternative with words speaks for all. Calendar
      // parts behind it are still looked at.
      if (alternative) {
        if (words == 0) words = own;
      } else if (first_only) {
        if (i == 0) words = own;
      } else {
        words += own;
      }
    }
    return words;
  }

  MailBody body_;
};

}  // namespace

MailBody ReadMailBody(GMimeObject* root) { return Walker().Run(root); }

}  // namespace rapport::importer
