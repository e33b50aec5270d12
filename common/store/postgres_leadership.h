// Who of all processes on one database does what only one should do: advisory locks of a session.
#ifndef RAPPORT_COMMON_STORE_POSTGRES_LEADERSHIP_H_
#define RAPPORT_COMMON_STORE_POSTGRES_LEADERSHIP_H_

#include <memory>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "common/base/mutex.h"
#include "common/store/postgres_commits.h"
#include "common/store/postgres_connection.h"

namespace rapport::store {

// Thread-safe. Holds one connection; when it is lost the server lets go of what was led, and
// another process may take it.
class PostgresLeadership {
 public:
  explicit PostgresLeadership(PostgresOpener open) : open_(std::move(open)) {}
  // Takes `what` if nobody has it. Asks the server every time, so that a lost connection shows.
  bool Try(absl::string_view what);
  // Gives it back, if it is led from here.
  void Resign(absl::string_view what);

 private:
  const PostgresOpener open_;
  base::Mutex mu_;
  std::unique_ptr<PostgresConnection> connection_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_set<std::string> led_ ABSL_GUARDED_BY(mu_);  // over this connection
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_POSTGRES_LEADERSHIP_H_
