#include "tools/rapportctl/csv_mapping.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/time/proto_time.h"
#include "google/protobuf/struct.pb.h"
#include "tools/import/contact.h"
#include "tools/rapportctl/csv_field.h"
#include "tools/rapportctl/files.h"
#include "tools/rapportctl/json.h"
#include "tools/rapportctl/people_mapping.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using contact::v1::ContactPoint;
using contact::v1::Person;
using contact::v1::PersonUpsert;
using engagement::v1::Engagement;
using engagement::v1::RecordEngagementRequest;
using google::protobuf::Struct;
using google::protobuf::Value;

template <class... Words>
bool IsAnyOf(absl::string_view word, Words... words) {
  return ((word == words) || ...);
}

bool IsPoint(absl::string_view field) {
  return IsAnyOf(field, "email", "phone", "postal", "social", "in_app");
}

// The field of Person that stands behind a short name.
std::string PersonPath(const std::string& field) {
  if (contact::v1::NameComponents::descriptor()->FindFieldByName(field) != nullptr) {
    return absl::StrCat("name_components.", field);
  }
  return field;
}

bool IsField(CsvMapping::Kind kind, const std::string& field) {
  if (kind == CsvMapping::Kind::kPeople) {
    return IsPoint(field) || IsAnyOf(field, "external_id", "birthday", "anniversary") ||
           FindField(Person::descriptor(), PersonPath(field)) != nullptr;
  }
  return IsAnyOf(field, "email", "phone", "handle", "relationship", "gave", "asked", "received") ||
         FindField(Engagement::descriptor(), field) != nullptr;
}

absl::Status Wrong(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("mapping: ", what));
}

// Every record must be able to say who it is about, and an engagement what it was.
absl::Status CheckWhole(const CsvMapping& mapping) {
  const auto says = [&](absl::string_view field) {
    const auto is = [&](const CsvColumn& column) { return column.field == field; };
    return std::any_of(mapping.columns.begin(), mapping.columns.end(), is) ||
           std::any_of(mapping.constants.begin(), mapping.constants.end(), is);
  };
  if (mapping.kind == CsvMapping::Kind::kPeople) {
    if (says("full_name") || says("given") || says("surname") || says("email") || says("phone")) {
      return absl::OkStatus();
    }
    return Wrong("no column says who it is: full_name, given, surname, email or phone");
  }
  if (!says("email") && !says("phone") && !says("handle") && !says("relationship")) {
    return Wrong("no column says whose it is: email, phone, handle or relationship");
  }
  for (const char* field : {"event_time", "kind", "direction", "conduct"}) {
    if (!says(field)) return Wrong(absl::StrCat("neither a column nor a constant says ", field));
  }
  return absl::OkStatus();
}

absl::StatusOr<CsvColumn> ColumnOf(const std::string& name, const Value& value) {
  CsvColumn column{.name = name};
  if (value.kind_case() == Value::kStringValue) {
    column.field = value.string_value();
    return column;
  }
  if (value.kind_case() != Value::kStructValue) {
    return Wrong(absl::StrCat("column \"", Plain(name), "\" needs a field or an object"));
  }
  for (const auto& [key, inner] : value.struct_value().fields()) {
    if (key == "field") {
      column.field = inner.string_value();
    } else if (key == "label") {
      column.label = inner.string_value();
    } else if (key == "rank") {
      column.rank = static_cast<int>(std::clamp(inner.number_value(), 0.0, 100.0));
    } else if (key == "separator" && !inner.string_value().empty()) {
      column.separator = inner.string_value();
    } else if (key == "values") {
      for (const auto& [from, to] : inner.struct_value().fields()) {
        column.values[absl::AsciiStrToLower(from)] = to.string_value();
      }
    } else {
      return Wrong(absl::StrCat("column \"", Plain(name), "\" has no \"", Plain(key), "\""));
    }
  }
  return column;
}

