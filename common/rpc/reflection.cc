#include "common/rpc/reflection.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/rpc/codec.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace rapport::rpc {

namespace pb = google::protobuf;
namespace api = grpc::reflection::v1alpha;

namespace {

void SetNotFound(const std::string& what, api::ServerReflectionResponse* response) {
  response->mutable_error_response()->set_error_code(static_cast<int>(absl::StatusCode::kNotFound));
  response->mutable_error_response()->set_error_message(what);
}

// The file and everything that it imports, each once, what is asked for first.
void AddFile(const pb::FileDescriptor* file, std::set<const pb::FileDescriptor*>* seen,
             api::FileDescriptorResponse* out) {
  if (!seen->insert(file).second) return;
  pb::FileDescriptorProto proto;
  file->CopyTo(&proto);
  out->add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file->dependency_count(); ++i) AddFile(file->dependency(i), seen, out);
}

void SetFile(const pb::FileDescriptor* file, api::ServerReflectionResponse* response) {
  if (file == nullptr) {
    SetNotFound("no such file", response);
    return;
  }
  std::set<const pb::FileDescriptor*> seen;
  AddFile(file, &seen, response->mutable_file_descriptor_response());
}

api::ServerReflectionResponse AnswerTo(const api::ServerReflectionRequest& request,
                                       const std::vector<std::string>& services) {
  const auto* pool = pb::DescriptorPool::generated_pool();
  api::ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case api::ServerReflectionRequest::kFileByFilename:
      SetFile(pool->FindFileByName(request.file_by_filename()), &response);
      break;
    case api::ServerReflectionRequest::kFileContainingSymbol:
      SetFile(pool->FindFileContainingSymbol(request.file_containing_symbol()), &response);
      break;
    case api::ServerReflectionRequest::kFileContainingExtension: {
      const auto& wanted = request.file_containing_extension();
      const auto* type = pool->FindMessageTypeByName(wanted.containing_type());
      const auto* extension =
          type == nullptr ? nullptr : pool->FindExtensionByNumber(type, wanted.extension_number());
      SetFile(extension == nullptr ? nullptr : extension->file(), &response);
      break;
    }
    case api::ServerReflectionRequest::kAllExtensionNumbersOfType: {
      const auto* type = pool->FindMessageTypeByName(request.all_extension_numbers_of_type());
      if (type == nullptr) {
        SetNotFound("no such type", &response);
        break;
      }
      std::vector<const pb::FieldDescriptor*> extensions;
      pool->FindAllExtensions(type, &extensions);
      auto* out = response.mutable_all_extension_numbers_response();
      out->set_base_type_name(type->full_name());
      for (const auto* extension : extensions) out->add_extension_number(extension->number());
      break;
    }
    case api::ServerReflectionRequest::kListServices:
      response.mutable_list_services_response();
      for (const std::string& name : services) {
        response.mutable_list_services_response()->add_service()->set_name(name);
      }
      break;
    case api::ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET: {
      auto* error = response.mutable_error_response();
      error->set_error_code(static_cast<int>(absl::StatusCode::kInvalidArgument));
      error->set_error_message("nothing is asked");
      break;
    }
  }
  return response;
}

}  // namespace

void AddReflection(MethodTable* table) {
  // Keeps the file linked: the pool knows a service only then.
  const std::string own =
      api::ServerReflectionRequest::descriptor()->file()->service(0)->full_name();
  std::vector<std::string> services = table->services();
  services.push_back(own);
  std::sort(services.begin(), services.end());
  table->Bidi(
      own + "/ServerReflectionInfo", Lane::kLoop, [services = std::move(services)](Call& call) {
        Answer answer;
        answer.bytes = Serialize(
            AnswerTo(static_cast<const api::ServerReflectionRequest&>(call.request()), services));
        call.Finish(std::move(answer));
      });
}

}  // namespace rapport::rpc
