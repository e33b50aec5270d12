#include "tools/import/mail.h"

#include <gmime/gmime.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <mutex>
#include <utility>

#include "tools/import/ascii.h"
#include "tools/import/charset.h"
#include "tools/import/mail_body.h"

namespace rapport::importer {
namespace {

constexpr size_t kMaxReferences = 200;
constexpr size_t kMaxAddresses = 5000;
constexpr size_t kMaxMimeParts = 1000;
constexpr size_t kMaxAddressHeaderBytes = 1 << 20;

struct GUnref {
  void operator()(void* object) const { g_object_unref(object); }
};
struct GFree {
  void operator()(char* text) const { g_free(text); }
};
struct OptionsFree {
  void operator()(GMimeParserOptions* options) const { g_mime_parser_options_free(options); }
};
struct DateFree {
  void operator()(GDateTime* date) const { g_date_time_unref(date); }
};
template <class T>
using Owned = std::unique_ptr<T, GUnref>;
using OwnedText = std::unique_ptr<char, GFree>;
using OwnedOptions = std::unique_ptr<GMimeParserOptions, OptionsFree>;

void InitGMimeOnce() {
  static std::once_flag once;
  std::call_once(once, [] { g_mime_init(); });
}

OwnedOptions NewOptions() {
  OwnedOptions options(g_mime_parser_options_new());
  std::array<const char*, 3> fallback = {"utf-8", "windows-1252", nullptr};
  g_mime_parser_options_set_fallback_charsets(options.get(), fallback.data());
  g_mime_parser_options_set_allow_addresses_without_domain(options.get(), 1);
  return options;
}

// Valid UTF-8 on one line.
std::string OneLine(std::string_view text) {
  std::string out;
  for (const char c : ToUtf8(text)) {
    const bool blank = IsAsciiSpace(c) || (c >= 0 && c < ' ') || c == '\x7F';
    if (!blank) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != ' ') {
      out.push_back(' ');
    }
  }
  return std::string(Strip(out));
}

struct Header {
  std::string name;  // lower case
  std::string raw;   // unfolded bytes as they stand in the mail
};

std::vector<Header> HeadersOf(GMimeMessage* message) {
  std::vector<Header> headers;
  GMimeHeaderList* const list = g_mime_object_get_header_list(GMIME_OBJECT(message));
  const auto add_all = [&headers](GMimeHeaderList* from) {
    const int count = from == nullptr ? 0 : g_mime_header_list_get_count(from);
    for (int i = 0; i < count; ++i) {
      GMimeHeader* const header = g_mime_header_list_get_header_at(from, i);
      const char* const name = g_mime_header_get_name(header);
      const char* const raw = g_mime_header_get_raw_value(header);
      if (name == nullptr || raw == nullptr) continue;
      std::string value;
      for (const char* c = raw; *c != '\0'; ++c) {
        if (*c != '\r' && *c != '\n') value.push_back(*c);
      }
      headers.push_back({Lower(name), std::string(Strip(value))});
    }
  };
  add_all(list);
  // Content-* headers belong to the part inside the message.
  GMimeObject* const part = g_mime_message_get_mime_part(message);
  if (part != nullptr) add_all(g_mime_object_get_header_list(part));
  return headers;
}

const Header* Find(const std::vector<Header>& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const Header& header) { return header.name == name; });
  return found == headers.end() ? nullptr : &*found;
}

