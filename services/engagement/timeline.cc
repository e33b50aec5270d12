// ListTimeline: seven journals merged into one story, newest first.
#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/time/proto_time.h"
#include "services/engagement/engagement_service.h"
#include "services/engagement/promise_view.h"
#include "services/engagement/rules/entries.h"
#include "services/engagement/rules/needs.h"
#include "services/engagement/rules/sales.h"

namespace rapport::engagement {

using base::CallContext;

namespace {

// An entry and its place in the order: time descending, kind ascending, id descending.
struct Placed {
  std::int64_t time_us;
  int kind;
  std::string id;
  v1::TimelineEntry entry;
};

// Where the page begins: strictly behind (time, kind, id), or at the top.
struct Cursor {
  bool at_top = true;
  std::int64_t time_us = 0;
  int kind = 0;
  std::string id;
};

// The range of one journal that lies behind the cursor.
store::Range BehindCursor(const std::string& relationship_id, int kind, const Cursor& cursor,
                          int limit) {
  store::Range range;
  range.index = kByTime;
  range.descending = true;
  range.limit = limit;
  range.prefix = {relationship_id};
  if (cursor.at_top) return range;
  if (kind == cursor.kind) {
    range.after = {cursor.time_us, cursor.id};
  } else if (kind < cursor.kind) {
    range.after = {cursor.time_us};  // the others of that instant came before
  } else {
    range.after = {cursor.time_us + 1};
  }
  return range;
}

template <class M, class Micros, class Set>
absl::Status Collect(const resource::Registry<M>& registry, store::Reader& reader,
                     const std::string& relationship_id, int kind, const Cursor& cursor, int limit,
                     Micros micros, Set set, std::vector<Placed>* out) {
  return reader.Scan(
      registry.table(), BehindCursor(relationship_id, kind, cursor, limit), [&](store::Row& row) {
        M item = registry.FromRow(row);
        Placed placed{micros(item), kind, store::AsText(row[1]), {}};
        *placed.entry.mutable_time() = time::ToProto(absl::FromUnixMicros(placed.time_us));
        set(std::move(item), &placed.entry);
        out->push_back(std::move(placed));
        return true;
      });
}

}  // namespace

absl::StatusOr<v1::ListTimelineResponse> EngagementService::Timeline(
    store::Reader& reader, const CallContext& context,
    const v1::ListTimelineRequest& request) const {
  const std::string id = request.parent().substr(request.parent().rfind('/') + 1);
  RETURN_IF_ERROR(CheckHolder(reader, request.parent()));
  const std::string binding = resource::PageTokens::Binding(context.tenant.value(), request);
  Cursor cursor;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const auto key, tokens_.Read(binding, request.page_token()));
    cursor = {false, store::AsInt(key[0]), static_cast<int>(store::AsInt(key[1])),
              store::AsText(key[2])};
  } else if (request.has_before_time()) {
    cursor = {false, absl::ToUnixMicros(time::FromProto(request.before_time())), 99, ""};
  }
  const int size = resource::PageSize(request.page_size());
  std::vector<Placed> found;
  RETURN_IF_ERROR(Collect(
      resources_.engagements, reader, id, 0, cursor, size + 1,
      [](const v1::Engagement& e) { return absl::ToUnixMicros(time::FromProto(e.event_time())); },
      [](v1::Engagement e, v1::TimelineEntry* entry) {
        *entry->mutable_engagement() = std::move(e);
      },
      &found));
  RETURN_IF_ERROR(Collect(
      resources_.promises, reader, id, 1, cursor, size + 1, rules::PromiseMicros,
      [&](v1::Promise p, v1::TimelineEntry* entry) {
        *entry->mutable_promise() = PromiseView(std::move(p), context.now, parameters_);
      },
      &found));
  RETURN_IF_ERROR(Collect(
      resources_.facts, reader, id, 2, cursor, size + 1, rules::FactMicros,
      [](v1::Fact f, v1::TimelineEntry* entry) { *entry->mutable_fact() = std::move(f); }, &found));
  RETURN_IF_ERROR(Collect(
      resources_.feedback, reader, id, 3, cursor, size + 1, rules::GivenMicros,
      [](v1::Feedback f, v1::TimelineEntry* entry) { *entry->mutable_feedback() = std::move(f); },
      &found));
  RETURN_IF_ERROR(Collect(
      resources_.needs, reader, id, 4, cursor, size + 1, rules::NeedMicros,
      [](v1::Need n, v1::TimelineEntry* entry) { *entry->mutable_need() = std::move(n); }, &found));
  RETURN_IF_ERROR(Collect(
      resources_.sales, reader, id, 5, cursor, size + 1, rules::SaleMicros,
      [](v1::Sale s, v1::TimelineEntry* entry) { *entry->mutable_sale() = std::move(s); }, &found));
  RETURN_IF_ERROR(Collect(
      resources_.care_events, reader, id, 6, cursor, size + 1,
      [](const v1::CareEvent& e) { return absl::ToUnixMicros(time::FromProto(e.said_time())); },
      [](v1::CareEvent e, v1::TimelineEntry* entry) {
        *entry->mutable_care_event() = std::move(e);
      },
      &found));
  std::sort(found.begin(), found.end(), [](const Placed& a, const Placed& b) {
    if (a.time_us != b.time_us) return a.time_us > b.time_us;
    if (a.kind != b.kind) return a.kind < b.kind;
    return a.id > b.id;
  });
  v1::ListTimelineResponse response;
  const auto count = std::min(found.size(), static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < count; ++i) {
    *response.add_entries() = std::move(found[i].entry);
  }
  if (found.size() > count) {
    const Placed& last = found[count - 1];
    response.set_next_page_token(
        tokens_.Make(binding, {last.time_us, std::int64_t{last.kind}, last.id}));
  }
  return response;
}

}  // namespace rapport::engagement
