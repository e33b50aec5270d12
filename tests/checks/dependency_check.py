#!/usr/bin/env python3
"""Who may include whom. Prints file:line of each breach and exits 1 if there is one.

  services/<s>/rules      protos, common/base, common/time, Abseil and the standard library
  the rest of a service   its rules, its own folder, protos, common; nobody includes main
  common/<room>           itself and the rooms before it in ROOMS; of the protos type, feed and
                          cache only (its tests may use any proto as an example)
  tools                   protos, common, tools; of services only tools/rapport-admin includes their
                          schema.h
  tests, benchmarks       everything but another test's .cc
A service never includes another service's folder, and nothing but tests and benchmarks includes
those two. Includes of ours are written from the root of the project.
"""

import os
import re
import sys

from source_files import ROOT, code_files, read

# The rooms of common in the order in which they may include each other. "names" is one header with
# its source in common/resource: the pipeline needs names before resources exist.
ROOMS = ("base", "testing", "time", "text", "telemetry", "config", "auth", "store", "cache", "names", "rpc",
         "resource", "host")
NAMES_FILES = ("common/resource/name.h", "common/resource/name.cc")
OURS = ("common", "services", "tools", "tests", "benchmarks", "examples")
TEST_LIBRARIES = ("gtest", "gmock", "rapidcheck", "rapidcheck.h")
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def common_room(path):
    return "names" if path in NAMES_FILES else path.split("/")[1]


def is_test(path):
    name = os.path.basename(path)
    stem = os.path.splitext(name)[0]
    return (stem.endswith(("_test", "_suite")) or stem.startswith("test_") or
            path.startswith("common/testing/"))


def is_proto(include):
    return include.startswith(("rapport/", "google/"))


def breach_in_common(path, include, top):
    if include.startswith("rapport/"):
        if not include.startswith(("rapport/type/", "rapport/feed/", "rapport/cache/",
                                   "rapport/transfer/")) and not is_test(path):
            return "common knows no word of the business: protos of type, feed, cache and transfer only"
        return None
    if top not in OURS:
        return None
    if top != "common":
        return "common includes nothing of " + top
    here, there = common_room(path), common_room(include)
    if there not in ROOMS:
        return "common/%s is not a room: add it to ROOMS in tests/checks/dependency_check.py" % there
    if there == "testing":
        return None if is_test(path) else "only tests include common/testing"
    if ROOMS.index(there) > ROOMS.index(here):
        return "common/%s comes before %s" % (here, there)
    return None


def breach_in_service(path, include, top, angled):
    service, inside = path.split("/")[1], path.split("/")[2]
    if top == "services":
        if include.split("/")[1] != service:
            return "a service never includes another service's folder"
        if os.path.basename(include).startswith("main."):
            return "nobody includes main"
    elif top in OURS and top != "common":
        return "services include nothing of " + top
    if include.startswith("common/testing/") and not is_test(path):
        return "only tests include common/testing"
    if inside != "rules":
        return None
    if top == "services":
        return None if include.split("/")[2] == "rules" else "rules include rules only"
    if top == "common":
        allowed = ("base", "time", "testing") if is_test(path) else ("base", "time")
        if include.split("/")[1] in allowed:
            return None
        return "rules are pure: of common they include base and time only"
    if is_proto(include) or top == "absl" or (angled and "/" not in include and "." not in include):
        return None
    if is_test(path) and top in TEST_LIBRARIES:
        return None
    return "rules are pure: protos, common/base, common/time, Abseil and the standard library only"


def breach(path, include, angled):
    """Why `path` may not include `include`, or None."""
    top = include.split("/")[0]
    if not angled and "/" not in include:
        return "write includes of ours from the root of the project"
    if angled and top in OURS:
        return "includes of ours stand in quotes"
    room = path.split("/")[0]
    if top in ("tests", "benchmarks") and room not in ("tests", "benchmarks"):
        return "only tests and benchmarks include " + top
    if include.endswith((".cc", ".cpp")):
        return "never include a source file"
    if room == "common":
        return breach_in_common(path, include, top)
    if room == "services":
        return breach_in_service(path, include, top, angled)
    if room == "tools":
        if top == "services" and not (path.startswith("tools/rapport-admin/") and
                                      include.endswith("/schema.h")):
            return "tools never include services"
        if include.startswith("common/testing/") and not is_test(path):
            return "only tests include common/testing"
    return None


def main():
    breaches = count = 0
    for path in code_files():
        if path.startswith("common/") and path.count("/") > 1 and common_room(path) not in ROOMS:
            print("%s:1: common/%s is not a room: add it to ROOMS in "
                  "tests/checks/dependency_check.py" % (path, common_room(path)))
            breaches += 1
            continue
        for number, line in enumerate((read(path) or "").splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            count += 1
            why = breach(path, found.group(2), found.group(1) == "<")
            if why:
                print("%s:%d: %s: %s" % (path, number, found.group(2), why))
                breaches += 1
    if breaches:
        print("%d includes break the direction of dependencies" % breaches)
        return 1
    print("%d includes looked at, all in the right direction" % count)
    return 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
