"""The service config for clients: deadlines and retries of every method. A client that cannot parse
one duration refuses the whole file, so durations are written in the strict form of protobuf JSON."""

import json

import tables

# UNAVAILABLE says "nothing was done"; CANCELLED is how a gRPC server ends calls that reach it in the
# instant of its shutdown. Clients cut attempts above 5.
RETRY = {
    "maxAttempts": 5,
    "initialBackoff": "0.100s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
}
# The clients that share gRPC's C core (C++, Python, Ruby, PHP) take one to two seconds off a timeout
# that stands here (grpc/grpc#34547): with the bare second of a read they fail every call. The server
# ends calls at the deadline of their class in any case.
SLACK_SECONDS = 2
THROTTLING = {"maxTokens": 100, "tokenRatio": 0.1}


def text(protos):
    """One entry for each deadline, naming its methods."""
    entries = {}
    for service, method, rule, _ in tables.methods(protos):
        latency = tables.latency(protos, rule)
        seconds = tables.method_seconds(method, latency)
        # Reads, writes, searches, streams; what has a deadline of its own comes behind its class.
        key = (list(tables.DEADLINE_SECONDS).index(latency),
               seconds != tables.DEADLINE_SECONDS[latency], seconds or 0)
        entries.setdefault(key, (seconds, []))[1].append(
            {"service": service, "method": method.name})
    configs = []
    for _, (seconds, names) in sorted(entries.items()):
        config = {"name": sorted(names, key=lambda n: (n["service"], n["method"]))}
        if seconds is not None:
            config["timeout"] = "%ds" % (seconds + SLACK_SECONDS)
        config["retryPolicy"] = RETRY
        configs.append(config)
    return json.dumps({"methodConfig": configs, "retryThrottling": THROTTLING}, indent=2) + "\n"
