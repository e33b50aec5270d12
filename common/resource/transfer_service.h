// Serves rapport.transfer.v1.TransferService: the resources of a service, out and in again as they
// are stored.
#ifndef RAPPORT_COMMON_RESOURCE_TRANSFER_SERVICE_H_
#define RAPPORT_COMMON_RESOURCE_TRANSFER_SERVICE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"
#include "common/resource/methods.h"
#include "common/resource/page_token.h"
#include "common/resource/registry.h"
#include "common/rpc/request_validator.h"
#include "google/protobuf/any.pb.h"
#include "rapport/transfer/v1/transfer_service.pb.h"

namespace rapport::resource {

// Immutable once it is registered; thread-safe. Must outlive the server.
class TransferService {
 public:
  using Outcome = transfer::v1::RestoreResult::Outcome;
  // What restoring one kind means beyond its row: checks it against the rest of the store, then
  // writes what stands beside it. May change the resource, which is written behind it.
  template <class M>
  using Beside =
      std::function<absl::StatusOr<Outcome>(store::Tx&, const base::CallContext&, M* resource)>;

  TransferService(const PageTokens* tokens, const store::Store* store)
      : tokens_(*tokens), store_(*store) {}

  // Kinds are given out in the order in which they were added. The registry outlives this.
  template <class M>
  void Add(const Registry<M>* registry, Beside<M> beside = {}) {
    kinds_.push_back(
        {std::string(M::descriptor()->full_name()), &registry->table(),
         [registry, beside = std::move(beside),
          validator = std::make_shared<const rpc::RequestValidator>(
              M::descriptor(), rpc::RequestValidator::Of::kStored)](
             store::Tx& tx, const base::CallContext& context, const google::protobuf::Any& any) {
           return Restore(*registry, beside, *validator, tx, context, any);
         }});
  }
  void Register(Methods* methods) const;

 private:
  struct Kind {
    std::string type;
    const store::Table* table;
    std::function<absl::StatusOr<Outcome>(store::Tx&, const base::CallContext&,
                                          const google::protobuf::Any&)>
        restore;
  };

  // FIELD unless revision, etag and uid are such as this service gives.
  static absl::Status CheckStamp(absl::string_view name, absl::string_view uid,
                                 absl::string_view etag, std::int64_t revision);

  template <class M>
  static absl::StatusOr<Outcome> Restore(const Registry<M>& registry, const Beside<M>& beside,
                                         const rpc::RequestValidator& validator, store::Tx& tx,
                                         const base::CallContext& context,
                                         const google::protobuf::Any& any) {
    M resource;
    if (!any.UnpackTo(&resource)) return errors::InvalidField("value", "cannot be read");
    RETURN_IF_ERROR(validator.Check(resource, context.tenant.value()));
    RETURN_IF_ERROR(
        CheckStamp(resource.name(), resource.uid(), resource.etag(), resource.revision()));
    ASSIGN_OR_RETURN(const auto known, registry.Find(tx, resource.name()));
    if (known) {
      ASSIGN_OR_RETURN(const bool same, registry.Unchanged(tx, *known, resource));
      if (!same) return errors::ResourceExists(resource.name());
      return transfer::v1::RestoreResult::UNCHANGED;
    }
    if (registry.strategy().check) {
      Violations violations;
      registry.strategy().check(nullptr, resource, &violations);
      if (!violations.empty()) return errors::InvalidFields(std::move(violations));
    }
    Outcome outcome = transfer::v1::RestoreResult::RESTORED;
    if (beside) {
      ASSIGN_OR_RETURN(outcome, beside(tx, context, &resource));
    }
    RETURN_IF_ERROR(registry.Put(tx, std::move(resource)));
    return outcome;
  }

  absl::StatusOr<transfer::v1::ExportResourcesResponse> Export(
      store::Reader& reader, const base::CallContext& context,
      const transfer::v1::ExportResourcesRequest& request) const;
  absl::StatusOr<transfer::v1::RestoreResourcesResponse> RestoreAll(
      store::Tx& tx, const base::CallContext& context,
      const transfer::v1::RestoreResourcesRequest& request) const;

  const PageTokens& tokens_;
  const store::Store& store_;
  std::vector<Kind> kinds_;
};

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_TRANSFER_SERVICE_H_
