#include "services/engagement/rapport_service.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/resource/filter.h"
#include "common/resource/list.h"
#include "common/time/proto_time.h"
#include "google/protobuf/arena.h"
#include "services/engagement/rules/explain.h"
#include "services/engagement/rules/formulas.h"
#include "services/engagement/rules/measures.h"
#include "services/engagement/rules/trust.h"

namespace rapport::engagement {

using base::CallContext;

namespace {

// Postings of GetTrust if the caller does not say how many.
constexpr int kPostings = 50;
// ListRapports: rows read at once, and journals replayed for one page at most.
constexpr int kChunk = 200;
constexpr int kMaxReplayed = 200;

// For one message with all its parts. Most fit: then no memory is taken.
class OneMessage {
 public:
  template <class M>
  M* Make() {
    return google::protobuf::Arena::CreateMessage<M>(&arena_);
  }

 private:
  alignas(std::max_align_t) std::array<char, 8192> block_;  // the arena fills it
  google::protobuf::Arena arena_{block_.data(), block_.size()};
};

template <class Request>
absl::Time AsOf(const Request& request, const CallContext& context) {
  return request.has_as_of() ? time::FromProto(request.as_of()) : context.now;
}

}  // namespace

void RapportService::Register(resource::Methods* methods) {
  const std::string prefix = "rapport.engagement.v1.RapportService/";
  // The same key for all tenants: each has one row.
  const resource::RowRef settings =
      *resources_.settings.RowOf(resource::Name<contact::v1::Settings>::Of("any").text());
  methods->Hot<v1::GetRapportRequest, v1::Rapport>(
      prefix + "GetRapport",
      [this](const CallContext& context, const v1::GetRapportRequest& request)
          -> absl::optional<absl::StatusOr<grpc::ByteBuffer>> {
        const auto hours = hours_.Find(context.tenant);
        if (hours == nullptr) return absl::nullopt;
        const auto statistics = cache_->Find(StatisticsName(request.name()));
        if (!statistics) return absl::nullopt;
        return Now(**statistics, AsOf(request, context), *hours);
      },
      // Calls that come together share one GET of the settings (RedisConnection::Get).
      {[this, settings](const CallContext&, const v1::GetRapportRequest& request)
           -> absl::StatusOr<std::vector<resource::RowRef>> {
         ASSIGN_OR_RETURN(auto statistics,
                          resources_.statistics.RowOf(StatisticsName(request.name())));
         return std::vector<resource::RowRef>{std::move(statistics), settings};
       },
       [this](const CallContext& context, const v1::GetRapportRequest& request,
              const resource::RowReads::Rows& rows)
           -> absl::optional<absl::StatusOr<grpc::ByteBuffer>> {
         if (!rows[0].exists) {
           return absl::StatusOr<grpc::ByteBuffer>(errors::ResourceUnknown(request.name()));
         }
         OneMessage memory;
         auto& statistics = *memory.Make<v1::RelationshipStatistics>();
         if (!statistics.ParseFromString(rows[0].payload)) return absl::nullopt;
         return Now(statistics, AsOf(request, context), *hours_.Of(context.tenant, rows[1]));
       }},
      [this](store::Snapshot& snapshot, const CallContext& context,
             const v1::GetRapportRequest& request) -> absl::StatusOr<v1::Rapport> {
        const std::string name = StatisticsName(request.name());
        ASSIGN_OR_RETURN(const auto current, resources_.statistics.Find(snapshot, name));
        if (!current) return errors::ResourceUnknown(request.name());
        cache_->Fill(name, snapshot.sequence(),
                     std::make_shared<const v1::RelationshipStatistics>(*current));
        ASSIGN_OR_RETURN(const auto hours, hours_.Of(snapshot, context.tenant));
        return At(snapshot, *current, AsOf(request, context), *hours);
      });
  methods->Read<v1::BatchGetRapportRequest, v1::BatchGetRapportResponse>(
      prefix + "BatchGetRapport",
      [this](store::Snapshot& snapshot, const CallContext& context,
             const v1::BatchGetRapportRequest& request)
          -> absl::StatusOr<v1::BatchGetRapportResponse> {
        ASSIGN_OR_RETURN(const auto hours, hours_.Of(snapshot, context.tenant));
        v1::BatchGetRapportResponse response;
        for (const auto& name : request.names()) {
          ASSIGN_OR_RETURN(const auto current,
                           resources_.statistics.Find(snapshot, StatisticsName(name)));
          if (!current) return errors::ResourceUnknown(name);
          ASSIGN_OR_RETURN(*response.add_rapports(),
                           At(snapshot, *current, AsOf(request, context), *hours));
        }
        return response;
      });
  methods->Read<v1::ListRapportsRequest, v1::ListRapportsResponse>(
      prefix + "ListRapports", [this](store::Snapshot& snapshot, const CallContext& context,
                                      const v1::ListRapportsRequest& request) {
        return ListSome(snapshot, context, request);
      });
  methods->Read<v1::ListDriftingRequest, v1::ListDriftingResponse>(
      prefix + "ListDrifting", [this](store::Snapshot& snapshot, const CallContext& context,
                                      const v1::ListDriftingRequest& request) {
        return Drifting(snapshot, context, request);
      });
  methods->Read<v1::ExplainChangeRequest, v1::ExplainChangeResponse>(
      prefix + "ExplainChange",
      [this](store::Snapshot& snapshot, const CallContext& context,
             const v1::ExplainChangeRequest& request) -> absl::StatusOr<v1::ExplainChangeResponse> {
        const absl::Time from = time::FromProto(request.from_time());
        const absl::Time to =
            request.has_to_time() ? time::FromProto(request.to_time()) : context.now;
        if (from > to) return errors::InvalidField("from_time", "must not be after to_time");
        ASSIGN_OR_RETURN(const auto current,
                         resources_.statistics.Find(snapshot, StatisticsName(request.name())));
        if (!current) return errors::ResourceUnknown(request.name());
        ASSIGN_OR_RETURN(const JournalRows rows, LoadJournal(resources_, snapshot, request.name()));
        ASSIGN_OR_RETURN(const auto hours, hours_.Of(snapshot, context.tenant));
        return rules::ExplainChange(rows.view(), from, to, parameters_, *hours);
      });
  methods->Read<v1::GetTrustRequest, v1::Trust>(
      prefix + "GetTrust",
      [this](store::Snapshot& snapshot, const CallContext& context,
             const v1::GetTrustRequest& request) { return TrustAt(snapshot, context, request); });
}

absl::optional<absl::StatusOr<grpc::ByteBuffer>> RapportService::Now(
    const v1::RelationshipStatistics& current, absl::Time as_of,
    const rules::WorkingHours& hours) const {
  if (!rules::ReadableAt(current, as_of)) return absl::nullopt;
  OneMessage memory;
  auto& rapport = *memory.Make<v1::Rapport>();
  rules::Measure(current, as_of, parameters_, hours, &rapport);
  return absl::StatusOr<grpc::ByteBuffer>(rpc::Serialize(rapport));
}

absl::StatusOr<v1::Rapport> RapportService::At(store::Reader& reader,
                                               const v1::RelationshipStatistics& current,
                                               absl::Time as_of,
                                               const rules::WorkingHours& hours) const {
  ASSIGN_OR_RETURN(const auto then, StatisticsAt(resources_, reader, current, as_of, parameters_));
  return rules::Measure(then, as_of, parameters_, hours);
}

absl::StatusOr<v1::Trust> RapportService::TrustAt(store::Snapshot& snapshot,
                                                  const CallContext& context,
                                                  const v1::GetTrustRequest& request) const {
  const absl::Time as_of = AsOf(request, context);
  ASSIGN_OR_RETURN(const auto current,
                   resources_.statistics.Find(snapshot, StatisticsName(request.name())));
  if (!current) return errors::ResourceUnknown(request.name());
  ASSIGN_OR_RETURN(const auto hours, hours_.Of(snapshot, context.tenant));
  ASSIGN_OR_RETURN(const JournalRows rows, LoadJournal(resources_, snapshot, request.name()));
  const auto then =
      rules::ReadableAt(*current, as_of)
          ? *current
          : rules::Replay(rows.view(), as_of, DeclaredRhythmOf(*current), parameters_);
  const rules::Readings r = rules::Read(then, as_of, parameters_, *hours);
  v1::Trust trust;
  trust.set_relationship(request.name());
  *trust.mutable_as_of() = time::ToProto(as_of);
  *trust.mutable_trust() = rules::ToMeasure(r.trust);
  *trust.mutable_credibility() = rules::ToMeasure(r.credibility);
  *trust.mutable_reliability() = rules::ToMeasure(r.reliability);
  *trust.mutable_intimacy() = rules::ToMeasure(r.intimacy);
  *trust.mutable_self_orientation() = rules::ToMeasure(r.self_orientation);
  const auto add = [&](v1::TrustAccount account, const rules::Balance& balance) {
    auto* line = trust.add_balances();
    line->set_account(account);
    line->set_credit(balance.credit);
    line->set_debit(balance.debit);
  };
  add(v1::CREDIBILITY, r.balances.credibility);
  add(v1::RELIABILITY, r.balances.reliability);
  add(v1::INTIMACY, r.balances.intimacy);
  add(v1::SELF_ORIENTATION, r.balances.self_orientation);
  auto postings = rules::Postings(rows.view(), as_of, parameters_, *hours);
  trust.set_posting_count(static_cast<int>(postings.size()));
  const int wanted = request.max_postings() == 0 ? kPostings : request.max_postings();
  if (postings.size() > static_cast<std::size_t>(wanted)) {
    postings.resize(static_cast<std::size_t>(wanted));
  }
  for (auto& posting : postings) *trust.add_postings() = std::move(posting);
  return trust;
}

absl::StatusOr<v1::ListRapportsResponse> RapportService::ListSome(
    store::Snapshot& snapshot, const CallContext& context,
    const v1::ListRapportsRequest& request) const {
  ASSIGN_OR_RETURN(
      const auto filter,
      resource::Filter::Parse(
          request.filter(), {{v1::Rapport::descriptor(), v1::RelationshipStatistics::descriptor()},
                             {{"steward", "stewards"}}}));
  ASSIGN_OR_RETURN(const auto hours, hours_.Of(snapshot, context.tenant));
  const absl::Time as_of = AsOf(request, context);
  const std::string binding = resource::PageTokens::Binding(context.tenant.value(), request);
  store::Range range;
  range.prefix = {std::string()};
  range.limit = kChunk;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(range.after, tokens_.Read(binding, request.page_token()));
  }
  const int size = resource::PageSize(request.page_size());
  // An instant of the past is replayed from journals: a page looks at fewer of them.
  int left = as_of < context.now ? kMaxReplayed : resource::kMaxExamined;
  v1::ListRapportsResponse response;
  std::vector<v1::RelationshipStatistics> chunk;
  do {
    chunk.clear();
    RETURN_IF_ERROR(snapshot.Scan(resources_.statistics.table(), range, [&](store::Row& row) {
      chunk.push_back(resources_.statistics.FromRow(row));
      return true;
    }));
    for (const auto& statistics : chunk) {
      if (response.rapports_size() == size || left-- == 0) {
        response.set_next_page_token(tokens_.Make(binding, range.after));
        return response;
      }
      ASSIGN_OR_RETURN(auto rapport, At(snapshot, statistics, as_of, *hours));
      if (filter.MatchesAll({&rapport, &statistics})) {
        *response.add_rapports() = std::move(rapport);
      }
      range.after = {(*resources_.statistics.KeyOf(statistics.name()))[1]};
    }
  } while (chunk.size() == kChunk);
  return response;
}

