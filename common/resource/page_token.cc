#include "common/resource/page_token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdint>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/store/values.h"

namespace rapport::resource {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kMacBytes = 16;

void AppendInt(std::uint64_t value, std::string* out) {
  for (int shift = 0; shift < 64; shift += 8) out->push_back(static_cast<char>(value >> shift));
}

}  // namespace

int PageSize(int requested) { return requested <= 0 ? 50 : requested > 500 ? 500 : requested; }

std::string PageTokens::Mac(absl::string_view binding, absl::string_view payload) const {
  std::string input;
  AppendInt(binding.size(), &input);
  absl::StrAppend(&input, binding, payload);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(input.data()), input.size(), digest, &size);
  return std::string(reinterpret_cast<const char*>(digest), kMacBytes);
}

std::string PageTokens::Make(absl::string_view binding,
                             const std::vector<store::Value>& key) const {
  const std::string payload = std::string(1, kVersion) + store::EncodeValues(key);
  return absl::WebSafeBase64Escape(absl::StrCat(Mac(binding, payload), payload));
}

absl::StatusOr<std::vector<store::Value>> PageTokens::Read(absl::string_view binding,
                                                           absl::string_view token) const {
  std::string raw;
  if (!absl::WebSafeBase64Unescape(token, &raw) || raw.size() <= kMacBytes) {
    return errors::BadPageToken();
  }
  absl::string_view payload = absl::string_view(raw).substr(kMacBytes);
  if (CRYPTO_memcmp(raw.data(), Mac(binding, payload).data(), kMacBytes) != 0 ||
      payload[0] != kVersion) {
    return errors::BadPageToken();
  }
  payload.remove_prefix(1);
  auto key = store::DecodeValues(payload);
  if (!key) return errors::BadPageToken();
  return *std::move(key);
}

std::string PageTokens::Binding(absl::string_view tenant,
                                const google::protobuf::Message& request) {
  const std::unique_ptr<google::protobuf::Message> copy(request.New());
  copy->CopyFrom(request);
  for (const char* field : {"page_size", "page_token"}) {
    if (const auto* descriptor = copy->GetDescriptor()->FindFieldByName(field)) {
      copy->GetReflection()->ClearField(copy.get(), descriptor);
    }
  }
  return absl::StrCat(tenant, "\n", copy->GetDescriptor()->full_name(), "\n",
                      copy->SerializeAsString());
}

}  // namespace rapport::resource
