// The direct bulk path: rows that a service wrote, written once more without the service.
#ifndef RAPPORT_BENCHMARKS_BARE_DIRECT_H_
#define RAPPORT_BENCHMARKS_BARE_DIRECT_H_

#include <cstdint>
#include <string>

namespace rapport::benchmarks {

struct DirectResult {
  std::int64_t rows = 0;
  double seconds = 0;
  double cpu_seconds = 0;
};

// Reads the engagements of `from` whose rowid is above `after`, and the statistics of their
// relationships. Then, on the clock, writes them into `to`, 1,000 engagements a transaction with
// the statistics of the relationships among them once each. `from` may be in use.
DirectResult CopyDirectly(const std::string& from, std::int64_t after, const std::string& to);

// The same on PostgreSQL, by COPY: the engagements whose id is above `after`. `from` and `to` are
// URIs; each of `connections` writes the engagements of its share of the relationships.
DirectResult CopyDirectlyToPostgres(const std::string& from, const std::string& after,
                                    const std::string& to, int connections);

}  // namespace rapport::benchmarks

#endif  // RAPPORT_BENCHMARKS_BARE_DIRECT_H_
