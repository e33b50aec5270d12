// Where the fields of a card came from, and what may replace what: a less trusted source never
// replaces a more trusted one silently (product capability C01).
#ifndef RAPPORT_SERVICES_CONTACT_RULES_PROVENANCE_H_
#define RAPPORT_SERVICES_CONTACT_RULES_PROVENANCE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/contact/v1/person.pb.h"

namespace rapport::contact::rules {

struct Source {
  std::string name;  // "vcard:people.vcf", or the principal
  v1::Trust trust = v1::TRUST_IMPORTED;
};

// Joins what a source says into a card: single fields are replaced where the source is trusted at
// least as much as the one that set them, lists are joined. Returns true if anything but the time
// of provenance changed. Pass an empty card to make a new one.
bool MergeCard(const v1::Person& said, const Source& source, absl::Time now, v1::Person* card);

// Fields whose value differs between `before` and `after` and that a more trusted source set.
std::vector<std::string> ProtectedChanges(const v1::Person& before, const v1::Person& after,
                                          v1::Trust trust);
// Notes `source` as the origin of every card field that differs.
void NoteChanges(const v1::Person& before, const Source& source, absl::Time now, v1::Person* after);

}  // namespace rapport::contact::rules

#endif  // RAPPORT_SERVICES_CONTACT_RULES_PROVENANCE_H_
