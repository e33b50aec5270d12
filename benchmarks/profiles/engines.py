"""A PostgreSQL and a Redis of the benchmarks' own, on Unix sockets, and the house on them."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import time
import urllib.request

from .house import SERVER_CORE, Broken, House, Process, clean_environment, free_address

# Redis has no work but ours, and PostgreSQL room for the whole house. Commits are durable, as they
# are by default; a checkpoint comes when the log is full or half an hour has passed.
SETTINGS = ("listen_addresses=", "max_connections=200", "shared_buffers=512MB",
            "max_wal_size=8GB", "checkpoint_timeout=30min")
SUPERUSER = "postgres"
CACHED = ("contact", "engagement")  # the services that read from Redis
BULK_CONNECTIONS = 2
COMMIT_CONNECTIONS = 1


def postgres_programs():
    """The folder of the newest PostgreSQL server that is installed, or None."""
    found = shutil.which("postgres")
    if found:
        return os.path.dirname(found)
    root = "/usr/lib/postgresql"
    if not os.path.isdir(root):
        return None
    versions = sorted((v for v in os.listdir(root) if v.isdigit()), key=int)
    return os.path.join(root, versions[-1], "bin") if versions else None


class Postgres(Process):
    """A cluster below `folder`. PostgreSQL refuses to run as root; then it runs as its own user."""

    def __init__(self, folder, log):
        self.folder = folder
        programs = postgres_programs()
        if programs is None:
            raise Broken("PostgreSQL is not installed")
        self.as_owner = []
        os.makedirs(folder, exist_ok=True)
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            self.as_owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        data = os.path.join(folder, "data")
        if not os.path.exists(data):
            made = subprocess.run(self.as_owner + [
                os.path.join(programs, "initdb"), "--pgdata=" + data, "--username=" + SUPERUSER,
                "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"],
                cwd="/", capture_output=True, text=True)
            if made.returncode != 0:
                raise Broken("initdb: " + made.stderr.strip()[-300:])
        command = [os.path.join(programs, "postgres"), "-D", data, "-k", folder]
        for setting in SETTINGS:
            command += ["-c", setting]
        super().__init__(self.as_owner + command, log, folder, cwd="/")
        self.wait_until(lambda: self.answers(), "PostgreSQL", 60)

    def answers(self):
        return subprocess.run(["pg_isready", "--quiet", "--host=" + self.folder,
                               "--username=" + SUPERUSER]).returncode == 0

    def uri(self, database):
        return "postgresql:///%s?host=%s&user=%s" % (database, self.folder, SUPERUSER)

    def query(self, database, sql):
        """The rows, as lines with | between the columns."""
        done = subprocess.run(["psql", "-qAtX", "--set=ON_ERROR_STOP=1", "--dbname=" +
                               self.uri(database), "--command=" + sql],
                              capture_output=True, text=True, env=clean_environment())
        if done.returncode != 0:
            raise Broken("psql: " + done.stderr.strip()[-300:])
        return done.stdout.splitlines()

    def stop(self):
        self.end(signal.SIGINT)  # fast: does not wait for its clients


class Redis(Process):
    """On the socket `address`."""

    def __init__(self, address, log):
        if shutil.which("redis-server") is None:
            raise Broken("Redis is not installed")
        super().__init__(["redis-server", "--port", "0", "--unixsocket", address, "--save", "",
                          "--appendonly", "no", "--maxmemory", "1gb", "--maxmemory-policy",
                          "allkeys-lfu"], log, address)
        self.wait_until(lambda: os.path.exists(address), "Redis", 30)

    def info(self, *sections):
        return subprocess.run(["redis-cli", "-s", self.address, "info", *sections],
                              capture_output=True, text=True, check=True).stdout

    def run_id(self):
        return re.search(r"^run_id:(\w+)", self.info("server"), re.M).group(1)

    def traffic(self):
        """What it has done so far: replies sent (what a client sent at once is one round trip),
        commands GET (also those of scripts) and scripts. Asking is a round trip, too."""
        found = dict(re.findall(r"^(?:cmdstat_)?([a-z_]+):(?:calls=)?(\d+)",
                                self.info("stats", "commandstats"), re.M))
        return {name: int(found.get(key, 0))
                for name, key in (("round_trips", "total_writes_processed"), ("gets", "get"),
                                  ("scripts", "evalsha"))}


class PostgresHouse(House):
    """All services in one database, as deploy/quickstart --postgres does it. Redis only where a
    profile asks for it: a process without it on the same database switches the cache off."""

    engine = "PostgreSQL"
    direct_path = "COPY, 1,000 rows a transaction, %d connections" % BULK_CONNECTIONS
    understood_relationships = 200

    def __init__(self, build, work, people):
        super().__init__(build, work, people)
        self.postgres = Postgres(self.path("postgres"), self.path("postgres.log"))
        self.engines = [self.postgres]
        self.redis = None

    def close(self):
        super().close()
        if self.redis is not None:
            self.redis.stop()
        self.postgres.stop()

    def start_redis(self):
        if self.redis is None:
            self.redis = Redis(self.path("redis-server.sock"), self.path("redis-server.log"))
            self.engines.append(self.redis)

    def place_engines(self, *cores):
        """On which cores they run: those that are there now, with what they start from now on."""
        for engine in self.engines:
            for task in os.listdir("/proc/%d/task" % engine.pid):
                os.sched_setaffinity(int(task), cores)

    def store(self, service):
        return self.postgres.uri("bench")

    def storage_flags(self, service, store, redis):
        flags = ["--store=" + (store or self.store(service))]
        if redis and service in CACHED:
            flags.append("--redis=unix:" + self.redis.address)
        return flags

    def wipe(self):
        if os.path.exists(self.path("filled.json")):
            os.remove(self.path("filled.json"))
        for name in self.postgres.query("postgres", "SELECT datname FROM pg_database WHERE NOT "
                                        "datistemplate AND datname<>'postgres'"):
            self.postgres.query("postgres", "DROP DATABASE \"%s\" (FORCE)" % name)
        self.postgres.query("postgres", "CREATE DATABASE bench")

    def copy_store(self, service, name):
        """No service may run on the original."""
        self.postgres.query("postgres", "DROP DATABASE IF EXISTS \"%s\" (FORCE)" % name)
        self.postgres.query("postgres", "CREATE DATABASE \"%s\" TEMPLATE bench" % name)
        self.settle()
        return self.postgres.uri(name)

    def settle(self):
        """What PostgreSQL has still to write would disturb the measurement."""
        self.postgres.query("postgres", "CHECKPOINT")
        os.sync()

    def wait_until_cached(self, database, schema):
        """Until the services there believe this Redis, and no earlier one."""
        until = time.monotonic() + 60
        asked = ("SELECT count(*) FROM %s.cache_mode WHERE state=0 AND run_id='%s'"
                 % (schema, self.redis.run_id()))
        while self.postgres.query(database, asked) != ["1"]:
            if time.monotonic() > until:
                raise Broken("the cache of %s is not on" % database)
            time.sleep(0.1)

    def metrics_address(self):
        """For the next service that is asked for its metrics."""
        self.metrics = free_address()
        return self.metrics

    def cache_counts(self):
        """What that service has counted: hits, misses, bypasses and marked_commits."""
        with urllib.request.urlopen("http://%s/metrics" % self.metrics) as answer:
            text = answer.read().decode()
        counts = {}
        for name, value in re.findall(
                r"^rapport_cache_(hits|misses|bypasses|marked_commits)_total(?:{[^}]*})? (\S+)$",
                text, re.M):
            counts[name] = counts.get(name, 0) + float(value)
        return counts

    def last_engagement(self):
        return self.postgres.query("bench",
                                   "SELECT coalesce(max(id),'0') FROM engagement.engagements")[0]

    def engagement_names(self, count):
        path = self.path("engagements.txt")
        names = self.postgres.query(
            "bench", "SELECT 'tenants/bench/relationships/'||parent||'/engagements/'||id FROM "
            "engagement.engagements ORDER BY md5(id) LIMIT %d" % count)
        with open(path, "w") as out:
            out.write("\n".join(names) + "\n")
        return path

    def direct(self, after, copy):
        return self.tool("rapport_bare", "direct", "--from=" + self.store("engagement"),
                         "--after=" + after, "--store=" + copy,
                         "--connections=%d" % BULK_CONNECTIONS, core=SERVER_CORE)
