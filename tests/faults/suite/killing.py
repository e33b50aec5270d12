"""kill -9 at random moments, again and again."""
import time


def kill_cycles(house, load, victims, rounds, tier, rng):
    """In each round at least 50 writes are acknowledged, and then a random process of `victims`
    dies. Returns how long each took from its start until it was ready, in seconds."""
    ready = []
    for _ in rounds:
        moment = time.monotonic() + rng.uniform(0.005, 0.5)
        load.wait_acks(50)
        time.sleep(max(0.0, moment - time.monotonic()))  # the random moment
        victim = rng.choice(victims)
        house.kill(victim)
        began = time.monotonic()
        house.start(victim)
        ready.append(time.monotonic() - began)
        tier.note("kills")
    load.wait_acks(50)
    return ready
