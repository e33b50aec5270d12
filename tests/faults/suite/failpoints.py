"""kill -9 at named places of the code, each proven reached (common/base/failpoint.h)."""
import collections
import os
import re
import subprocess
import time

from goals import Goal, within
from spawn import until

HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "common",
                      "base", "failpoint.h")
# How often the place is passed before the process dies there, at most: each write or each batch.
OFTEN = 15
SELDOM = 3


def places():
    with open(HEADER, encoding="utf-8") as header:
        text = header.read()
    return re.findall(r'"([a-z_]+)"', text[text.index("kFailpoints[]"):])


class Plan:
    """Lets a process die at a place, and sees that it did."""

    def __init__(self, house, tier):
        self.house = house
        self.tier = tier
        self.died = collections.Counter()
        self.ready = []

    def arm(self, process, place, action="kill", at=1):
        reached = self.house.path(process, ".reached")
        if os.path.exists(reached):
            os.unlink(reached)
        self.house.env[process] = {"RAPPORT_FAIL": f"{place}:{action}@{at}",
                                   "RAPPORT_FAIL_REACHED": reached}

    def await_death(self, process, place, timeout=60):
        code = self.house.wait_ended(process, timeout)
        with open(self.house.path(process, ".reached"), encoding="utf-8") as lines:
            reached = lines.read().split()
        if code != -9 or place not in reached:
            raise RuntimeError(f"{process} ended with {code} at {reached}, not at {place}")
        self.died[place] += 1
        self.tier.note("kills")

    def goals(self, row, wanted):
        bound = 3 if self.tier.name == "C" else 50
        fewest = min(wanted, key=lambda place: self.died[place])
        return [
            Goal("N3", f"named failpoints reached and survived ({row})",
                 f"{sum(self.died[p] > 0 for p in wanted)} of {len(wanted)}, "
                 f"{sum(self.died.values())} deaths, fewest at {fewest}: {self.died[fewest]}",
                 f"each >= {bound}", self.died[fewest] >= bound),
            within(row, f"ready again, longest of {len(self.ready)}", max(self.ready), 3.0),
        ]

    def restart(self, process):
        """As it is outside of tests: with nothing to obey."""
        self.house.env.pop(process, None)
        began = time.monotonic()
        self.house.start(process)
        self.ready.append(time.monotonic() - began)


def die_while_working(plan, load, process, place, rng):
    """The process is replaced by one that dies at the place, under load."""
    house = plan.house
    seldom = place.startswith("in_feed") or place == "in_checkpoint"
    action = "kill"
    if place == "in_checkpoint" and rng.random() < 0.7:
        action = f"kill+{rng.randint(1, 4000)}"  # somewhere inside
    plan.arm(process, place, action, rng.randint(1, SELDOM if seldom else OFTEN))
    house.kill(process)
    house.start(process, wait=False)  # it may die before it is ready
    plan.await_death(process, place)
    plan.restart(process)
    load.wait_acks(10)


def die_while_opening(plan, process):
    plan.arm(process, "in_migration")
    plan.house.start(process, wait=False)
    plan.await_death(process, "in_migration")


def die_while_filling(plan, service, at):
    """rapport-admin, making anew what the service derives, dies between two portions of rows; started
    again it comes to the end, and nothing differs."""
    house = plan.house
    admin = os.path.join(house.build, "tests", "faults", "rapport-admin_failpoints")
    where = [f"--store={house.store(service)}", f"--service={service}"]
    reached = house.path("rapport-admin", ".reached")

    def run(verb, **env):
        with open(house.path("rapport-admin", ".log"), "ab") as log:
            return subprocess.run([admin, verb, *where], env=dict(os.environ, **env), stdout=log,
                                  stderr=log, check=False).returncode

    code = run("rebuild", RAPPORT_FAIL=f"in_fill:kill@{at}", RAPPORT_FAIL_REACHED=reached)
    with open(reached, encoding="utf-8") as lines:
        if code != -9 or "in_fill" not in lines.read().split():
            raise RuntimeError(f"rapport-admin ended with {code}, not in_fill")
    os.unlink(reached)
    plan.died["in_fill"] += 1
    plan.tier.note("kills")
    for verb in ("rebuild", "verify"):
        if code := run(verb):
            with open(house.path("rapport-admin", ".log"), encoding="utf-8") as log:
                raise RuntimeError(f"rapport-admin {verb} ended with {code}: {log.read()[-2000:]}")


def die_while_trust_changes(plan, load, service, times):
    """One process of the service, alone, so that no other opens or closes the cache before it."""
    house = plan.house
    house.wait_cache_on()
    house.kill(service + "/2")
    house.kill(service)
    house.redis.kill()
    die_again_and_again(plan, service, "in_close", times)
    plan.restart(service)
    load.wait_acks(10)
    until(lambda: "OFF" in house.cache_states(), 60, "the cache is off", pause=0.05)
    house.kill(service)
    house.redis.start()
    die_again_and_again(plan, service, "in_open", times)
    plan.restart(service)
    house.start(service + "/2")


def die_again_and_again(plan, process, place, times):
    """What it wanted to write is not there, so it wants to write it again."""
    for _ in range(times):
        plan.arm(process, place)
        plan.house.start(process, wait=False)
        plan.await_death(process, place)
