"""One process is cut off from one of its dependencies, the others are not: completely, or so that
its requests arrive and the answers do not."""
import time

from gate import Rule
from goals import Goal
from load import goals_of

PAIRS = (("contact", "redis"), ("engagement", "redis"), ("contact", "postgres"),
         ("engagement", "contact"), ("contact", "engagement"), ("engagement/2", "postgres"))


def run(house_factory, tier, rng):
    results, closed, partitions = [], 0, 0
    held = Rule(hold=True)
    for _ in tier.rounds(1, 100):
        with house_factory(gates=True) as house:
            house.wait_cache_on()
            with house.load(timeout=1.5) as load:
                for process, dependency in PAIRS:
                    gate = house.gate(process, dependency)
                    way = rng.choice(("both", "down", "up"))
                    gate.set(up=held if way != "down" else None, down=held if way != "up" else None)
                    until = time.monotonic() + rng.uniform(1.3, 2.0)  # longer than any lease
                    load.wait_acks(30)
                    time.sleep(max(0.0, until - time.monotonic()))
                    closed += not house.cache_on()
                    partitions += 1
                    gate.heal()
                    load.wait_acks(30)
                    if dependency == "redis":
                        house.wait_cache_on()
                load.wait_reads(100)
        results.append(load.result)
    return goals_of("26", results) + [
        Goal("26", f"partitions of {partitions} that closed the cache", f"{closed}", ">= 1",
             closed > 0),
    ]
