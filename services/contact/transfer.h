// What contact gives out and takes in when a tenant moves house.
#ifndef RAPPORT_SERVICES_CONTACT_TRANSFER_H_
#define RAPPORT_SERVICES_CONTACT_TRANSFER_H_

#include "common/resource/transfer_service.h"
#include "services/contact/people_service.h"
#include "services/contact/resources.h"

namespace rapport::contact {

// Both outlive the server. People come before what is theirs; an external id, a verified contact
// point and a relationship with a house stay unique.
void AddKinds(const Resources* resources, const PeopleService* people,
              resource::TransferService* transfer);

}  // namespace rapport::contact

#endif  // RAPPORT_SERVICES_CONTACT_TRANSFER_H_
