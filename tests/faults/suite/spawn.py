"""Processes that end with the suite: each is known by its pid, and none outlives its parent."""
import ctypes
import os
import pwd
import select
import signal
import subprocess
import time

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def until(condition, timeout, what, pause=0.005):
    """Waits until condition() is true and returns what it said; TimeoutError after `timeout` s."""
    limit = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > limit:
            raise TimeoutError(f"{what}: not within {timeout} s")
        time.sleep(pause)


def user_for_servers():
    """The user that runs PostgreSQL, which refuses to run as root; None if we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("no user that is not root")


class Spawned:
    """One child process. Must be made on a thread that lives as long as the child may."""

    def __init__(self, argv, log, env=None, user=None, last_words=signal.SIGKILL, stdin=None,
                 stdout=None):
        """`last_words`: the signal that it gets if the suite dies."""
        parent = os.getpid()

        def in_child():
            _libc.prctl(_PR_SET_PDEATHSIG, last_words, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(126)

        variables = {k: v for k, v in os.environ.items() if not k.startswith("RAPPORT_")}
        variables.update(env or {})
        more = {}
        if user is not None:
            more = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        with open(log, "ab") as out:
            self.popen = subprocess.Popen(
                argv, stdin=stdin or subprocess.DEVNULL, stdout=stdout or out, stderr=out,
                env=variables, cwd="/", preexec_fn=in_child, start_new_session=True, **more)
        self.pid = self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def signal(self, number):
        if self.running():
            self.popen.send_signal(number)

    def wait(self, timeout):
        """The exit code, None if it has not ended in time. Not delayed by polling."""
        if self.popen.poll() is None:
            descriptor = os.pidfd_open(self.pid)
            try:
                select.select([descriptor], [], [], timeout)
            finally:
                os.close(descriptor)
        return self.popen.poll()

    def kill(self):
        """kill -9, and waits for the end."""
        self.popen.kill()
        self.popen.wait()


def send(pid, number):
    """A signal to a process that may be gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _stat(pid):
    """State and parent; None if there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
            return fields[0], int(fields[1])
    except OSError:
        return None


def exists(pid):
    """True for a process that has not ended; a zombie has."""
    found = _stat(pid)
    return found is not None and found[0] not in "ZX"


def children_of(pid):
    found = []
    for entry in os.listdir("/proc"):
        stat = _stat(entry) if entry.isdigit() else None
        if stat is not None and stat[1] == pid:
            found.append(int(entry))
    return found


def alive_with(text):
    """Pids of living processes (not zombies, not this one) whose command line holds `text`."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as line:
                if text.encode() in line.read():
                    found.append(int(entry))
        except OSError:
            continue
    return found
