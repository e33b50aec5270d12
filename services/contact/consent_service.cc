#include "services/contact/consent_service.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/resource/standard_methods.h"
#include "common/text/region.h"
#include "services/contact/rules/channels.h"
#include "services/contact/rules/consent.h"
#include "services/contact/rules/contact_check.h"

namespace rapport::contact {

using base::CallContext;
using resource::Name;
using type::v1::Channel;

namespace {

// The millisecond behind the one in an id of version 7, so that ids of a ledger grow in the order
// of writing whatever the clock does.
absl::Time Behind(const std::string& uid) {
  const std::string digits = absl::StrCat(uid.substr(0, 8), uid.substr(9, 4));
  return absl::FromUnixMillis(std::strtoll(digits.c_str(), nullptr, 16) + 1);
}

// For "now" all that was written counts, also if it was written while the call was on its way.
absl::Time InstantOf(const std::vector<v1::ConsentEntry>& ledger, absl::Time now) {
  return std::max(now, rules::NewestEffect(ledger));
}

}  // namespace

// Valid while the reader is.
class ConsentService::Answers {
 public:
  Answers(const ConsentService* service, store::Reader* reader, const CallContext& context)
      : service_(*service), reader_(*reader), context_(context) {}

  // `as_of` may be null: now. `path` is the place of the question in the request.
  absl::StatusOr<v1::ConsentDecision> To(const v1::ConsentQuestion& question,
                                         const google::protobuf::Timestamp* as_of,
                                         const std::string& path) {
    ASSIGN_OR_RETURN(const auto* ledger, LedgerOf(question.person()));
    if (!question.contact_point().empty()) {
      RETURN_IF_ERROR(service_
                          .PointFor(reader_, question.person(), question.contact_point(),
                                    question.channel(), absl::StrCat(path, ".contact_point"))
                          .status());
    }
    rules::ConsentAsked asked;
    asked.purpose = question.purpose();
    asked.channel = question.channel();
    asked.contact_point = question.contact_point();
    asked.house = question.house().empty() ? kDefaultHouse : question.house();
    return rules::DecideConsent(
        *ledger, asked,
        as_of != nullptr ? time::FromProto(*as_of) : InstantOf(*ledger, context_.now));
  }

 private:
  absl::StatusOr<const Ledger*> LedgerOf(const std::string& person) {
    const auto known = ledgers_.find(person);
    if (known != ledgers_.end()) return &known->second;
    RETURN_IF_ERROR(service_.resources_.people.Get(reader_, person).status());
    ASSIGN_OR_RETURN(auto ledger, AllOf(service_.resources_.consent_entries, reader_, person));
    return &ledgers_.emplace(person, std::move(ledger)).first->second;
  }

