"""A Redis and a PostgreSQL cluster of a test's own, on unix sockets in its folder."""
import glob
import os
import shutil
import signal
import socket
import subprocess

from spawn import Spawned, children_of, exists, send, until, user_for_servers


class Redis:
    """One redis-server. Start and kill it as often as you like; its socket stays the same."""

    def __init__(self, folder, name="redis", flags=()):
        self.folder = os.path.join(folder, name)
        os.mkdir(self.folder)
        self.socket = os.path.join(self.folder, "s")
        self._flags = list(flags)
        self.process = None

    def start(self):
        """Waits until it answers. It loads dump.rdb of its folder, if there is one."""
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self.process = Spawned(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "",
             "--appendonly", "no", "--dir", self.folder, "--logfile", "redis.log",
             "--databases", "1", "--enable-debug-command", "yes"] + self._flags,
            os.path.join(self.folder, "output"))
        until(self._answers, 20, "Redis answers")

    def kill(self, keep_data=False):
        """kill -9; what it had is gone, unless it saved a file that is kept."""
        if self.process is not None:
            self.process.kill()
        if not keep_data:
            for file in glob.glob(os.path.join(self.folder, "*.rdb")):
                os.unlink(file)

    def pause(self):
        self.process.signal(signal.SIGSTOP)

    def resume(self):
        self.process.signal(signal.SIGCONT)

    def running(self):
        return self.process is not None and self.process.running()

    def _answers(self):
        if not self.process.running():
            raise RuntimeError(f"redis-server ended, see {self.folder}")
        try:
            return self.command("PING") == "PONG"
        except (OSError, RuntimeError):
            return False

    def command(self, *words, timeout=5):
        """One command; a reply of Redis as Python has it. RuntimeError for -ERR."""
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        sent = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(timeout)
            link.connect(self.socket)
            link.sendall(sent)
            with link.makefile("rb") as replies:
                return self._reply(replies)

    def _reply(self, replies):
        line = replies.readline()
        if not line.endswith(b"\r\n"):
            raise OSError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if rest == b"-1":
                return None
            body = replies.read(int(rest) + 2)
            return body[:-2]
        if kind == b"*":
            return [self._reply(replies) for _ in range(int(rest))]
        raise OSError(f"not a reply: {line!r}")

    def keys(self, pattern="rp1:*"):
        return self.command("KEYS", pattern)

    def stat(self, name):
        """A number of INFO, e.g. keyspace_hits."""
        for line in self.command("INFO", "everything").decode().splitlines():
            if line.startswith(name + ":"):
                return int(line.split(":")[1])
        raise KeyError(name)


def postgres_program(name):
    """Debian keeps the server's programs out of the PATH."""
    folders = glob.glob("/usr/lib/postgresql/*/bin")
    folders.sort(key=lambda f: int(f.split("/")[4]), reverse=True)
    for folder in folders:
        if os.access(os.path.join(folder, name), os.X_OK):
            return os.path.join(folder, name)
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(f"PostgreSQL's {name} is not installed")
    return found


# Settings of a cluster whose selects are to be counted.
SELECTS = ("shared_preload_libraries=pg_stat_statements",)