absl::Status TakeMember(const std::string& key, const Value& value, CsvMapping* mapping) {
  const std::string& text = value.string_value();
  if (key == "kind") {
    if (text != "people" && text != "engagements") {
      return Wrong("the kind is people or engagements");
    }
    mapping->kind = text == "people" ? CsvMapping::Kind::kPeople : CsvMapping::Kind::kEngagements;
  } else if (key == "source" && !text.empty()) {
    mapping->source = text;
  } else if (key == "delimiter" && text.size() == 1 && text != "\"" && text != "\n") {
    mapping->delimiter = text[0];
  } else if (key == "charset") {
    mapping->charset = text;
  } else if (key == "region") {
    mapping->region = text;
  } else if (key == "timeZone") {
    if (!absl::LoadTimeZone(text, &mapping->zone)) return Wrong("no such timeZone");
  } else if (key == "timeFormats") {
    for (const Value& item : value.list_value().values()) {
      mapping->time_formats.push_back(item.string_value());
    }
  } else if (key == "columns") {
    for (const auto& [name, column] : value.struct_value().fields()) {
      ASSIGN_OR_RETURN(mapping->columns.emplace_back(), ColumnOf(name, column));
    }
  } else if (key == "constants") {
    for (const auto& [field, constant] : value.struct_value().fields()) {
      mapping->constants.push_back({.name = constant.string_value(), .field = field});
    }
  } else {
    return Wrong(absl::StrCat("\"", Plain(key), "\" has no meaning here"));
  }
  return absl::OkStatus();
}

// Hands every field of a record that is not empty to `set`, constants where no column speaks.
template <class Set>
absl::Status EachField(const CsvMapping& mapping, const std::vector<int>& places,
                       const std::vector<std::string>& record, Set set) {
  std::vector<std::string> said;
  for (std::size_t i = 0; i < mapping.columns.size(); ++i) {
    const CsvColumn& column = mapping.columns[i];
    const auto place = static_cast<std::size_t>(places[i]);
    if (place >= record.size()) continue;
    std::string text(absl::StripAsciiWhitespace(record[place]));
    const auto meant = column.values.find(absl::AsciiStrToLower(text));
    if (meant != column.values.end()) text = meant->second;
    if (text.empty()) continue;
    said.push_back(column.field);
    if (const absl::Status status = set(column, text); !status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("column \"", Line(column.name, 100), "\" ", status.message()));
    }
  }
  for (const CsvColumn& constant : mapping.constants) {
    if (std::find(said.begin(), said.end(), constant.field) != said.end()) continue;
    if (const absl::Status status = set(constant, constant.name); !status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("constant \"", constant.field, "\" ", status.message()));
    }
  }
  return absl::OkStatus();
}

std::string MadeId(const std::vector<std::string>& record) {
  return absl::StrCat("made-", Sha256Hex(absl::StrJoin(record, "\x1f")).substr(0, 32));
}

FieldFormat FormatOf(const CsvMapping& mapping, const CsvColumn& column) {
  return {
      .separator = column.separator, .time_formats = mapping.time_formats, .zone = mapping.zone};
}

absl::Status AddDay(contact::v1::Anniversary::Kind kind, const std::string& text,
                    const FieldFormat& format, Person* person) {
  auto date = importer::ParseContactDate(text);
  if (!date) {
    const auto at = ReadInstant(text, format);
    if (!at.ok()) return absl::InvalidArgumentError("is no day");
    const absl::CivilDay day = absl::ToCivilDay(*at, format.zone);
    date = importer::ContactDate{static_cast<int>(day.year()), day.month(), day.day()};
  }
  auto* anniversary = person->add_anniversaries();
  anniversary->set_kind(kind);
  anniversary->mutable_date()->set_year(date->year.value_or(0));
  anniversary->mutable_date()->set_month(date->month);
  anniversary->mutable_date()->set_day(date->day);
  return absl::OkStatus();
}

