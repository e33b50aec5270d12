// rapport.contact.v1.RelationshipService: relationships are opened, cared for and never ended.
#ifndef RAPPORT_SERVICES_CONTACT_RELATIONSHIP_SERVICE_H_
#define RAPPORT_SERVICES_CONTACT_RELATIONSHIP_SERVICE_H_

#include <string>
#include <vector>

#include "common/resource/methods.h"
#include "rapport/contact/v1/relationship_service.pb.h"
#include "services/contact/resources.h"

namespace rapport::contact {

class RelationshipService {
 public:
  RelationshipService(const Resources* resources, resource::HotCache* cache)
      : resources_(*resources), cache_(cache) {}

  void Register(resource::Methods* methods);

  // Opens the relationship of `person` and `house`, or returns the living one with `opened` false.
  absl::StatusOr<v1::Relationship> OpenOrFind(store::Tx& tx, const base::CallContext& context,
                                              const std::string& person, const std::string& house,
                                              const std::vector<std::string>& stewards,
                                              bool* opened) const;
  // The relationships of a person, in order of houses.
  absl::StatusOr<std::vector<v1::Relationship>> OfPerson(store::Reader& reader,
                                                         absl::string_view person) const;
  // Sets what follows from settings and stewards. True if that changed anything. NOT_FOUND for a
  // steward that does not exist.
  absl::StatusOr<bool> Derive(store::Tx& tx, const base::CallContext& context,
                              v1::Relationship* relationship) const;
  // Derives, then writes.
  absl::Status Write(store::Tx& tx, const base::CallContext& context,
                     const v1::Relationship* before, v1::Relationship* after) const;

 private:
  void RegisterCareGuard(resource::Methods* methods);
  // FAILED_PRECONDITION (HUMAN_REQUIRED) unless the steward and the caller are humans; NOT_FOUND
  // for a steward that does not exist.
  absl::Status CheckHuman(store::Reader& reader, const base::CallContext& context,
                          const std::string& relationship, const std::string& steward) const;
  absl::StatusOr<v1::Relationship> Open(store::Tx& tx, const base::CallContext& context,
                                        const v1::OpenRelationshipRequest& request) const;
  absl::StatusOr<v1::Relationship> Update(store::Tx& tx, const base::CallContext& context,
                                          const v1::UpdateRelationshipRequest& request) const;
  // Loads, checks the etag, lets `change` work, writes if something changed.
  absl::StatusOr<v1::Relationship> Change(
      store::Tx& tx, const base::CallContext& context, const std::string& name,
      const std::string& etag, absl::FunctionRef<absl::Status(v1::Relationship*)> change) const;
  absl::StatusOr<v1::Relationship> Move(store::Tx& tx, const base::CallContext& context,
                                        const std::string& name, const std::string& etag,
                                        v1::Standing to, type::v1::Party said_by, bool evidence,
                                        const std::string& reason) const;

  const Resources& resources_;
  resource::HotCache* const cache_;
};

}  // namespace rapport::contact

#endif  // RAPPORT_SERVICES_CONTACT_RELATIONSHIP_SERVICE_H_
