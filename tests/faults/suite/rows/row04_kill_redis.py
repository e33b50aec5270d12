"""kill -9 of Redis, which comes back empty."""
import time

from goals import within
from load import goals_of, longest_write, no_read_failed


def run(house_factory, tier, rng):
    results, back = [], []
    for _ in tier.rounds(1, 100):
        with house_factory() as house:
            house.wait_cache_on()
            with house.load() as load:
                for _ in range(2):  # after each the cache stays off for longer
                    load.wait_acks(50)
                    time.sleep(rng.uniform(0.005, 0.3))  # the random moment
                    house.redis.kill()
                    load.wait_acks(rng.randrange(1, 100))
                    house.redis.start()
                    began = time.monotonic()
                    load.wait_acks(50)
                    house.wait_cache_on()
                    back.append(time.monotonic() - began)
                    load.wait_reads(200)
                    tier.note("kills")
        results.append(load.result)
    return goals_of("4", results) + [
        no_read_failed("4", results), longest_write("4", results),
        within("N16", f"cache on after Redis is back, longest of {len(back)}", max(back), 10),
    ]
