"""Checks a recording (../recorder.h). Directly, from the versions that answers carry:

  G1    a read that began after a write was acknowledged shows it or a later one;
  G2    a read that began after another one was answered does not show less;
  lost  what was acknowledged is there at the end, and no two writes made the same version;
  once  a repeat with the same id changes nothing, and every engagement is there once.

And by porcupine, which knows nothing of these rules but only what a register and a counter are."""
import collections
import dataclasses
import functools
import json
import os
import subprocess
import sys

READ_BACK = 99  # the client that reads everything at the end
PASSING = (4, 14)  # DEADLINE_EXCEEDED, UNAVAILABLE

CODES = {1: "CANCELLED", 2: "UNKNOWN", 3: "INVALID_ARGUMENT", 4: "DEADLINE_EXCEEDED",
         5: "NOT_FOUND", 6: "ALREADY_EXISTS", 8: "RESOURCE_EXHAUSTED", 9: "FAILED_PRECONDITION",
         10: "ABORTED", 13: "INTERNAL", 14: "UNAVAILABLE", 15: "DATA_LOSS"}


@dataclasses.dataclass
class Result:
    acknowledged: int = 0  # writes
    unknown: int = 0  # writes without an outcome
    reads: int = 0  # answered, while the clients ran and at the end
    repeats: int = 0  # of acknowledged writes, and writes that were tried more than once
    hits: int = 0  # reads that Redis answered, at least: those who died took their count along
    histories: int = 0
    entities: int = 0
    judged: int = 0  # histories that porcupine saw
    bad_histories: int = 0  # of those, and undecided ones
    g1: list = dataclasses.field(default_factory=list)
    g2: list = dataclasses.field(default_factory=list)
    lost: list = dataclasses.field(default_factory=list)
    doubled: list = dataclasses.field(default_factory=list)
    porcupine: list = dataclasses.field(default_factory=list)  # entities
    failed: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    odd: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    failed_reads: int = 0
    failed_of: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # kind
    longest_read: float = 0.0  # seconds, of one call, failed or not
    longest_write: float = 0.0  # seconds, until acknowledged, repeats included
    calls: list = dataclasses.field(default_factory=list)  # if kept: the lines as they are

    def wrong(self):
        return bool(self.g1 or self.g2 or self.lost or self.doubled or self.porcupine)

    def describe(self):
        return "; ".join(f"{name}: {getattr(self, name)[:3]}"
                         for name in ("g1", "g2", "lost", "doubled", "porcupine")
                         if getattr(self, name))


def read(path):
    """The lines of each entity."""
    entities = collections.defaultdict(list)
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            entities[record["k"]].append(record)
    return entities


def _is_statistics(name):
    return name.split(".")[1].startswith("s")


def _check_order(name, records, result):
    """G1 and G2. Each event is looked at in the order of time: what a call knew when it began is
    compared with what it got. A count of engagements grows by one with each write."""
    counting = _is_statistics(name)
    events = []
    for record in records:
        if record["o"] in "rw":
            events.append((record["b"], 0, record))
            if "d" in record:
                events.append((record["d"], 1, record))
    events.sort(key=lambda e: (e[0], e[1]))
    acknowledged = seen = begun = 0
    known = {}
    for _, ended, record in events:
        if not ended:
            begun += record["o"] == "w"
            known[id(record)] = (acknowledged, seen)
            continue
        version = record.get("v", 0)
        if record["o"] == "w":
            acknowledged = acknowledged + 1 if counting else max(acknowledged, version)
            continue
        at_least, not_less = known[id(record)]
        if version < at_least:
            result.g1.append((name, record, f"acknowledged before it began: {at_least}"))
        elif version < not_less:
            result.g2.append((name, record, f"seen before it began: {not_less}"))
        if counting and version > begun:
            result.doubled.append((name, record, f"only {begun} writes had begun"))
        seen = max(seen, version)


