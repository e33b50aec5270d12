// A JWKS file that may change while the process runs.
#ifndef RAPPORT_COMMON_AUTH_JWKS_FILE_H_
#define RAPPORT_COMMON_AUTH_JWKS_FILE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/auth/key_set.h"
#include "common/base/mutex.h"

namespace rapport::auth {

// Looks at the file at most once a second. If it changed (inode, size or a time), reads it; a file
// that is missing, half written or invalid leaves the last good keys in force, is counted, and is
// tried again a second later. Thread-safe; one caller per second pays for the look.
class JwksFile {
 public:
  struct Keys {
    std::shared_ptr<const KeySet> set;
    std::uint64_t generation;  // grows with every change of the set
  };

  // Fails if the file cannot be read as a JWKS now: FAILED_PRECONDITION with the reason.
  static absl::StatusOr<std::unique_ptr<JwksFile>> Open(std::string path, absl::Time now);

  // Looks at the file if it is time, and returns the generation in force.
  std::uint64_t Refresh(absl::Time now);
  Keys Current() const;

  std::int64_t reloads() const { return reloads_.load(std::memory_order_relaxed); }
  std::int64_t failed_reloads() const { return failed_reloads_.load(std::memory_order_relaxed); }

 private:
  // What tells one state of the file from another.
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  struct Loaded;

  JwksFile(std::string path, absl::Time now);
  absl::StatusOr<Loaded> Load() const;
  void Reload();

  const std::string path_;
  std::atomic<std::int64_t> last_look_us_;
  std::atomic<std::uint64_t> generation_{1};
  std::atomic<std::int64_t> reloads_{0};
  std::atomic<std::int64_t> failed_reloads_{0};
  base::Mutex reload_mu_;  // taken before mu_
  Identity identity_ ABSL_GUARDED_BY(reload_mu_);
  mutable base::Mutex mu_;
  std::shared_ptr<const KeySet> set_ ABSL_GUARDED_BY(mu_);
};

}  // namespace rapport::auth

#endif  // RAPPORT_COMMON_AUTH_JWKS_FILE_H_
