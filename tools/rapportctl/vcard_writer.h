// People as vCard 4.0 (RFC 6350). Pure.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_VCARD_WRITER_H_
#define RAPPORT_TOOLS_RAPPORTCTL_VCARD_WRITER_H_

#include <string>
#include <vector>

#include "rapport/contact/v1/person.pb.h"

namespace rapport::rapportctl {

// The content lines of a card, not folded, without BEGIN, VERSION and END: what all forms of cards
// are made of.
std::vector<std::string> CardLines(const contact::v1::Person& person,
                                   const std::vector<contact::v1::ContactPoint>& points);

// One card with CRLF line ends, folded at 75 bytes on the border of a character. The UID is the one
// of the imported card, where there was one; REV is the time of the last change. Properties kept
// word for word stand as they were, but for transfer encodings that 4.0 does not have: base64
// becomes a data URI, quoted-printable plain text.
std::string WriteVCard(const contact::v1::Person& person,
                       const std::vector<contact::v1::ContactPoint>& points);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_VCARD_WRITER_H_
