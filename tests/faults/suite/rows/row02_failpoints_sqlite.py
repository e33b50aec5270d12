"""kill -9 at each named place that SQLite's services pass. What was acknowledged is there
afterwards, once. The product itself knows no failpoints, the programs of the suite no others."""
import os
import subprocess

from failpoints import Plan, die_while_filling, die_while_opening, die_while_working, places
from goals import Goal

ELSEWHERE = ("before_mark", "after_mark", "before_stamp", "after_stamp", "in_open", "in_close")


def refused(house, program, value):
    """True if the program ends at once and says why."""
    done = subprocess.run([os.path.join(house.build, program), "--store=sqlite:/nowhere/x"],
                          env=dict(os.environ, RAPPORT_FAIL=value), capture_output=True, check=False)
    return done.returncode == 2 and b"RAPPORT_FAIL" in done.stderr


def run(house_factory, tier, rng):
    wanted = [p for p in places() if p not in ELSEWHERE]
    with house_factory(engine="sqlite", failpoints=True, start=False) as house:
        plan = Plan(house, tier)
        for name in house.names:
            die_while_opening(plan, name)  # with a file that is half made
        for name in house.names:
            plan.restart(name)
        with house.load(writes=0.5) as load:
            for round_ in tier.rounds(3, 60):
                for place in wanted:
                    process = ("contact", "engagement")[(round_ + len(place)) % 2]
                    if place == "in_migration":
                        house.kill(process)
                        die_while_opening(plan, process)
                        plan.restart(process)
                    elif place == "in_fill":
                        house.stop(process)  # a file has one owner
                        die_while_filling(plan, process, round_ % 3 + 1)
                        plan.restart(process)
                    else:
                        die_while_working(plan, load, process, place, rng)
        refuse = [refused(house, "services/contact/contact", "after_commit:kill@1"),
                  refused(house, "tests/faults/contact_failpoints", "after_comit:kill@1")]
    return load.goals("2 sqlite") + plan.goals("2 sqlite", wanted) + [
        Goal("2", "the product refuses RAPPORT_FAIL, the suite's programs an unknown place",
             str(refuse), "both", all(refuse))]
