"""Redis is slow: 5, 50, 500 ms late with jitter, and at 10 KB a second."""
import time

from load import goals_of, longest_write, no_read_failed

SLOW = ({"delay": 0.005, "jitter": 0.002}, {"delay": 0.05, "jitter": 0.02},
        {"delay": 0.5, "jitter": 0.2}, {"rate": 10_000.0})


def run(house_factory, tier, rng):
    results = []
    for _ in tier.rounds(1, 100):
        with house_factory(gates=True) as house:
            house.wait_cache_on()
            with house.load(rate=600) as load:
                for slow in SLOW:
                    for gate in house.gates_to("redis"):
                        gate.both(**slow)
                    until = time.monotonic() + rng.uniform(1.3, 2.0)  # longer than any lease
                    load.wait_acks(40)
                    time.sleep(max(0.0, until - time.monotonic()))
                    for gate in house.gates_to("redis"):
                        gate.heal()
                    load.wait_acks(20)
                    if slow is not SLOW[-1]:
                        house.wait_cache_on()
        results.append(load.result)
    return goals_of("24", results) + [no_read_failed("24", results), longest_write("24", results)]
