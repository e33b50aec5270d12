// consent.
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "rapport/contact/v1/consent_service.pb.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "tools/rapportctl/allowing_commands.h"
#include "tools/rapportctl/choices.h"
#include "tools/rapportctl/found.h"
#include "tools/rapportctl/render_allowed.h"
#include "tools/rapportctl/who.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using contact::v1::ConsentEntry;
using contact::v1::ContactPoint;

constexpr char kService[] = "rapport.contact.v1.ConsentService/";
constexpr char kAll[] = "all";

absl::StatusOr<std::vector<ConsentEntry>> LedgerOf(Connection& connection, const Who& who) {
  contact::v1::ListConsentEntriesRequest request;
  request.set_parent(who.person);
  return ListAll<ConsentEntry, contact::v1::ListConsentEntriesResponse>(
      connection, absl::StrCat(kService, "ListConsentEntries"), request,
      [](auto& page) { return page.mutable_consent_entries(); });
}

absl::StatusOr<std::vector<ContactPoint>> PointsOf(Connection& connection, const Who& who) {
  contact::v1::ListContactPointsRequest request;
  request.set_parent(who.person);
  return ListAll<ContactPoint, contact::v1::ListContactPointsResponse>(
      connection, "rapport.contact.v1.PeopleService/ListContactPoints", request,
      [](auto& page) { return page.mutable_contact_points(); });
}

PointWords WordsOf(const std::vector<ContactPoint>& points) {
  PointWords words;
  for (const ContactPoint& point : points) words[point.name()] = point.value();
  return words;
}

ConsentEntry::Decision DecisionOf(const ConsentOptions& options) {
  return options.grant      ? ConsentEntry::GRANT
         : options.refuse   ? ConsentEntry::REFUSE
         : options.withdraw ? ConsentEntry::WITHDRAW
                            : ConsentEntry::DECISION_UNSPECIFIED;
}

// What the options say about an entry; what they do not say stays as it is.
absl::Status Fill(const Seat& seat, const ConsentOptions& options,
                  const std::vector<ContactPoint>& points, ConsentEntry* entry) {
  if (options.purpose == kAll) {
    entry->clear_purpose();
  } else if (!options.purpose.empty()) {
    ASSIGN_OR_RETURN(const auto purpose,
                     ReadChoice("consent_entry.purpose", options.purpose, Purposes()));
    entry->set_purpose(purpose);
  }
  if (options.channel == kAll) {
    entry->clear_channel();
  } else if (!options.channel.empty()) {
    ASSIGN_OR_RETURN(const auto channel,
                     ReadChoice("consent_entry.channel", options.channel, Ways()));
    entry->set_channel(channel);
  }
  if (options.point == kAll) {
    entry->clear_contact_point();
  } else if (!options.point.empty()) {
    ASSIGN_OR_RETURN(const ContactPoint point,
                     FindIn(points, options.point, "contact point", "",
                            [](const ContactPoint& p) { return p.value(); }));
    entry->set_contact_point(point.name());
  }
  const auto decision = DecisionOf(options);
  if (decision != ConsentEntry::DECISION_UNSPECIFIED) entry->set_decision(decision);
  if (!options.basis.empty()) {
    ASSIGN_OR_RETURN(const auto basis,
                     ReadChoice("consent_entry.lawful_basis", options.basis, LawfulBases()));
    entry->set_lawful_basis(basis);
  } else if (entry->decision() == ConsentEntry::GRANT &&
             entry->lawful_basis() == ConsentEntry::LAWFUL_BASIS_UNSPECIFIED) {
    entry->set_lawful_basis(ConsentEntry::CONSENT);
  }
  if (!options.evidence.empty()) entry->mutable_evidence()->set_text(options.evidence);
  if (!options.source.empty()) entry->mutable_evidence()->set_source(options.source);
  if (!options.jurisdiction.empty()) entry->set_jurisdiction(options.jurisdiction);
  if (!options.since.empty()) {
    ASSIGN_OR_RETURN(*entry->mutable_effective_time(),
                     ReadStamp(seat, "consent_entry.effective_time", options.since));
    *entry->mutable_captured_time() = entry->effective_time();
  }
  if (!options.until.empty()) {
    ASSIGN_OR_RETURN(*entry->mutable_expire_time(),
                     ReadStamp(seat, "consent_entry.expire_time", options.until, Tense::kFuture));
  }
  return absl::OkStatus();
}

