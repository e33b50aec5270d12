"""kill -9 at each named place on PostgreSQL with Redis: of a write, of the marks and stamps around
it, of the feeds, of opening and closing the cache. No read is stale, nothing is lost."""
from failpoints import (Plan, die_while_filling, die_while_opening, die_while_trust_changes,
                        die_while_working, places)

TRUST = ("in_open", "in_close")


def run(house_factory, tier, rng):
    wanted = [p for p in places() if p != "in_checkpoint"]
    with house_factory(failpoints=True, start=False) as house:
        plan = Plan(house, tier)
        for service in ("contact", "engagement", "recommendation"):
            die_while_opening(plan, service)  # with a schema that is half made
        for name in house.names:
            plan.restart(name)
        house.wait_cache_on()
        with house.load(writes=0.5) as load:
            for round_ in tier.rounds(3, 60):
                house.wait_cache_on()
                for place in wanted:
                    service = ("contact", "engagement")[(round_ + len(place)) % 2]
                    if place == "in_migration":
                        house.kill(service)
                        die_while_opening(plan, service)
                        plan.restart(service)
                    elif place == "in_fill":
                        die_while_filling(plan, service, round_ % 3 + 1)
                    elif place.startswith("in_feed"):
                        # One process follows a feed: it must be this one.
                        house.kill(service + "/2")
                        die_while_working(plan, load, service, place, rng)
                        house.start(service + "/2")
                    elif place not in TRUST:
                        process = rng.choice((service, service + "/2"))
                        die_while_working(plan, load, process, place, rng)
                if round_ % 3 == 0:
                    die_while_trust_changes(plan, load, ("contact", "engagement")[round_ % 2], 3)
    return load.goals("2 postgres") + plan.goals("2 postgres", wanted)
