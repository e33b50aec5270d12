// A PostgreSQL server for tests: its own cluster in a temporary folder, reached by a unix socket
// only. It ends with the object, and with the thread that started it, however that ends. What it
// has acknowledged outlives its processes, but not the machine (fsync is off).
#ifndef RAPPORT_COMMON_TESTING_POSTGRES_SERVER_H_
#define RAPPORT_COMMON_TESTING_POSTGRES_SERVER_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace rapport::testing {

// The server is the one in PATH, else the newest below /usr/lib/postgresql. PostgreSQL refuses to
// run as root, so as root it runs as the user postgres, or nobody. Dies if anything fails.
class PostgresServer {
 public:
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // Everyone may log in without a password. The superuser is "postgres".
  std::string uri(const std::string& user = "postgres",
                  const std::string& database = "postgres") const;
  // Makes an empty database; the URI to log in there as a user of its own, who owns it and may make
  // roles.
  std::string CreateDatabase();
  // Runs one statement, as a superuser unless `uri` says otherwise. The first column of the rows;
  // or, if it was refused, one line: "error" and the SQLSTATE.
  std::vector<std::string> Query(const std::string& sql) const { return Query(uri(), sql); }
  static std::vector<std::string> Query(const std::string& uri, const std::string& sql);

  // As `kill -9` does, with all its processes.
  void Kill();
  // Waits until it answers.
  void Start();
  // Stops or continues all its processes.
  void Freeze();
  void Thaw();

 private:
  std::string folder_;
  pid_t pid_ = -1;
  int databases_ = 0;
};

}  // namespace rapport::testing

#endif  // RAPPORT_COMMON_TESTING_POSTGRES_SERVER_H_
