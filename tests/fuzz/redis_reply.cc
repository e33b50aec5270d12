// What a Redis, or whoever answers in its place, sends: cut anywhere, it gives the same replies.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/cache/redis_codec.h"
#include "common/cache/scripts.h"

namespace {

using namespace rapport::cache;  // NOLINT(google-build-using-namespace): one small file

void Append(const RedisReply& reply, std::string* out) {
  out->push_back(static_cast<char>(reply.kind));
  out->append(std::to_string(reply.integer)).append(reply.text).push_back('\n');
  for (const RedisReply& element : reply.elements) Append(element, out);
}

// All replies in pieces of `size` bytes; nothing that comes after an error.
std::string Read(absl::string_view bytes, std::size_t size) {
  constexpr std::size_t kMaxReply = 1 << 16;
  ReplyReader reader(kMaxReply);
  std::string all;
  while (!bytes.empty()) {
    const absl::string_view piece = bytes.substr(0, size);
    bytes.remove_prefix(piece.size());
    if (!reader.Feed(piece).ok()) return all;
    for (;;) {
      const auto reply = reader.Next();
      if (!reply.ok()) return all;
      if (!reply->has_value()) break;
      Append(**reply, &all);
      ParseLeaseReply((*reply)->text).status().IgnoreError();
      ParseFillReply((*reply)->text).status().IgnoreError();
    }
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = Read(bytes, bytes.size() + 1);
  if (Read(bytes, 1) != whole || Read(bytes, 7) != whole) std::abort();
  return 0;
}
