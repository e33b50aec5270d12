"""Addresses lead somewhere else, all of a sudden: another Redis, PostgreSQL and a service behind a
new address."""
import time

from goals import Goal, within
from load import goals_of

EPOCH = "SELECT epoch FROM contact.cache_mode"


def run(house_factory, tier, rng):
    results, took, changes, epochs = [], [], 0, 0
    for _ in tier.rounds(1, 100):
        with house_factory(gates=True) as house:
            servers = [house.another_redis("other"), house.redis]
            house.wait_cache_on()
            seen = [house.postgres.query(EPOCH, "rapport")]
            with house.load() as load:
                for redis, contact in zip(servers, ("contact/2", "contact")):
                    # Some processes at once, the others when their connections end.
                    for gate in house.gates_to("redis"):
                        gate.point(redis.socket, reset=rng.random() < 0.5)
                    load.wait_acks(60)
                    for gate in house.gates_to("redis") + house.gates_to("postgres"):
                        gate.reset_all()
                    began = time.monotonic()
                    load.wait_acks(20)
                    took.append(time.monotonic() - began)
                    for gate in house.gates_to("contact"):
                        gate.point(house.socket_of(contact), reset=True)
                    load.wait_acks(30)
                    house.wait_cache_on()
                    seen.append(house.postgres.query(EPOCH, "rapport"))
                    changes += 1
                    epochs += seen[-1] != seen[-2]
                load.wait_reads(200)
        results.append(load.result)
    return goals_of("31", results) + [
        within("31", f"20 writes after the change, longest of {len(took)}", max(took), 5.0),
        Goal("31", "changes to another Redis that made another epoch", f"{epochs} of {changes}",
             f"{changes}", epochs == changes),
    ]
