"""kill -9 of the contact service at a random moment, on both engines."""
from goals import within
from killing import kill_cycles


def run(house_factory, tier, rng):
    goals = []
    for engine, bound in (("sqlite", 1.0), ("postgres", 3.0)):
        with house_factory(engine=engine) as house:
            victims = [n for n in house.names if n.startswith("contact")]
            with house.load(writes=0.5) as load:
                ready = kill_cycles(house, load, victims, tier.rounds(20, 1200, part=0.5), tier, rng)
        goals += load.goals(f"1 {engine}")
        goals.append(within(f"1 {engine}", f"ready again, longest of {len(ready)} kills",
                            max(ready), bound))
    return goals
