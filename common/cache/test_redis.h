// Tools for tests of connections: calls that wait, and a server that says what the test wants.
#ifndef RAPPORT_COMMON_CACHE_TEST_REDIS_H_
#define RAPPORT_COMMON_CACHE_TEST_REDIS_H_

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/types/optional.h"
#include "common/base/mutex.h"
#include "common/cache/redis_connection.h"
#include "common/cache/redis_loop.h"
#include "common/cache/redis_talk.h"

namespace rapport::cache {

inline constexpr absl::Duration kForEver = absl::InfiniteDuration();
inline constexpr absl::Duration kPatience = absl::Seconds(30);  // before a test gives up

// Things that happen on other threads, in order.
template <class T>
class Events {
 public:
  void Push(T event) {
    base::MutexLock lock(&mu_);
    events_.push_back(std::move(event));
    changed_.SignalAll();
  }
  // The next one; nothing if none comes.
  absl::optional<T> Next() {
    const absl::Time end = absl::Now() + kPatience;
    base::MutexLock lock(&mu_);
    while (events_.empty() && absl::Now() < end) changed_.WaitWithTimeout(&mu_, end - absl::Now());
    if (events_.empty()) return absl::nullopt;
    T event = std::move(events_.front());
    events_.pop_front();
    return event;
  }
  bool empty() {
    base::MutexLock lock(&mu_);
    return events_.empty();
  }

