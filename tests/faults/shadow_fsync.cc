// Preloaded (LD_PRELOAD) into a program, keeps a second copy of the files in SHADOW_OF, in the
// folder SHADOW_TO, as a power cut would leave them at any moment: a file's content changes there
// when the program has synced it, a new name, a removal or a renaming counts once anything later
// was synced (names of new files: the folder itself). After a kill -9 of the program SHADOW_TO
// alone counts.
//
// A sync that fails changes nothing. The copy is complete before fsync() or fdatasync() returns, so
// whatever was acknowledged after it must be found there. Files below a name that ends in "~" are
// those whose name is not on the disk yet, or whose copy is not complete.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using Sync = int (*)(int);

struct Change {
  std::string from;  // a name in both folders
  std::string to;    // empty: it was removed
};

pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
std::vector<Change>* pending;

struct Lock {
  Lock() { pthread_mutex_lock(&mu); }
  ~Lock() { pthread_mutex_unlock(&mu); }
};

template <class Function>
Function Real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

const std::string& Of() {
  static const std::string* const of = new std::string(std::getenv("SHADOW_OF"));
  return *of;
}
std::string Shadow(const std::string& name) { return std::string(std::getenv("SHADOW_TO")) + name; }

[[noreturn]] void Give(const std::string& up) {
  std::perror(("shadow_fsync: " + up).c_str());
  _exit(3);
}

// "/store.db" for a path in the folder; "/" for the folder; "" for all else.
std::string NameIn(const std::string& path) {
  if (path == Of()) return "/";
  if (path.rfind(Of() + "/", 0) != 0) return "";
  return path.substr(Of().size());
}

std::string PathOf(int fd) {
  std::array<char, 4096> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = readlink(link.c_str(), path.data(), path.size());
  return size < 0 ? "" : std::string(path.data(), static_cast<std::size_t>(size));
}

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

void Copy(const std::string& from, const std::string& to) {
  const int in = open(from.c_str(), O_RDONLY | O_CLOEXEC);
  const int out = open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (in < 0 || out < 0) Give(from);
  for (;;) {
    const ssize_t moved = copy_file_range(in, nullptr, out, nullptr, std::size_t{1} << 30, 0);
    if (moved == 0) break;
    if (moved < 0) Give(from);
  }
  close(in);
  close(out);
}

void Rename(const std::string& from, const std::string& to) {
  if (Real<int (*)(const char*, const char*)>("rename")(from.c_str(), to.c_str()) != 0) Give(from);
}

// What happened to names before something was synced is on the disk too.
void ApplyPending() {
  if (pending == nullptr) return;
  for (const Change& change : *pending) {
    const std::string from = Shadow(change.from);
    if (!Exists(from)) continue;
    if (change.to.empty()) {
      Real<int (*)(const char*)>("unlink")(from.c_str());
    } else {
      Rename(from, Shadow(change.to));
    }
  }
  pending->clear();
}

void NameNewFiles(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string nameless = Shadow(name) + "~";
    if (Exists(nameless)) Rename(nameless, Shadow(name));
  }
}

std::vector<std::string>* nameless;

void Synced(int fd) {
  const std::string path = PathOf(fd);
  const std::string name = NameIn(path);
  if (name.empty()) return;
  const Lock lock;
  ApplyPending();
  if (nameless == nullptr) nameless = new std::vector<std::string>;
  if (name == "/") {
    NameNewFiles(*nameless);
    nameless->clear();
    return;
  }
  Copy(path, Shadow(name) + "~");
  if (Exists(Shadow(name))) {
    Rename(Shadow(name) + "~", Shadow(name));
  } else {
    nameless->push_back(name);
  }
}

void Later(const char* from, const char* to) {
  const std::string name = NameIn(from);
  if (name.empty()) return;
  const Lock lock;
  if (pending == nullptr) pending = new std::vector<Change>;
  pending->push_back({name, to == nullptr ? "" : NameIn(to)});
}

int Through(const char* function, int fd) {
  const int result = Real<Sync>(function)(fd);
  if (result == 0) {
    const int error = errno;
    Synced(fd);
    errno = error;
  }
  return result;
}

}  // namespace

extern "C" {
int fsync(int fd) { return Through("fsync", fd); }
int fdatasync(int fd) { return Through("fdatasync", fd); }
int unlink(const char* path) noexcept {
  const int result = Real<int (*)(const char*)>("unlink")(path);
  if (result == 0) Later(path, nullptr);
  return result;
}
int rename(const char* from, const char* to) noexcept {
  const int result = Real<int (*)(const char*, const char*)>("rename")(from, to);
  if (result == 0) Later(from, to);
  return result;
}
}
