"""Eight clients that read and write relationship data through any process of a house, and record
every call with its outcome (record_load.cc). What was acknowledged is compared with what is there
afterwards, and all histories are checked twice: check.py and porcupine/."""
import collections
import json
import os
import subprocess
import threading
import time
import zlib

import check
from goals import Goal, within, zero
from spawn import Spawned, until

_recordings = 0


class Load:
    """Runs from start() (or `with`) to stop(). Reads and writes are paced at `rate` calls a second
    in all (0: as fast as they go); a history ends after `ops` calls on fresh entities of `people`
    people, three entities each. A failed write is repeated with the same id until it succeeds or
    `give_up` seconds are over: then its outcome stays unknown. With `keep_calls`, result.calls has
    every line of the recording."""

    on_result = staticmethod(lambda result: None)  # gets the result of every load

    def __init__(self, house, clients=8, rate=900, ops=550, people=5, writes=0.25, again=0.2,
                 timeout=3.0, give_up=20.0, keep_calls=False):
        global _recordings
        _recordings += 1
        self.house = house
        self.path = os.path.join(house.folder, f"history-{_recordings}.ndjson")
        argv = [os.path.join(house.build, "tests", "faults", "record_load"),
                "--contact=" + ",".join(house.target("contact")),
                "--engagement=" + ",".join(house.target("engagement")),
                f"--out={self.path}", f"--clients={clients}", f"--rate={rate}", f"--ops={ops}",
                f"--people={people}", f"--writes={writes}", f"--again={again}",
                f"--timeout_ms={int(timeout * 1000)}", f"--give_up_ms={int(give_up * 1000)}",
                f"--seed={zlib.crc32(f'{house.seed} {_recordings}'.encode())}"]
        self._argv = argv
        self._keep_calls = keep_calls
        self._status = {}
        self._reader = None
        self.process = None
        self.result = None
        self._hits_before = 0

    def start(self):
        # While every call fails at once nobody polls a client's sockets but gRPC's own timer, which
        # looks every 5 s by default: longer than the client lets a connection take.
        self.process = Spawned(self._argv, self.house.path("record_load", ".log"),
                               env={"GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS": "50"},
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.house.processes[f"record_load {self.path}"] = self.process
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._hits_before = self._hits()
        self.wait_acks(8, timeout=60)
        return self

    def _hits(self):
        if self.house.redis is None:
            return 0
        return int(self.house.counted("rapport_cache_hits_total"))

    def _read(self):
        for line in self.process.popen.stdout:
            try:
                self._status = json.loads(line)
            except ValueError:
                pass

    def status(self):
        """{"acks": acknowledged writes, "reads", "failures": failed calls, "histories": begun,
        "phase": ...}, some 30 ms old."""
        return dict(self._status)

    @property
    def acks(self):
        return self._status.get("acks", 0)

    @property
    def reads(self):
        return self._status.get("reads", 0)

    def wait_acks(self, more, timeout=120):
        """Until so many more writes have been acknowledged."""
        self._wait("acks", more, timeout)

    def wait_reads(self, more, timeout=120):
        self._wait("reads", more, timeout)

    def wait_histories(self, more, timeout=120):
        self._wait("histories", more, timeout)

    def _wait(self, what, more, timeout):
        begin = self._status.get(what, 0)

        def reached():
            if not self.process.running():
                raise RuntimeError("record_load ended: " + self.house.log("record_load")[-2000:])
            return self._status.get(what, 0) >= begin + more
        until(reached, timeout, f"{more} more {what}")

    def stop(self, timeout=120):
        """Ends the clients, reads everything back through every process, and checks it all. The
        house must be healed. The result is check.Result; call it once."""
        if self.result is not None:
            return self.result
        self.process.popen.stdin.write(b"stop\n")
        self.process.popen.stdin.flush()
        code = self.process.wait(timeout)
        self._reader.join(5)
        if code != 0:
            self.process.kill()
            raise RuntimeError(f"record_load: {code}: " + self.house.log("record_load")[-3000:])
        self.result = check.check(self.path, self.house.build, self._keep_calls)
        self.result.hits = max(0, self._hits() - self._hits_before)
        Load.on_result(self.result)
        if self.result.wrong():
            kept = f"/tmp/rapport-faults-bad-{os.getpid()}-{os.path.basename(self.path)}"
            os.replace(self.path, kept)
            print(f"the recording is kept: {kept}", flush=True)
        return self.result

    def goals(self, row):
        """The goals that every row has: call it after stop()."""
        return goals_of(row, [self.result])

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.stop()


def goals_of(row, results):
    """The goals that every row has, for one load or several."""
    def total(name):
        values = (getattr(r, name) for r in results)
        return sum(len(v) if isinstance(v, list) else v for v in values)

    odd = sum((r.odd for r in results), collections.Counter())
    return [
        zero(row, "acknowledged writes lost", total("lost"), total("acknowledged")),
        zero(row, "coherent reads older than an acknowledged write (G1)", total("g1"),
             total("reads")),
        zero(row, "coherent reads older than an earlier read (G2)", total("g2"), total("reads")),
        zero(row, "repeats with a second effect (G4)", total("doubled"), total("repeats")),
        *([zero(row, "histories refused by porcupine", total("bad_histories"), total("judged"))]
          if total("judged") else []),
        Goal(row, "calls that failed otherwise than UNAVAILABLE or DEADLINE_EXCEEDED",
             str(dict(odd) or 0), "0", not odd),
    ]


def no_read_failed(row, results):
    """G5: without Redis reads are slower, but there."""
    return zero(row, "reads that failed (G5)", sum(r.failed_reads for r in results),
                sum(r.reads for r in results))


def longest_write(row, results):
    """G5: one pause, for the fence, and no more."""
    return within(row, "longest write, its pause for the fence included",
                  max(r.longest_write for r in results), 1.5)


def boottime():
    """Seconds of the clock that recordings use."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
