// The rows of one resource message, over any Store: names, masks, etag, soft delete, change feed
// and hot cache, written once; standard_methods.h makes RPCs of it. A resource adds a Strategy.
#ifndef RAPPORT_COMMON_RESOURCE_REGISTRY_H_
#define RAPPORT_COMMON_RESOURCE_REGISTRY_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "common/base/call_context.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/uuid.h"
#include "common/resource/hot_cache.h"
#include "common/resource/list.h"
#include "common/resource/mask.h"
#include "common/resource/name.h"
#include "common/resource/page_token.h"
#include "common/resource/row_reads.h"
#include "common/resource/strategy.h"
#include "common/rpc/codec.h"
#include "common/store/store.h"
#include "common/time/proto_time.h"
#include "google/protobuf/field_mask.pb.h"

namespace rapport::resource {

// One instance per resource, built in main. Thread-safe (immutable but for the cache).
template <class M>
class Registry {
 public:
  // Both caches may be null.
  Registry(Strategy<M> strategy, const PageTokens* tokens, base::Rng* rng, HotCache* cache,
           ObjectCache<M>* objects = nullptr)
      : strategy_(std::move(strategy)),
        tokens_(tokens),
        rng_(rng),
        cache_(cache),
        objects_(objects),
        table_(TableOf(strategy_)),
        collection_(CollectionOf(strategy_, table_)) {}
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  const store::Table& table() const { return table_; }
  const Strategy<M>& strategy() const { return strategy_; }
  // For List.
  const Collection& collection() const { return collection_; }
  const PageTokens* tokens() const { return tokens_; }

  // The resource, deleted or not; nothing if there is none.
  absl::StatusOr<absl::optional<M>> Find(store::Reader& reader, absl::string_view name) const {
    const auto key = KeyOf(name);
    if (!key.ok()) return key.status();
    ASSIGN_OR_RETURN(auto row, reader.Get(table_, *key));
    if (!row) return absl::optional<M>();
    return absl::optional<M>(FromRow(*row));
  }

  // AIP-131. Also returns deleted resources. NOT_FOUND.
  absl::StatusOr<M> Get(store::Reader& reader, absl::string_view name) const {
    ASSIGN_OR_RETURN(auto found, Find(reader, name));
    if (!found) return errors::ResourceUnknown(name);
    return *std::move(found);
  }

  // As Get, as it is stored: ready for the wire.
  absl::StatusOr<grpc::ByteBuffer> GetBytes(store::Reader& reader, absl::string_view name) const {
    const auto key = KeyOf(name);
    if (!key.ok()) return key.status();
    ASSIGN_OR_RETURN(const auto row, reader.Get(table_, *key));
    if (!row) return errors::ResourceUnknown(name);
    return rpc::Wrap(store::AsText(row->back()));
  }

  // As Get, but NOT_FOUND for deleted resources too: for what other resources refer to.
  absl::StatusOr<M> GetLiving(store::Reader& reader, absl::string_view name) const {
    ASSIGN_OR_RETURN(M found, Get(reader, name));
    if (IsDeleted(found)) return errors::ResourceUnknown(name);
    return found;
  }

  // AIP-133. `name` is the full name to give; ALREADY_EXISTS if it is taken.
  absl::StatusOr<M> Create(store::Tx& tx, const base::CallContext& context, std::string name,
                           M resource) const {
    ClearOutputOnly(&resource);
    const auto key = KeyOf(name);
    if (!key.ok()) return key.status();
    ASSIGN_OR_RETURN(auto existing, tx.Get(table_, *key));
    if (existing) return errors::ResourceExists(name);
    resource.set_name(std::move(name));
    RETURN_IF_ERROR(Write(tx, context, nullptr, &resource));
    return resource;
  }
  // A new name below `parent` ("tenants/t", "tenants/t/people/p"), with a system-made id.
  std::string NewName(absl::string_view parent, absl::Time now) const {
    return NameWithId(parent, base::NewUuidV7(now, *rng_));
  }
  static std::string NameWithId(absl::string_view parent, absl::string_view id) {
    auto ids = *Name<M>::Pattern().Parent().Match(parent);
    ids.push_back(id);
    return Name<M>::Pattern().Format(ids);
  }