void AddPoint(const CsvMapping& mapping, const CsvColumn& column, const std::string& text,
              PersonUpsert* upsert) {
  auto* point = upsert->add_contact_points();
  ContactPoint::Kind kind = ContactPoint::KIND_UNSPECIFIED;
  ContactPoint::Kind_Parse(absl::AsciiStrToUpper(column.field), &kind);
  point->set_kind(kind);
  point->set_value(Line(text, 1000));
  point->set_label(Line(column.label, 100));
  point->set_rank(column.rank);
  if (kind == ContactPoint::PHONE) point->set_region(mapping.region);
}

void AddItems(engagement::v1::Item::Direction direction, const CsvColumn& column,
              const std::string& text, Engagement* engagement) {
  const std::vector<absl::string_view> kinds = absl::StrSplit(text, std::string(column.separator));
  for (const absl::string_view kind : kinds) {
    auto* item = engagement->add_items();
    item->set_direction(direction);
    item->set_kind(Line(absl::StripAsciiWhitespace(kind), 100));
  }
}

}  // namespace

absl::StatusOr<CsvMapping> ReadCsvMapping(absl::string_view json) {
  Struct object;
  if (!FromJson(json, &object).ok()) return Wrong("the file is no JSON object");
  CsvMapping mapping;
  for (const auto& [key, value] : object.fields()) {
    RETURN_IF_ERROR(TakeMember(key, value, &mapping));
  }
  for (const auto* list : {&mapping.columns, &mapping.constants}) {
    for (const CsvColumn& column : *list) {
      if (!IsField(mapping.kind, column.field)) {
        return Wrong(
            absl::StrCat("there is no field \"", Plain(column.field), "\" of ",
                         mapping.kind == CsvMapping::Kind::kPeople ? "people" : "engagements"));
      }
    }
  }
  RETURN_IF_ERROR(CheckWhole(mapping));
  return mapping;
}

absl::StatusOr<CsvMapping> MappingOfHeader(const std::vector<std::string>& header) {
  CsvMapping mapping;
  if (std::find(header.begin(), header.end(), "event_time") != header.end()) {
    mapping.kind = CsvMapping::Kind::kEngagements;
  }
  for (const std::string& name : header) {
    const std::string field(absl::StripAsciiWhitespace(name));
    if (IsField(mapping.kind, field)) mapping.columns.push_back({.name = name, .field = field});
  }
  if (const absl::Status status = CheckWhole(mapping); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the columns are not named like fields; say what they mean with --mapping FILE (",
        status.message(), ")"));
  }
  return mapping;
}

