"""SIGSTOP of each process: a writer or reader that sleeps after its look at the lease breaks
nothing; deadlines are kept; nothing piles up afterwards."""
import time

from goals import Goal, within


def run(house_factory, tier, rng):
    goals = []
    longest = 1.6 if tier.name == "C" else 60.0
    for engine in ("sqlite", "postgres"):
        after = []
        with house_factory(engine=engine) as house:
            victims = list(house.names)
            if engine == "postgres":
                house.wait_cache_on()
                victims += ["redis", "postgres"]
            with house.load(timeout=3.0) as load:
                for round_ in tier.rounds(len(victims), 400, part=0.5):
                    if round_ % len(victims) == 0:
                        rng.shuffle(victims)
                    victim = victims[round_ % len(victims)]
                    # Short ones fit between two steps of a write, long ones outlive every lease.
                    pause = rng.choice([rng.uniform(0.1, 0.5), rng.uniform(1.0, longest)])
                    load.wait_acks(20)
                    what = {"redis": house.redis, "postgres": house.postgres}.get(victim)
                    what.pause() if what else house.pause(victim)
                    time.sleep(pause)  # its length is the fault
                    what.resume() if what else house.resume(victim)
                    began = time.monotonic()
                    load.wait_acks(20)
                    after.append(time.monotonic() - began)
                load.wait_acks(50)
        goals += load.goals(f"9 {engine}")
        read = load.result.longest_read
        goals.append(Goal(f"9 {engine}", "longest read, its deadline being 3 s", f"{read:.2f} s",
                          "<= 3.5 s", read <= 3.5, time=True))
        goals.append(within(f"9 {engine}", f"20 writes after a pause, longest of {len(after)}",
                            max(after), 3.0))
    return goals
