#include "common/testing/postgres_server.h"

#include <grp.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace rapport::testing {
namespace {

void Must(bool done, const std::string& what) {
  if (done) return;
  std::fprintf(stderr, "PostgreSQL for tests: cannot %s\n", what.c_str());
  std::abort();
}

std::string Program(const std::string& name) {
  const char* const path = std::getenv("PATH");
  for (const auto folder : absl::StrSplit(path == nullptr ? "" : path, ':')) {
    const std::string file = absl::StrCat(folder, "/", name);
    if (access(file.c_str(), X_OK) == 0) return file;
  }
  std::string newest;
  int version = 0;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", missing)) {
    const int number = std::atoi(entry.path().filename().c_str());
    if (number > version) {
      version = number;
      newest = entry.path() / "bin" / name;
    }
  }
  Must(!newest.empty(), "find " + name);
  return newest;
}

const passwd* UserForServers() {
  const passwd* user = getpwnam("postgres");
  return user == nullptr ? getpwnam("nobody") : user;
}

// Starts a program as a user that PostgreSQL accepts, in a process group of its own. It ends with
// the calling thread.
pid_t Spawn(const std::vector<std::string>& arguments, const std::string& log) {
  const passwd* const user = geteuid() == 0 ? UserForServers() : nullptr;
  Must(geteuid() != 0 || user != nullptr, "find a user that is not root");
  const uid_t uid = user == nullptr ? geteuid() : user->pw_uid;
  const gid_t gid = user == nullptr ? getegid() : user->pw_gid;
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  Must(pid >= 0, "fork");
  if (pid > 0) return pid;
  setpgid(0, 0);
  if (user != nullptr && (setgroups(0, nullptr) != 0 || setgid(gid) != 0 || setuid(uid) != 0)) {
    _exit(126);
  }
  // After the change of the user, which would undo it. SIGQUIT makes the server stop at once.
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (getppid() != parent) _exit(126);
  if (chdir("/") != 0 || std::freopen(log.c_str(), "a", stderr) == nullptr ||
      dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    _exit(126);
  }
  execv(argv[0], argv.data());
  _exit(127);
}

// State and parent of a process as the system tells them; the state is 'Z' for one that has ended
// or is not there.
std::pair<char, pid_t> Look(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');
  char state = 'Z';
  int parent = 0;
  if (name_end != std::string::npos) {
    std::istringstream(text.substr(name_end + 1)) >> state >> parent;
  }
  return {state, parent};
}

// Each of the server's processes is in a group of its own: a signal to the first one's group does
// not reach the others.
std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    pid_t pid = 0;
    if (absl::SimpleAtoi(entry.path().filename().string(), &pid) && Look(pid).second == parent) {
      children.push_back(pid);
    }
  }
  return children;
}

// Stops a process, and waits until it has stopped.
void Halt(pid_t pid) {
  kill(pid, SIGSTOP);
  for (char state = Look(pid).first; state != 'T' && state != 'Z'; state = Look(pid).first) {
    poll(nullptr, 0, 1);
  }
}

std::string TemporaryFolder() {
  const char* const base = std::getenv("TMPDIR");
  std::string folder = absl::StrCat(base == nullptr ? "/tmp" : base, "/postgres-XXXXXX");
  // The path of a unix socket has 107 bytes at most.
  if (folder.size() > 80) folder = "/tmp/postgres-XXXXXX";
  Must(mkdtemp(folder.data()) != nullptr, "make a folder");
  return folder;
}

}  // namespace

PostgresServer::PostgresServer() : folder_(TemporaryFolder()) {
  if (geteuid() == 0) {
    const passwd* const user = UserForServers();
    Must(user != nullptr && chown(folder_.c_str(), user->pw_uid, user->pw_gid) == 0,
         "hand over its folder");
  }
  const pid_t initdb = Spawn(
      {Program("initdb"), "--pgdata=" + folder_ + "/data", "--username=postgres", "--auth=trust",
       "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
      folder_ + "/log");
  int status = 0;
  Must(waitpid(initdb, &status, 0) == initdb && status == 0, "make a cluster, see " + folder_);
  Start();
}

PostgresServer::~PostgresServer() {
  Thaw();
  kill(pid_, SIGQUIT);
  waitpid(pid_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void PostgresServer::Start() {
  pid_ = Spawn({Program("postgres"), "-D", folder_ + "/data", "-k", folder_, "-c",
                "listen_addresses=", "-c", "shared_buffers=32MB", "-c", "max_connections=120", "-c",
                "max_wal_size=256MB", "-c", "wal_recycle=off", "-c", "fsync=off"},
               folder_ + "/log");
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (PQping(uri().c_str()) != PQPING_OK) {
    Must(std::chrono::steady_clock::now() < limit && waitpid(pid_, nullptr, WNOHANG) == 0,
         "start, see " + folder_);
    poll(nullptr, 0, 5);
  }
}

void PostgresServer::Kill() {
  Halt(pid_);  // no more children
  const std::vector<pid_t> children = ChildrenOf(pid_);
  for (const pid_t child : children) kill(child, SIGKILL);
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  for (const pid_t child : children) {
    while (Look(child).first != 'Z') poll(nullptr, 0, 1);
  }
}

void PostgresServer::Freeze() {
  Halt(pid_);
  for (const pid_t child : ChildrenOf(pid_)) kill(child, SIGSTOP);
}

void PostgresServer::Thaw() {
  for (const pid_t child : ChildrenOf(pid_)) kill(child, SIGCONT);
  kill(pid_, SIGCONT);
}

std::string PostgresServer::uri(const std::string& user, const std::string& database) const {
  return absl::StrCat("postgresql:///", database, "?host=", folder_, "&user=", user);
}

std::string PostgresServer::CreateDatabase() {
  const std::string name = absl::StrCat("database_", ++databases_);
  Must(Query(absl::StrCat("CREATE ROLE ", name, " LOGIN CREATEROLE")).empty(), "make a role");
  Must(Query(absl::StrCat("CREATE DATABASE ", name, " OWNER ", name)).empty(), "make a database");
  return uri(name, name);
}

std::vector<std::string> PostgresServer::Query(const std::string& uri, const std::string& sql) {
  PGconn* const conn = PQconnectdb(uri.c_str());
  Must(PQstatus(conn) == CONNECTION_OK, absl::StrCat("connect: ", PQerrorMessage(conn)));
  PGresult* const result = PQexec(conn, sql.c_str());
  std::vector<std::string> rows;
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_TUPLES_OK) {
    for (int i = 0; i < PQntuples(result); ++i) rows.emplace_back(PQgetvalue(result, i, 0));
  } else if (status != PGRES_COMMAND_OK) {
    const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    rows.push_back(absl::StrCat("error ", state == nullptr ? "" : state));
  }
  PQclear(result);
  PQfinish(conn);
  return rows;
}

}  // namespace rapport::testing
