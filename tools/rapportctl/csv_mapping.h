// What the columns of a table mean, as a mapping file says it:
//   {"kind": "people",                    or "engagements"
//    "source": "shop",                    of the external ids; "csv" if it is not stated
//    "delimiter": ";", "charset": "windows-1252",            else found out
//    "timeFormats": ["%d.%m.%Y %H:%M"], "timeZone": "Europe/Lisbon",   else ISO 8601, UTC
//    "region": "PT",                      of telephone numbers written nationally
//    "columns": {
//      "Customer no": "external_id",
//      "Mobile": {"field": "phone", "label": "mobile", "rank": 1},
//      "Tags": {"field": "labels", "separator": ";"},
//      "Art": {"field": "kind", "values": {"Anruf": "CONVERSATION", "Brief": "LETTER"}}},
//    "constants": {"conduct": "HUMAN"}}   for every record, where no column says otherwise
// Fields of people: those of Person and NameComponents (full_name, given, surname, labels, …), and
// external_id, email, phone, postal, social, in_app, birthday, anniversary.
// Fields of engagements: those of Engagement (source_id, event_time, kind, direction, …; a duration
// in seconds), questions.problem and the like, gave, asked, received (kinds of items), and whose it
// is: email, phone, handle or relationship.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_CSV_MAPPING_H_
#define RAPPORT_TOOLS_RAPPORTCTL_CSV_MAPPING_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"

namespace rapport::rapportctl {

struct CsvColumn {
  std::string name{};
  std::string field{};
  std::string label{};
  int rank = 0;
  std::string separator = ",";                  // of lists
  std::map<std::string, std::string> values{};  // what stands there, in lower case -> what it means
};

struct CsvMapping {
  enum class Kind { kPeople, kEngagements };
  Kind kind = Kind::kPeople;
  std::string source = "csv";
  char delimiter = 0;
  std::string charset{};
  std::vector<std::string> time_formats{};  // of absl::ParseTime
  absl::TimeZone zone = absl::UTCTimeZone();
  std::string region{};
  std::vector<CsvColumn> columns{};
  std::vector<CsvColumn> constants{};  // the name is the value
};

// INVALID_ARGUMENT in plain words: no such field, no such time zone, nothing that says who it is.
absl::StatusOr<CsvMapping> ReadCsvMapping(absl::string_view json);
// For a table without a mapping file: its columns are named like the fields.
absl::StatusOr<CsvMapping> MappingOfHeader(const std::vector<std::string>& header);

// Records of one table. Pure; thread-safe.
class CsvMapper {
 public:
  // INVALID_ARGUMENT if a column of the mapping is not in the header.
  static absl::StatusOr<CsvMapper> Create(CsvMapping mapping,
                                          const std::vector<std::string>& header);

  // INVALID_ARGUMENT names the column, never what stands in it. A record without an id of its own
  // gets one made of its fields, which stays the same as long as they do.
  absl::StatusOr<contact::v1::PersonUpsert> PersonOf(const std::vector<std::string>& record) const;
  // `parent` is the tenant.
  absl::StatusOr<engagement::v1::RecordEngagementRequest> EngagementOf(
      const std::vector<std::string>& record, const std::string& parent) const;

  const CsvMapping& mapping() const { return mapping_; }

 private:
  CsvMapper(CsvMapping mapping, std::vector<int> places)
      : mapping_(std::move(mapping)), places_(std::move(places)) {}

  CsvMapping mapping_;
  std::vector<int> places_;  // of mapping_.columns in a record
};

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_CSV_MAPPING_H_
