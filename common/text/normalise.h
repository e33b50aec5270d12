// The forms in which contact points are kept and looked up, so that two ways of writing the same
// address meet. All functions are thread-safe. Failures are INVALID_ARGUMENT with a reason that
// can be shown to the caller and never repeats the text itself (it is personal data).
#ifndef RAPPORT_COMMON_TEXT_NORMALISE_H_
#define RAPPORT_COMMON_TEXT_NORMALISE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rapport::text {

// NFKC_Casefold (Unicode Standard, section 3.13) of valid UTF-8; fails on anything else.
absl::StatusOr<std::string> FoldForLookup(absl::string_view text);

struct EmailAddress {
  // What to write to: white space around it removed, local part as given, domain as lower-case
  // ASCII (UTS #46 for international names).
  std::string address;
  // What to compare: local part folded, same domain. Mail systems may tell "Ana" from "ana"; people
  // do not.
  std::string lookup_key;
};

// An RFC 5322 addr-spec with RFC 6531 letters: dot-atom or quoted local part (<= 64 bytes), a
// domain name (<= 253 bytes), <= 254 bytes in all. No display names, comments, domain literals.
absl::StatusOr<EmailAddress> NormaliseEmail(absl::string_view text);

struct PhoneNumber {
  std::string e164;       // "+351213456789"
  std::string extension;  // digits after "ext.", often empty; not part of e164
};

enum class PhoneCheck {
  kKnownRange,      // a range that the numbering plan assigns (metadata of 2022)
  kPossibleLength,  // any number of a length that the country uses
};

// `region` (ISO 3166-1 alpha-2, either case, may be empty) says how to read a number without a
// country code. The default check refuses ranges that were assigned after the metadata was made;
// the wider one lets them pass.
absl::StatusOr<PhoneNumber> NormalisePhone(absl::string_view text, absl::string_view region,
                                           PhoneCheck check = PhoneCheck::kKnownRange);

// A name in a social network or chat: trimmed, one leading "@" dropped, runs of white space made
// one space, folded. 1..255 bytes afterwards, no control characters.
absl::StatusOr<std::string> NormaliseHandle(absl::string_view text);

}  // namespace rapport::text

#endif  // RAPPORT_COMMON_TEXT_NORMALISE_H_
