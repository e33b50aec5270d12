#include "common/resource/secrets.h"

#include <openssl/rand.h>

#include <vector>

#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"

namespace rapport::resource {

const store::Table& SecretsTable() {
  static const auto* const table =
      new store::Table{"secrets",
                       {{"name", store::ColumnType::kText}, {"secret", store::ColumnType::kBytes}},
                       1,
                       {},
                       -1};
  return *table;
}

absl::StatusOr<std::string> SecretOf(store::Store& store, absl::string_view name) {
  base::CallContext context;
  context.tenant = base::TenantId::Trusted("system-secrets");
  context.deadline = absl::Now() + absl::Seconds(10);
  std::string secret;
  RETURN_IF_ERROR(
      store::TransactAndWait(store, context, context.tenant, [&](store::Tx& tx) -> absl::Status {
        const std::vector<store::Value> key{std::string(name)};
        ASSIGN_OR_RETURN(auto row, tx.Get(SecretsTable(), key));
        if (row) {
          secret = store::AsText((*row)[1]);
          return absl::OkStatus();
        }
        unsigned char bytes[32];
        if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
          return errors::Bug();
        }
        secret.assign(reinterpret_cast<const char*>(bytes), sizeof(bytes));
        return tx.Put(SecretsTable(), store::Row{std::string(name), secret}).status();
      }).status());
  return secret;
}

}  // namespace rapport::resource