absl::StatusOr<ConsentEntry> Withdraw(Context& context, const Who& who, const ConsentEntry& entry) {
  contact::v1::WithdrawConsentRequest request;
  request.set_parent(who.person);
  request.set_request_id(NewId(context));
  request.set_purpose(entry.purpose());
  request.set_channel(entry.channel());
  request.set_contact_point(entry.contact_point());
  if (entry.has_evidence()) *request.mutable_evidence() = entry.evidence();
  return context.connection->Call<ConsentEntry>(absl::StrCat(kService, "WithdrawConsent"), request);
}

absl::StatusOr<ConsentEntry> Record(Context& context, const Who& who, const ConsentEntry& entry) {
  contact::v1::RecordConsentRequest request;
  request.set_parent(who.person);
  request.set_request_id(NewId(context));
  *request.mutable_consent_entry() = entry;
  return context.connection->Call<ConsentEntry>(absl::StrCat(kService, "RecordConsent"), request);
}

absl::StatusOr<ConsentEntry> Line(const std::vector<ConsentEntry>& ledger,
                                  const std::string& wanted, const Who& who) {
  std::size_t number = 0;
  if (absl::SimpleAtoi(wanted, &number) && number >= 1 && number <= ledger.size()) {
    return ledger[number - 1];
  }
  for (const ConsentEntry& entry : ledger) {
    if (entry.name() == wanted) return entry;
  }
  return absl::NotFoundError(absl::StrCat("the ledger of ", Plain(who.display_name),
                                          " has no line ", Plain(wanted), "; it has ",
                                          NumberWord(static_cast<std::int64_t>(ledger.size()))));
}

absl::StatusOr<ConsentEntry> Correct(Context& context, const Seat& seat, const Who& who,
                                     const ConsentOptions& options,
                                     const std::vector<ContactPoint>& points) {
  ASSIGN_OR_RETURN(const auto ledger, LedgerOf(*context.connection, who));
  ASSIGN_OR_RETURN(const ConsentEntry wrong, Line(ledger, options.correct, who));
  contact::v1::CorrectConsentRequest request;
  request.set_name(wrong.name());
  request.set_request_id(NewId(context));
  ConsentEntry& entry = *request.mutable_consent_entry();
  entry = wrong;
  entry.clear_name();
  entry.clear_etag();
  RETURN_IF_ERROR(Fill(seat, options, points, &entry));
  // A withdrawal has no end, and only a grant has a ground.
  if (entry.decision() != ConsentEntry::GRANT) {
    entry.clear_expire_time();
    entry.clear_lawful_basis();
  }
  return context.connection->Call<ConsentEntry>(absl::StrCat(kService, "CorrectConsent"), request);
}

}  // namespace

absl::Status Consent(Context& context, const ConsentOptions& options) {
  const bool decided = DecisionOf(options) != ConsentEntry::DECISION_UNSPECIFIED;
  const bool says = !options.purpose.empty() || !options.channel.empty() || !options.point.empty();
  if (!decided && options.correct.empty() && says) {
    return errors::InvalidField("consent_entry.decision",
                                "say what they decided: --grant, --refuse or --withdraw");
  }
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  Connection& connection = *context.connection;
  ASSIGN_OR_RETURN(const Who who, FindWho(connection, options.who));
  ASSIGN_OR_RETURN(const auto points, PointsOf(connection, who));
  if (!decided && options.correct.empty()) {
    ASSIGN_OR_RETURN(const auto ledger, LedgerOf(connection, who));
    if (context.json) {
      contact::v1::ListConsentEntriesResponse all;
      for (const ConsentEntry& entry : ledger) *all.add_consent_entries() = entry;
      PrintJson(context, all);
    } else {
      *context.out << Plain(who.display_name) << "\n\n"
                   << RenderLedger(ledger, WordsOf(points), seat.style, context.width);
    }
    return absl::OkStatus();
  }
  absl::StatusOr<ConsentEntry> written;
  if (!options.correct.empty()) {
    written = Correct(context, seat, who, options, points);
  } else {
    ConsentEntry entry;
    RETURN_IF_ERROR(Fill(seat, options, points, &entry));
    // What holds from now on is a withdrawal; one that was heard of later is written into the
    // ledger.
    written = options.withdraw && options.since.empty() ? Withdraw(context, who, entry)
                                                        : Record(context, who, entry);
  }
  RETURN_IF_ERROR(written.status());
  PrintLine(context, *written,
            absl::StrCat(Plain(who.display_name), " ",
                         ConsentLine(*written, WordsOf(points), seat.style)));
  return absl::OkStatus();
}

}  // namespace rapport::rapportctl
