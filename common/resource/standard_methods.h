// The standard methods that only read one resource, bound in a line each.
#ifndef RAPPORT_COMMON_RESOURCE_STANDARD_METHODS_H_
#define RAPPORT_COMMON_RESOURCE_STANDARD_METHODS_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "common/base/status_macros.h"
#include "common/resource/hot_cache.h"
#include "common/resource/methods.h"
#include "common/resource/registry.h"
#include "google/protobuf/repeated_ptr_field.h"

namespace rapport::resource {

// AIP-131: the resource as it is stored. All registries must outlive the server.
template <class Request, class M>
void BindGet(Methods* methods, absl::string_view name, const Registry<M>& registry) {
  methods->Read<Request, grpc::ByteBuffer>(
      name,
      [&registry](store::Snapshot& snapshot, const base::CallContext&, const Request& request) {
        return registry.GetBytes(snapshot, request.name());
      });
}

// The same from memory, if it is there, or through the shared cache; what is read is kept there.
template <class Request, class M>
void BindHotGet(Methods* methods, absl::string_view name, const Registry<M>& registry,
                HotCache* cache) {
  using Bytes = absl::StatusOr<grpc::ByteBuffer>;
  methods->Hot<Request, grpc::ByteBuffer>(
      name,
      [cache](const base::CallContext&, const Request& request) -> absl::optional<Bytes> {
        auto bytes = cache->Find(request.name());
        if (!bytes) return absl::nullopt;
        return Bytes(*std::move(bytes));
      },
      {[&registry](const base::CallContext&,
                   const Request& request) -> absl::StatusOr<std::vector<RowRef>> {
         ASSIGN_OR_RETURN(auto row, registry.RowOf(request.name()));
         return std::vector<RowRef>{std::move(row)};
       },
       [](const base::CallContext&, const Request& request,
          const RowReads::Rows& rows) -> absl::optional<Bytes> {
         if (!rows[0].exists) return Bytes(errors::ResourceUnknown(request.name()));
         return Bytes(rpc::Wrap(rows[0].payload));
       }},
      [&registry, cache](store::Snapshot& snapshot, const base::CallContext&,
                         const Request& request) -> Bytes {
        ASSIGN_OR_RETURN(auto bytes, registry.GetBytes(snapshot, request.name()));
        cache->Fill(request.name(), snapshot.sequence(), bytes);
        return bytes;
      });
}

// Says whether the parent of a collection is known.
using ParentCheck = std::function<absl::Status(store::Reader&, const std::string& parent)>;

// AIP-132, in order of names. `items` is the repeated field of the response.
template <class Request, class Response, class M>
void BindList(Methods* methods, absl::string_view name, const Registry<M>& registry,
              google::protobuf::RepeatedPtrField<M>* (Response::*items)(),
              ParentCheck parent = {}) {
  methods->Read<Request, Response>(name,
                                   [&registry, items, parent = std::move(parent)](
                                       store::Snapshot& snapshot, const base::CallContext& context,
                                       const Request& request) -> absl::StatusOr<Response> {
                                     if (parent)
                                       RETURN_IF_ERROR(parent(snapshot, request.parent()));
                                     ASSIGN_OR_RETURN(auto page,
                                                      registry.List(snapshot, context, request));
                                     Response response;
                                     for (auto& item : page.items)
                                       *(response.*items)()->Add() = std::move(item);
                                     response.set_next_page_token(std::move(page.next_token));
                                     return response;
                                   });
}

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_STANDARD_METHODS_H_
