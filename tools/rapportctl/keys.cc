// rapportctl keys create.
#include <sys/stat.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/auth/keys.h"
#include "common/base/id.h"
#include "common/base/status_macros.h"
#include "tools/rapportctl/commands.h"
#include "tools/rapportctl/files.h"
#include "tools/rapportctl/json.h"

namespace rapport::rapportctl {
namespace {

// Keys of the services, and of the auditor of their cache, speak for that service; all others speak
// for people.
std::string ServiceOf(const std::string& owner) {
  for (const char* service : {"contact", "engagement", "recommendation", "auditor"}) {
    if (owner == service) return owner;
  }
  return "";
}

}  // namespace

absl::Status CreateKeys(Context& context, const KeysOptions& options) {
  std::vector<std::string> owners = options.owners;
  if (owners.empty()) owners = {options.kid.empty() ? "owner" : options.kid};
  for (const std::string& owner : owners) {
    if (!base::IsIdSegment(owner)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", owner, "\" is no name of a key: use a-z, 0-9 and -"));
    }
  }
  RETURN_IF_ERROR(MakeFolder(options.dir));
  const std::string jwks_path = absl::StrCat(options.dir, "/jwks.json");
  std::string jwks = "{\"keys\":[]}";
  if (auto known = ReadFile(jwks_path); known.ok()) {
    jwks = *known;
  } else if (!absl::IsNotFound(known.status())) {
    return known.status();
  }
  std::vector<std::string> made;
  for (const std::string& owner : owners) {
    const std::string path = absl::StrCat(options.dir, "/", owner, ".jwk");
    if (StateOf(path).ok()) continue;
    // With --for, --kid keeps the ids of several installations apart.
    const std::string kid = options.owners.empty() || options.kid.empty()
                                ? owner
                                : absl::StrCat(options.kid, "-", owner);
    ASSIGN_OR_RETURN(const auth::GeneratedKey key, auth::GenerateKey(kid, ServiceOf(owner)));
    ASSIGN_OR_RETURN(jwks, auth::MergeJwks(jwks, key.public_jwks));
    RETURN_IF_ERROR(WriteNewFile(path, key.private_jwk));
    // Each key is public before the next one is made: a crash leaves nothing half done.
    RETURN_IF_ERROR(WriteFile(jwks_path, jwks));
    made.push_back(owner);
  }
  if (context.json) {
    google::protobuf::Struct out;
    SetText(&out, "jwks", jwks_path);
    auto* list = (*out.mutable_fields())["made"].mutable_list_value();
    for (const std::string& owner : made) list->add_values()->set_string_value(owner);
    PrintJson(context, out);
  } else if (made.empty()) {
    *context.out << "all keys are there already, in " << options.dir << "\n";
  } else {
    *context.out << "made " << absl::StrJoin(made, ", ") << " in " << options.dir
                 << "; public keys in " << jwks_path << "\n";
  }
  return absl::OkStatus();
}

}  // namespace rapport::rapportctl
