#include "services/engagement/transfer.h"

#include <string>

#include "common/base/status_macros.h"
#include "google/protobuf/util/field_comparator.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/engagement/journal.h"

namespace rapport::engagement {

using base::CallContext;
using resource::TransferService;
using transfer::v1::RestoreResult;

namespace {

constexpr double kTolerance = 1e-9;

// No other engagement may have its source and source id.
absl::StatusOr<TransferService::Outcome> CheckSource(const Resources& resources, store::Tx& tx,
                                                     const v1::Engagement& engagement) {
  store::Range same;
  same.index = kEngagementsBySource;
  same.prefix = {SourceKey(engagement)};
  std::string other;
  RETURN_IF_ERROR(tx.Scan(resources.engagements.table(), same, [&](store::Row& row) {
    other = resources.engagements.FromRow(row).name();
    return false;
  }));
  if (!other.empty()) return errors::ResourceExists(other);
  return RestoreResult::RESTORED;
}

absl::StatusOr<TransferService::Outcome> CheckNumbers(const Resources& resources,
                                                      const rules::Parameters& parameters,
                                                      store::Tx& tx, const CallContext& context,
                                                      v1::RelationshipStatistics* statistics) {
  ASSIGN_OR_RETURN(auto anew,
                   ReplayedStatistics(resources, tx, *statistics, context.now, parameters));
  if (SameStatistics(anew, *statistics)) return RestoreResult::RESTORED;
  *statistics = std::move(anew);
  return RestoreResult::RECOMPUTED;
}

}  // namespace

bool SameStatistics(const v1::RelationshipStatistics& a, const v1::RelationshipStatistics& b) {
  namespace pb = google::protobuf::util;
  pb::DefaultFieldComparator close;
  close.set_float_comparison(pb::DefaultFieldComparator::APPROXIMATE);
  close.SetDefaultFractionAndMargin(kTolerance, kTolerance);
  pb::MessageDifferencer differencer;
  differencer.set_field_comparator(&close);
  return differencer.Compare(a, b);
}

void AddKinds(const Resources* resources, const rules::Parameters* parameters,
              TransferService* transfer) {
  transfer->Add<v1::Engagement>(
      &resources->engagements,
      [resources](store::Tx& tx, const CallContext&, v1::Engagement* engagement) {
        return CheckSource(*resources, tx, *engagement);
      });
  transfer->Add(&resources->promises);
  transfer->Add(&resources->facts);
  transfer->Add(&resources->feedback);
  transfer->Add(&resources->needs);
  transfer->Add(&resources->sales);
  transfer->Add(&resources->care_events);
  transfer->Add<v1::RelationshipStatistics>(
      &resources->statistics, [resources, parameters](store::Tx& tx, const CallContext& context,
                                                      v1::RelationshipStatistics* statistics) {
        return CheckNumbers(*resources, *parameters, tx, context, statistics);
      });
}

}  // namespace rapport::engagement
