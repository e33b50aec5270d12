"""The profiles on PostgreSQL, with and without Redis in the path."""

from . import recommending
from .engines import COMMIT_CONNECTIONS
from .house import CLIENT_CORE, SERVER_CORE, path_of
from .measure import compare, cpu_ratio_row, interleave, ratio_row, row
from .reads import ECHO, HOT_NAMES, IN_FLIGHT, against_echo, some_names
from .writes import CEILING, METHOD, PREPARED_A_SECOND

GET_RELATIONSHIP = "rapport.contact.v1.RelationshipService/GetRelationship"
GET_RAPPORT = "rapport.engagement.v1.RapportService/GetRapport"
GET_ENGAGEMENT = "rapport.engagement.v1.EngagementService/GetEngagement"
PREFIX = "rp1:peers:"  # of the keys that the bare server and the peer read

# Reads: the engines share the client's core, so that the server has its own to itself. Elsewhere
# they run on both, because there they work as much as the server, and a generator that keeps a fixed
# rate leaves its core no pause.
BESIDE_THE_CLIENT = (CLIENT_CORE,)
ON_BOTH = (SERVER_CORE, CLIENT_CORE)


def hot_read(house, settings):
    """Answered by Redis, one GET a call, against the echo, the bare Redis server and the peer."""
    house.start_redis()
    house.place_engines(*BESIDE_THE_CLIENT)
    names = some_names(house, HOT_NAMES)
    house.tool("rapport_bare", "fill_redis", "--redis=" + house.redis.address, "--names=" + names,
               "--prefix=" + PREFIX)
    house.start_bare("echo", "--bytes=400")
    house.start_bare("redis", "--redis=" + house.redis.address, "--prefix=" + PREFIX)
    if settings.peer:
        house.start_small("redis_tonic", lambda address: [
            settings.peer, "--listen=" + (path_of(address) or address), "--redis=" + house.redis.address,
            "--prefix=" + PREFIX])
    rows = []
    for service, method in (("contact", GET_RELATIONSHIP), ("engagement", GET_RAPPORT)):
        house.start(service, tokens=True, redis=True, metrics=house.metrics_address())
        house.wait_until_cached("bench", service)
        for _ in range(2):  # the second time everything is there
            warm = house.load(service, method, names=names, requests="every_name", in_flight=16,
                              once="true", authorization_file=settings.authorization)
            if warm["void"]:
                raise RuntimeError(warm["void"])
        rows += against_all(house, settings, service, method, names)
        house.stop(service)
    house.stop_all()
    return rows