absl::StatusOr<v1::ListDriftingResponse> RapportService::Drifting(
    store::Snapshot& snapshot, const CallContext& context,
    const v1::ListDriftingRequest& request) const {
  ASSIGN_OR_RETURN(const auto hours, hours_.Of(snapshot, context.tenant));
  const absl::Time as_of = AsOf(request, context);
  // For an instant that lies before the latest event of a relationship its journal is replayed; for
  // all others the index of "silence is too long from then on" gives the candidates.
  struct Found {
    double ratio;
    v1::DriftingRelationship row;
  };
  std::vector<Found> found;
  std::vector<v1::RelationshipStatistics> candidates;
  store::Range range;
  if (as_of >= context.now) {
    range.index = kStatisticsByDrift;
  } else {
    range.prefix = {std::string()};
  }
  RETURN_IF_ERROR(snapshot.Scan(resources_.statistics.table(), range, [&](store::Row& row) {
    auto statistics = resources_.statistics.FromRow(row);
    if (range.index >= 0 && time::FromProto(statistics.last_two_way_time()) +
                                    absl::Hours(24) * statistics.tolerated_days() >
                                as_of) {
      return false;
    }
    const bool wanted = statistics.standing() == contact::v1::OPEN &&
                        (request.steward().empty() ||
                         std::find(statistics.stewards().begin(), statistics.stewards().end(),
                                   request.steward()) != statistics.stewards().end());
    if (wanted) candidates.push_back(std::move(statistics));
    return true;
  }));
  for (const auto& current : candidates) {
    ASSIGN_OR_RETURN(const auto then,
                     StatisticsAt(resources_, snapshot, current, as_of, parameters_));
    const auto rapport = rules::Measure(then, as_of, parameters_, *hours);
    if (rapport.vitality() != v1::DRIFTING && rapport.vitality() != v1::DORMANT) continue;
    Found entry;
    entry.row.set_relationship(RelationshipName(current.name()));
    entry.row.set_vitality(rapport.vitality());
    entry.row.set_silence_days(rapport.silence_days().value());
    entry.row.set_tolerated_days(rapport.tolerated_days());
    entry.ratio = rapport.silence_days().value() / rapport.tolerated_days();
    found.push_back(std::move(entry));
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    if (a.ratio != b.ratio) return a.ratio > b.ratio;
    return a.row.relationship() < b.row.relationship();
  });
  const std::string binding = resource::PageTokens::Binding(context.tenant.value(), request);
  std::size_t begin = 0;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const auto key, tokens_.Read(binding, request.page_token()));
    const std::string& last = store::AsText(key[0]);
    const auto it = std::find_if(found.begin(), found.end(),
                                 [&](const Found& f) { return f.row.relationship() == last; });
    begin = it == found.end() ? found.size() : static_cast<std::size_t>(it - found.begin()) + 1;
  }
  v1::ListDriftingResponse response;
  const auto end = std::min(
      found.size(), begin + static_cast<std::size_t>(resource::PageSize(request.page_size())));
  for (std::size_t i = begin; i < end; ++i) {
    *response.add_relationships() = std::move(found[i].row);
  }
  if (end < found.size() && end > begin) {
    response.set_next_page_token(
        tokens_.Make(binding, {response.relationships().rbegin()->relationship()}));
  }
  return response;
}

}  // namespace rapport::engagement
