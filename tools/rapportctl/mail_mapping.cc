#include "tools/rapportctl/mail_mapping.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/text/normalise.h"
#include "common/time/proto_time.h"
#include "tools/rapportctl/files.h"
#include "tools/rapportctl/people_mapping.h"

namespace rapport::rapportctl {
namespace {

using engagement::v1::Engagement;
using importer::Mail;
using importer::MailAddress;
using importer::MailKind;

constexpr std::size_t kMaxRecipients = 50;
constexpr std::size_t kMaxIdBytes = 1000;
constexpr std::size_t kMaxAddressBytes = 400;
constexpr std::int64_t kMaxWords = 10'000'000;

std::string KeyOf(absl::string_view address) {
  const auto email = text::NormaliseEmail(address);
  return email.ok() ? email->lookup_key : "";
}

Engagement::NotCounted NotCountedOf(MailKind kind) {
  switch (kind) {
    case MailKind::kHuman:
      return Engagement::NOT_COUNTED_UNSPECIFIED;
    case MailKind::kAutoReply:
      return Engagement::AUTO_REPLY;
    case MailKind::kBounce:
      return Engagement::BOUNCE;
    case MailKind::kList:
      return Engagement::LIST;
    case MailKind::kBulk:
      return Engagement::BULK;
    case MailKind::kCalendarNotice:
    case MailKind::kAutomated:
      return Engagement::MACHINE;
  }
  return Engagement::MACHINE;
}

// People write to lists; the rest of what is not counted is written by machines.
bool IsMachine(MailKind kind) { return kind != MailKind::kHuman && kind != MailKind::kList; }

// Ids longer than the API takes stay distinct.
std::string Id(absl::string_view text) {
  std::string line = Line(text, 1 << 20);
  if (line.size() <= kMaxIdBytes) return line;
  return absl::StrCat(Line(line, kMaxIdBytes - 66), "~", Sha256Hex(line));
}

const MailAddress* SenderOf(const Mail& mail) {
  if (mail.from) return &*mail.from;
  if (mail.sender) return &*mail.sender;
  return mail.reply_to.empty() ? nullptr : &mail.reply_to[0];
}

// What is the same for all people that the mail concerns.
Engagement Common(const Mail& mail, absl::string_view source) {
  Engagement out;
  out.set_source(Line(source, 100));
  *out.mutable_event_time() = time::ToProto(mail.date);
  out.set_kind(Engagement::MESSAGE);
  out.set_channel(Engagement::EMAIL);
  out.set_not_counted(NotCountedOf(mail.kind));
  if (IsMachine(mail.kind)) {
    out.set_conduct(Engagement::AUTOMATED);
    out.set_disclosed(true);
  } else {
    out.set_conduct(Engagement::HUMAN);
  }
  out.set_thread(Id(mail.thread_key));
  out.set_subject(Line(mail.subject, 1000));
  return out;
}

}  // namespace

void OwnAddresses::Add(absl::string_view address, absl::string_view steward) {
  const std::string key = KeyOf(address);
  if (key.empty()) return;
  std::string& known = steward_by_key_[key];
  if (known.empty()) known = std::string(steward);
}

bool OwnAddresses::Has(absl::string_view address) const {
  return steward_by_key_.contains(KeyOf(address));
}

std::string OwnAddresses::StewardOf(absl::string_view address) const {
  const auto it = steward_by_key_.find(KeyOf(address));
  return it == steward_by_key_.end() ? std::string() : it->second;
}

bool Concerns(const Mail& mail, const OwnAddresses& ours) {
  const auto own = [&](const MailAddress& a) { return ours.Has(a.address); };
  const MailAddress* sender = SenderOf(mail);
  return (sender != nullptr && own(*sender)) || std::any_of(mail.to.begin(), mail.to.end(), own) ||
         std::any_of(mail.cc.begin(), mail.cc.end(), own);
}

MailRecords RecordsOf(const Mail& mail, const OwnAddresses& ours, absl::string_view parent,
                      absl::string_view source) {
  MailRecords out;
  const MailAddress* sender = SenderOf(mail);
  const bool outbound = sender != nullptr && ours.Has(sender->address);
  const auto own = [&](const MailAddress& a) { return ours.Has(a.address); };

  std::vector<std::string> others;
  bool among_ourselves = false;
  bool bad_address = false;
  std::set<std::string> keys;
  const auto add = [&](const MailAddress& address) {
    if (own(address)) {
      among_ourselves = true;
      return;
    }
    const std::string key = KeyOf(address.address);
    if (key.empty() || address.address.size() > kMaxAddressBytes) {
      bad_address = true;
    } else if (others.size() < kMaxRecipients && keys.insert(key).second) {
      others.push_back(address.address);
    }
  };
  if (outbound) {
    for (const MailAddress& address : mail.to) add(address);
    for (const MailAddress& address : mail.cc) add(address);
  } else if (sender != nullptr) {
    add(*sender);
  }
  if (others.empty()) {
    out.fate = bad_address       ? MailRecords::Fate::kBadAddress
               : among_ourselves ? MailRecords::Fate::kAmongOurselves
                                 : MailRecords::Fate::kNobody;
    return out;
  }

  Engagement engagement = Common(mail, source);
  const bool counted = engagement.not_counted() == Engagement::NOT_COUNTED_UNSPECIFIED;
  const std::int64_t words = std::clamp<std::int64_t>(mail.new_words, 0, kMaxWords);
  if (outbound) {
    engagement.set_direction(Engagement::OUT);
    engagement.set_our_words(words);
    engagement.set_steward(ours.StewardOf(sender->address));
  } else {
    engagement.set_direction(Engagement::IN);
    engagement.set_their_words(words);
    const auto to = std::find_if(mail.to.begin(), mail.to.end(), own);
    const auto cc = std::find_if(mail.cc.begin(), mail.cc.end(), own);
    if (to != mail.to.end()) {
      engagement.set_steward(ours.StewardOf(to->address));
    } else if (cc != mail.cc.end()) {
      engagement.set_steward(ours.StewardOf(cc->address));
    }
    engagement.set_needs_answer(counted && to != mail.to.end());
  }
  if (counted && mail.in_reply_to.empty() && mail.references.empty()) {
    engagement.set_initiator(outbound ? type::v1::PARTY_US : type::v1::PARTY_PERSON);
  }
  for (const std::string& address : others) {
    engagement::v1::RecordEngagementRequest request;
    request.set_parent(std::string(parent));
    request.mutable_contact_point()->set_kind(engagement::v1::ContactPointKey::EMAIL);
    request.mutable_contact_point()->set_value(address);
    *request.mutable_engagement() = engagement;
    request.mutable_engagement()->set_source_id(
        Id(absl::StrCat(mail.message_id, "#", KeyOf(address))));
    out.requests.push_back(std::move(request));
  }
  return out;
}

void MailboxOwner::See(const Mail& mail) {
  std::set<std::string> here;
  const auto see = [&](const MailAddress& address, std::int64_t Seen::*count) {
    Seen& seen = seen_[address.address];
    if (here.insert(address.address).second) ++seen.mails;
    ++(seen.*count);
    if (seen.name.empty() && !absl::StrContains(address.name, "@")) seen.name = address.name;
  };
  if (mail.from) see(*mail.from, &Seen::sent);
  for (const MailAddress& address : mail.to) see(address, &Seen::got);
  for (const MailAddress& address : mail.cc) see(address, &Seen::got);
}

std::string MailboxOwner::Address() const {
  const auto rank = [](const auto& entry) {
    const Seen& seen = entry.second;
    return std::make_tuple(seen.mails, seen.sent > 0 && seen.got > 0, seen.got);
  };
  const std::pair<const std::string, Seen>* best = nullptr;
  for (const auto& entry : seen_) {
    if (best == nullptr || rank(entry) > rank(*best) ||
        (rank(entry) == rank(*best) && entry.first < best->first)) {
      best = &entry;
    }
  }
  return best == nullptr ? std::string() : best->first;
}

std::string MailboxOwner::NameOf(absl::string_view address) const {
  const auto it = seen_.find(std::string(address));
  return it == seen_.end() ? std::string() : it->second.name;
}

}  // namespace rapport::rapportctl
