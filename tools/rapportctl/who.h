// WHO of a command line: a person and their relationship.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_WHO_H_
#define RAPPORT_TOOLS_RAPPORTCTL_WHO_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rapport/contact/v1/person.pb.h"
#include "tools/rapportctl/connection.h"

namespace rapport::rapportctl {

struct Who {
  std::string person;        // resource names
  std::string relationship;  // the one with the default house if there are several
  std::string display_name;
};

// A resource name of a person or a relationship, a mail address, a telephone number ("+351…"), or
// the beginning of a name or nickname, without regard to case and accents. NOT_FOUND if nobody
// fits, or several do: the message lists them.
absl::StatusOr<Who> FindWho(Connection& connection, absl::string_view typed);

// The people that fit best; several if none fits better than the others. Pure.
std::vector<const contact::v1::Person*> BestFits(const std::vector<contact::v1::Person>& people,
                                                 absl::string_view typed);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_WHO_H_
