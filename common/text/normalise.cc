#include "common/text/normalise.h"

#include <phonenumbers/phonenumberutil.h>
#include <unicode/bytestream.h>
#include <unicode/idna.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"
#include "common/text/utf8.h"

namespace rapport::text {
namespace {

constexpr std::size_t kMaxInput = 4096;
constexpr std::size_t kMaxLocalPart = 64;
constexpr std::size_t kMaxDomain = 253;
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxEmail = 254;
constexpr std::size_t kMaxHandle = 255;

absl::Status Malformed(absl::string_view reason) { return absl::InvalidArgumentError(reason); }

absl::Status CheckInput(absl::string_view text) {
  if (text.size() > kMaxInput) return Malformed("too long");
  if (!IsValidUtf8(text)) return Malformed("not valid UTF-8");
  return absl::OkStatus();
}

// The code point at the start of valid UTF-8, and its length in bytes.
struct CodePoint {
  UChar32 value;
  std::size_t length;
};

CodePoint First(absl::string_view text) {
  std::int32_t i = 0;
  UChar32 c = 0;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  U8_NEXT_UNSAFE(bytes, i, c);
  return {c, static_cast<std::size_t>(i)};
}

bool IsSpace(UChar32 c) { return u_isUWhiteSpace(c) != 0; }

// White space at both ends goes, runs of it inside become one space.
std::string SqueezeSpace(absl::string_view text) {
  std::string out;
  bool pending = false;
  while (!text.empty()) {
    const CodePoint c = First(text);
    if (IsSpace(c.value)) {
      pending = !out.empty();
    } else {
      if (pending) out += ' ';
      pending = false;
      absl::StrAppend(&out, text.substr(0, c.length));
    }
    text.remove_prefix(c.length);
  }
  return out;
}

absl::string_view Trim(absl::string_view text) {
  while (!text.empty() && IsSpace(First(text).value)) text.remove_prefix(First(text).length);
  std::size_t end = 0;
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = First(text.substr(i));
    i += c.length;
    if (!IsSpace(c.value)) end = i;
  }
  return text.substr(0, end);
}

bool HasSpaceOrControl(absl::string_view text) {
  for (; !text.empty(); text.remove_prefix(First(text).length)) {
    const UChar32 c = First(text).value;
    if (IsSpace(c) || u_iscntrl(c) != 0) return true;
  }
  return false;
}

// RFC 5322 atext, widened by every character outside ASCII (RFC 6531).
bool IsAtomByte(char c) {
  if (absl::ascii_isalnum(static_cast<unsigned char>(c))) return true;
  if (static_cast<unsigned char>(c) >= 0x80) return true;
  return absl::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != absl::string_view::npos;
}

absl::Status CheckDotAtom(absl::string_view local) {
  for (absl::string_view atom : absl::StrSplit(local, '.')) {
    if (atom.empty()) return Malformed("two dots in a row, or a dot at an end, before the @");
    for (char c : atom) {
      if (!IsAtomByte(c)) return Malformed("a character that is not allowed before the @");
    }
  }
  return absl::OkStatus();
}

// Splits at the last @ outside quotes. A quoted local part that needs no quotes loses them.
absl::StatusOr<std::string> ReadLocalPart(absl::string_view local) {
  if (local.empty()) return Malformed("nothing before the @");
  if (local.front() != '"') {
    RETURN_IF_ERROR(CheckDotAtom(local));
    return std::string(local);
  }
  if (local.size() < 3 || local.back() != '"') return Malformed("a quote that does not end");
  std::string content;
  const absl::string_view inner = local.substr(1, local.size() - 2);
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '"') return Malformed("a quote inside quotes");
    if (inner[i] == '\\') {
      if (++i == inner.size()) return Malformed("a quote that does not end");
    }
    content += inner[i];
  }
  if (CheckDotAtom(content).ok()) return content;
  return std::string(local);
}

absl::StatusOr<std::string> DomainToAscii(absl::string_view domain) {
  bool ascii = true;
  for (char c : domain) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
  if (ascii) return absl::AsciiStrToLower(domain);
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<icu::IDNA> idna(icu::IDNA::createUTS46Instance(
      UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII, error));
  if (U_FAILURE(error)) return absl::InternalError("no IDNA data");
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  icu::IDNAInfo info;
  idna->nameToASCII_UTF8(icu::StringPiece(domain.data(), static_cast<std::int32_t>(domain.size())),
                         sink, info, error);
  if (U_FAILURE(error) || info.hasErrors()) {
    return Malformed("a domain that is no international domain name");
  }
  return absl::AsciiStrToLower(out);
}

absl::Status CheckDomain(absl::string_view domain) {
  if (domain.size() > kMaxDomain) return Malformed("a domain longer than 253 bytes");
  for (absl::string_view label : absl::StrSplit(domain, '.')) {
    if (label.empty()) return Malformed("an empty part in the domain");
    if (label.size() > kMaxLabel) return Malformed("a part of the domain longer than 63 bytes");
    if (label.front() == '-' || label.back() == '-') {
      return Malformed("a part of the domain with a hyphen at an end");
    }
    for (char c : label) {
      if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-') {
        return Malformed("a character that is not allowed in a domain");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> FoldForLookup(absl::string_view text) {
  if (!IsValidUtf8(text)) return Malformed("not valid UTF-8");
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* fold = icu::Normalizer2::getNFKCCasefoldInstance(error);
  if (U_FAILURE(error)) return absl::InternalError("no normalisation data");
  std::string out;
  icu::StringByteSink<std::string> sink(&out, static_cast<std::int32_t>(text.size()));
  fold->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())),
                      sink, nullptr, error);
  if (U_FAILURE(error)) return absl::InternalError("normalisation failed");
  return out;
}