// Ids between angle brackets; without brackets, the words that have an "@".
std::vector<std::string> IdsIn(std::string_view value) {
  std::vector<std::string> ids;
  const auto add = [&ids](std::string_view id) {
    std::string clean;
    for (const char c : ToUtf8(id)) {
      if (!IsAsciiSpace(c)) clean.push_back(c);
    }
    if (clean.empty() || clean.size() > 998) return;
    ids.push_back(std::move(clean));
  };
  for (size_t open = value.find('<'); open != std::string_view::npos;) {
    const size_t end = value.find('>', open);
    if (end == std::string_view::npos) break;
    add(value.substr(open + 1, end - open - 1));
    open = value.find('<', end);
  }
  if (!ids.empty()) return ids;
  while (!value.empty()) {
    const size_t end = std::min(value.find_first_of(" \t,"), value.size());
    const std::string_view word = value.substr(0, end);
    if (word.find('@') != std::string_view::npos) add(word);
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return ids;
}

std::vector<std::string> Unique(std::vector<std::string> ids) {
  std::vector<std::string> out;
  if (ids.size() > kMaxReferences) {
    ids.erase(ids.begin() + 1,
              ids.begin() + static_cast<std::ptrdiff_t>(ids.size() - kMaxReferences + 1));
  }
  for (std::string& id : ids) {
    if (std::find(out.begin(), out.end(), id) == out.end()) out.push_back(std::move(id));
  }
  return out;
}

std::string CleanName(std::string_view name) {
  std::string text = OneLine(name);
  // 'Ana Lopes' with the quotes that some servers add.
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
    text = std::string(Strip(std::string_view(text).substr(1, text.size() - 2)));
  }
  return text;
}

void AddAddresses(InternetAddressList* list, int depth, bool need_domain,
                  std::vector<MailAddress>* out) {
  if (list == nullptr || depth > 8) return;
  const int count = internet_address_list_length(list);
  for (int i = 0; i < count && out->size() < kMaxAddresses; ++i) {
    InternetAddress* const entry = internet_address_list_get_address(list, i);
    if (INTERNET_ADDRESS_IS_GROUP(entry)) {
      AddAddresses(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(entry)), depth + 1,
                   need_domain, out);
      continue;
    }
    if (!INTERNET_ADDRESS_IS_MAILBOX(entry)) continue;
    const char* address = internet_address_mailbox_get_idn_addr(INTERNET_ADDRESS_MAILBOX(entry));
    if (address == nullptr) {
      address = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(entry));
    }
    if (address == nullptr) continue;
    std::string text = Lower(OneLine(address));
    while (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
      text = text.substr(1, text.size() - 2);
    }
    const size_t at = text.rfind('@');
    const bool has_domain = at != std::string::npos && at > 0 && at + 1 < text.size();
    if (text.empty() || (need_domain && !has_domain)) continue;
    if (text.find(' ') != std::string::npos && text.find('"') == std::string::npos) continue;
    const char* const name = internet_address_get_name(entry);
    MailAddress found{std::move(text), name == nullptr ? "" : CleanName(name)};
    if (found.name == found.address) found.name.clear();
    out->push_back(std::move(found));
  }
}

std::vector<MailAddress> AddressesIn(const std::vector<Header>& headers, std::string_view name,
                                     GMimeParserOptions* options, bool need_domain = true) {
  std::vector<MailAddress> all;
  size_t bytes = 0;
  for (const Header& header : headers) {
    if (header.name != name || header.raw.empty()) continue;
    bytes += header.raw.size();
    if (bytes > kMaxAddressHeaderBytes) break;
    const Owned<InternetAddressList> list(internet_address_list_parse(options, header.raw.c_str()));
    AddAddresses(list.get(), 0, need_domain, &all);
  }
  std::vector<MailAddress> out;
  std::vector<std::string_view> seen;
  for (MailAddress& address : all) {
    if (out.size() < 500) {
      const bool known = std::any_of(out.begin(), out.end(), [&](const MailAddress& other) {
        return other.address == address.address;
      });
      if (known) continue;
    }
    out.push_back(std::move(address));
  }
  return out;
}

