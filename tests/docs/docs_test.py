#!/usr/bin/env python3
"""Runs every ```sh block of README.md and docs/ against a house of its own, as a reader would.

deploy/quickstart makes the house (its build is up to date when tests run), in a temporary folder and
on free ports. Blocks share that house. `tests/run` is not run from inside itself. What a block leaves
running in the folder ends with the house, by pid; a block need not stop it in order."""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "faults", "suite"))
from spawn import alive_with, send, until  # noqa: E402

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.S | re.M)


def documents():
    yield "README.md"
    for folder, _, names in sorted(os.walk(os.path.join(ROOT, "docs"))):
        for name in sorted(names):
            if name.endswith(".md"):
                yield os.path.relpath(os.path.join(folder, name), ROOT)


def free_ports(count):
    """The first of `count` neighbouring ports that nobody uses."""
    for base in range(17101, 19000, count):
        sockets = []
        try:
            for port in range(base, base + count):
                s = socket.socket()
                sockets.append(s)
                s.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
        finally:
            for s in sockets:
                s.close()
    sys.exit("no free ports")


def end_all(house):
    """Ends what runs in the folder, and removes it; also the clusters of PostgreSQL that
    deploy/quickstart keeps elsewhere for the superuser."""
    folders = [house]
    for folder, names, _ in os.walk(house):
        for name in names:
            made = os.path.join(folder, name)
            count = subprocess.run(["cksum"], input=made.encode(), capture_output=True, check=True)
            cluster = "/var/lib/postgresql/rapport-" + count.stdout.decode().split()[0]
            if os.path.isdir(cluster):
                folders.append(cluster)
    for folder in folders:
        for pid in alive_below(folder):
            send(pid, signal.SIGKILL)
        until(lambda f=folder: not alive_below(f), 20, folder + " is left alone", pause=0.05)
        shutil.rmtree(folder, ignore_errors=True)


def alive_below(folder):
    """Pids of processes that name this folder, or something in it, in their command line."""
    return {*alive_with(folder + "/"), *alive_with(folder + "\0")}


def main():
    if sys.argv[1:] != [os.path.join(ROOT, "build", "release")]:
        print("skipped: the docs name build/release; this build is elsewhere")
        return 77
    house = tempfile.mkdtemp(prefix="rapport-docs-")
    environment = dict(os.environ, RAPPORT_DIR=house, TZ="UTC")
    quickstart = [os.path.join(ROOT, "deploy", "quickstart"), "--port-base", str(free_ports(3))]
    failed = blocks = 0
    try:
        made = subprocess.run(quickstart, env=environment, cwd=ROOT, capture_output=True, text=True,
                              timeout=900, check=False)
        print(made.stdout, made.stderr)
        if made.returncode != 0:
            return 1
        for document in documents():
            with open(os.path.join(ROOT, document), encoding="utf-8") as file:
                text = file.read()
            for block in BLOCK.finditer(text):
                line = text.count("\n", 0, block.start()) + 1
                commands = "\n".join(c for c in block.group(1).splitlines()
                                     if not c.startswith("tests/run")
                                     and c.strip() != "deploy/quickstart"
                                     and not re.fullmatch(r"deploy/quickstart( --dir \S+)? stop", c))
                if not commands.strip():
                    continue
                blocks += 1
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=ROOT,
                                      env=environment, capture_output=True, text=True, timeout=120,
                                      check=False)
                if done.returncode != 0:
                    failed += 1
                    print("%s:%d: exit code %d\n%s\n%s%s" % (document, line, done.returncode, commands,
                                                           done.stdout, done.stderr))
    finally:
        subprocess.run([quickstart[0], "stop"], env=environment, cwd=ROOT, check=False,
                       stdout=subprocess.DEVNULL)
        end_all(house)
    print("%d blocks run, %d failed" % (blocks, failed))
    return 1 if failed or not blocks else 0


if __name__ == "__main__":
    sys.exit(main())
