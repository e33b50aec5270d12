"""The services and bare servers of a run: their processes, sockets, stores and tools."""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time

SERVER_CORE = 0
CLIENT_CORE = 1
SERVICES = ("contact", "engagement", "recommendation")


class Broken(Exception):
    """Something that a measurement needs did not work."""


def free_address():
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % probe.getsockname()[1]


def path_of(address):
    """Where the Unix socket lies; None for TCP."""
    return address[5:] if address.startswith("unix:") else None


def is_there(address):
    if path_of(address):
        return os.path.exists(path_of(address))
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def remove_socket(address):
    if path_of(address) and os.path.exists(path_of(address)):
        os.remove(path_of(address))


class Process:
    """A child that listens on an address, ended by its own id."""

    def __init__(self, arguments, log, address, cwd=None):
        self.address = address
        with open(log, "ab") as out:
            self.child = subprocess.Popen(arguments, stdout=out, stderr=subprocess.STDOUT,
                                          stdin=subprocess.DEVNULL, env=clean_environment(),
                                          cwd=cwd)
        self.pid = self.child.pid
        self.log = log

    def wait_until(self, ready, what, seconds=120):
        until = time.monotonic() + seconds
        while not ready():
            if self.child.poll() is not None or time.monotonic() > until:
                raise Broken("%s did not come up; see %s" % (what, self.log))
            time.sleep(0.01)

    def stop(self):
        self.end(signal.SIGTERM)

    def end(self, how):
        if self.child.poll() is None:
            self.child.send_signal(how)
            try:
                self.child.wait(30)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def memory_kib(self):
        """Resident memory: all of it, and what is not backed by files."""
        with open("/proc/%d/status" % self.pid) as lines:
            found = dict(re.findall(r"^(VmRSS|RssAnon):\s+(\d+) kB", lines.read(), re.M))
        return int(found["VmRSS"]), int(found["RssAnon"])


def clean_environment():
    return {k: v for k, v in os.environ.items() if not k.startswith("RAPPORT_")}