def _check_values(name, records, result):
    """Registers: each version has one value, that of the latest write up to it."""
    written = {}
    open_values = {r["x"] for r in records if r["o"] == "w" and "d" not in r}
    for record in records:
        if record["o"] == "w" and "d" in record:
            if record["v"] in written:
                result.lost.append((name, record, f"same version as {written[record['v']]}"))
            written[record["v"]] = record["x"]
    versions = sorted(written)
    values = {}
    for record in records:
        if record["o"] != "r":
            continue
        if values.setdefault(record["v"], record["x"]) != record["x"]:
            result.lost.append((name, record, f"was {values[record['v']]} before"))
        below = [v for v in versions if v <= record["v"]]
        expected = written[below[-1]] if below else "first"
        if record["x"] not in open_values and record["x"] != expected:
            result.lost.append((name, record, f"should be {expected}"))
    last = [r for r in records if r["o"] == "r" and r["c"] == READ_BACK]
    for version in versions:
        if any(r["v"] < version for r in last):
            result.lost.append((name, {"v": version, "x": written[version]}, "gone at the end"))
    of = {r["x"]: r["v"] for r in records if r["o"] == "w" and "d" in r}
    for record in records:
        if record["o"] == "a" and "d" in record and record["v"] != of[record["x"]]:
            result.doubled.append((name, record, f"the first answer was {of[record['x']]}"))


def _check_listed(name, records, result):
    """Statistics: the timeline has each acknowledged engagement once, and they count what it has."""
    for listing in (r["listed"] for r in records if "listed" in r):
        there = collections.Counter(listing)
        sent = {r["x"]: "d" in r for r in records if r.get("o") == "w"}
        for value, acknowledged in sent.items():
            if acknowledged and value not in there:
                result.lost.append((name, value, "acknowledged, not in the timeline"))
        for value, times in there.items():
            if times > 1 or value not in sent:
                result.doubled.append((name, value, f"{times} times in the timeline"))
        for record in records:
            if record.get("c") == READ_BACK and record["o"] == "r" and record["v"] != len(listing):
                (result.lost if record["v"] < len(listing) else result.doubled).append(
                    (name, record, f"the timeline has {len(listing)}"))


def check_directly(path, keep_calls=False):
    result = Result()
    histories = set()
    for name, lines in read(path).items():
        records = [line for line in lines if "o" in line]
        touched = False
        for record in records:
            kind = record["o"]
            if kind == "w":
                touched = True
                result.acknowledged += "d" in record
                result.unknown += "d" not in record
                result.repeats += record.get("t", 1) > 1
            elif kind == "a":
                result.repeats += "d" in record
            elif kind == "r":
                touched = True
                result.reads += 1
            took = (record.get("d", record["b"]) - record["b"]) / 1e9
            if kind == "w":
                result.longest_write = max(result.longest_write, took)
            elif kind in "rf":
                result.longest_read = max(result.longest_read, took)
            code = record.get("e", 0)
            if code:
                result.failed_reads += kind == "f"
                result.failed_of[name.split(".")[1][0]] += 1
                result.failed[CODES.get(code, code)] += 1
                if code not in PASSING:
                    result.odd[CODES.get(code, code)] += 1
        if touched:
            histories.add(name.split(".")[0])
            result.entities += 1
        _check_order(name, records, result)
        if _is_statistics(name):
            for line in lines:
                line.setdefault("o", "")
            _check_listed(name, lines, result)
        else:
            _check_values(name, records, result)
        if keep_calls:
            result.calls += records
    result.histories = len(histories)
    return result


@functools.cache
def porcupine(build):
    """The program, built by Go when it is missing or older than its source. None, with a line that
    says why, where Go or the module cannot be had."""
    try:
        return _build_porcupine(build)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"porcupine cannot be built with Go: {error}; histories are checked by the versions "
              "in their answers only", file=sys.stderr, flush=True)
        return None


def _build_porcupine(build):
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "porcupine")
    folder = os.path.join(build, "tests", "faults", "porcupine")
    program = os.path.join(folder, "check_histories")
    newest = max(os.path.getmtime(os.path.join(source, f)) for f in os.listdir(source))
    if not os.path.exists(program) or os.path.getmtime(program) < newest:
        os.makedirs(folder, exist_ok=True)
        environment = dict(os.environ)
        environment.setdefault("HOME", folder)
        environment.setdefault("GOCACHE", os.path.join(folder, "cache"))
        subprocess.run(["go", "build", "-mod=readonly", "-o", program, "."], cwd=source, check=True,
                       env=environment)
    return program


def check_by_porcupine(path, build, result):
    program = porcupine(build)
    if program is None:
        return
    done = subprocess.run([program, path], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"porcupine: {done.stderr}")
    answer = json.loads(done.stdout)
    result.porcupine = answer["bad"] + answer["undecided"]
    result.judged = result.histories
    result.bad_histories = len({name.split(".")[0] for name in result.porcupine})


def check(path, build, keep_calls=False):
    result = check_directly(path, keep_calls)
    check_by_porcupine(path, build, result)
    if result.wrong():
        print("VIOLATION in a recording: " + result.describe(), file=sys.stderr, flush=True)
    return result
