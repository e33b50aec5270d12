"""kill -9 of PostgreSQL: all of it, the postmaster alone, and one of its backends (which makes it
recover as well)."""
import signal
import time

from goals import within
from spawn import send


def run(house_factory, tier, rng):
    ready = []
    with house_factory() as house:
        house.wait_cache_on()
        with house.load(writes=0.5) as load:
            for round_ in tier.rounds(9, 400):
                load.wait_acks(50)
                time.sleep(rng.uniform(0.005, 0.3))  # the random moment
                how = ("backend", "all", "postmaster")[round_ % 3]
                if how == "backend":
                    send(rng.choice(house.postgres.backends()), signal.SIGKILL)
                    began = time.monotonic()
                else:
                    house.postgres.kill() if how == "all" else house.postgres.kill_postmaster()
                    house.postgres.start()
                    began = time.monotonic()
                load.wait_acks(1)
                ready.append(time.monotonic() - began)
                tier.note("kills")
            load.wait_acks(50)
    return load.goals("7") + [
        within("7", f"first write after PostgreSQL is back, longest of {len(ready)}", max(ready),
               3.0),
    ]