  // AIP-134: mask, etag in the resource.
  absl::StatusOr<M> Update(store::Tx& tx, const base::CallContext& context, const M& patch,
                           const google::protobuf::FieldMask& mask) const {
    return Mutate(tx, context, patch.name(), patch.etag(),
                  [&](M* resource) { return ApplyMask(patch, mask, strategy_.field, resource); });
  }

  // AIP-135, AIP-164: soft delete. Deleting twice is NOT_FOUND.
  absl::StatusOr<M> Delete(store::Tx& tx, const base::CallContext& context, absl::string_view name,
                           absl::string_view etag) const {
    return Mutate(tx, context, name, etag, [&](M* resource) {
      *resource->mutable_delete_time() = time::ToProto(context.now);
      *resource->mutable_purge_time() = time::ToProto(context.now + strategy_.purge_after);
      return absl::OkStatus();
    });
  }
  absl::StatusOr<M> Undelete(store::Tx& tx, const base::CallContext& context,
                             absl::string_view name, absl::string_view etag) const {
    ASSIGN_OR_RETURN(M before, Get(tx, name));
    if (!etag.empty() && etag != before.etag()) return errors::EtagMismatch(name);
    if (!IsDeleted(before)) {
      return errors::StateTransition(name, "LIVING", "only what is deleted can be undeleted");
    }
    if (time::FromProto(before.purge_time()) <= context.now) return errors::PurgePassed(name);
    M after = before;
    after.clear_delete_time();
    after.clear_purge_time();
    RETURN_IF_ERROR(Write(tx, context, &before, &after));
    return after;
  }

  // For custom verbs: loads the living resource, checks the etag, lets `change` move it, writes it.
  // Nothing is written if nothing changed.
  absl::StatusOr<M> Mutate(store::Tx& tx, const base::CallContext& context, absl::string_view name,
                           absl::string_view etag,
                           absl::FunctionRef<absl::Status(M*)> change) const {
    ASSIGN_OR_RETURN(M before, GetLiving(tx, name));
    if (!etag.empty() && etag != before.etag()) return errors::EtagMismatch(name);
    M after = before;
    RETURN_IF_ERROR(change(&after));
    ASSIGN_OR_RETURN(const bool same, Unchanged(tx, before, after));
    if (same) return after;
    RETURN_IF_ERROR(Write(tx, context, &before, &after));
    return after;
  }

  // Prepares, checks and writes `after`; sets name-derived and system fields. `before` null: new.
  absl::Status Write(store::Tx& tx, const base::CallContext& context, const M* before,
                     M* after) const {
    if (strategy_.prepare) strategy_.prepare(before, after, context.now);
    if (strategy_.check) {
      Violations violations;
      strategy_.check(before, *after, &violations);
      if (!violations.empty()) {
        for (auto& violation : violations) {
          violation.field = absl::StrCat(strategy_.field, ".", violation.field);
        }
        return errors::InvalidFields(std::move(violations));
      }
    }
    Stamp(before, after, context.now);
    return Put(tx, *after);
  }

  // Writes a resource as it is: copies of another service's resource, statistics.
  absl::Status Put(store::Tx& tx, const M& resource) const {
    RETURN_IF_ERROR(PutRow(tx, resource));
    if (objects_ != nullptr) Remember(tx, std::make_shared<const M>(resource));
    return absl::OkStatus();
  }
  absl::Status Put(store::Tx& tx, M&& resource) const {
    RETURN_IF_ERROR(PutRow(tx, resource));
    if (objects_ != nullptr) Remember(tx, std::make_shared<const M>(std::move(resource)));
    return absl::OkStatus();
  }

  // Where it is, for RowReads.
  absl::StatusOr<RowRef> RowOf(absl::string_view name) const {
    auto key = KeyOf(name);
    if (!key.ok()) return key.status();
    return RowRef{&table_, *std::move(key)};
  }

