// The strategies of contact's resources, and the registries over them.
#ifndef RAPPORT_SERVICES_CONTACT_RESOURCES_H_
#define RAPPORT_SERVICES_CONTACT_RESOURCES_H_

#include <string>
#include <vector>

#include "common/resource/registry.h"
#include "common/resource/standard_methods.h"
#include "rapport/contact/v1/consent.pb.h"
#include "rapport/contact/v1/person.pb.h"
#include "rapport/contact/v1/relationship.pb.h"
#include "rapport/contact/v1/steward.pb.h"

namespace rapport::contact {

inline constexpr int kPointsByValue = 0;          // index: normalised value, person, id
inline constexpr int kRelationshipsByPerson = 0;  // index: person id, house, id
inline constexpr char kDefaultHouse[] = "default";

// Which person holds an external id: (source, id) -> person id. A row is freed with its person.
const store::Table& ExternalIdTable();

// What a contact point is found by: "email:ana@lusotextil.example", "phone:+351...".
std::string LookupKey(v1::ContactPoint::Kind kind, absl::string_view normalized);

struct Resources {
  Resources(const resource::PageTokens* tokens, base::Rng* rng, resource::HotCache* cache);

  resource::Registry<v1::Person> people;
  resource::Registry<v1::ContactPoint> contact_points;
  resource::Registry<v1::Relationship> relationships;
  resource::Registry<v1::Steward> stewards;
  resource::Registry<v1::Settings> settings;
  resource::Registry<v1::Preference> preferences;
  resource::Registry<v1::ConsentEntry> consent_entries;  // never written twice

  // All tables of the service.
  std::vector<const store::Table*> tables() const;
};

// What belongs to a person, deleted or not, in the order of names. INVALID_ARGUMENT for a name that
// is none of a person.
template <class M>
absl::StatusOr<std::vector<M>> AllOf(const resource::Registry<M>& registry, store::Reader& reader,
                                     absl::string_view person) {
  const auto name = resource::Name<v1::Person>::Parse(person);
  if (!name.ok()) return name.status();
  store::Range range;
  range.prefix = {name->id()};
  std::vector<M> found;
  RETURN_IF_ERROR(reader.Scan(registry.table(), range, [&](store::Row& row) {
    found.push_back(registry.FromRow(row));
    return true;
  }));
  return found;
}

// The settings of a tenant: what is stored, or the defaults.
absl::StatusOr<v1::Settings> SettingsOf(const Resources& resources, store::Reader& reader,
                                        const base::TenantId& tenant);

// NOT_FOUND for collections below a person who is not known.
resource::ParentCheck KnownPerson(const Resources& resources);

}  // namespace rapport::contact

#endif  // RAPPORT_SERVICES_CONTACT_RESOURCES_H_
