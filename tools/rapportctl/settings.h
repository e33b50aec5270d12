// Where the services are and who calls them.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_SETTINGS_H_
#define RAPPORT_TOOLS_RAPPORTCTL_SETTINGS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rapport::rapportctl {

// Empty members are not stated.
struct Settings {
  std::string dir{};             // holds connection.json and what an import remembers
  std::string contact{};         // targets, e.g. "127.0.0.1:7101"
  std::string engagement{};      //
  std::string recommendation{};  //
  std::string tenant{};          // id: "home"
  std::string steward{};         // resource name, id or display name
  std::string key{};             // file with a private JWK; empty: calls carry no token
  std::string tls_ca_file{};     // PEM roots to check the services with; empty: plaintext
  std::string issuer{};          // of the tokens
  std::vector<std::string> audiences{};
};

// `flags`, then DIR/connection.json, then the defaults below. The file is a JSON object with the
// members contact, engagement, recommendation, tenant, steward, key, tls_ca_file, issuer (texts)
// and audience (a text or a list). Relative files that it names are looked for in the folder.
// INVALID_ARGUMENT for a file that cannot be read; no file is fine.
//   contact 127.0.0.1:7101 · engagement 127.0.0.1:7102 · recommendation 127.0.0.1:7103 ·
//   tenant home · issuer rapport · audience rapport
absl::StatusOr<Settings> LoadSettings(Settings flags);

// $RAPPORT_DIR, else ~/.rapport.
std::string DefaultFolder();

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_SETTINGS_H_
