#include "services/contact/transfer.h"

#include <string>
#include <vector>

#include "common/base/status_macros.h"
#include "common/resource/name.h"
#include "services/contact/rules/consent.h"

namespace rapport::contact {

using base::CallContext;
using resource::Name;
using resource::TransferService;

namespace {

constexpr auto kRestored = transfer::v1::RestoreResult::RESTORED;

// For what lies below a person who must be there.
template <class M>
TransferService::Beside<M> OfKnownPerson(const Resources& resources) {
  return [&resources](store::Tx& tx, const CallContext& context,
                      M* resource) -> absl::StatusOr<TransferService::Outcome> {
    ASSIGN_OR_RETURN(const auto name, Name<M>::Parse(resource->name()));
    const auto person = Name<v1::Person>::Of(context.tenant.value(), name.id(1));
    RETURN_IF_ERROR(resources.people.Get(tx, person.text()).status());
    return kRestored;
  };
}

// What is corrected stops to count: it must be this person's, and be corrected once.
absl::Status CheckCorrection(const Resources& resources, store::Reader& reader,
                             const v1::ConsentEntry& entry) {
  if (entry.corrects().empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto own, Name<v1::ConsentEntry>::Parse(entry.name()));
  ASSIGN_OR_RETURN(const auto corrected,
                   Name<v1::ConsentEntry>::Parse(entry.corrects(), "corrects"));
  if (corrected.id(1) != own.id(1)) {
    return errors::InvalidField("corrects", "is of another person");
  }
  RETURN_IF_ERROR(resources.consent_entries.Get(reader, entry.corrects()).status());
  const auto person = Name<v1::Person>::Of(own.tenant().value(), own.id(1));
  ASSIGN_OR_RETURN(const auto ledger, AllOf(resources.consent_entries, reader, person.text()));
  if (rules::CorrectionOf(ledger, entry.corrects()) != nullptr) {
    return errors::InvalidField("corrects", "is corrected already");
  }
  return absl::OkStatus();
}

}  // namespace

void AddKinds(const Resources* resources, const PeopleService* people, TransferService* transfer) {
  using Outcome = absl::StatusOr<TransferService::Outcome>;
  transfer->Add(&resources->settings);
  transfer->Add(&resources->stewards);
  transfer->Add<v1::Person>(
      &resources->people,
      [people](store::Tx& tx, const CallContext&, v1::Person* person) -> Outcome {
        RETURN_IF_ERROR(people->RestoreExternalIds(tx, *person));
        return kRestored;
      });
  transfer->Add<v1::ContactPoint>(
      &resources->contact_points,
      [people, known = OfKnownPerson<v1::ContactPoint>(*resources)](
          store::Tx& tx, const CallContext& context, v1::ContactPoint* point) -> Outcome {
        if (!point->has_delete_time()) RETURN_IF_ERROR(people->CheckVerified(tx, *point));
        return known(tx, context, point);
      });
  transfer->Add(&resources->preferences, OfKnownPerson<v1::Preference>(*resources));
  transfer->Add<v1::ConsentEntry>(
      &resources->consent_entries,
      [resources, known = OfKnownPerson<v1::ConsentEntry>(*resources)](
          store::Tx& tx, const CallContext& context, v1::ConsentEntry* entry) -> Outcome {
        RETURN_IF_ERROR(CheckCorrection(*resources, tx, *entry));
        return known(tx, context, entry);
      });
  transfer->Add<v1::Relationship>(
      &resources->relationships,
      [resources](store::Tx& tx, const CallContext&, v1::Relationship* relationship) -> Outcome {
        RETURN_IF_ERROR(resources->people.Get(tx, relationship->person()).status());
        for (const auto& steward : relationship->stewards()) {
          RETURN_IF_ERROR(resources->stewards.Get(tx, steward).status());
        }
        store::Range same;
        same.index = kRelationshipsByPerson;
        same.prefix = {Name<v1::Person>::Parse(relationship->person())->id(),
                       relationship->house()};
        std::string other;
        RETURN_IF_ERROR(tx.Scan(resources->relationships.table(), same, [&](store::Row& row) {
          const v1::Relationship found = resources->relationships.FromRow(row);
          if (!found.has_delete_time()) other = found.name();
          return other.empty();
        }));
        if (!other.empty() && !relationship->has_delete_time()) {
          return errors::RelationshipExists(other);
        }
        return kRestored;
      });
}

}  // namespace rapport::contact