  const ConsentService& service_;
  store::Reader& reader_;
  const CallContext& context_;
  std::map<std::string, Ledger> ledgers_;
};

void ConsentService::Register(resource::Methods* methods) {
  const std::string prefix = "rapport.contact.v1.ConsentService/";
  methods->Write<v1::RecordConsentRequest, v1::ConsentEntry>(
      prefix + "RecordConsent",
      [this](store::Tx& tx, const CallContext& context,
             const v1::RecordConsentRequest& request) -> absl::StatusOr<v1::ConsentEntry> {
        RETURN_IF_ERROR(resources_.people.GetLiving(tx, request.parent()).status());
        return Append(tx, context, request.parent(), "consent_entry.", nullptr,
                      request.consent_entry());
      });
  methods->Write<v1::WithdrawConsentRequest, v1::ConsentEntry>(
      prefix + "WithdrawConsent",
      [this](store::Tx& tx, const CallContext& context, const v1::WithdrawConsentRequest& request) {
        return Withdraw(tx, context, request);
      });
  methods->Write<v1::CorrectConsentRequest, v1::ConsentEntry>(
      prefix + "CorrectConsent",
      [this](store::Tx& tx, const CallContext& context, const v1::CorrectConsentRequest& request) {
        return Correct(tx, context, request);
      });
  resource::Bind<v1::GetConsentEntryRequest>(methods, resources_.consent_entries,
                                             {.parent = KnownPerson(resources_)});
  methods->Read<v1::CheckConsentRequest, v1::ConsentDecision>(
      prefix + "CheckConsent", [this](store::Snapshot& snapshot, const CallContext& context,
                                      const v1::CheckConsentRequest& request) {
        return Answers(this, &snapshot, context)
            .To(request.question(), request.has_as_of() ? &request.as_of() : nullptr, "question");
      });
  methods->Read<v1::BatchCheckConsentRequest, v1::BatchCheckConsentResponse>(
      prefix + "BatchCheckConsent",
      [this](store::Snapshot& snapshot, const CallContext& context,
             const v1::BatchCheckConsentRequest& request)
          -> absl::StatusOr<v1::BatchCheckConsentResponse> {
        Answers answers(this, &snapshot, context);
        v1::BatchCheckConsentResponse response;
        for (int i = 0; i < request.questions_size(); ++i) {
          ASSIGN_OR_RETURN(
              *response.add_decisions(),
              answers.To(request.questions(i), request.has_as_of() ? &request.as_of() : nullptr,
                         absl::StrCat("questions[", i, "]")));
        }
        return response;
      });
  methods->Read<v1::CheckContactRequest, v1::ContactDecision>(
      prefix + "CheckContact", [this](store::Snapshot& snapshot, const CallContext& context,
                                      const v1::CheckContactRequest& request) {
        return Contact(snapshot, context, request);
      });
}

absl::StatusOr<v1::ContactPoint> ConsentService::PointFor(store::Reader& reader,
                                                          const std::string& person,
                                                          const std::string& point, Channel channel,
                                                          const std::string& field) const {
  const auto name = Name<v1::ContactPoint>::Parse(point, field);
  if (!name.ok()) return name.status();
  if (name->id(1) != Name<v1::Person>::Parse(person)->id()) {
    return errors::InvalidField(field, "is of another person");
  }
  ASSIGN_OR_RETURN(auto found, resources_.contact_points.Get(reader, point));
  if (!rules::Leads(found.kind(), channel)) {
    return errors::InvalidField(field, "is not reached by this channel");
  }
  return found;
}

absl::StatusOr<v1::ConsentEntry> ConsentService::Append(store::Tx& tx, const CallContext& context,
                                                        const std::string& person,
                                                        const std::string& path,
                                                        const v1::ConsentEntry* corrected,
                                                        v1::ConsentEntry entry) const {
  resource::ClearOutputOnly(&entry);
  ASSIGN_OR_RETURN(const Ledger ledger, AllOf(resources_.consent_entries, tx, person));
  ASSIGN_OR_RETURN(const auto settings, SettingsOf(resources_, tx, context.tenant));
  if (!entry.contact_point().empty()) {
    RETURN_IF_ERROR(
        PointFor(tx, person, entry.contact_point(), entry.channel(), path + "contact_point")
            .status());
  }
  const absl::Time recorded = InstantOf(ledger, context.now);
  resource::Violations violations;
  const auto not_later = [&](bool is_set, const google::protobuf::Timestamp& when,
                             const char* field) {
    if (is_set && time::FromProto(when) > recorded) {
      violations.push_back({path + field, "must not be later than now"});
    }
  };
  not_later(entry.has_captured_time(), entry.captured_time(), "captured_time");
  not_later(entry.has_effective_time(), entry.effective_time(), "effective_time");
  if (!entry.has_captured_time()) {
    *entry.mutable_captured_time() =
        corrected != nullptr ? corrected->captured_time() : time::ToProto(recorded);
  }
  if (!entry.has_effective_time()) {
    *entry.mutable_effective_time() =
        corrected != nullptr ? corrected->effective_time() : time::ToProto(recorded);
  }
  if (entry.decision() == v1::ConsentEntry::GRANT &&
      entry.lawful_basis() == v1::ConsentEntry::LAWFUL_BASIS_UNSPECIFIED) {
    violations.push_back({path + "lawful_basis", "must be set for a grant"});
  }
  if (entry.has_expire_time()) {
    if (entry.decision() == v1::ConsentEntry::WITHDRAW) {
      violations.push_back({path + "expire_time", "a withdrawal has no end"});
    } else if (time::FromProto(entry.expire_time()) <= time::FromProto(entry.effective_time())) {
      violations.push_back({path + "expire_time", "must be later than effective_time"});
    }
  }
  const auto& houses = settings.houses();
  if (!entry.house().empty() && std::none_of(houses.begin(), houses.end(), [&](const auto& house) {
        return house.id() == entry.house();
      })) {
    violations.push_back({path + "house", "is no house of the settings"});
  }
  if (!violations.empty()) return errors::InvalidFields(std::move(violations));
  if (entry.evidence().captured_by().empty()) {
    entry.mutable_evidence()->set_captured_by(context.principal);
  }
  if (corrected != nullptr) entry.set_corrects(corrected->name());
  const absl::Time written =
      ledger.empty() ? context.now : std::max(context.now, Behind(ledger.back().uid()));
  entry.set_name(resources_.consent_entries.NewName(person, written));
  RETURN_IF_ERROR(resources_.consent_entries.Write(tx, context, nullptr, &entry));
  return entry;
}

absl::StatusOr<v1::ConsentEntry> ConsentService::Withdraw(
    store::Tx& tx, const CallContext& context, const v1::WithdrawConsentRequest& request) const {
  RETURN_IF_ERROR(resources_.people.Get(tx, request.parent()).status());
  v1::ConsentEntry entry;
  entry.set_decision(v1::ConsentEntry::WITHDRAW);
  entry.set_purpose(request.purpose());
  entry.set_channel(request.channel());
  entry.set_contact_point(request.contact_point());
  entry.set_house(request.house());
  if (request.has_evidence()) *entry.mutable_evidence() = request.evidence();
  return Append(tx, context, request.parent(), "", nullptr, std::move(entry));
}

absl::StatusOr<v1::ConsentEntry> ConsentService::Correct(
    store::Tx& tx, const CallContext& context, const v1::CorrectConsentRequest& request) const {
  ASSIGN_OR_RETURN(const auto wrong, resources_.consent_entries.Get(tx, request.name()));
  const auto name = Name<v1::ConsentEntry>::Parse(request.name());
  const std::string person = Name<v1::Person>::Of(name->tenant().value(), name->id(1)).text();
  ASSIGN_OR_RETURN(const Ledger ledger, AllOf(resources_.consent_entries, tx, person));
  if (const auto* correction = rules::CorrectionOf(ledger, request.name())) {
    return errors::StateTransition(request.name(), "CORRECTED",
                                   absl::StrCat("correct ", correction->name()));
  }
  return Append(tx, context, person, "consent_entry.", &wrong, request.consent_entry());
}

absl::StatusOr<v1::ContactDecision> ConsentService::Contact(
    store::Reader& reader, const CallContext& context,
    const v1::CheckContactRequest& request) const {
  rules::ContactCase known;
  ASSIGN_OR_RETURN(known.relationship,
                   resources_.relationships.GetLiving(reader, request.relationship()));
  const std::string& person = known.relationship.person();
  ASSIGN_OR_RETURN(known.person, resources_.people.GetLiving(reader, person));
  const std::string id = Name<v1::Person>::Parse(person)->id();
  ASSIGN_OR_RETURN(const auto preference,
                   resources_.preferences.Find(
                       reader, Name<v1::Preference>::Of(context.tenant.value(), id).text()));
  if (preference) known.preference = *preference;
  ASSIGN_OR_RETURN(known.settings, SettingsOf(resources_, reader, context.tenant));
  ASSIGN_OR_RETURN(known.ledger, AllOf(resources_.consent_entries, reader, person));
  ASSIGN_OR_RETURN(const auto points, AllOf(resources_.contact_points, reader, person));
  std::vector<std::string> regions_of_addresses;
  std::vector<std::string> regions_of_phones;
  for (const auto& point : points) {
    if (point.has_delete_time()) continue;
    if (point.kind() == v1::ContactPoint::POSTAL) {
      regions_of_addresses.push_back(point.region().empty() ? text::RegionOfAddress(point.value())
                                                            : point.region());
    } else if (point.kind() == v1::ContactPoint::PHONE) {
      for (auto& region : text::RegionsOfPhone(point.normalized_value())) {
        regions_of_phones.push_back(std::move(region));
      }
    }
    if (request.contact_point().empty() || request.contact_point() == point.name()) {
      known.points.push_back(point);
    }
  }
  if (!request.contact_point().empty()) {
    ASSIGN_OR_RETURN(const auto point, PointFor(reader, person, request.contact_point(),
                                                request.channel(), "contact_point"));
    if (point.has_delete_time()) return errors::ResourceUnknown(request.contact_point());
  }
  known.whereabouts = rules::WhereaboutsOf(known.preference, known.person, regions_of_addresses,
                                           regions_of_phones, known.settings, zones_);
  rules::ContactAsked asked;
  asked.purpose = request.purpose();
  asked.channel = request.channel();
  asked.contact_point = request.contact_point();
  asked.automated = request.automated();
  asked.as_of = request.has_as_of() ? time::FromProto(request.as_of()) : context.now;
  asked.consent_as_of = request.has_as_of() ? asked.as_of : InstantOf(known.ledger, context.now);
  auto decision = rules::DecideContact(known, asked);
  decision.set_tzdb_version(zones_.version());
  return decision;
}

}  // namespace rapport::contact