 private:
  base::Mutex mu_;
  base::CondVar changed_;
  std::deque<T> events_ ABSL_GUARDED_BY(mu_);
};

using Reply = absl::StatusOr<RedisReply>;
using Replies = Events<Reply>;

// A callback that notes the reply.
inline RedisConnection::Callback Note(Replies& replies) {
  return [&replies](Reply reply) { replies.Push(std::move(reply)); };
}

// Sends one command and waits.
inline Reply Ask(RedisConnection& connection, const std::vector<absl::string_view>& words,
                 absl::Duration budget = kForEver) {
  Replies replies;
  connection.Submit(words, budget, Note(replies));
  auto reply = replies.Next();
  return reply.has_value() ? *std::move(reply) : absl::InternalError("the callback was not called");
}

// The text of a reply, or the name of its failure.
inline std::string TextOf(const Reply& reply) {
  if (!reply.ok()) return "failure:" + std::string(FailureName(FailureOf(reply.status())));
  if (reply->kind == RedisReply::Kind::kNil) return "nil";
  if (reply->kind == RedisReply::Kind::kInteger) return std::to_string(reply->integer);
  return reply->text;
}
inline std::string TextOf(const absl::optional<Reply>& reply) {
  return reply.has_value() ? TextOf(*reply) : "nothing came";
}

// The user that docs/caching.md tells operators to make, as arguments of a server; and what a
// client needs to be it.
inline std::vector<std::string> AclUser(const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"--user", "rapport", "on",          ">secret", "~rp1:*",
                                    "+get",   "+set",    "+pttl",       "+time",   "+evalsha",
                                    "+eval",  "+info",   "+script|load"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}
inline void SignIn(RedisOptions& options, const std::string& folder) {
  options.user = "rapport";
  options.password_file = folder + "/password";
  std::ofstream(options.password_file) << "secret\n";
}

// One command to whatever listens on this socket.
inline Reply RunOn(const std::string& socket, const std::vector<std::string>& words) {
  const SystemBootClock clock;
  const absl::Duration deadline = clock.Now() + kPatience;
  auto stream = RedisStream::Open(clock, {socket, "", ""}, {}, deadline);
  if (!stream.ok()) return stream.status();
  ReplyReader reader(std::size_t{1} << 20);
  auto replies = Talk(clock, *stream, reader, {words}, deadline);
  if (!replies.ok()) return replies.status();
  return std::move((*replies)[0]);
}
// How often the server there was asked for a key.
inline std::string GetsOf(const std::string& socket) {
  const std::string text = TextOf(RunOn(socket, {"INFO", "commandstats"}));
  const std::size_t at = text.find("cmdstat_get:calls=");
  return at == std::string::npos ? "none" : text.substr(at + 18, text.find(',', at) - at - 18);
}
// Whether the server says so, within the test's patience.
inline bool AwaitText(const std::string& socket, const std::vector<std::string>& words,
                      const std::string& part) {
  const absl::Time end = absl::Now() + kPatience;
  while (TextOf(RunOn(socket, words)).find(part) == std::string::npos) {
    if (absl::Now() > end) return false;
    poll(nullptr, 0, 5);  // it shall have the processor
  }
  return true;
}

// Listens on a unix socket and lets `behave` treat each connection, one after the other. `behave`
// ends when its socket does: the destructor shuts it down.
class RudeServer {
 public:
  explicit RudeServer(std::function<void(int fd)> behave) : behave_(std::move(behave)) {
    const char* temporary = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): only read
    folder_ = std::string(temporary == nullptr ? "/tmp" : temporary) + "/rapport_rude_XXXXXX";
    if (mkdtemp(folder_.data()) == nullptr) std::abort();
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path().data(), path().size());
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        listen(listener_, 8) != 0) {
      std::abort();
    }
    thread_ = std::thread([this] { Run(); });
  }
  ~RudeServer() {
    {
      base::MutexLock lock(&mu_);
      stopping_ = true;
      if (connected_ >= 0) shutdown(connected_, SHUT_RDWR);
    }
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
    unlink(path().c_str());
    rmdir(folder_.c_str());
  }
  std::string path() const { return folder_ + "/s"; }

  // Reads until `count` commands beginning with `word` have come. False at the end.
  static bool Await(int fd, const std::string& word, int count = 1) {
    std::string got;
    char bytes[4096];
    while (true) {
      int found = 0;
      for (std::size_t at = got.find(word); at != std::string::npos; at = got.find(word, at + 1)) {
        ++found;
      }
      if (found >= count) return true;
      const ssize_t size = recv(fd, bytes, sizeof(bytes), 0);
      if (size <= 0) return false;
      got.append(bytes, static_cast<std::size_t>(size));
    }
  }
  static void Say(int fd, absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // Answers the questions of an opening as a master would.
  static bool Greet(int fd) {
    if (!Await(fd, "INFO", 2)) return false;
    Say(fd, "$13\r\nrun_id:rude\r\n\r\n$13\r\nrole:master\r\n\r\n");
    return true;
  }

 private:
  void Run() {
    while (true) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      bool serve = false;
      {
        base::MutexLock lock(&mu_);
        serve = !stopping_;
        if (serve) connected_ = fd;
      }
      if (serve) behave_(fd);
      {
        base::MutexLock lock(&mu_);
        connected_ = -1;
      }
      close(fd);
    }
  }

  const std::function<void(int)> behave_;
  std::string folder_;
  int listener_ = -1;
  base::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  int connected_ ABSL_GUARDED_BY(mu_) = -1;
  std::thread thread_;
};

// A loop and what opens connections on it.
struct RedisFixture {
  absl::StatusOr<std::shared_ptr<RedisConnection>> Open(const RedisOptions& options) {
    auto opened = RedisConnection::Open(loop, clock, options,
                                        [this](absl::Status why) { broken.Push(std::move(why)); });
    if (opened.ok()) connections.push_back(*opened);
    return opened;
  }
  absl::StatusOr<std::shared_ptr<RedisConnection>> Open(const std::string& socket) {
    RedisOptions options;
    options.address = "unix:" + socket;
    options.open_timeout = kPatience;
    return Open(options);
  }

  SystemBootClock clock;
  Events<absl::Status> broken;
  std::vector<std::shared_ptr<RedisConnection>> connections;
  RedisLoop loop{clock};  // ends first
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_TEST_REDIS_H_
