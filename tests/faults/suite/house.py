"""A house under test: processes of the three services on either engine, with a Redis and gates.

    with house_factory(engine="postgres", gates=True) as house:
        with house.load() as load:
            load.wait_acks(50)
            house.kill("contact")
            house.start("contact")
        goals += load.goals("1")

A process is named by its service ("contact") and, if it is not the first, its number ("contact/2").
Everything listens on unix sockets in the house's folder. Everything ends with the house, by pid."""
import os
import shutil
import signal
import socket
import tempfile
import urllib.request

from gate import Hall
from load import Load
from servers import Postgres, Redis
from spawn import Spawned, alive_with, until

SERVICES = ("contact", "engagement", "recommendation")
FOLLOWS = {"contact": ("engagement",), "engagement": ("contact",),
           "recommendation": ("contact", "engagement")}
STATES = ("ON", "CLOSING", "OFF")
PAIRS = ("contact", "contact/2", "engagement", "engagement/2", "recommendation")


def service_of(process):
    return process.split("/")[0]


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class House:
    """Engine "postgres" has two processes of contact and of engagement and a Redis, unless told
    otherwise; "sqlite" has one of each and none. With `gates`, each process reaches each of its
    dependencies ("redis", "postgres", "contact", "engagement") through house.gate(process, which).
    `flags` and `env` are by service or by process; env may be changed before a start(). With
    `failpoints`, the programs obey RAPPORT_FAIL (failpoint_live.cc)."""

    def __init__(self, build, seed, engine="postgres", processes=None, redis=None, gates=False,
                 flags=None, env=None, redis_flags=(), postgres_settings=(), fsync=False,
                 start=True, failpoints=False):
        self.build = build
        self.failpoints = failpoints
        self.seed = seed
        self.engine = engine
        self.folder = tempfile.mkdtemp(prefix="rapport-faults-", dir="/tmp")
        os.chmod(self.folder, 0o755)  # PostgreSQL's user passes through
        self.flags = dict(flags or {})
        self.env = dict(env or {})
        self.processes = {}
        self.kept_log = {}
        on_postgres = engine == "postgres"
        self.names = list(processes or (PAIRS if on_postgres else SERVICES))
        self.hall = Hall() if gates else None
        self.gates = {}
        self.redis = self.postgres = None
        self._others = []
        self._clusters = []
        self._ports = {}
        try:
            if on_postgres:
                self.postgres = Postgres(self.folder, fsync=fsync, settings=postgres_settings)
                self.postgres.start()
                self.postgres.create_database()
                if redis is not False:
                    self.redis = self.another_redis("redis", redis_flags)
            if start:
                for name in self.names:
                    self.start(name, wait=False)
                for name in self.names:
                    self.wait_ready(name)
        except BaseException:
            self.close()
            raise

    # Servers.

    def another_redis(self, name, flags=()):
        """One more redis-server, started; it ends with the house."""
        redis = Redis(self.folder, name, flags)
        self._others.append(redis)
        redis.start()
        return redis

    def adopt(self, cluster):
        """One more PostgreSQL cluster; it ends with the house."""
        self._clusters.append(cluster)
        return cluster

    def gate(self, process, dependency):
        """The gate between a process and what it depends on."""
        key = (process, dependency)
        if key not in self.gates:
            upstream = {"redis": lambda: self.redis.socket,
                        "postgres": lambda: self.postgres.socket}.get(
                            dependency, lambda: self.socket_of(dependency))()
            self.gates[key] = self.hall.gate(upstream, f"{self.seed} {key}")
        return self.gates[key]

    def gates_to(self, dependency):
        return [self.gate(name, dependency) for name in self.names
                if dependency in self.dependencies(name)]

    def dependencies(self, process):
        found = list(FOLLOWS[service_of(process)])
        if self.postgres is not None:
            found.append("postgres")
        if self.redis is not None and service_of(process) != "recommendation":
            found.append("redis")
        return found

    # Processes of the services.

    def path(self, process, suffix):
        return os.path.join(self.folder, process.replace("/", "-") + suffix)

    def socket_of(self, process):
        return self.path(process, ".sock")

    def target(self, service):
        """All processes of the service, for a gRPC client."""
        return [f"unix:{self.socket_of(n)}" for n in self.names if service_of(n) == service]

    def store(self, process):
        if self.postgres is None:
            return "sqlite:" + self.path(service_of(process), ".db")
        return self.postgres.uri(gate=self.gate(process, "postgres") if self.hall else None)

    def program(self, service):
        if self.failpoints:
            return os.path.join(self.build, "tests", "faults", service + "_failpoints")
        return os.path.join(self.build, "services", service, service)

    def arguments(self, process):
        service = service_of(process)
        self._ports.setdefault(process, _free_port())
        argv = [self.program(service),
                "--listen=unix:" + self.socket_of(process), "--store=" + self.store(process),
                "--fixed_tenant=home", "--port_file=" + self.path(process, ".ready"),
                "--log_level=warning", f"--metrics_listen=127.0.0.1:{self._ports[process]}"]
        for other in FOLLOWS[service]:
            if not any(service_of(n) == other for n in self.names):
                continue
            if self.hall:
                argv.append(f"--{other}_target={self.gate(process, other).address}")
            else:
                argv.append(f"--{other}_target=unix:{self.socket_of(other)}")
        if "redis" in self.dependencies(process):
            where = self.gate(process, "redis").address if self.hall else (
                "unix:" + self.redis.socket)
            argv.append("--redis=" + where)
        return argv + list(self.flags.get(service, ())) + list(self.flags.get(process, ()))

    def start(self, process, wait=True, more_flags=()):
        """Starts a process that is not running. `wait`: until it is ready."""
        for suffix in (".ready", ".sock"):
            if os.path.exists(self.path(process, suffix)):
                os.unlink(self.path(process, suffix))
        env = {**self.env.get(service_of(process), {}), **self.env.get(process, {})}
        self.processes[process] = Spawned(self.arguments(process) + list(more_flags),
                                          self.path(process, ".log"), env=env)
        if wait:
            self.wait_ready(process)

    def wait_ready(self, process, timeout=60):
        """Raises if the process ends instead."""
        def ready():
            path = self.path(process, ".ready")
            if os.path.exists(path) and os.path.getsize(path) > 0:
                return True
            if not self.processes[process].running():
                raise RuntimeError(f"{process} ended: {self.log(process)[-2000:]}")
            return False
        until(ready, timeout, f"{process} is ready", pause=0.002)

    def running(self, process):
        return process in self.processes and self.processes[process].running()

    def kill(self, process):
        """kill -9."""
        self.processes[process].kill()

    def stop(self, process, timeout=40):
        """SIGTERM; the exit code."""
        self.processes[process].signal(signal.SIGTERM)
        code = self.processes[process].wait(timeout)
        if code is None:
            raise TimeoutError(f"{process} does not stop")
        return code

    def pause(self, process):
        self.processes[process].signal(signal.SIGSTOP)

    def resume(self, process):
        self.processes[process].signal(signal.SIGCONT)

    def wait_ended(self, process, timeout=30):
        """Until the process ends by itself, e.g. at a failpoint; the exit code, negative for a
        signal."""
        code = self.processes[process].wait(timeout)
        if code is None:
            raise TimeoutError(f"{process} goes on")
        return code

    def log(self, process):
        try:
            with open(self.path(process, ".log"), encoding="utf-8", errors="replace") as text:
                return text.read()
        except FileNotFoundError:
            return ""

    # What they say.

    def metrics(self, process):
        """{'name' or 'name{labels}': value}; empty if the process does not answer."""
        url = f"http://127.0.0.1:{self._ports[process]}/metrics"
        values = {}
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                text = answer.read().decode()
        except OSError:
            return values
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                values[name] = float(value)
        return values

    def counted(self, metric, service=None):
        """The sum of a metric over the processes that answer, all labels together."""
        total = 0.0
        for name in self.names:
            if service in (None, service_of(name)) and self.running(name):
                total += sum(v for k, v in self.metrics(name).items()
                             if k == metric or k.startswith(metric + "{"))
        return total

    def cache_states(self):
        """ON, CLOSING or OFF, of contact and of engagement, as the database has it."""
        rows = self.postgres.query(
            "SELECT 1, state FROM contact.cache_mode UNION ALL "
            "SELECT 2, state FROM engagement.cache_mode ORDER BY 1", "rapport")
        states = {int(row[0]): STATES[int(row[1])] for row in rows}
        return states.get(1, "OFF"), states.get(2, "OFF")

    def cache_on(self):
        return self.cache_states() == ("ON", "ON")

    def wait_cache_on(self, timeout=90):
        """On in both services. After the first time that it closed it stays off for two seconds at
        least, then for four, eight, …"""
        until(self.cache_on, timeout, "the cache is on", pause=0.1)

    # Clients.

    def load(self, **options):
        """Eight clients that record what they do; see load.py."""
        return Load(self, **options)

    # The end.

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            for name in self.names:
                code = self.processes[name].popen.poll() if name in self.processes else None
                print(f"--- {name} {'runs' if code is None else f'ended with {code}'}; its log:\n"
                      f"{self.log(name)[-3000:]}", flush=True)
        self.close()

    def close(self):
        """Ends everything, by pid; RuntimeError if something still runs then."""
        for process in self.processes.values():
            process.kill()
        for redis in self._others:
            if redis.process is not None:
                redis.process.kill()
        for cluster in {self.postgres, *self._clusters} - {None}:
            cluster.close()
        if self.hall is not None:
            self.hall.close()
            self.hall = None
        left = alive_with(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        if left:
            raise RuntimeError(f"still running after the house was closed: {left}")
