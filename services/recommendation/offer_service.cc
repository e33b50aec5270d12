#include "services/recommendation/offer_service.h"

#include <limits>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/resource/standard_methods.h"
#include "services/recommendation/topics.h"

namespace rapport::recommendation {

using base::CallContext;
using resource::Violations;
using Texts = google::protobuf::RepeatedPtrField<std::string>;

namespace {

void CheckTopics(absl::string_view field, const Texts& topics, Violations* violations) {
  std::set<std::string> seen;
  for (int i = 0; i < topics.size(); ++i) {
    const std::string path = absl::StrCat(field, "[", i, "]");
    if (absl::StripAsciiWhitespace(topics[i]).empty()) {
      violations->push_back({path, "must not be blank"});
    } else if (!seen.insert(FoldTopic(topics[i])).second) {
      violations->push_back({path, "is there twice"});
    }
  }
}

}  // namespace

resource::Strategy<v1::Offer> OfferStrategy() {
  resource::Strategy<v1::Offer> s;
  s.table = "offers";
  s.field = "offer";
  s.check = [](const v1::Offer*, const v1::Offer& after, Violations* violations) {
    CheckTopics("serves", after.serves(), violations);
    CheckTopics("requires_facts", after.requires_facts(), violations);
    CheckTopics("contra_indications", after.contra_indications(), violations);
    std::set<std::string> against;
    for (const std::string& topic : after.contra_indications()) against.insert(FoldTopic(topic));
    for (int i = 0; i < after.serves_size(); ++i) {
      if (against.contains(FoldTopic(after.serves(i)))) {
        violations->push_back(
            {absl::StrCat("serves[", i, "]"), "is among the contra_indications as well"});
      }
    }
  };
  return s;
}

store::Tail::Source OfferSource(const Offers& offers, OfferBook* book) {
  return {&offers.table(), [&offers, book](const base::TenantId& tenant, store::Row& row) {
            const auto sequence =
                store::AsInt(row[static_cast<std::size_t>(offers.table().sequence_column)]);
            book->Put(tenant, offers.FromRow(row), sequence);
            return absl::OkStatus();
          }};
}

void OfferService::Written(store::Tx& tx, const v1::Offer& offer) const {
  tx.OnCommit([this, tenant = tx.tenant(), offer](std::int64_t sequence) {
    book_.Put(tenant, offer, sequence);
  });
}

void OfferService::AddKinds(resource::TransferService* transfer) const {
  transfer->Add<v1::Offer>(
      &offers_,
      [this](store::Tx& tx, const CallContext&,
             v1::Offer* offer) -> absl::StatusOr<resource::TransferService::Outcome> {
        Written(tx, *offer);
        return transfer::v1::RestoreResult::RESTORED;
      });
}

void OfferService::Register(resource::Methods* methods) {
  resource::Bind<v1::GetOfferRequest>(
      methods, offers_,
      {.written = [this](store::Tx& tx, const v1::Offer& offer) { Written(tx, offer); }});
}

}  // namespace rapport::recommendation
