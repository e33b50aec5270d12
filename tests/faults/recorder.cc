#include "tests/faults/recorder.h"

#include <time.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace rapport::tests {

std::int64_t BootNanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

Recorder::Recorder(const std::string& path) : file_(std::fopen(path.c_str(), "w")) {
  if (file_ == nullptr) {
    std::fprintf(stderr, "cannot write %s\n", path.c_str());
    std::exit(2);
  }
}

Recorder::~Recorder() { std::fclose(file_); }

void Recorder::Add(const Record& record) {
  std::string line = absl::StrCat("{\"k\":\"", record.entity, "\",\"o\":\"");
  line.push_back(record.op);
  absl::StrAppend(&line, "\",\"c\":", record.client, ",\"b\":", record.begin);
  if (record.done != 0) absl::StrAppend(&line, ",\"d\":", record.done);
  if (record.version >= 0) absl::StrAppend(&line, ",\"v\":", record.version);
  if (!record.value.empty()) absl::StrAppend(&line, ",\"x\":\"", record.value, "\"");
  if (record.tries > 1) absl::StrAppend(&line, ",\"t\":", record.tries);
  if (record.failed_code != 0) absl::StrAppend(&line, ",\"e\":", record.failed_code);
  absl::StrAppend(&line, ",\"at\":", record.process, "}\n");
  base::MutexLock lock(&mu_);
  std::fwrite(line.data(), 1, line.size(), file_);
}

void Recorder::AddListed(absl::string_view entity, const std::vector<std::string>& ids) {
  const std::string list = absl::StrJoin(ids, ",", [](std::string* out, const std::string& id) {
    absl::StrAppend(out, "\"", id, "\"");
  });
  const std::string line = absl::StrCat("{\"k\":\"", entity, "\",\"listed\":[", list, "]}\n");
  base::MutexLock lock(&mu_);
  std::fwrite(line.data(), 1, line.size(), file_);
}

}  // namespace rapport::tests