// A readable instant between 1971 and 2199; mail programs write nonsense outside.
std::optional<absl::Time> HeaderTime(std::string_view value) {
  const std::string text = OneLine(value.substr(0, 256));
  if (text.find_first_of("0123456789") == std::string::npos) return std::nullopt;
  const std::unique_ptr<GDateTime, DateFree> date(g_mime_utils_header_decode_date(text.c_str()));
  if (date == nullptr) return std::nullopt;
  const int year = g_date_time_get_year(date.get());
  if (year < 1971 || year > 2199) return std::nullopt;
  return absl::FromUnixSeconds(g_date_time_to_unix(date.get()));
}

std::optional<absl::Time> ReceivedTime(const std::vector<Header>& headers) {
  // The newest one, on top, is the time at which the mail came in.
  for (const Header& header : headers) {
    if (header.name != "received" && header.name != "x-received" &&
        header.name != "delivery-date" && header.name != "x-original-date") {
      continue;
    }
    const size_t semicolon = header.raw.rfind(';');
    const size_t from = semicolon == std::string::npos ? 0 : semicolon + 1;
    if (header.name == "received" && semicolon == std::string::npos) continue;
    if (auto time = HeaderTime(std::string_view(header.raw).substr(from))) return time;
  }
  return std::nullopt;
}

std::string SyntheticId(const std::vector<Header>& headers, std::string_view from_line,
                        std::string_view bytes) {
  std::string material;
  for (const std::string_view name :
       {"date", "from", "sender", "to", "cc", "subject", "in-reply-to", "references"}) {
    for (const Header& header : headers) {
      if (header.name == name) material += Cat({name, ":", header.raw, "\n"});
    }
  }
  if (Find(headers, "date") == nullptr) material += Cat({from_line, "\n", bytes});
  const OwnedText hash(g_compute_checksum_for_data(
      G_CHECKSUM_SHA256, reinterpret_cast<const guchar*>(material.data()), material.size()));
  return Cat({std::string_view(hash.get()).substr(0, 32), "@synthetic.invalid"});
}

std::string ListId(std::string_view value) {
  const size_t open = value.rfind('<');
  if (open != std::string_view::npos) {
    value.remove_prefix(open + 1);
    value = value.substr(0, value.find('>'));
  }
  return Lower(OneLine(value));
}

// GMime walks nested parts by recursion; a mail with absurdly many parts keeps only its headers.
std::string_view WithoutPartBomb(std::string_view bytes) {
  size_t found = 0;
  for (size_t at = bytes.find(':'); at != std::string_view::npos; at = bytes.find(':', at + 1)) {
    constexpr std::string_view kName = "content-type";
    if (at < kName.size() ||
        !EqualsIgnoreCase(bytes.substr(at - kName.size(), kName.size()), kName)) {
      continue;
    }
    const std::string_view value = Strip(bytes.substr(at + 1, 64));
    if (!StartsWithIgnoreCase(value, "multipart/") && !StartsWithIgnoreCase(value, "message/")) {
      continue;
    }
    if (++found > kMaxMimeParts) {
      const size_t end = std::min(bytes.find("\n\n"), bytes.find("\r\n\r\n"));
      return bytes.substr(0, std::min<size_t>(end, size_t{64} * 1024));
    }
  }
  return bytes;
}

Owned<GMimeMessage> Parse(std::string_view bytes, GMimeParserOptions* options) {
  const Owned<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size()));
  const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  g_mime_parser_set_format(parser.get(), GMIME_FORMAT_MESSAGE);
  g_mime_parser_set_persist_stream(parser.get(), 1);
  return Owned<GMimeMessage>(g_mime_parser_construct_message(parser.get(), options));
}

