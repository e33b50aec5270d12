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

// The same into the copy of a database at `uri`, over so many connections.
int ServePostgresCommits(const std::string& address, const std::string& uri, int connections);

// One thread and one connection to the Redis on the socket `redis`, pipelined. Answers every call
// with the bytes under the key made of `prefix` and the request's first field, unparsed.
int ServeRedis(const std::string& address, const std::string& redis, const std::string& prefix);
// Writes a Relationship for each line of the file `names`. Prints JSON.
int FillRedis(const std::string& redis, const std::string& names, const std::string& prefix);

}  // namespace rapport::benchmarks

#endif  // RAPPORT_BENCHMARKS_BARE_SERVERS_H_
