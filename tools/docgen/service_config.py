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
    """One entry for each latency class, naming its methods."""
    by_class = {name: [] for name in tables.DEADLINE_SECONDS}
    for service, method, rule, _ in tables.methods(protos):
        by_class[tables.latency(protos, rule)].append(
            {"service": service, "method": method.name})
    configs = []
    for latency, names in by_class.items():
        if not names:
            continue
        config = {"name": sorted(names, key=lambda n: (n["service"], n["method"]))}
        seconds = tables.DEADLINE_SECONDS[latency]
        if seconds is not None:
            config["timeout"] = "%ds" % (seconds + SLACK_SECONDS)
        config["retryPolicy"] = RETRY
        configs.append(config)
    return json.dumps({"methodConfig": configs, "retryThrottling": THROTTLING}, indent=2) + "\n"
