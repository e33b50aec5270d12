"""Restart after kill -9 of a house that knows many relationships: how long until it is ready."""
import time

from calls import get_rapport, new_person
from goals import within
from many import TABLES, fill_postgres, fill_sqlite, set_cursor_sqlite
from spawn import until

FOLLOWED = (("contact", "engagement"), ("contact", "recommendation"),
            ("engagement", "contact"), ("engagement", "recommendation"))


def known_to_all(house):
    """One relationship that every service has heard of: the ids of its person and its own."""
    one = new_person(house, "contact", "one of many")
    until(lambda: get_rapport(house, "engagement", one, one.token).ok(), 30, "engagement knows it")
    until(lambda: house.counted("rapport_feed_applied", "recommendation") >= 3, 30,
          "recommendation knows it")
    return one.name.rsplit("/", 1)[1], one.relationship.rsplit("/", 1)[1]


def fill(house, count):
    person, relationship = known_to_all(house)
    if house.postgres is not None:
        for name in house.names:
            house.stop(name)
        for service in TABLES:
            fill_postgres(house.postgres, service, person, relationship, count)
        return
    for name in house.names:
        house.stop(name)
    last = {service: fill_sqlite(house.path(service, ".db"), service, person, relationship, count)
            for service in TABLES}
    for origin, follower in FOLLOWED:
        set_cursor_sqlite(house.path(follower, ".db"), origin, last[origin])


def run(house_factory, tier, rng, count=None):
    goals = []
    count = count or (20_000 if tier.name == "C" else 1_000_000)
    for engine, bound in (("sqlite", 1.0), ("postgres", 2.0)):
        with house_factory(engine=engine, processes=list(TABLES)) as house:
            fill(house, count)
            for name in house.names:
                house.start(name)
            longest = dict.fromkeys(house.names, 0.0)
            with house.load() as load:
                for _ in tier.rounds(3, 20):
                    for name in house.names:
                        load.wait_acks(30)
                        house.kill(name)
                        began = time.monotonic()
                        house.start(name)
                        longest[name] = max(longest[name], time.monotonic() - began)
                        tier.note("kills")
                load.wait_acks(30)
        goals += load.goals(f"N18 {engine}")
        goals += [within("N18", f"{name} on {engine} ready after kill -9, {count:,} relationships",
                         longest[name], bound) for name in house.names]
    return goals