class House:
    """Everything below one work folder, on the embedded store. Stops all it has started when it is
    closed."""

    engine = "SQLite"
    tcp = False  # TCP on the loopback instead of Unix sockets
    direct_path = "1,000 rows a transaction"
    understood_relationships = 1000  # for which an offer is a live question

    def __init__(self, build, work, people):
        self.build = build
        self.work = work
        self.people = people
        self.running = {}
        self.addresses = {}
        self.engines = []  # processes that the services work with
        os.makedirs(work, exist_ok=True)
        self.names = os.path.join(work, "relationships.txt")
        self.understood = os.path.join(work, "understood.txt")

    def close(self):
        self.stop_all()

    # Files.

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def store(self, service):
        return self.path(service + ".db")

    def copy_store(self, service, name):
        """A copy of the store of a service that is not running."""
        self.remove_copy(name)
        copy = self.path(name + ".db")
        shutil.copyfile(self.store(service), copy)
        os.sync()  # what the disk has still to write would disturb the measurement
        return copy

    def remove_copy(self, name):
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(self.path(name + ".db" + suffix)):
                os.remove(self.path(name + ".db" + suffix))

    def storage_flags(self, service, store, redis):
        return ["--store=sqlite:" + (store or self.store(service))]

    def wipe(self):
        for name in os.listdir(self.work):
            if ".db" in name or name == "filled.json":
                os.remove(self.path(name))

    def last_engagement(self):
        """Where the engagements end that are there now; `direct` takes those behind it."""
        store = sqlite3.connect("file:%s?mode=ro" % self.store("engagement"), uri=True)
        try:
            return str(store.execute("SELECT coalesce(max(rowid), 0) FROM engagements")
                       .fetchone()[0])
        finally:
            store.close()

    def direct(self, after, copy):
        return self.tool("rapport_bare", "direct", "--from=" + self.store("engagement"),
                         "--after=" + after, "--store=" + copy, core=SERVER_CORE)

    def engagement_names(self, count):
        """Writes names of engagements drawn evenly from the store; engagement must not run."""
        path = self.path("engagements.txt")
        store = sqlite3.connect(self.store("engagement"))
        total = store.execute("SELECT max(rowid) FROM engagements").fetchone()[0]
        with open(path, "w") as out:
            for row in range(1, total + 1, max(1, total // count)):
                found = store.execute("SELECT parent, id FROM engagements WHERE rowid >= ? "
                                      "ORDER BY rowid LIMIT 1", (row,)).fetchone()
                out.write("tenants/bench/relationships/%s/engagements/%s\n" % found)
        store.close()
        return path

    # Programs.

    def program(self, name):
        folder = "services/" + name if name in SERVICES else "benchmarks"
        return os.path.join(self.build, folder, name)

    def tool(self, name, *arguments, core=CLIENT_CORE):
        """Runs a tool to its end and returns the JSON that it prints."""
        command = [self.program(name), *arguments]
        if core is not None:
            command = ["taskset", "-c", str(core)] + command
        done = subprocess.run(command, capture_output=True, text=True, env=clean_environment())
        if done.returncode != 0:
            raise Broken("%s: %s" % (" ".join(command[:6]), done.stderr.strip()[-500:]))
        return json.loads(done.stdout.splitlines()[-1])

    def bench(self, command, **flags):
        engines = ",".join(str(e.pid) for e in self.engines) or None
        return self.tool("rapport_bench", command, *to_flags({**flags, "engine_pids": engines}))

    def load(self, server, method, **flags):
        """Puts load on `server`, one of the running processes."""
        process = self.running[server]
        return self.bench("load", target=process.address, method=method, server_pid=process.pid,
                          core=CLIENT_CORE, **flags)

    # Processes.

    def address_of(self, name):
        if name not in self.addresses:
            self.addresses[name] = free_address() if self.tcp else "unix:" + self.path(name + ".sock")
        return self.addresses[name]

    def service_command(self, service, follow=(), tokens=False, store=None, log_level="info",
                        name=None, redis=False, metrics=None):
        """Arguments and address of a service. `follow` names the services whose feeds it reads."""
        name = name or service
        address = self.address_of(name)
        command = [self.program(service), "--listen=" + address,
                   *self.storage_flags(service, store, redis),
                   "--port_file=" + self.path(name + ".ready"), "--log_level=" + log_level,
                   "--drain_grace=2s"]
        if metrics is not None:
            command.append("--metrics_listen=" + metrics)
        if tokens:
            command += ["--jwks_file=" + self.path("jwks.json"), "--issuer=https://bench.example",
                        "--signing_key_file=" + self.path(service + ".jwk")]
        else:
            command.append("--fixed_tenant=bench")
        for other in follow:
            command.append("--%s_target=%s" % (other, self.address_of(other)))
        return command, address

    def start(self, service, core=SERVER_CORE, name=None, **options):
        """`name` tells processes of one service apart."""
        name = name or service
        command, address = self.service_command(service, name=name, **options)
        ready = self.path(name + ".ready")
        remove_socket(address)
        if os.path.exists(ready):
            os.remove(ready)
        if core is not None:
            command = ["taskset", "-c", str(core)] + command
        process = Process(command, self.path(name + ".log"), address)
        self.running[name] = process
        process.wait_until(lambda: os.path.exists(ready) and os.path.getsize(ready) > 0, name)
        return process

    def start_bare(self, kind, *arguments):
        return self.start_small(kind, lambda address: [self.program("rapport_bare"), kind,
                                                       "--listen=" + address, *arguments])

    def start_small(self, kind, command):
        """`command` makes the command line for an address."""
        address = self.address_of(kind)
        remove_socket(address)
        process = Process(["taskset", "-c", str(SERVER_CORE), *command(address)],
                          self.path(kind + ".log"), address)
        self.running[kind] = process
        process.wait_until(lambda: is_there(address), kind)
        time.sleep(0.2)
        return process

    def stop(self, name):
        process = self.running.pop(name, None)
        if process is not None:
            process.stop()

    def stop_all(self):
        for name in list(self.running):
            self.stop(name)


def to_flags(flags):
    return ["--%s=%s" % (name, value) for name, value in flags.items() if value is not None]
