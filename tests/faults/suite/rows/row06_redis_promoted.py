"""A replica of Redis that missed the latest writes is promoted, and everybody is led there."""
from goals import Goal
from load import goals_of, no_read_failed
from spawn import until


def _follow(replica, gate):
    replica.command("REPLICAOF", "127.0.0.1", gate.port)
    until(lambda: b"master_link_status:up" in replica.command("INFO", "replication"), 30,
          "replication is up", pause=0.02)


def _promote(house, load, master, replica, rng):
    """What the replica had when it was promoted."""
    replication = house.hall.gate(master.socket, rng.getrandbits(32))
    _follow(replica, replication)
    load.wait_reads(300)
    replication.blackhole()
    load.wait_acks(rng.randrange(20, 100))
    entries = replica.command("DBSIZE")
    replica.command("REPLICAOF", "NO", "ONE")
    for gate in house.gates_to("redis"):
        gate.point(replica.socket, reset=rng.random() < 0.7)
    load.wait_acks(50)
    for gate in house.gates_to("redis"):
        gate.reset_all()  # those that were left with the old one
    load.wait_acks(50)
    house.wait_cache_on()
    replication.reset_all()
    return entries


def run(house_factory, tier, rng):
    results, old = [], []
    for _ in tier.rounds(1, 100):
        with house_factory(gates=True) as house:
            first, second = house.redis, house.another_redis("replica")
            house.wait_cache_on()
            with house.load() as load:
                old.append(_promote(house, load, first, second, rng))
                old.append(_promote(house, load, second, first, rng))
                load.wait_reads(300)
        results.append(load.result)
    return goals_of("6", results) + [
        no_read_failed("6", results),
        Goal("6", f"the promoted replica had old entries, {len(old)} promotions",
             f"{min(old)}-{max(old)} entries", ">= 1", min(old) >= 1),
    ]
