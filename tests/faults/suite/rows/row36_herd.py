"""A thundering herd: a hot key is gone while 5,000 readers want it; and all keys at once.

Whoever finds nothing in Redis gets a lease and loads, and the others wait: that is judged. Readers whom
Redis does not answer within 20 ms go to the database, at most two at a time for each key and process:
how many those are depends on how busy the machine is, and is judged as times are."""
import json
import os
import subprocess

from goals import Goal, zero
from servers import SELECTS

READERS = 5000


def _names(house, limit):
    rows = house.postgres.query(f"SELECT id FROM contact.people ORDER BY id LIMIT {limit}", "rapport")
    path = os.path.join(house.folder, f"names-{limit}")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"tenants/home/people/{row[0]}\n" for row in rows)
    return path, len(rows)


def _herd(house, names, calls):
    """The answers, how often the database was asked for a person, and how often under a lease."""
    before = house.postgres.selects("people")
    misses = house.counted("rapport_cache_misses_total", "contact")
    done = subprocess.run(
        [os.path.join(house.build, "tests", "faults", "herd"),
         "--contact=" + ",".join(house.target("contact")), "--names=" + names, f"--calls={calls}"],
        capture_output=True, text=True, check=True, timeout=120)
    # The herd asks for nobody once on each connection, to make it: nothing is found, nothing counts.
    answers = json.loads(done.stdout)
    misses = int(house.counted("rapport_cache_misses_total", "contact") - misses)
    return answers, house.postgres.selects("people") - before, misses


def run(house_factory, tier, rng):
    worst = leased = failed = answered = 0
    with house_factory(postgres_settings=SELECTS) as house:
        house.postgres.count_selects()
        house.wait_cache_on()
        with house.load(rate=400, ops=200, people=40) as load:
            load.wait_histories(4)
        hot, _ = _names(house, 1)
        everybody, people = _names(house, 150)
        _herd(house, everybody, people * 4)  # fills
        for _ in tier.rounds(3, 300):
            for key in house.redis.keys("rp1:*:pe:*"):
                house.redis.command("DEL", key)
            answers, loads, misses = _herd(house, hot, READERS)
            worst, leased = max(worst, loads), max(leased, misses)
            failed += sum(answers["failed"].values())
            answered += answers["ok"]
        # All keys at once, and Redis new: the refill.
        house.redis.kill()
        house.redis.start()
        with house.load(rate=200) as after:  # writes close it, and it opens again
            after.wait_acks(20)
            house.wait_cache_on()
        for key in house.redis.keys("rp1:*:pe:*"):
            house.redis.command("DEL", key)
        answers, loads, _ = _herd(house, everybody, READERS)
        failed += sum(answers["failed"].values())
        answered += answers["ok"]
    share = loads / people
    return load.goals("36") + [
        Goal("N17", f"loads under a lease for a hot key that is gone, {READERS:,} readers, "
             "2 processes", f"{leased} at most", "<= 4", leased <= 4),
        Goal("N17", "all reads of the database for it", f"{worst} at most", "<= 4", worst <= 4,
             time=True),
        Goal("N16", f"reads of the database for each of {people} keys in the refill",
             f"{share:.3f}", "<= 1.05", share <= 1.05, time=True),
        zero("36", "readers of a herd that got no answer", failed, answered),
    ]
