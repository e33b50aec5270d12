// The bare servers: gRPC's callback API and nothing else.
#ifndef RAPPORT_BENCHMARKS_BARE_SERVERS_H_
#define RAPPORT_BENCHMARKS_BARE_SERVERS_H_

#include <string>

namespace rapport::benchmarks {

inline constexpr char kBareMethod[] = "/rapport.benchmarks.Bare/Call";

// These serve on `address` until SIGTERM or SIGINT, and return the exit code.

// Answers every call with the same `bytes` bytes; requests are not parsed.
int ServeEcho(const std::string& address, int bytes);

// The same through messages: the request is parsed as a GetRelationshipRequest, the answer is a
// Relationship of about 400 bytes that is serialized for every call.
int ServeTypedEcho(const std::string& address);

// Every call writes one engagement and the statistics of its relationship into the copy of a store
// at `path`; calls that wait together share one commit (at most 512), and are answered after it.
int ServeCommits(const std::string& address, const std::string& path);

}  // namespace rapport::benchmarks

#endif  // RAPPORT_BENCHMARKS_BARE_SERVERS_H_
