#include "common/resource/resource_methods.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "google/api/resource.pb.h"

namespace rapport::resource {

using base::CallContext;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

MessagePtr NewMessage(const Descriptor* type) {
  return MessagePtr(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

// The repeated field of an answer that holds the resources.
const FieldDescriptor* ItemsOf(const Descriptor* answer, const Descriptor* resource) {
  for (int i = 0; i < answer->field_count(); ++i) {
    const auto* field = answer->field(i);
    if (field->is_repeated() && field->message_type() == resource) return field;
  }
  return nullptr;
}

void Add(Message* answer, const FieldDescriptor* items, MessagePtr item) {
  answer->GetReflection()->AddAllocatedMessage(answer, items, item.release());
}

// One resource in one service; the handlers share it.
class Binding : public std::enable_shared_from_this<Binding> {
 public:
  explicit Binding(ResourceMethods resource)
      : resource_(std::move(resource)), type_(resource_.collection->prototype->GetDescriptor()) {}

  void Bind(Methods* methods, const google::protobuf::MethodDescriptor& method) {
    const std::string plural = type_->options().GetExtension(google::api::resource).plural();
    const std::string one = type_->name();
    const std::string many =
        absl::StrCat(std::string(1, absl::ascii_toupper(static_cast<unsigned char>(plural[0]))),
                     plural.substr(1));
    const std::string& name = method.name();
    const std::string path = absl::StrCat(method.service()->full_name(), "/", name);
    if (resource_.own.contains(name)) return;
    const Descriptor* answer = method.output_type();
    if (name == "Get" + one) Get(methods, path);
    if (name == "List" + many) Read(methods, path, &Binding::ListSome, answer);
    if (name == "BatchGet" + many) Read(methods, path, &Binding::BatchGet, answer);
    if (name == "Create" + one) WriteOne(methods, path, resource_.create);
    if (name == "Update" + one) WriteOne(methods, path, resource_.update);
    if (name == "Delete" + one) WriteOne(methods, path, resource_.remove);
    if (name == "Undelete" + one) WriteOne(methods, path, resource_.undelete);
    if (name == "BatchCreate" + many) WriteBatch(methods, path, resource_.create, false, answer);
    if (name == "BatchUpdate" + many) WriteBatch(methods, path, resource_.update, true, answer);
  }

 private:
  using Reading = absl::StatusOr<grpc::ByteBuffer> (Binding::*)(store::Reader&, const CallContext&,
                                                                const Message&,
                                                                const Descriptor* answer) const;

  void Read(Methods* methods, const std::string& path, Reading reading,
            const Descriptor* answer) const {
    methods->Read<Message, grpc::ByteBuffer>(
        path, [self = shared_from_this(), reading, answer](
                  store::Snapshot& snapshot, const CallContext& context, const Message& request) {
          return ((*self).*reading)(snapshot, context, request, answer);
        });
  }
  void WriteOne(Methods* methods, const std::string& path,
                const ResourceMethods::Write& write) const {
    methods->Write<Message, MessagePtr>(
        path,
        [self = shared_from_this(), &write](store::Tx& tx, const CallContext& context,
                                            const Message& request) -> absl::StatusOr<MessagePtr> {
          ASSIGN_OR_RETURN(auto written, write(tx, context, request));
          if (written.stirs) RETURN_IF_ERROR(self->resource_.refresh(tx, context));
          return std::move(written.item);
        });
  }
  void WriteBatch(Methods* methods, const std::string& path, const ResourceMethods::Write& write,
                  bool update, const Descriptor* answer) const {
    methods->Write<Message, MessagePtr>(
        path, [self = shared_from_this(), &write, update, answer](
                  store::Tx& tx, const CallContext& context, const Message& request) {
          return self->Batch(tx, context, request, write, update, answer);
        });
  }

  void Get(Methods* methods, const std::string& path) const {
    const auto self = shared_from_this();
    methods->ReadRow<Message>(
        path, {[self](const Message& request) -> absl::StatusOr<RowRef> {
                 ASSIGN_OR_RETURN(auto key, self->resource_.key_of(TextOf(request, "name")));
                 return RowRef{self->resource_.collection->table, std::move(key)};
               },
               [self](const CallContext& context, const Message& request,
                      const BatchView::Found& found) -> absl::StatusOr<grpc::ByteBuffer> {
                 if (found.row == nullptr) return errors::ResourceUnknown(TextOf(request, "name"));
                 if (!self->resource_.view) return rpc::Wrap(store::AsText(found.row->back()));
                 return rpc::Serialize(*self->FromRow(context, *found.row));
               }});
  }

  absl::StatusOr<grpc::ByteBuffer> ListSome(store::Reader& reader, const CallContext& context,
                                            const Message& request,
                                            const Descriptor* answer) const {
    RETURN_IF_ERROR(CheckParent(reader, request));
    ASSIGN_OR_RETURN(auto page, List(*resource_.collection, *resource_.tokens, reader, context,
                                     request, resource_.view));
    const MessagePtr out = NewMessage(answer);
    const auto* items = ItemsOf(answer, type_);
    for (auto& item : page.items) Add(out.get(), items, std::move(item));
    out->GetReflection()->SetString(out.get(), answer->FindFieldByName("next_page_token"),
                                    std::move(page.next_token));
    return rpc::Serialize(*out);
  }

  absl::StatusOr<grpc::ByteBuffer> BatchGet(store::Reader& reader, const CallContext& context,
                                            const Message& request,
                                            const Descriptor* answer) const {
    const auto* names = request.GetDescriptor()->FindFieldByName("names");
    const auto& reflection = *request.GetReflection();
    RETURN_IF_ERROR(CheckParent(reader, request));
    const std::string parent = ParentKey(TextOf(request, "parent"));
    const MessagePtr out = NewMessage(answer);
    const auto* items = ItemsOf(answer, type_);
    std::string scratch;
    std::size_t bytes = 0;
    for (int i = 0; i < reflection.FieldSize(request, names); ++i) {
      const std::string& name = reflection.GetRepeatedStringReference(request, names, i, &scratch);
      ASSIGN_OR_RETURN(const auto key, resource_.key_of(name));
      if (store::AsText(key[0]) != parent) {
        return errors::InvalidField(absl::StrCat("names[", i, "]"), "is not of this parent");
      }
      ASSIGN_OR_RETURN(const auto row, reader.Get(*resource_.collection->table, key));
      if (!row) return errors::ResourceUnknown(name);
      bytes += store::AsText(row->back()).size();
      if (bytes > kMaxExaminedBytes) {
        return errors::InvalidField(
            absl::StrCat("names[", i, "]"),
            absl::StrCat("makes the answer larger than ", kMaxExaminedBytes >> 20,
                         " MiB; ask for those before it, and for the rest by another call"));
      }
      Add(out.get(), items, FromRow(context, *row));
    }
    return rpc::Serialize(*out);
  }

  absl::StatusOr<MessagePtr> Batch(store::Tx& tx, const CallContext& context,
                                   const Message& request, const ResourceMethods::Write& write,
                                   bool update, const Descriptor* answer) const {
    RETURN_IF_ERROR(CheckParent(tx, request));
    RETURN_IF_ERROR(CheckItems(request, update));
    const auto* requests = request.GetDescriptor()->FindFieldByName("requests");
    const auto& reflection = *request.GetReflection();
    MessagePtr out = NewMessage(answer);
    const auto* items = ItemsOf(answer, type_);
    bool stirs = false;
    for (int i = 0; i < reflection.FieldSize(request, requests); ++i) {
      auto made = write(tx, context, reflection.GetRepeatedMessage(request, requests, i));
      if (!made.ok()) return errors::OfItem(absl::StrCat("requests[", i, "]"), made.status());
      stirs = stirs || made->stirs;
      Add(out.get(), items, std::move(made->item));
    }
    if (stirs) RETURN_IF_ERROR(resource_.refresh(tx, context));
    return out;
  }

  absl::Status CheckParent(store::Reader& reader, const Message& request) const {
    return resource_.parent ? resource_.parent(reader, TextOf(request, "parent"))
                            : absl::OkStatus();
  }

  // What an item may not say besides what its own method checks: all of it at once.
  absl::Status CheckItems(const Message& request, bool update) const {
    const auto* requests = request.GetDescriptor()->FindFieldByName("requests");
    const auto& reflection = *request.GetReflection();
    const std::string& parent = TextOf(request, "parent");
    std::vector<errors::FieldViolation> violations;
    std::set<std::string> seen;
    for (int i = 0; i < reflection.FieldSize(request, requests); ++i) {
      const Message& item = reflection.GetRepeatedMessage(request, requests, i);
      const std::string path = absl::StrCat("requests[", i, "].");
      if (!TextOf(item, "request_id").empty()) {
        violations.push_back({path + "request_id", "belongs to the batch"});
      }
      if (IsTrue(item, "validate_only")) {
        violations.push_back({path + "validate_only", "belongs to the batch"});
      }
      if (update) {
        const auto* field = item.GetDescriptor()->FindFieldByName(resource_.field);
        const std::string& name = TextOf(item.GetReflection()->GetMessage(item, field), "name");
        const std::string place = absl::StrCat(path, resource_.field, ".name");
        const auto key = resource_.key_of(name);
        if (name.empty()) {
          violations.push_back({place, "must be set"});
        } else if (!seen.insert(name).second) {
          violations.push_back({place, "is there twice"});
        } else if (key.ok() && store::AsText((*key)[0]) != ParentKey(parent)) {
          violations.push_back({place, "is not of the parent of the batch"});
        }
      } else if (TextOf(item, "parent") != parent) {
        violations.push_back({path + "parent", "must be the parent of the batch"});
      }
    }
    return violations.empty() ? absl::OkStatus() : errors::InvalidFields(std::move(violations));
  }

  // As callers see it.
  MessagePtr FromRow(const CallContext& context, const store::Row& row) const {
    MessagePtr item(resource_.collection->prototype->New());
    item->ParseFromString(store::AsText(row.back()));
    if (resource_.view) resource_.view(context, item.get());
    return item;
  }

  const ResourceMethods resource_;
  const Descriptor* const type_;
};

}  // namespace

void BindResource(Methods* methods, const google::protobuf::ServiceDescriptor& service,
                  ResourceMethods resource) {
  const auto binding = std::make_shared<Binding>(std::move(resource));
  for (int i = 0; i < service.method_count(); ++i) binding->Bind(methods, *service.method(i));
}

}  // namespace rapport::resource