class Postgres:
    """One cluster. `fsync` off is for tests that kill processes, never the machine."""

    _template = None  # a fresh cluster's data, made once for all

    def __init__(self, folder, name="postgres", fsync=False, settings=()):
        self.folder = os.path.join(folder, name)
        os.mkdir(self.folder, 0o700)
        self._user = user_for_servers()
        self.process = None
        self.settings = ["shared_buffers=32MB", "max_connections=160", "max_wal_size=256MB",
                          "wal_recycle=off", f"fsync={'on' if fsync else 'off'}",
                          "listen_addresses="] + list(settings)
        self.socket = os.path.join(self.folder, ".s.PGSQL.5432")
        self._make_data(os.path.join(self.folder, "data"))

    def _make_data(self, data):
        if Postgres._template is None:
            self._own(self.folder)
            self._run([postgres_program("initdb"), "--pgdata=" + data, "--username=postgres",
                       "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
                       "--no-instructions"])
        else:
            subprocess.run(["cp", "-a", Postgres._template, data], check=True)
            self._own(self.folder)

    @classmethod
    def make_template(cls, folder):
        """Makes one cluster that all later ones are copies of: faster than initdb each time."""
        first = cls(folder, "template")
        cls._template = os.path.join(first.folder, "data")

    def _own(self, path):
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _run(self, argv):
        done = Spawned(argv, os.path.join(self.folder, "log"), user=self._user)
        if done.popen.wait() != 0:
            raise RuntimeError(f"{argv[0]} failed, see {self.folder}/log")

    def start(self):
        """Waits until it takes connections."""
        argv = [postgres_program("postgres"), "-D", os.path.join(self.folder, "data"), "-k",
                self.folder]
        for setting in self.settings:
            argv += ["-c", setting]
        self.process = Spawned(argv, os.path.join(self.folder, "log"), user=self._user,
                               last_words=signal.SIGQUIT)
        until(self._answers, 60, "PostgreSQL answers")

    def _answers(self):
        if not self.process.running():
            raise RuntimeError(f"postgres ended, see {self.folder}/log")
        ready = subprocess.run([postgres_program("pg_isready"), "-q", "-h", self.folder],
                               stdin=subprocess.DEVNULL, check=False)
        return ready.returncode == 0

    def _children(self):
        """Every process of the server; each leads a group of its own."""
        return children_of(self.process.pid)

    def kill(self):
        """kill -9 of the postmaster and of all its processes."""
        children = self._children()
        self.process.kill()
        for pid in children:
            send(pid, signal.SIGKILL)
        until(lambda: not any(exists(pid) for pid in children), 20, "PostgreSQL is gone")

    def kill_postmaster(self):
        """kill -9 of the postmaster alone: the others notice, and end. Waits for that."""
        children = self._children()
        self.process.kill()
        until(lambda: not any(exists(pid) for pid in children), 60, "PostgreSQL's processes end")

    def pause(self):
        """The postmaster first, so that no more are born."""
        self.process.signal(signal.SIGSTOP)
        for pid in self._children():
            send(pid, signal.SIGSTOP)

    def resume(self):
        for pid in self._children():
            send(pid, signal.SIGCONT)
        self.process.signal(signal.SIGCONT)

    def running(self):
        return self.process is not None and self.process.running()

    def close(self):
        if self.running():
            self.kill()

    def query(self, sql, database="postgres", user="postgres"):
        """Rows, each a list of texts."""
        done = subprocess.run(
            ["psql", "-qAtX", "-F", "\x1f", "-h", self.folder, "-U", user, "-d", database,
             "-c", sql], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            cwd="/", env=dict(os.environ, PGCONNECT_TIMEOUT="10"))
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return [line.split("\x1f") for line in done.stdout.splitlines()]

    def create_database(self, name="rapport"):
        """A database with an owner of the same name, who may make roles and no more."""
        self.query(f"CREATE ROLE {name} LOGIN CREATEROLE")
        self.query(f"CREATE DATABASE {name} OWNER {name}")

    def uri(self, database="rapport", gate=None):
        """For --store; through a gate, if one is given."""
        where = f"host={self.folder}"
        if gate is not None:
            where = f"host=127.0.0.1&port={gate.port}"
        return f"postgresql:///{database}?{where}&user={database}"

    def count_selects(self, database="rapport"):
        """For a cluster that was made with the settings SELECTS: from now on they are counted."""
        self.query("CREATE EXTENSION pg_stat_statements", database)

    def selects(self, table, database="rapport"):
        """How many rows of a table of contact or engagement were found by their names so far."""
        rows = self.query(
            "SELECT coalesce(sum(rows),0)::bigint FROM pg_stat_statements WHERE query LIKE "
            f"'SELECT %\"sequence\",\"body\" FROM \"{table}\" WHERE tenant=$1 AND%'", database)
        return int(rows[0][0])

    def backends(self, database="rapport"):
        """Pids of the server's processes for this database."""
        return [int(row[0]) for row in self.query(
            f"SELECT pid FROM pg_stat_activity WHERE datname = '{database}'")]