absl::StatusOr<EmailAddress> NormaliseEmail(absl::string_view text) {
  RETURN_IF_ERROR(CheckInput(text));
  text = Trim(text);
  if (text.empty()) return Malformed("empty");
  // A quoted local part may hold spaces; nothing else may.
  const std::size_t at = text.rfind('@');
  if (at == absl::string_view::npos) return Malformed("no @");
  const absl::string_view raw_local = text.substr(0, at);
  const absl::string_view raw_domain = text.substr(at + 1);
  const bool quoted = !raw_local.empty() && raw_local.front() == '"';
  for (char c : raw_local) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) return Malformed("a control character");
  }
  if ((!quoted && HasSpaceOrControl(raw_local)) || HasSpaceOrControl(raw_domain)) {
    return Malformed("a space or control character inside");
  }
  if (raw_domain.empty()) return Malformed("nothing after the @");
  if (raw_domain.front() == '[') return Malformed("an IP address instead of a domain");

  ASSIGN_OR_RETURN(const std::string local, ReadLocalPart(raw_local));
  if (local.size() > kMaxLocalPart) return Malformed("more than 64 bytes before the @");
  ASSIGN_OR_RETURN(const std::string domain, DomainToAscii(raw_domain));
  RETURN_IF_ERROR(CheckDomain(domain));
  EmailAddress out;
  out.address = absl::StrCat(local, "@", domain);
  if (out.address.size() > kMaxEmail) return Malformed("longer than 254 bytes");
  ASSIGN_OR_RETURN(const std::string folded, FoldForLookup(local));
  out.lookup_key = absl::StrCat(folded, "@", domain);
  return out;
}

absl::StatusOr<PhoneNumber> NormalisePhone(absl::string_view text, absl::string_view region,
                                           PhoneCheck check) {
  using i18n::phonenumbers::PhoneNumberUtil;
  RETURN_IF_ERROR(CheckInput(text));
  text = Trim(text);
  if (text.empty()) return Malformed("empty");
  const std::string hint = region.empty() ? "ZZ" : absl::AsciiStrToUpper(region);
  if (hint.size() != 2 || !absl::ascii_isupper(static_cast<unsigned char>(hint[0])) ||
      !absl::ascii_isupper(static_cast<unsigned char>(hint[1]))) {
    return Malformed("a region that is no two-letter country code");
  }
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  i18n::phonenumbers::PhoneNumber number;
  switch (util.Parse(std::string(text), hint, &number)) {
    case PhoneNumberUtil::NO_PARSING_ERROR:
      break;
    case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR:
      return Malformed("no known country code and no region to read the number with");
    case PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
    case PhoneNumberUtil::TOO_SHORT_NSN:
      return Malformed("too short for a phone number");
    case PhoneNumberUtil::TOO_LONG_NSN:
      return Malformed("too long for a phone number");
    case PhoneNumberUtil::NOT_A_NUMBER:
    default:
      return Malformed("not a phone number");
  }
  switch (util.IsPossibleNumberWithReason(number)) {
    case PhoneNumberUtil::IS_POSSIBLE:
      break;
    case PhoneNumberUtil::IS_POSSIBLE_LOCAL_ONLY:
      return Malformed("a local number without its area code");
    case PhoneNumberUtil::TOO_SHORT:
      return Malformed("too short for its country");
    case PhoneNumberUtil::TOO_LONG:
      return Malformed("too long for its country");
    case PhoneNumberUtil::INVALID_COUNTRY_CODE:
      return Malformed("no known country code and no region to read the number with");
    case PhoneNumberUtil::INVALID_LENGTH:
    default:
      return Malformed("a length that its country does not use");
  }
  if (check == PhoneCheck::kKnownRange && !util.IsValidNumber(number)) {
    return Malformed("in no number range of its country");
  }
  PhoneNumber out;
  util.Format(number, PhoneNumberUtil::E164, &out.e164);
  out.extension = number.extension();
  return out;
}

absl::StatusOr<std::string> NormaliseHandle(absl::string_view text) {
  RETURN_IF_ERROR(CheckInput(text));
  absl::string_view trimmed = Trim(text);
  if (!trimmed.empty() && trimmed.front() == '@') trimmed.remove_prefix(1);
  ASSIGN_OR_RETURN(const std::string folded, FoldForLookup(trimmed));
  std::string out = SqueezeSpace(folded);
  if (out.empty()) return Malformed("empty");
  if (out.size() > kMaxHandle) return Malformed("longer than 255 bytes");
  for (absl::string_view rest = out; !rest.empty(); rest.remove_prefix(First(rest).length)) {
    if (u_iscntrl(First(rest).value) != 0) return Malformed("a control character inside");
  }
  return out;
}

}  // namespace rapport::text
