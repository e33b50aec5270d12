// What a mail says about contact between people, as engagements. Pure functions.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_MAIL_MAPPING_H_
#define RAPPORT_TOOLS_RAPPORTCTL_MAIL_MAPPING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "tools/import/mail.h"

namespace rapport::rapportctl {

// The addresses of the house.
class OwnAddresses {
 public:
  // `steward` is a resource name, or "" if it is not known whose address it is. Telephone numbers
  // and what is no mail address are passed over.
  void Add(absl::string_view address, absl::string_view steward);
  bool Has(absl::string_view address) const;
  // "" for addresses of others.
  std::string StewardOf(absl::string_view address) const;
  bool empty() const { return steward_by_key_.empty(); }

 private:
  absl::flat_hash_map<std::string, std::string> steward_by_key_;
};

// True if a mail is from, to or copied to one of the addresses.
bool Concerns(const importer::Mail& mail, const OwnAddresses& ours);

struct MailRecords {
  enum class Fate {
    kTaken,
    kAmongOurselves,  // from us to us alone
    kNobody,          // there is no other side: no recipient, or no sender
    kBadAddress,      // the addresses of the other side cannot be addresses
  };
  Fate fate = Fate::kTaken;
  // One for each address of the other side: the sender of what we got, the recipients (To and Cc,
  // at most 50) of what we sent.
  std::vector<engagement::v1::RecordEngagementRequest> requests;
};

// (source, source_id) is (`source`, Message-ID + "#" + address): the same mail read from two
// mailboxes counts once.
MailRecords RecordsOf(const importer::Mail& mail, const OwnAddresses& ours,
                      absl::string_view parent, absl::string_view source);

// Finds out whose mailbox this is: the address that is on most mails. Among equals the one that
// both sent and got mail, then the one that got more, then the first in the alphabet.
class MailboxOwner {
 public:
  void See(const importer::Mail& mail);
  // "" if nothing was seen.
  std::string Address() const;
  // The name that goes with the address in the mails, or "".
  std::string NameOf(absl::string_view address) const;

 private:
  struct Seen {
    std::int64_t mails = 0;
    std::int64_t sent = 0;
    std::int64_t got = 0;
    std::string name;
  };
  absl::flat_hash_map<std::string, Seen> seen_;
};

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_MAIL_MAPPING_H_
