"""Redis restarts with old data: nothing of it is believed."""
from goals import Goal
from load import goals_of, no_read_failed


def run(house_factory, tier, rng):
    results, old = [], []
    for _ in tier.rounds(1, 100):
        with house_factory() as house:
            house.wait_cache_on()
            with house.load(rate=1200) as load:
                for _ in range(2):
                    load.wait_reads(300)  # fills
                    house.redis.command("SAVE")
                    load.wait_acks(rng.randrange(40, 120))
                    house.redis.kill(keep_data=True)
                    house.redis.start()
                    old.append(house.redis.command("DBSIZE"))
                    load.wait_acks(50)
                    house.wait_cache_on()
                    tier.note("kills")
                load.wait_reads(300)
        results.append(load.result)
    return goals_of("5", results) + [
        no_read_failed("5", results),
        Goal("5", f"Redis came back with old entries in each of {len(old)} restarts",
             f"{min(old)}-{max(old)} entries", ">= 1", min(old) >= 1),
    ]
