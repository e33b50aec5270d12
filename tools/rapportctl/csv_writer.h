// People as a table for spreadsheets, with columns that an import knows without a mapping. Pure.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_CSV_WRITER_H_
#define RAPPORT_TOOLS_RAPPORTCTL_CSV_WRITER_H_

#include <string>
#include <vector>

#include "rapport/contact/v1/person.pb.h"

namespace rapport::rapportctl {

// Lines of RFC 4180 with CRLF. Of the addresses of one kind the best one; lists are joined by
// commas. What has no column is left out: for everything there are the other forms.
std::string CsvHead();
std::string WriteCsv(const contact::v1::Person& person,
                     const std::vector<contact::v1::ContactPoint>& points);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_CSV_WRITER_H_
