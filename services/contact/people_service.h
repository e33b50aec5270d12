// rapport.contact.v1.PeopleService: who people are and how they are reached.
#ifndef RAPPORT_SERVICES_CONTACT_PEOPLE_SERVICE_H_
#define RAPPORT_SERVICES_CONTACT_PEOPLE_SERVICE_H_

#include <string>
#include <vector>

#include "common/resource/methods.h"
#include "common/rpc/request_validator.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "services/contact/relationship_service.h"
#include "services/contact/resources.h"

namespace rapport::contact {

class PeopleService {
 public:
  PeopleService(const Resources* resources, const RelationshipService* relationships,
                resource::HotCache* cache);

  void Register(resource::Methods* methods);

  // Makes the rows that lead from external ids to the person say what `after` says.
  // ALREADY_EXISTS (EXTERNAL_ID_TAKEN) if another person holds one.
  absl::Status IndexExternalIds(store::Tx& tx, const v1::Person* before, const v1::Person& after,
                                const std::string& field) const;
  // For people who are restored as they were. The rows that lead to the person from external ids;
  // ALREADY_EXISTS (EXTERNAL_ID_TAKEN) before the first write, if another person holds one.
  absl::Status RestoreExternalIds(store::Tx& tx, const v1::Person& person) const;
  // ALREADY_EXISTS (CONTACT_POINT_TAKEN) if another person holds the verified point.
  absl::Status CheckVerified(store::Reader& reader, const v1::ContactPoint& point) const;

 private:
  void RegisterPeople(resource::Methods* methods);
  void RegisterContactPoints(resource::Methods* methods);
  void RegisterPreferences(resource::Methods* methods);

  absl::StatusOr<v1::Person> Create(store::Tx& tx, const base::CallContext& context,
                                    const v1::CreatePersonRequest& request) const;
  absl::StatusOr<v1::Person> Update(store::Tx& tx, const base::CallContext& context,
                                    const v1::UpdatePersonRequest& request) const;
  absl::StatusOr<v1::Person> Delete(store::Tx& tx, const base::CallContext& context,
                                    const v1::DeletePersonRequest& request) const;
  absl::StatusOr<v1::Person> Undelete(store::Tx& tx, const base::CallContext& context,
                                      const v1::UndeletePersonRequest& request) const;
  absl::StatusOr<v1::BatchUpsertPeopleResponse> BatchUpsert(
      store::Tx& tx, const base::CallContext& context,
      const v1::BatchUpsertPeopleRequest& request) const;
  absl::Status Upsert(store::Tx& tx, const base::CallContext& context,
                      const v1::BatchUpsertPeopleRequest& batch, const v1::PersonUpsert& item,
                      const std::string& region, v1::PersonUpsertResult* result) const;
  absl::StatusOr<v1::ContactPoint> CreatePoint(store::Tx& tx, const base::CallContext& context,
                                               const v1::CreateContactPointRequest& request) const;
  absl::StatusOr<v1::ContactPoint> UpdatePoint(store::Tx& tx, const base::CallContext& context,
                                               const v1::UpdateContactPointRequest& request) const;
  absl::StatusOr<v1::ContactPoint> UndeletePoint(
      store::Tx& tx, const base::CallContext& context,
      const v1::UndeleteContactPointRequest& request) const;
  absl::StatusOr<v1::LookupPersonResponse> Lookup(store::Reader& reader,
                                                  const base::CallContext& context,
                                                  const v1::LookupPersonRequest& request) const;

  absl::StatusOr<std::vector<v1::ContactPoint>> PointsOf(store::Reader& reader,
                                                         absl::string_view person) const;
  absl::StatusOr<std::vector<v1::ContactPoint>> PointsWith(store::Reader& reader,
                                                           const std::string& lookup_key) const;

  const Resources& resources_;
  const RelationshipService& relationships_;
  resource::HotCache* const cache_;
  const rpc::RequestValidator item_validator_;
};

}  // namespace rapport::contact

#endif  // RAPPORT_SERVICES_CONTACT_PEOPLE_SERVICE_H_
