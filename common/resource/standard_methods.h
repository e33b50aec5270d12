// The standard methods of a resource, bound by one call in its service.
#ifndef RAPPORT_COMMON_RESOURCE_STANDARD_METHODS_H_
#define RAPPORT_COMMON_RESOURCE_STANDARD_METHODS_H_

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "common/base/status_macros.h"
#include "common/resource/hot_cache.h"
#include "common/resource/methods.h"
#include "common/resource/registry.h"
#include "common/resource/resource_methods.h"

namespace rapport::resource {

// Get, from memory if it is there, or through the shared cache; what is read is kept there. All
// registries must outlive the server.
template <class Request, class M>
void BindHotGet(Methods* methods, absl::string_view name, const Registry<M>& registry,
                HotCache* cache) {
  using Bytes = absl::StatusOr<grpc::ByteBuffer>;
  methods->Hot<Request>(
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
      typename Methods::RowHandler<Request>{
          [&registry](const Request& request) { return registry.RowOf(request.name()); },
          [cache](const base::CallContext&, const Request& request,
                  const BatchView::Found& found) -> Bytes {
            if (found.row == nullptr) return errors::ResourceUnknown(request.name());
            auto bytes = rpc::Wrap(store::AsText(found.row->back()));
            cache->Fill(request.name(), found.sequence, bytes);
            return bytes;
          }});
}

// What one resource does otherwise than all; nothing of it must be set.
template <class M>
struct Handlers {
  using Write = std::function<absl::StatusOr<M>(store::Tx&, const base::CallContext&,
                                                const google::protobuf::Message& request)>;
  Write create = {};
  Write update = {};
  Write remove = {};
  Write undelete = {};
  // Runs after each of these.
  std::function<void(store::Tx&, const M& written)> written = {};
  // Whether more follows from an update than the resource itself. Then `refresh` runs: once behind
  // a batch, however many of its updates ask for it.
  std::function<bool(const M& before, const M& after)> stirs = {};
  std::function<absl::Status(store::Tx&, const base::CallContext&)> refresh = {};
  // NOT_FOUND where the parent of a list, or of a new resource, is not known.
  ParentCheck parent = {};
  View view = {};
  std::set<std::string> own = {};  // methods that the service binds itself
};

// A method of a service as such a handler: Handle(this, &PeopleService::Create).
template <class M, class Service, class Request>
typename Handlers<M>::Write Handle(const Service* service,
                                   absl::StatusOr<M> (Service::*method)(store::Tx&,
                                                                        const base::CallContext&,
                                                                        const Request&) const) {
  return [service, method](store::Tx& tx, const base::CallContext& context,
                           const google::protobuf::Message& request) {
    return (service->*method)(tx, context, static_cast<const Request&>(request));
  };
}

// The resource inside of a request to create or update it.
template <class M>
const M& ResourceIn(const google::protobuf::Message& request, const std::string& field) {
  return static_cast<const M&>(request.GetReflection()->GetMessage(
      request, request.GetDescriptor()->FindFieldByName(field)));
}

// The name that a request to create asks for: its `<field>_id`, or one made by the system.
template <class M>
std::string NewNameFor(const Registry<M>& registry, const base::CallContext& context,
                       const google::protobuf::Message& request) {
  const std::string& parent = TextOf(request, "parent");
  const std::string& id = TextOf(request, absl::StrCat(registry.strategy().field, "_id"));
  return id.empty() ? registry.NewName(parent, context.now) : registry.NameWithId(parent, id);
}

// Everything standard that the service of this request's file declares for the resource, see
// BindResource. All of it must outlive the server.
template <class AnyRequest, class M>
void Bind(Methods* methods, const Registry<M>& registry, Handlers<M> handlers = {}) {
  using google::protobuf::Message;
  const std::string& field = registry.strategy().field;
  if (!handlers.create) {
    handlers.create = [&registry, &field, parent = handlers.parent](
                          store::Tx& tx, const base::CallContext& context,
                          const Message& request) -> absl::StatusOr<M> {
      if (parent) RETURN_IF_ERROR(parent(tx, TextOf(request, "parent")));
      return registry.Create(tx, context, NewNameFor(registry, context, request),
                             ResourceIn<M>(request, field));
    };
  }
  if (!handlers.update) {
    handlers.update = [&registry, &field](store::Tx& tx, const base::CallContext& context,
                                          const Message& request) -> absl::StatusOr<M> {
      const M& patch = ResourceIn<M>(request, field);
      if (patch.name().empty()) {
        return errors::InvalidField(absl::StrCat(field, ".name"), "must be set");
      }
      return registry.Update(tx, context, patch,
                             ResourceIn<google::protobuf::FieldMask>(request, "update_mask"));
    };
  }
  // A service declares these for what has a delete_time alone.
  if constexpr (requires(M deletable) { deletable.clear_delete_time(); }) {
    if (!handlers.remove) {
      handlers.remove = [&registry](store::Tx& tx, const base::CallContext& context,
                                    const Message& request) {
        return registry.Delete(tx, context, TextOf(request, "name"), TextOf(request, "etag"));
      };
    }
    if (!handlers.undelete) {
      handlers.undelete = [&registry](store::Tx& tx, const base::CallContext& context,
                                      const Message& request) {
        return registry.Undelete(tx, context, TextOf(request, "name"), TextOf(request, "etag"));
      };
    }
  }
  const auto erase = [written = handlers.written, view = handlers.view](
                         typename Handlers<M>::Write write) -> ResourceMethods::Write {
    return [written, view, write = std::move(write)](
               store::Tx& tx, const base::CallContext& context,
               const Message& request) -> absl::StatusOr<ResourceMethods::Written> {
      ASSIGN_OR_RETURN(M made, write(tx, context, request));
      if (written) written(tx, made);
      auto out = std::make_unique<M>(std::move(made));
      if (view) view(context, out.get());
      return ResourceMethods::Written{std::move(out)};
    };
  };
  ResourceMethods::Write update = erase(std::move(handlers.update));
  if (handlers.stirs) {
    update = [&registry, &field, stirs = std::move(handlers.stirs), write = std::move(update)](
                 store::Tx& tx, const base::CallContext& context,
                 const Message& request) -> absl::StatusOr<ResourceMethods::Written> {
      const auto before = registry.Find(tx, ResourceIn<M>(request, field).name());
      ASSIGN_OR_RETURN(auto out, write(tx, context, request));
      if (!before.ok()) return before.status();
      out.stirs = stirs(before->value(), static_cast<const M&>(*out.item));
      return out;
    };
  }
  BindResource(methods, *AnyRequest::descriptor()->file()->service(0),
               {.collection = &registry.collection(),
                .tokens = registry.tokens(),
                .field = field,
                .key_of = [](absl::string_view name) { return Registry<M>::KeyOf(name); },
                .create = erase(std::move(handlers.create)),
                .update = std::move(update),
                .remove = erase(std::move(handlers.remove)),
                .undelete = erase(std::move(handlers.undelete)),
                .refresh = std::move(handlers.refresh),
                .parent = std::move(handlers.parent),
                .view = std::move(handlers.view),
                .own = std::move(handlers.own)});
}

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_STANDARD_METHODS_H_
