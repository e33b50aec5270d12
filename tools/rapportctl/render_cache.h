// The shared cache as text: a table, and below it what an operator should know. Pure.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_RENDER_CACHE_H_
#define RAPPORT_TOOLS_RAPPORTCTL_RENDER_CACHE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rapport/cache/v1/cache_service.pb.h"
#include "tools/rapportctl/days.h"

namespace rapport::rapportctl {

// What one process said.
struct CacheAnswer {
  std::string service;  // "contact"
  std::string address;
  absl::Status status;           // not OK: it did not answer
  cache::v1::CacheStatus cache;  //
};

// "52.0 MiB"
std::string Bytes(std::int64_t count);

// One line for each scope of each process.
std::string RenderCaches(const std::vector<CacheAnswer>& answers, const DayStyle& days);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_RENDER_CACHE_H_
