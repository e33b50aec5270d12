"""Runs rows, sums up what they saw, prints the table."""
import argparse
import collections
import dataclasses
import importlib
import json
import os
import pkgutil
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import check
import rows
from goals import Goal, none_of, zero
from house import House
from load import Load
from servers import Postgres

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))


class Tier:
    """How much a row shall do. C: always the same, few rounds. S: as many as its share of the
    minutes allows."""

    def __init__(self, name, seconds_per_row):
        self.name = name
        self._share = seconds_per_row
        self.sums = collections.Counter()

    def rounds(self, few, many, part=1.0):
        """Numbers of rounds to do: `few`; in tier S up to `many`, while there is left of this part
        of the row's time."""
        end = time.monotonic() + self._share * part
        number = 0
        while number < few or (self.name == "S" and number < many and time.monotonic() < end):
            yield number
            number += 1

    def note(self, what, count=1):
        """For the sums of the whole run, e.g. "kills"."""
        self.sums[what] += count


def _rows(only, skip):
    names = sorted(m.name for m in pkgutil.iter_modules(rows.__path__) if m.name[0] != "_")

    def named(name, wanted):
        return any(name == w or name.startswith(w + "_") for w in wanted)

    unknown = [w for w in only + skip if not any(named(n, [w]) for n in names)]
    if unknown:
        sys.exit(f"no such row: {', '.join(unknown)}; there are {', '.join(names)}")
    return [n for n in names if (not only or named(n, only)) and not named(n, skip)]


def _mark(goal, judge_times):
    if goal.ok:
        return "ok"
    return "missed (not judged)" if goal.time and not judge_times else "MISSED"


def _print_table(goals, judge_times):
    table = [("row", "goal", "measured", "bound", "ok")]
    table += [(g.id, g.text, g.measured, g.bound, _mark(g, judge_times)) for g in goals]
    widths = [max(len(str(line[i])) for line in table) for i in range(5)]
    for number, line in enumerate(table):
        print(" | ".join(str(cell).ljust(width) for cell, width in zip(line, widths)).rstrip())
        if number == 0:
            print("-|-".join("-" * width for width in widths))


def _sums(results, sums, tier):
    """Goals of the whole run: N1, N4, N8."""
    few = tier == "C"
    histories = sum(r.histories for r in results)
    goals = []
    if sums["kills"]:
        lost = sum(len(r.lost) for r in results)
        goals.append(Goal(
            "N1", f"acknowledged writes lost, of {sum(r.acknowledged for r in results):,}, in "
            "kill -9 cycles of services, Redis and PostgreSQL",
            f"{lost} in {sums['kills']} cycles (< {3 / sums['kills']:.1e} a kill)" if not lost
            else f"{lost} in {sums['kills']} cycles", "0", lost == 0))
    if histories:
        bad = sum(r.bad_histories for r in results)
        reads = sum(r.reads for r in results)
        hits = sum(r.hits for r in results)
        judged = sum(r.judged for r in results)
        goals.append(zero("N4", "histories that are not linearizable, by porcupine", bad, judged)
                     if judged else Goal("N4", "histories checked by porcupine", "none: see above",
                                         f"{histories}, where Go is there", few))
        goals.append(zero("N4", f"coherent reads (Redis answered {hits:,}) that break G1 or G2, by "
                          "versions",
                          sum(len(r.g1) + len(r.g2) for r in results), reads))
        goals.append(zero("N8", "repeats of a write that had a second effect",
                          sum(len(r.doubled) for r in results), sum(r.repeats for r in results)))
    if few and goals:
        print("tier C asks for 200 kill cycles, 200 histories and 10,000 repeats; what it did is in "
              "the lines N1, N4 and N8. Tier S does more.")
    return goals


def main(arguments):
    parser = argparse.ArgumentParser(prog="tests/faults/run")
    parser.add_argument("--tier", choices=["C", "S"], default="C")
    parser.add_argument("--only", default="", help="rows, with commas")
    parser.add_argument("--skip", default="", help="rows, with commas")
    parser.add_argument("--minutes", type=float, default=120, help="for all rows, tier S")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--out", default=None)
    parser.add_argument("--judge-times", action="store_true")
    options = parser.parse_args(arguments)
    names = _rows([o for o in options.only.split(",") if o],
                  [s for s in options.skip.split(",") if s])
    seed = options.seed if options.seed is not None else secrets.randbits(32)
    tier = Tier(options.tier, options.minutes * 60 / max(1, len(names)))
    # An end from outside is an end like others: everything is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if check.porcupine(os.path.realpath(options.build)) is None and tier.name == "S":
        return 1
    print(f"tier {tier.name}, seed {seed}, {len(names)} rows", flush=True)

    goals, seconds, results = [], {}, []
    Load.on_result = results.append
    folder = tempfile.mkdtemp(prefix="rapport-faults-template-", dir="/tmp")
    os.chmod(folder, 0o755)
    try:
        Postgres.make_template(folder)
        for name in names:
            began = time.monotonic()
            rng = random.Random(f"{seed} {name}")
            houses = []

            def factory(_rng=rng, _houses=houses, **more):
                house = House(os.path.realpath(options.build), _rng.getrandbits(32), **more)
                _houses.append(house)
                return house

            try:
                found = importlib.import_module("rows." + name).run(factory, tier, rng)
            except Exception as error:  # a row that cannot be run is a broken goal
                traceback.print_exc()
                found = [Goal(name, "the row runs to its end", repr(error)[:200], "", False)]
            for house in houses:
                try:
                    house.close()
                except RuntimeError as error:
                    found.append(Goal(name, "no process is left behind", str(error), "0", False))
            goals += found
            seconds[name] = time.monotonic() - began
            missed = [g for g in found if _mark(g, options.judge_times) == "MISSED"]
            print(f"{name}: {len(found)} goals, {len(missed)} missed, {seconds[name]:.1f} s",
                  flush=True)
            for goal in missed:
                print(f"  MISSED {goal.id} {goal.text}: {goal.measured}, bound {goal.bound}",
                      flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    goals += _sums(results, tier.sums, tier.name)
    print()
    _print_table(goals, options.judge_times)
    broken = [g for g in goals if _mark(g, options.judge_times) == "MISSED"]
    print(f"\n{len(goals)} goals, {len(broken)} missed, {sum(seconds.values()):.0f} s, seed {seed}")
    if options.out:
        with open(options.out, "w", encoding="utf-8") as out:
            json.dump({"tier": tier.name, "seed": seed, "seconds": seconds,
                       "sums": dict(tier.sums), "judge_times": options.judge_times,
                       "goals": [dict(dataclasses.asdict(g), said=_mark(g, options.judge_times))
                                 for g in goals]}, out, indent=1)
            out.write("\n")
    return 1 if broken else 0
