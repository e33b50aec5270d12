#include "tools/rapportctl/who.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/contact/v1/relationship_service.pb.h"
#include "tools/rapportctl/names.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using contact::v1::Person;

constexpr std::size_t kListed = 8;

NameFit FitPerson(absl::string_view typed, const Person& person) {
  NameFit best = FitName(typed, person.full_name());
  for (const std::string& nickname : person.nicknames()) {
    best = std::max(best, FitName(typed, nickname));
  }
  return best;
}

absl::Status Several(absl::string_view typed, const std::vector<const Person*>& people) {
  std::string text = absl::StrCat(
      "\"", Plain(typed), "\" fits ",
      CountInWords(static_cast<std::int64_t>(people.size()), "person", "people"), ": ");
  for (std::size_t i = 0; i < people.size() && i < kListed; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ", ", Plain(people[i]->full_name()));
    if (!people[i]->organization().empty()) {
      absl::StrAppend(&text, " (", Plain(people[i]->organization()), ")");
    }
  }
  if (people.size() > kListed) text += ", …";
  return absl::NotFoundError(text);
}

absl::StatusOr<Who> WithRelationship(Connection& connection, const Person& person) {
  contact::v1::ListRelationshipsRequest request;
  request.set_parent(connection.parent());
  request.set_person(person.name());
  request.set_page_size(50);
  ASSIGN_OR_RETURN(const auto answer,
                   connection.Call<contact::v1::ListRelationshipsResponse>(
                       "rapport.contact.v1.RelationshipService/ListRelationships", request));
  if (answer.relationships().empty()) {
    return absl::NotFoundError(
        absl::StrCat("no relationship is open with ", Plain(person.full_name())));
  }
  const contact::v1::Relationship* chosen = &answer.relationships(0);
  for (const auto& relationship : answer.relationships()) {
    if (relationship.house().empty() || relationship.house() == "default") chosen = &relationship;
  }
  return Who{person.name(), chosen->name(), person.full_name()};
}

absl::StatusOr<Person> GetPerson(Connection& connection, absl::string_view name) {
  contact::v1::GetPersonRequest request;
  request.set_name(std::string(name));
  return connection.Call<Person>("rapport.contact.v1.PeopleService/GetPerson", request);
}

absl::StatusOr<Who> ByName(Connection& connection, absl::string_view name) {
  if (absl::StrContains(name, "/people/")) {
    ASSIGN_OR_RETURN(const Person person, GetPerson(connection, name));
    return WithRelationship(connection, person);
  }
  contact::v1::GetRelationshipRequest request;
  request.set_name(std::string(name));
  ASSIGN_OR_RETURN(const auto relationship,
                   connection.Call<contact::v1::Relationship>(
                       "rapport.contact.v1.RelationshipService/GetRelationship", request));
  ASSIGN_OR_RETURN(const Person person, GetPerson(connection, relationship.person()));
  return Who{person.name(), relationship.name(), person.full_name()};
}

bool IsPhone(absl::string_view text) {
  return text.size() > 4 && (text[0] == '+' || absl::StartsWith(text, "00")) &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); });
}

absl::StatusOr<Who> ByAddress(Connection& connection, absl::string_view address) {
  contact::v1::LookupPersonRequest request;
  request.set_parent(connection.parent());
  if (absl::StrContains(address, "@")) {
    request.set_email(std::string(address));
  } else {
    request.set_phone(std::string(address));
  }
  ASSIGN_OR_RETURN(const auto answer,
                   connection.Call<contact::v1::LookupPersonResponse>(
                       "rapport.contact.v1.PeopleService/LookupPerson", request));
  if (answer.matches().empty()) {
    return absl::NotFoundError(absl::StrCat("nobody is known under ", Plain(address)));
  }
  if (answer.matches_size() > 1 &&
      answer.matches(1).confidence() >= answer.matches(0).confidence()) {
    std::vector<const Person*> people;
    for (const auto& match : answer.matches()) people.push_back(&match.person());
    return Several(address, people);
  }
  return WithRelationship(connection, answer.matches(0).person());
}

}  // namespace

std::vector<const Person*> BestFits(const std::vector<Person>& people, absl::string_view typed) {
  NameFit best = NameFit::kWordStart;
  std::vector<const Person*> out;
  for (const Person& person : people) {
    const NameFit fit = FitPerson(typed, person);
    if (fit < best) continue;
    if (fit > best) out.clear();
    best = fit;
    out.push_back(&person);
  }
  return out;
}

absl::StatusOr<Who> FindWho(Connection& connection, absl::string_view typed) {
  if (absl::StartsWith(typed, "tenants/")) return ByName(connection, typed);
  if (absl::StrContains(typed, "@") || IsPhone(typed)) return ByAddress(connection, typed);

  // Only the best fits so far are kept, so that a large address book does not fill the memory.
  std::vector<Person> found;
  contact::v1::ListPeopleRequest request;
  request.set_parent(connection.parent());
  request.set_page_size(500);
  do {
    ASSIGN_OR_RETURN(auto page, connection.Call<contact::v1::ListPeopleResponse>(
                                    "rapport.contact.v1.PeopleService/ListPeople", request));
    for (Person& person : *page.mutable_people()) found.push_back(std::move(person));
    std::vector<Person> best;
    for (const Person* person : BestFits(found, typed)) best.push_back(*person);
    found = std::move(best);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());

  if (found.empty()) {
    return absl::NotFoundError(absl::StrCat("nobody is called \"", Plain(typed), "\""));
  }
  if (found.size() > 1) {
    std::vector<const Person*> people;
    for (const Person& person : found) people.push_back(&person);
    return Several(typed, people);
  }
  return WithRelationship(connection, found[0]);
}

}  // namespace rapport::rapportctl
