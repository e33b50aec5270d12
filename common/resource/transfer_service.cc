#include "common/resource/transfer_service.h"

#include <algorithm>
#include <cstdint>

namespace rapport::resource {

using transfer::v1::ExportResourcesRequest;
using transfer::v1::ExportResourcesResponse;
using transfer::v1::RestoreResourcesRequest;
using transfer::v1::RestoreResourcesResponse;

namespace {

constexpr std::size_t kMaxPageBytes = 1 << 20;
constexpr char kTypePrefix[] = "type.googleapis.com/";

}  // namespace

void TransferService::Register(Methods* methods) const {
  const std::string prefix = "rapport.transfer.v1.TransferService/";
  methods->Read<ExportResourcesRequest, ExportResourcesResponse>(
      prefix + "ExportResources",
      [this](store::Snapshot& snapshot, const base::CallContext& context,
             const ExportResourcesRequest& request) { return Export(snapshot, context, request); });
  auto& restore = methods->Write<RestoreResourcesRequest, RestoreResourcesResponse>(
      prefix + "RestoreResources",
      [this](store::Tx& tx, const base::CallContext& context,
             const RestoreResourcesRequest& request) { return RestoreAll(tx, context, request); });
  restore.max_request_bytes = 4 << 20;
  restore.default_deadline = absl::Seconds(30);
}

absl::Status TransferService::CheckStamp(absl::string_view name, absl::string_view uid,
                                         absl::string_view etag, std::int64_t revision) {
  Violations violations;
  if (revision < 1) violations.push_back({"revision", "must be 1 or more"});
  if (etag != absl::StrCat("\"", revision, "\"")) {
    violations.push_back({"etag", "must be the one of the revision"});
  }
  if (uid != name.substr(name.rfind('/') + 1)) {
    violations.push_back({"uid", "must be the last part of the name"});
  }
  return violations.empty() ? absl::OkStatus() : errors::InvalidFields(std::move(violations));
}

absl::StatusOr<ExportResourcesResponse> TransferService::Export(
    store::Reader& reader, const base::CallContext& context,
    const ExportResourcesRequest& request) const {
  const bool known = std::any_of(kinds_.begin(), kinds_.end(),
                                 [&](const Kind& kind) { return kind.type == request.type(); });
  if (!request.type().empty() && !known) {
    return errors::InvalidField("type", "is no kind of resource that this service owns");
  }
  const std::string binding = PageTokens::Binding(context.tenant.value(), request);
  // Of the kind at this place, behind this key.
  std::size_t at = 0;
  std::vector<store::Value> after;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(after, tokens_.Read(binding, request.page_token()));
    if (after.empty()) return errors::BadPageToken();
    at = static_cast<std::size_t>(store::AsInt(after.front()));
    after.erase(after.begin());
  }
  const auto size = static_cast<std::size_t>(PageSize(request.page_size()));
  ExportResourcesResponse page;
  std::size_t bytes = 0;
  for (; at < kinds_.size(); ++at, after.clear()) {
    const Kind& kind = kinds_[at];
    if (!request.type().empty() && kind.type != request.type()) continue;
    store::Range range;
    range.after = after;
    bool full = false;
    RETURN_IF_ERROR(reader.Scan(*kind.table, range, [&](store::Row& row) {
      std::string& body = std::get<std::string>(row.back());
      full = static_cast<std::size_t>(page.resources_size()) == size ||
             (page.resources_size() > 0 && bytes + body.size() > kMaxPageBytes);
      if (full) return false;
      bytes += body.size();
      after.assign(row.begin(), row.begin() + kind.table->key_columns);
      auto* resource = page.add_resources();
      resource->set_type_url(absl::StrCat(kTypePrefix, kind.type));
      resource->set_value(std::move(body));
      return true;
    }));
    if (!full) continue;
    std::vector<store::Value> place{static_cast<std::int64_t>(at)};
    place.insert(place.end(), after.begin(), after.end());
    page.set_next_page_token(tokens_.Make(binding, place));
    break;
  }
  return page;
}

absl::StatusOr<RestoreResourcesResponse> TransferService::RestoreAll(
    store::Tx& tx, const base::CallContext& context, const RestoreResourcesRequest& request) const {
  RestoreResourcesResponse response;
  response.set_store_id(store_.id());
  for (const auto& item : request.resources()) {
    auto* result = response.add_results();
    const auto kind = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& k) {
      return item.type_url() == absl::StrCat(kTypePrefix, k.type);
    });
    const absl::StatusOr<Outcome> outcome =
        kind == kinds_.end() ? absl::StatusOr<Outcome>(errors::InvalidField(
                                   "type_url", "is no kind of resource that this service owns"))
                             : kind->restore(tx, context, item);
    if (outcome.ok()) {
      result->mutable_status();
      result->set_outcome(*outcome);
      continue;
    }
    // Everything that can be wrong with an item is found before its first write; what comes from
    // the store itself fails the batch.
    if (errors::ReasonOf(outcome.status()) == type::v1::ERROR_REASON_UNSPECIFIED ||
        absl::IsUnavailable(outcome.status()) || absl::IsResourceExhausted(outcome.status())) {
      return outcome.status();
    }
    *result->mutable_status() = errors::ToProto(outcome.status());
  }
  return response;
}

}  // namespace rapport::resource
