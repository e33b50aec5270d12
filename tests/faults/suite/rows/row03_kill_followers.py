"""kill -9 of engagement and recommendation: contact does not notice, no event is lost or applied
twice. (That what recommendation learned equals what it learns anew is kill_test's proof.)"""
from goals import within, zero
from killing import kill_cycles


def run(house_factory, tier, rng):
    goals = []
    for engine, bound in (("sqlite", 1.0), ("postgres", 3.0)):
        with house_factory(engine=engine) as house:
            victims = [n for n in house.names if not n.startswith("contact")]
            with house.load(writes=0.5) as load:
                ready = kill_cycles(house, load, victims, tier.rounds(10, 800, part=0.5), tier, rng)
        result = load.result
        goals += load.goals(f"3 {engine}")
        goals.append(zero(f"3 {engine}", "calls of contact that failed meanwhile",
                          result.failed_of["p"] + result.failed_of["r"],
                          result.acknowledged + result.reads))
        goals.append(within(f"3 {engine}", f"ready again, longest of {len(ready)} kills",
                            max(ready), bound))
    return goals
