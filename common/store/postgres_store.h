// The PostgreSQL engine: any number of processes on one database.
//
// Writes run in SERIALIZABLE transactions, several bodies in one; all bodies of a tenant go through
// the same lane, in order, so the bodies of one process do not conflict with each other. Conflicts
// with other processes are tried again. A sequence is made of the transaction's id: of two commits
// that wrote the same row the later has the higher one, but commits that have nothing to do with
// each other may overtake, see Snapshot.
//
// The server away: calls are refused with UNAVAILABLE (writes after a short patience), and work
// again when it is back. Its disk full: writes are refused with RESOURCE_EXHAUSTED, reads go on.
//
// Every table has forced row-level security, and the connections that work have a role that obeys
// it: a statement without its tenant finds nothing.
#ifndef RAPPORT_COMMON_STORE_POSTGRES_STORE_H_
#define RAPPORT_COMMON_STORE_POSTGRES_STORE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/uuid.h"
#include "common/store/store.h"
#include "common/time/clock.h"

namespace rapport::store {

struct PostgresOptions {
  // Connection string or URI of libpq: postgres://user@host/database?sslmode=verify-full. A user
  // who may create the schema does so if there is none; another must find it ready, and have what
  // the role has. Nobody changes a schema that exists, see migration.h.
  std::string uri;
  // The schema of the tables, and the role that works on them: [a-z_][a-z0-9_]*. The owner creates
  // both.
  std::string schema = "rapport";
  std::string role = "rapport_app";
  // Every table that will be used. They outlive the store.
  std::vector<const Table*> tables;
  // Required; outlives the store. Deadlines are compared with it.
  const time::Clock* clock = nullptr;
  // Makes the id of a new store and the pauses before another attempt; nullptr: the kernel's. Must
  // be thread-safe.
  base::Rng* rng = nullptr;
  // Version of the tables' meaning. A schema must have the same or, until it is contracted, the
  // next one.
  int schema_version = 1;
  // Lanes of writing. A tenant's writes use one of them.
  std::size_t writers = 2;
  // Connections that read; 0: two per core and two more.
  std::size_t readers = 0;
  // Bodies that may wait; further ones are refused with UNAVAILABLE.
  std::size_t max_queue = 20000;
  // Bodies that share one commit at most. The server remembers 64 savepoints of a transaction
  // cheaply.
  std::size_t max_group = 64;
  // How long writes wait for a server that went away before they are refused.
  absl::Duration patience = absl::Seconds(2);
  // Hears what an operator must know (error code and text of the server, never data). Any thread.
  std::function<void(absl::string_view)> on_error;
  // The server is not the one any more that was opened: a standby was promoted, or a backup
  // restored. What this process knows of sequences may never have been; it must start anew. Any
  // thread. Default: a line on stderr, then abort().
  std::function<void(absl::string_view)> on_fatal;
};

class Catalog;
class PostgresCommits;
class PostgresConnection;
class PostgresLeadership;
class PostgresReaders;
class PostgresWriteLane;

class PostgresStore final : public Store {
 public:
  // INVALID_ARGUMENT     the options or the description of a table are not well-formed
  // FAILED_PRECONDITION  the schema is newer than this program, described otherwise, or missing and
  //                      not ours to make; the message is for the operator
  // UNAVAILABLE          the server cannot be reached or refuses the user
  static absl::StatusOr<std::unique_ptr<PostgresStore>> Open(PostgresOptions options);
  // Finishes the queued bodies. All snapshots must be gone.
  ~PostgresStore() override;

  // `done` also gets DEADLINE_EXCEEDED if the connection was lost during the commit and its outcome
  // cannot be found out: only then the effect may have happened.
  void Transact(const base::CallContext& ctx, base::TenantId tenant, Body body, Done done) override;
  absl::StatusOr<std::unique_ptr<Snapshot>> Read(const base::CallContext& ctx,
                                                 base::TenantId tenant) override;
  // Made from the id in the schema, the cluster, its timeline and the database.
  const std::string& id() const override { return id_; }
  const std::vector<std::string>& former_ids() const override { return former_ids_; }
  std::int64_t committed_sequence() const override;
  int AddCommitListener(std::function<void(std::int64_t sequence)> listener) override;
  void RemoveCommitListener(int handle) override;
  std::size_t queued() const override;
  bool TryLead(absl::string_view what) override;
  void Resign(absl::string_view what) override;
  std::uint64_t VersionOf(std::int64_t sequence) const override;
  void SetGuard(CommitGuard* guard) override;

 private:
  explicit PostgresStore(PostgresOptions options);
  absl::Status Start();
  // A connection that works, as the role; `patience` as in PostgresConnection::Options.
  absl::StatusOr<std::unique_ptr<PostgresConnection>> Connect(absl::Duration patience);
  std::string NewId();
  void Moved(absl::string_view how);

  const PostgresOptions options_;
  base::SystemRng system_rng_;
  std::string id_;
  std::vector<std::string> former_ids_;
  std::string identity_;  // of the server that was opened
  std::string role_;      // assumed by the connections that work
  std::atomic<bool> away_{false};
  std::atomic<bool> moved_{false};
  std::atomic<std::size_t> waiting_{0};
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<PostgresCommits> commits_;
  std::vector<std::unique_ptr<PostgresWriteLane>> lanes_;
  std::unique_ptr<PostgresReaders> readers_;
  std::unique_ptr<PostgresLeadership> leadership_;
  // Says, also while nothing is read or written, that this process is here, see PresenceOf.
  std::unique_ptr<PostgresConnection> presence_;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_POSTGRES_STORE_H_
