"""The project's own files, for the checks beside this one."""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Rooms that hold C++ of ours.
CODE_ROOMS = ("common", "services", "tools", "tests", "benchmarks", "examples")


def project_files():
    """Paths relative to the root, sorted: what git tracks or would track; without git, all files
    outside of build folders and hidden folders."""
    try:
        listed = subprocess.run(
            ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, check=True).stdout.decode().split("\0")
        found = [path for path in listed if path and os.path.isfile(os.path.join(ROOT, path))]
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder, folders, names in os.walk(ROOT):
            folders[:] = [f for f in folders
                          if not f.startswith("build") and (not f.startswith(".") or f == ".ci")]
            found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return sorted(set(found))


def code_files():
    """Our .cc and .h files."""
    return [path for path in project_files()
            if path.endswith((".cc", ".h")) and path.split("/")[0] in CODE_ROOMS]


def read(path):
    """The text of a file, or None if it is not UTF-8 text."""
    with open(os.path.join(ROOT, path), "rb") as file:
        data = file.read()
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None