absl::StatusOr<CsvMapper> CsvMapper::Create(CsvMapping mapping,
                                            const std::vector<std::string>& header) {
  std::vector<std::pair<int, CsvColumn>> found_columns;
  for (const CsvColumn& column : mapping.columns) {
    const auto found = std::find_if(header.begin(), header.end(), [&](const std::string& name) {
      return absl::StripAsciiWhitespace(name) == absl::StripAsciiWhitespace(column.name);
    });
    if (found == header.end()) {
      return Wrong(absl::StrCat("the table has no column \"", Plain(column.name), "\""));
    }
    found_columns.emplace_back(static_cast<int>(found - header.begin()), column);
  }
  // In the order of the table, whatever that of the mapping is.
  std::stable_sort(found_columns.begin(), found_columns.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<int> places;
  mapping.columns.clear();
  for (auto& [place, column] : found_columns) {
    places.push_back(place);
    mapping.columns.push_back(std::move(column));
  }
  return CsvMapper(std::move(mapping), std::move(places));
}

absl::StatusOr<PersonUpsert> CsvMapper::PersonOf(const std::vector<std::string>& record) const {
  PersonUpsert upsert;
  Person& person = *upsert.mutable_person();
  std::string id;
  RETURN_IF_ERROR(
      EachField(mapping_, places_, record,
                [&](const CsvColumn& column, const std::string& text) -> absl::Status {
                  const FieldFormat format = FormatOf(mapping_, column);
                  if (column.field == "external_id") {
                    id = Line(text, 400);
                  } else if (IsPoint(column.field)) {
                    AddPoint(mapping_, column, text, &upsert);
                  } else if (column.field == "birthday") {
                    return AddDay(contact::v1::Anniversary::BIRTH, text, format, &person);
                  } else if (column.field == "anniversary") {
                    return AddDay(contact::v1::Anniversary::WEDDING, text, format, &person);
                  } else {
                    return SetField(PersonPath(column.field), text, format, &person);
                  }
                  return absl::OkStatus();
                }));
  if (person.full_name().empty()) {
    const auto& parts = person.name_components();
    std::string name;
    for (const std::string* part : {&parts.prefix(), &parts.given(), &parts.additional(),
                                    &parts.surname(), &parts.suffix()}) {
      if (!part->empty()) absl::StrAppend(&name, name.empty() ? "" : " ", *part);
    }
    if (name.empty() && !upsert.contact_points().empty()) name = upsert.contact_points(0).value();
    if (name.empty()) return absl::InvalidArgumentError("no name and no contact point");
    person.set_full_name(Line(name, 400));
  }
  upsert.mutable_external_id()->set_source(Line(mapping_.source, 100));
  upsert.mutable_external_id()->set_id(id.empty() ? MadeId(record) : id);
  return upsert;
}

absl::StatusOr<RecordEngagementRequest> CsvMapper::EngagementOf(
    const std::vector<std::string>& record, const std::string& parent) const {
  RecordEngagementRequest request;
  request.set_parent(parent);
  Engagement& engagement = *request.mutable_engagement();
  // Of several columns the first one that says something.
  const auto set_point = [&](engagement::v1::ContactPointKey::Kind kind, const std::string& text) {
    if (request.subject_case() != RecordEngagementRequest::SUBJECT_NOT_SET) return;
    request.mutable_contact_point()->set_kind(kind);
    request.mutable_contact_point()->set_value(Line(text, 400));
  };
  const auto full = [&](const char* collection, const std::string& text) {
    return absl::StartsWith(text, "tenants/") ? text : absl::StrCat(parent, collection, text);
  };
  RETURN_IF_ERROR(EachField(mapping_, places_, record,
                            [&](const CsvColumn& column, const std::string& text) -> absl::Status {
                              const std::string& field = column.field;
                              if (field == "email") {
                                set_point(engagement::v1::ContactPointKey::EMAIL, text);
                              } else if (field == "phone") {
                                set_point(engagement::v1::ContactPointKey::PHONE, text);
                              } else if (field == "handle") {
                                set_point(engagement::v1::ContactPointKey::HANDLE, text);
                              } else if (field == "relationship") {
                                request.set_relationship(full("/relationships/", Line(text, 200)));
                              } else if (field == "steward") {
                                engagement.set_steward(full("/stewards/", Line(text, 200)));
                              } else if (field == "gave") {
                                AddItems(engagement::v1::Item::GIVE, column, text, &engagement);
                              } else if (field == "asked") {
                                AddItems(engagement::v1::Item::ASK, column, text, &engagement);
                              } else if (field == "received") {
                                AddItems(engagement::v1::Item::RECEIVED, column, text, &engagement);
                              } else {
                                return SetField(field, text, FormatOf(mapping_, column),
                                                &engagement);
                              }
                              return absl::OkStatus();
                            }));
  if (request.subject_case() == RecordEngagementRequest::SUBJECT_NOT_SET) {
    return absl::InvalidArgumentError("nothing says whose it is");
  }
  if (!engagement.has_event_time()) return absl::InvalidArgumentError("no time");
  if (engagement.source().empty()) engagement.set_source(Line(mapping_.source, 100));
  if (engagement.source_id().empty()) engagement.set_source_id(MadeId(record));
  return request;
}

}  // namespace rapport::rapportctl