void ReadIds(const std::vector<Header>& headers, std::string_view from_line, std::string_view bytes,
             Mail* mail) {
  if (const Header* const id = Find(headers, "message-id")) {
    const auto ids = IdsIn(id->raw);
    mail->message_id = ids.empty() ? OneLine(id->raw.substr(0, 998)) : ids.front();
  }
  if (mail->message_id.empty()) {
    mail->message_id = SyntheticId(headers, from_line, bytes);
    mail->synthetic_id = true;
  }
  if (const Header* const reply = Find(headers, "in-reply-to")) {
    const auto ids = IdsIn(reply->raw);
    if (!ids.empty()) mail->in_reply_to = ids.front();
  }
  if (const Header* const references = Find(headers, "references")) {
    mail->references = Unique(IdsIn(references->raw));
  }
  mail->thread_key = !mail->references.empty()    ? mail->references.front()
                     : !mail->in_reply_to.empty() ? mail->in_reply_to
                                                  : mail->message_id;
}

}  // namespace

std::string ParseMail(std::string_view bytes, std::string_view from_line, Mail* mail) {
  InitGMimeOnce();
  bytes = WithoutPartBomb(bytes);
  const OwnedOptions options = NewOptions();
  const Owned<GMimeMessage> message = Parse(bytes, options.get());
  if (message == nullptr) return "no headers";
  const std::vector<Header> headers = HeadersOf(message.get());
  if (headers.empty()) return "no headers";

  ReadIds(headers, from_line, bytes, mail);
  mail->reply_to = AddressesIn(headers, "reply-to", options.get());
  mail->to = AddressesIn(headers, "to", options.get());
  mail->cc = AddressesIn(headers, "cc", options.get());
  mail->bcc = AddressesIn(headers, "bcc", options.get());
  auto from = AddressesIn(headers, "from", options.get());
  // "From: MAILER-DAEMON" has no domain.
  if (from.empty()) from = AddressesIn(headers, "from", options.get(), false);
  if (!from.empty()) mail->from = std::move(from.front());
  auto sender = AddressesIn(headers, "sender", options.get());
  if (!sender.empty()) mail->sender = std::move(sender.front());
  if (!mail->from.has_value()) mail->from = mail->sender;
  if (const Header* const subject = Find(headers, "subject")) {
    const OwnedText decoded(g_mime_utils_header_decode_text(options.get(), subject->raw.c_str()));
    mail->subject = OneLine(decoded == nullptr ? "" : decoded.get());
  }
  if (const Header* const list = Find(headers, "list-id")) mail->list_id = ListId(list->raw);

  GMimeObject* const root = g_mime_message_get_mime_part(message.get());
  const MailBody body = ReadMailBody(root);
  mail->new_words = body.new_words;

  MailFacts facts;
  facts.header = [&headers](std::string_view name) -> std::optional<std::string> {
    const Header* const header = Find(headers, name);
    return header == nullptr ? std::nullopt : std::optional(header->raw);
  };
  facts.from_address = mail->from.has_value() ? mail->from->address : "";
  facts.subject = mail->subject;
  facts.calendar_method = body.calendar_method;
  if (GMimeContentType* const type =
          root == nullptr ? nullptr : g_mime_object_get_content_type(root)) {
    const OwnedText name(g_mime_content_type_get_mime_type(type));
    facts.content_type = Lower(name.get());
    const char* const report = g_mime_content_type_get_parameter(type, "report-type");
    facts.report_type = report == nullptr ? "" : Lower(report);
  }
  MailVerdict verdict = ClassifyMail(facts);
  mail->kind = verdict.kind;
  mail->kind_reason = std::move(verdict.reason);

  const Header* const date_header = Find(headers, "date");
  std::optional<absl::Time> date =
      date_header == nullptr ? std::nullopt : HeaderTime(date_header->raw);
  if (!date.has_value()) {
    date = ReceivedTime(headers);
    mail->date_source = MailDateSource::kReceived;
  }
  if (!date.has_value()) {
    date = FromLineTime(from_line);
    mail->date_source = MailDateSource::kFromLine;
  }
  if (!date.has_value()) return "no date";
  mail->date = *date;
  if (mail->kind == MailKind::kHuman && !mail->from.has_value()) return "no sender address";
  return "";
}

}  // namespace rapport::importer