  // The answer of this transaction repeats what an earlier one wrote there, see store::Tx::Touch.
  absl::Status Touch(store::Tx& tx, absl::string_view name) const {
    const auto key = KeyOf(name);
    return key.ok() ? tx.Touch(table_.name, *key) : key.status();
  }

  // Whether there is nothing to write. It may be so since a call whose answer was lost: then this
  // answer repeats that one, and the row is touched.
  absl::StatusOr<bool> Unchanged(store::Tx& tx, const M& before, const M& after) const {
    if (after.SerializeAsString() != before.SerializeAsString()) return false;
    RETURN_IF_ERROR(Touch(tx, after.name()));
    return true;
  }

  void Stamp(const M* before, M* after, absl::Time now) const {
    after->set_revision(before == nullptr ? 0 : before->revision());
    StampNext(after, now);
  }
  // The same for a resource that was changed in place.
  void StampNext(M* after, absl::Time now) const {
    const std::int64_t revision = after->revision() + 1;
    const std::string& name = after->name();
    after->set_uid(name.substr(name.rfind('/') + 1));
    after->set_revision(revision);
    after->set_etag(absl::StrCat("\"", revision, "\""));
    if (revision == 1) *after->mutable_create_time() = time::ToProto(now);
    *after->mutable_update_time() = time::ToProto(now);
  }

  M FromRow(const store::Row& row) const {
    M out;
    out.ParseFromString(store::AsText(row.back()));
    return out;
  }

  // (parent, id): all ids between the tenant and the own one joined by "/", and the own id.
  static absl::StatusOr<std::vector<store::Value>> KeyOf(absl::string_view name) {
    const auto ids = Name<M>::Pattern().Match(name);
    if (!ids) return errors::ResourceUnknown(name);
    if (ids->size() == 1) return std::vector<store::Value>{std::string(), std::string("-")};
    std::string parent;
    for (std::size_t i = 1; i + 1 < ids->size(); ++i) {
      absl::StrAppend(&parent, parent.empty() ? "" : "/", (*ids)[i]);
    }
    return std::vector<store::Value>{parent, std::string(ids->back())};
  }
  static bool IsDeleted(const M& resource) {
    if constexpr (requires { resource.has_delete_time(); }) {
      return resource.has_delete_time();
    } else {
      return false;
    }
  }

 private:
  absl::Status PutRow(store::Tx& tx, const M& resource) const {
    const auto key = KeyOf(resource.name());
    if (!key.ok()) return key.status();
    store::Row row = *key;
    row.reserve(table_.columns.size());
    for (const auto& column : strategy_.columns) row.push_back(column.value(resource));
    row.push_back(IsDeleted(resource) ? store::Value(absl::ToUnixMicros(DeleteTime(resource)))
                                      : store::Value());
    if (strategy_.feed) row.emplace_back(std::int64_t{0});
    row.emplace_back(resource.SerializeAsString());
    grpc::ByteBuffer wire;
    if (cache_ != nullptr) wire = rpc::Wrap(store::AsText(row.back()));
    const auto sequence = tx.Put(table_, std::move(row));
    if (!sequence.ok()) return sequence.status();
    if (cache_ != nullptr) {
      tx.OnCommit([cache = cache_, name = resource.name(), wire](std::int64_t committed) {
        cache->Wrote(name, committed, wire);
      });
    }
    return absl::OkStatus();
  }
  void Remember(store::Tx& tx, std::shared_ptr<const M> object) const {
    tx.OnCommit([objects = objects_, object = std::move(object)](std::int64_t committed) {
      objects->Wrote(object->name(), committed, object);
    });
  }
  static absl::Time DeleteTime(const M& resource) {
    if constexpr (requires { resource.has_delete_time(); }) {
      return time::FromProto(resource.delete_time());
    } else {
      return absl::InfinitePast();
    }
  }
  const Strategy<M> strategy_;
  const PageTokens* const tokens_;
  base::Rng* const rng_;
  HotCache* const cache_;
  ObjectCache<M>* const objects_;
  const store::Table table_;
  const Collection collection_;
};

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_REGISTRY_H_
