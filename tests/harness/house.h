// The three services as processes, on a store in a temporary folder and on unix sockets, with a
// clock that the test moves. What the stories and fault tests run against. With the environment
// variable RAPPORT_TEST_STORE=postgres, the house has a database of a PostgreSQL server that the
// test process starts; a name like "engagement/2" is one more replica on the same database.
#ifndef RAPPORT_TESTS_HARNESS_HOUSE_H_
#define RAPPORT_TESTS_HARNESS_HOUSE_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rpc/client.h"
#include "common/rpc/session.h"
#include "common/testing/postgres_server.h"
#include "tests/harness/process.h"

namespace rapport::tests {

// RFC 3339, or a date ("2026-03-09"), or a date with hour and minute ("2026-03-09 14:30"), UTC.
absl::Time At(absl::string_view text);

class House {
 public:
  struct Options {
    // The tenant that everybody acts for, without tokens.
    std::string tenant = "home";
    // If set, the services live at this instant until SetNow.
    absl::Time now = absl::InfinitePast();
    // More flags, by service ("contact", "engagement", "recommendation") and by replica
    // ("contact/2").
    std::map<std::string, std::vector<std::string>> flags;
    std::vector<std::string> services = {"contact", "engagement", "recommendation"};
    // Files. If set, all services listen with TLS, and they and the house trust this root alone.
    struct Tls {
      std::string cert, key, ca;
    };
    std::optional<Tls> tls = {};
    // More addresses that every service listens on, e.g. "127.0.0.1:0".
    std::vector<std::string> listen_also = {};
  };
  House() : House(Options{}) {}
  // Starts the services and waits until they are ready; a test fails if they are not.
  explicit House(Options options);
  ~House();

  // Starts a service that is not running, and waits until it is ready.
  void Start(const std::string& service);
  void Kill(const std::string& service);  // kill -9
  int Stop(const std::string& service);   // SIGTERM; the exit code
  void SetNow(absl::Time now);
  Process& process(const std::string& service) { return *processes_.at(service); }
  std::string LogOf(const std::string& service) const;
  const std::string& folder() const { return folder_; }
  std::string SocketOf(const std::string& service) const;
  // The SQLite file.
  std::string StoreOf(const std::string& service) const;
  static bool OnPostgres();
  // From its next start on, the service has this store.
  void MoveTo(const std::string& service, const std::string& store) { stores_[service] = store; }
  // The server of all houses of this test process.
  static testing::PostgresServer& Postgres();
  // All addresses that the service listens on, with their ports.
  std::vector<std::string> AddressesOf(const std::string& service) const;
  const std::string& tenant() const { return options_.tenant; }  // the id
  std::string parent() const { return "tenants/" + options_.tenant; }

  // A client of a service. All share one session, so a call sees what earlier calls wrote, whatever
  // service they went to.
  rpc::Client& client(const std::string& service) { return *clients_.at(service); }
  // "rapport.contact.v1..." goes to contact, and so on.
  template <class Response>
  absl::StatusOr<Response> Call(absl::string_view method,
                                const google::protobuf::MessageLite& request) {
    return ClientFor(method).template Call<Response>(method, request);
  }
  // The same, failing the test on any error.
  template <class Response>
  Response Must(absl::string_view method, const google::protobuf::MessageLite& request) {
    auto response = Call<Response>(method, request);
    Expect(method, response.status());
    return response.ok() ? *std::move(response) : Response();
  }

 private:
  rpc::Client& ClientFor(absl::string_view method);
  static void Expect(absl::string_view method, const absl::Status& status);
  std::string PathOf(const std::string& service, absl::string_view suffix) const;

  const Options options_;
  std::string folder_;
  std::string database_;                       // its URI, on PostgreSQL
  std::map<std::string, std::string> stores_;  // of services that were moved
  std::shared_ptr<rpc::Session> session_;
  std::map<std::string, std::unique_ptr<Process>> processes_;
  std::map<std::string, std::unique_ptr<rpc::Client>> clients_;
};

// Calls `condition` until it is true, at most for `timeout`; returns what it said last.
bool Eventually(absl::Duration timeout, const std::function<bool()>& condition);

}  // namespace rapport::tests

#endif  // RAPPORT_TESTS_HARNESS_HOUSE_H_
