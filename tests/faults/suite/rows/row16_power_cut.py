"""A power cut under load on SQLite, again and again (also row 17: in every third a torn tail of
what was not synced), and the proof that the method sees a loss where there is one."""
import os
import sys
import time

from goals import Goal, none_of, within, zero
from power import MODES, ask_copy, cut, shadowed
from spawn import Spawned, until

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STORES = ("contact", "engagement")


def rounds(tier):
    """In tier C 100 cuts, and fewer on a slow machine: what fits into a minute, but at least 30."""
    if tier.name == "S":
        yield from tier.rounds(100, 1000)
        return
    began = time.monotonic()
    for number in range(100):
        if number >= 30 and time.monotonic() - began > 60:
            return
        yield number


def services(house_factory, tier, rng):
    damaged, torn, cuts, ready, renamed, stopping = [], 0, 0, [], 0, 0
    with house_factory(engine="sqlite", processes=STORES, start=False) as house:
        for name in STORES:
            shadow = house.path(name, ".shadow")
            house.env[name] = shadowed(house.build, house.folder, shadow)
            house.start(name)
        with house.load(writes=0.6, rate=1500) as load:
            ids = None
            for round_ in rounds(tier):
                load.wait_acks(30)
                if round_ % 5 == 4:
                    stopping += while_it_writes_back(house, rng.choice(STORES), rng)
                else:
                    time.sleep(rng.uniform(0.0, 0.3))  # the random moment
                for name in rng.sample(STORES, 2):
                    house.processes[name].signal(9)
                for name in STORES:
                    house.kill(name)
                cuts += 1
                for name in STORES:
                    base = house.path(name, ".db")
                    how = MODES[round_ % len(MODES)] == "torn"
                    torn += cut(base, house.path(name, ".shadow"), how, rng)
                    said = ask_copy(base, "PRAGMA integrity_check")
                    if said != "ok":
                        damaged.append(said)
                began = time.monotonic()
                for name in STORES:
                    house.start(name, wait=False)
                for name in STORES:
                    house.wait_ready(name)
                ready.append(time.monotonic() - began)
                now = [_id(house, name) for name in STORES]
                renamed += ids is not None and ids != now
                ids = now
            load.wait_acks(30)
    lost = len(load.result.lost)
    acknowledged = load.result.acknowledged
    return load.goals("16") + [
        Goal("N2", f"acknowledged writes lost, of {acknowledged:,}, over power cuts, {torn} files with "
             f"torn tails, {stopping} while the log was written back", none_of(lost, cuts), "0",
             lost == 0 and torn > 0 and stopping > 0),
        zero("16", "files that integrity_check finds damaged", len(damaged), 2 * cuts),
        zero("16", "stores that took another id", renamed, cuts),
        within("16", f"both ready again, longest of {len(ready)}", max(ready), 3.0)]


def while_it_writes_back(house, name, rng):
    """Stops a service, which writes the log back into the file, and returns in the midst of it."""
    base = house.path(name, ".db")
    before = os.stat(base).st_mtime_ns
    house.processes[name].signal(15)
    until(lambda: os.stat(base).st_mtime_ns != before or not house.running(name), 20,
          f"{name} writes its log back", pause=0.0005)
    time.sleep(rng.uniform(0.0, 0.02))  # the random moment
    return os.stat(base).st_mtime_ns != before


def _id(house, name):
    """The lock file says which store it is."""
    with open(house.path(name, ".db.lock"), encoding="utf-8") as lock:
        return lock.read().split("\n")[2:3]


def lost_by_a_program(house, synchronous, cuts, rng):
    """Cuts after which acknowledged rows are missing, and all that were acknowledged."""
    base = os.path.join(house.folder, synchronous, "t.db")
    os.makedirs(os.path.dirname(base))
    shadow = os.path.join(house.folder, synchronous + ".shadow")
    env = shadowed(house.build, os.path.dirname(base), shadow)
    bad = acknowledged = 0
    for _ in range(cuts):
        said = base + ".said"
        with open(said, "wb") as out:
            writer = Spawned([sys.executable, os.path.join(HERE, "sqlite_acks.py"), base,
                              synchronous], base + ".log", env=env, stdout=out)
        house.processes["sqlite_acks"] = writer
        until(lambda: os.path.getsize(said) > 0, 20, "a row is acknowledged")
        time.sleep(rng.uniform(0.005, 0.1))  # the random moment
        writer.kill()
        with open(said, "rb") as text:
            numbers = [int(n) for n in text.read().split(b"\n")[:-1]]
        acknowledged += len(numbers)
        cut(base, shadow, False, rng)
        bad += ask_copy(base, "SELECT coalesce(max(n),0) FROM t") < numbers[-1]
    return bad, acknowledged


def run(house_factory, tier, rng):
    goals = services(house_factory, tier, rng)
    few = 10 if tier.name == "C" else 100
    with house_factory(engine="sqlite", start=False) as house:
        normal, of_normal = lost_by_a_program(house, "NORMAL", few, rng)
        full, of_full = lost_by_a_program(house, "FULL", few, rng)
    return goals + [
        Goal("16", f"the method sees losses: cuts of {few} with synchronous=NORMAL that lost "
             f"some of {of_normal:,} acknowledged rows", str(normal), "> 0", normal > 0),
        zero("16", f"the same program with FULL, {of_full:,} rows acknowledged: cuts with a loss",
             full, few)]