def against_all(house, settings, service, method, names):
    def one(server, called, number, **flags):
        return house.load(server, called, names=names, in_flight=IN_FLIGHT, seed=number + 1,
                          seconds=settings.seconds, **flags)

    def ours(number):
        gets, before = house.redis.traffic()["gets"], house.cache_counts()
        result = one(service, method, number, authorization_file=settings.authorization)
        gets, now = house.redis.traffic()["gets"] - gets, house.cache_counts()
        reads = {name: now[name] - before.get(name, 0) for name in now}
        hits = reads.get("hits", 0)
        result["gets_per_call"] = gets / (result["ended"] + IN_FLIGHT)
        result["hit_share"] = hits / max(1, sum(reads.values()))
        if result["hit_share"] < 0.999 and not result["void"]:
            result["void"] = "not all reads were answered by Redis"
        return result
    sides = [ours, lambda n: one("echo", ECHO, n), lambda n: one("redis", ECHO, n)]
    if settings.peer:
        sides.append(lambda n: one("redis_tonic", ECHO, n))
    mine, *others = interleave(settings.rounds, *sides)
    name = "%s from Redis, 64 in flight : " % method.split("/")[1]
    profile = "postgres_hot_read"
    echo = compare(profile, name + "echo", mine, others[0], at_least=0.95)
    rows = [echo, cpu_ratio_row(profile, name + "echo, server CPU", echo, 1.0),
            compare(profile, name + "bare, one thread, answers unparsed", mine, others[1])]
    if settings.peer:
        peer = compare(profile, name + "tonic + redis-rs", mine, others[2], at_least=1.0)
        rows += [peer, cpu_ratio_row(profile, name + "tonic + redis-rs, server CPU", peer, 1.0)]
    each = sorted(result["gets_per_call"] for result in mine)
    middle = each[len(each) // 2]
    rows.append(row(profile, "%s: GETs a call" % method.split("/")[1], "GETs", middle,
                    spread=[each[0], each[-1]], wanted="≤ 1", reached=middle <= 1.02,
                    rounds=len(each)))
    return rows


def cold_read(house, settings):
    """From PostgreSQL, without Redis."""
    house.place_engines(*BESIDE_THE_CLIENT)
    house.start_bare("echo", "--bytes=400")
    rows = []
    for service, method, names in (("engagement", GET_ENGAGEMENT, house.engagement_names(100000)),
                                   ("contact", GET_RELATIONSHIP, house.names)):
        house.start(service, tokens=True)
        ours, ceiling = against_echo(house, settings, service, method, names)
        house.stop(service)
        rows.append(compare("postgres_cold_read", "%s, 64 in flight : echo"
                            % method.split("/")[1], ours, ceiling, at_least=0.50))
    house.stop_all()
    return rows


def readiness(house, settings):
    house.start_redis()
    house.place_engines(*ON_BOTH)
    return recommending.readiness(house, settings, "postgres_readiness", redis=True)


def record(house, settings):
    """RecordEngagement, durable, without and with Redis, and the bare group commit: each into a
    database of its own."""
    house.start_redis()
    house.place_engines(*ON_BOTH)
    plain_store = house.copy_store("engagement", "record_plain")
    redis_store = house.copy_store("engagement", "record_redis")
    bare_store = house.copy_store("engagement", "record_bare")
    house.start("engagement", name="without", tokens=True, store=plain_store)
    house.start("engagement", name="with", tokens=True, store=redis_store, redis=True,
                metrics=house.metrics_address())
    house.start_bare("commit", "--store=" + bare_store, "--connections=%d" % COMMIT_CONNECTIONS)
    house.wait_until_cached("record_redis", "engagement")
    rows = []
    for in_flight in (1, 64):
        def one(server, method, number, k=in_flight, **flags):
            return house.load(server, method, names=house.names, requests="mail", in_flight=k,
                              seed=1000000 + k * 1000 + number, seconds=settings.seconds,
                              count=int((settings.seconds + 0.5) * PREPARED_A_SECOND), **flags)

        def ours(server, number, **flags):
            return one(server, METHOD, number, authorization_file=settings.authorization, **flags)

        def counted(number):
            before, marked = house.redis.traffic(), house.cache_counts()["marked_commits"]
            result = ours("with", number)
            after, now = house.redis.traffic(), house.cache_counts()["marked_commits"]
            commits = max(1, now - marked)
            asking = 1
            result["redis_round_trips"] = (after["round_trips"] - before["round_trips"]
                                           - asking) / commits
            result["scripts"] = (after["scripts"] - before["scripts"]) / commits
            result["commits"] = commits
            return result
        plain, redis, bare = interleave(settings.rounds, lambda n: ours("without", n), counted,
                                        lambda n: one("commit", CEILING, n))
        rows += compared(in_flight, plain, redis, bare)
    house.stop_all()
    return rows


def compared(in_flight, plain, redis, bare):
    name = "RecordEngagement, %d in flight" % in_flight
    rows = []
    for how, results in (("", plain), (" with Redis", redis)):
        rows.append(compare("postgres_record", name + how + " : group commit", results, bare,
                            at_least=0.70 if in_flight == 64 else None))
        if in_flight == 1:
            rows.append(ratio_row("postgres_record", name + how + ", p50 : group commit", results,
                                  bare, key="p50_ms", unit="ms", at_most=1.25))
    for key in ("p50_ms", "p99_ms"):
        rows.append(ratio_row("postgres_record", "%s, %s: with Redis : without" % (name, key[:3]),
                              redis, plain, key=key, unit="ms",
                              at_most=1.15 if in_flight == 64 and key == "p50_ms" else None))
    trips = sorted(result["redis_round_trips"] for result in redis)
    middle = trips[len(trips) // 2]
    rows.append(row("postgres_record", name + ": Redis round trips of a commit", "trips", middle,
                    spread=[trips[0], trips[-1]], wanted="≤ 2", reached=middle <= 2.05,
                    rounds=len(trips), scripts=[result["scripts"] for result in redis],
                    commits=[result["commits"] for result in redis]))
    return rows
