#include "tools/rapport-admin/backup.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/store/sqlite_backup.h"
#include "common/store/sqlite_file.h"
#include "common/store/views.h"
#include "tools/rapport-admin/manifest.h"
#include "tools/rapport-admin/rows.h"
#include "tools/rapport-admin/verify.h"

namespace rapport::admin {
namespace {

constexpr std::size_t kBytes = 1 << 20;
constexpr std::size_t kMostManifest = 4096;
constexpr std::int64_t kSayEvery = 65'536;  // pages: 256 MiB

absl::Status Failed(const std::string& path, absl::string_view what) {
  const int error = errno;
  const std::string text = absl::StrCat(path, " cannot be ", what, ": ", std::strerror(error));
  if (error == ENOENT) return absl::NotFoundError(text);
  return error == ENOSPC ? absl::ResourceExhaustedError(text) : absl::FailedPreconditionError(text);
}

absl::StatusOr<std::string> FileOf(const std::string& address) {
  RETURN_IF_ERROR(store::CheckAddress(address));
  absl::string_view path = address;
  if (absl::ConsumePrefix(&path, "sqlite:") && path != ":memory:") return std::string(path);
  if (store::IsEmbedded(address)) {
    return absl::InvalidArgumentError("a store in memory ends with its process");
  }
  return absl::FailedPreconditionError(
      "backup and restore are for SQLite: PostgreSQL has pg_dump, pg_basebackup and its log "
      "archive");
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

absl::Status WriteAll(const Descriptor& file, const std::string& path, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file.fd(), bytes.data(), bytes.size());
    if (written < 0) return Failed(path, "written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return absl::OkStatus();
}

// A new file in the place of whatever has the name: what was there, be it a link or another user's
// file, is taken away and not written to. -1 and errno if it cannot be made.
int CreateAnew(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return -1;
  return open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

struct Read {
  std::int64_t bytes = 0;
  std::string sha256 = {};
};

// The size and digest of a file; its bytes also go into the new file `copy`, if that is named, and
// to the disk.
absl::StatusOr<Read> ReadFile(const std::string& path, const std::string& copy) {
  const Descriptor from(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (from.fd() < 0) return Failed(path, "opened");
  const Descriptor to(copy.empty() ? -1 : CreateAnew(copy));
  if (!copy.empty() && to.fd() < 0) return Failed(copy, "created");
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                       EVP_MD_CTX_free);
  EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
  Read read;
  std::vector<char> buffer(kBytes);
  for (;;) {
    const ssize_t got = ::read(from.fd(), buffer.data(), buffer.size());
    if (got < 0) return Failed(path, "read");
    if (got == 0) break;
    const absl::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    EVP_DigestUpdate(digest.get(), bytes.data(), bytes.size());
    read.bytes += got;
    if (!copy.empty()) RETURN_IF_ERROR(WriteAll(to, copy, bytes));
  }
  if (!copy.empty() && fsync(to.fd()) != 0) return Failed(copy, "synced");
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(digest.get(), sum, &size);
  read.sha256 = absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(sum), size));
  return read;
}

// The right to make the backup `file`, of this process alone. The lock ends with the process, so
// what one that was killed has left is begun anew. It is on a file of its own: where flock and the
// locks of SQLite are of one kind (NFS), a process that holds the one would be refused the other.
absl::StatusOr<std::unique_ptr<Descriptor>> TakeLock(const std::string& lock,
                                                     const std::string& file) {
  for (;;) {
    auto taken = std::make_unique<Descriptor>(
        open(lock.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (taken->fd() < 0) return Failed(lock, "created");
    if (flock(taken->fd(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return Failed(lock, "locked");
      return absl::FailedPreconditionError(absl::StrCat("another process is backing up to ", file));
    }
    struct stat locked = {};
    struct stat named = {};
    if (fstat(taken->fd(), &locked) == 0 && lstat(lock.c_str(), &named) == 0 &&
        locked.st_ino == named.st_ino && locked.st_dev == named.st_dev) {
      return taken;
    }
    // Its owner has just finished the backup or given it up.
  }
}

// Of who holds the lock alone. Also what SQLite may have left beside it.
void RemovePart(const std::string& part) {
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) unlink((part + suffix).c_str());
}

// Never in the place of another file, where the file system can tell.
absl::Status RenameNew(const std::string& from, const std::string& to) {
  int result = renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  if (result != 0 && errno == EINVAL) result = rename(from.c_str(), to.c_str());
  if (result == 0) return absl::OkStatus();
  if (errno == EEXIST) return absl::FailedPreconditionError(absl::StrCat(to, " is there already"));
  return Failed(to, "renamed");
}

absl::Status WriteManifest(const Manifest& manifest, const std::string& path) {
  const std::string part = path + ".part";
  absl::Cleanup remove = [&part] { unlink(part.c_str()); };
  const Descriptor file(CreateAnew(part));
  if (file.fd() < 0) return Failed(part, "created");
  RETURN_IF_ERROR(WriteAll(file, part, manifest.Text()));
  if (fsync(file.fd()) != 0) return Failed(part, "synced");
  if (rename(part.c_str(), path.c_str()) != 0) return Failed(path, "renamed");
  std::move(remove).Cancel();
  return absl::OkStatus();
}

absl::StatusOr<Manifest> ReadManifest(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0) return Failed(path, "opened");
  std::string text(kMostManifest, '\0');
  const ssize_t size = ::read(file.fd(), text.data(), text.size());
  if (size < 0) return Failed(path, "read");
  text.resize(static_cast<std::size_t>(size));
  auto manifest = Manifest::Parse(text);
  if (manifest.ok()) return manifest;
  return absl::DataLossError(absl::StrCat(path, " ", manifest.status().message()));
}

// A store of another service lacks tables of this one.
absl::Status CheckService(const resource::Schema& schema, const std::string& address,
                          const time::Clock& clock) {
  ASSIGN_OR_RETURN(const auto views, store::OpenViews(OptionsFor(schema, address, clock)));
  const auto anybody = base::TenantId::Trusted("none");
  ASSIGN_OR_RETURN(const auto view, views->Read(ContextOf(anybody), anybody));
  for (const store::Table* table : schema.tables) {
    const auto rows = RowsBehind(*view, *table, {}, 1);
    if (rows.ok() || IsOfTheStore(rows.status())) {
      RETURN_IF_ERROR(rows.status());
      continue;
    }
    return absl::FailedPreconditionError(
        absl::StrCat("the store has no table ", table->name, " as ", schema.service, " has it"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status BackUp(const resource::Schema& schema, const BackupOptions& options,
                    const time::Clock& clock, const Say& say) {
  ASSIGN_OR_RETURN(const std::string path, FileOf(options.store));
  RETURN_IF_ERROR(CheckService(schema, options.store, clock));
  const std::string part = options.file + ".part";
  const std::string lock = part + ".lock";
  ASSIGN_OR_RETURN(const auto taken, TakeLock(lock, options.file));
  const absl::Cleanup remove = [&part, &lock] {
    RemovePart(part);
    unlink(lock.c_str());
  };
  std::error_code ignored;
  if (std::filesystem::exists(options.file, ignored)) {
    return absl::FailedPreconditionError(absl::StrCat(options.file, " is there already"));
  }
  RemovePart(part);
  if (Descriptor(CreateAnew(part)).fd() < 0) return Failed(part, "created");
  Manifest manifest;
  manifest.service = schema.service;
  manifest.time = clock.Now();
  std::int64_t said = 0;
  ASSIGN_OR_RETURN(const store::FileState state,
                   store::CopySqliteFile(path, part, [&](std::int64_t done, std::int64_t all) {
                     if (done / kSayEvery == said / kSayEvery) return;
                     said = done;
                     say(absl::StrCat("copied ", done, " of ", all, " pages"));
                   }));
  manifest.store_id = state.id;
  manifest.sequence = state.sequence;
  manifest.schema_version = state.schema_version;
  ASSIGN_OR_RETURN(const Read read, ReadFile(part, ""));
  manifest.bytes = read.bytes;
  manifest.sha256 = read.sha256;
  // The backup itself comes last: who finds it finds all of it.
  const std::string beside = options.file + ".manifest";
  RETURN_IF_ERROR(WriteManifest(manifest, beside));
  absl::Cleanup remove_manifest = [&beside] { unlink(beside.c_str()); };
  RETURN_IF_ERROR(RenameNew(part, options.file));
  std::move(remove_manifest).Cancel();
  RETURN_IF_ERROR(store::SyncFolder(options.file));
  say(absl::StrCat("backed up store ", state.id, " to sequence ", state.sequence, ": ",
                   manifest.bytes, " bytes"));
  return absl::OkStatus();
}

absl::Status Restore(const resource::Schema& schema, const BackupOptions& options,
                     const time::Clock& clock, const Say& print, const Say& say) {
  ASSIGN_OR_RETURN(const std::string path, FileOf(options.store));
  ASSIGN_OR_RETURN(const Manifest manifest, ReadManifest(options.file + ".manifest"));
  if (manifest.service != schema.service) {
    return absl::FailedPreconditionError(
        absl::StrCat("the backup is of the service ", manifest.service));
  }
  if (manifest.schema_version > schema.version) {
    return absl::FailedPreconditionError("the backup was made by a newer release");
  }
  ASSIGN_OR_RETURN(auto place, store::SqlitePlace::Take(path, options.replace));
  const std::string part = path + ".restoring";
  absl::Cleanup remove = [&part] { unlink(part.c_str()); };
  ASSIGN_OR_RETURN(const Read read, ReadFile(options.file, part));
  if (read.bytes != manifest.bytes || read.sha256 != manifest.sha256) {
    return absl::DataLossError(
        absl::StrCat(options.file, " is not what its manifest says: it is damaged"));
  }
  RETURN_IF_ERROR(place->Put(part));
  place.reset();
  std::string id;
  {
    // Its first owner gives it another id.
    ASSIGN_OR_RETURN(const auto opened,
                     Opened::Open(schema, OptionsFor(schema, options.store, clock)));
    id = opened->store().id();
  }
  if (id == manifest.store_id) {
    return absl::InternalError(
        "the restored store passes itself off as the one that was backed up");
  }
  say(absl::StrCat("restored store ", manifest.store_id, " of sequence ", manifest.sequence,
                   "; its id is ", id, " from now on"));
  return Verify(schema, {.store = options.store}, clock, print, say);
}

}  // namespace rapport::admin
